#include "tests/sim/link.h"

#include <algorithm>

namespace florin::test {

namespace {

// Mostly everything, often a little, sometimes a single byte.
usize portion(usize most, Random& random) {
  if (most == 0 || random.chance(1, 2)) return most;
  return random.chance(1, 8) ? 1 : random.between(1, most);
}

}  // namespace

usize Stream::write(std::span<const std::byte> bytes, Random& random) {
  const usize count = portion(std::min(bytes.size(), room()), random);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

usize Stream::read(std::span<std::byte> target, Random& random) {
  const usize count = portion(std::min(target.size(), bytes_.size()), random);
  const auto end = bytes_.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(bytes_.begin(), end, target.begin());
  bytes_.erase(bytes_.begin(), end);
  return count;
}

}  // namespace florin::test
