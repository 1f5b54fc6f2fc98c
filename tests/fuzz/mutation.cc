#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <cstring>

namespace florin::test {

namespace {

constexpr u64 kEdges[] = {0,      1,     2,       7,          8,          15,         16,
                          31,     32,    127,     128,        255,        256,        4095,
                          4096,   65535, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, ~u64{0} >> 1,
                          ~u64{0}};

usize place_in(const Bytes& bytes, Random& random) { return random.below(bytes.size()); }

void change_byte(Bytes& input, Random& random) {
  std::byte& byte = input[place_in(input, random)];
  byte = random.chance(1, 2) ? byte ^ static_cast<std::byte>(1u << random.below(8))
                             : static_cast<std::byte>(random.below(256));
}

void change_number(Bytes& input, Random& random) {
  const usize width = usize{1} << random.below(4);
  if (input.size() < width) return;
  const usize at = random.below(input.size() - width + 1);
  u64 value = 0;
  std::memcpy(&value, input.data() + at, width);
  value = random.chance(1, 2) ? kEdges[random.below(std::size(kEdges))]
                              : value + random.between(0, 64) - 32;
  std::memcpy(input.data() + at, &value, width);
}

void insert_piece(Bytes& input, const Bytes& from, u64 bytes_max, Random& random) {
  if (from.empty() || input.size() >= bytes_max) return;
  const usize begin = place_in(from, random);
  const usize most = std::min<usize>({from.size() - begin, bytes_max - input.size(), 256});
  const Bytes piece(from.begin() + static_cast<std::ptrdiff_t>(begin),
                    from.begin() + static_cast<std::ptrdiff_t>(begin + random.between(1, most)));
  const auto at = static_cast<std::ptrdiff_t>(random.below(input.size() + 1));
  input.insert(input.begin() + at, piece.begin(), piece.end());
}

void overwrite_piece(Bytes& input, const Bytes& from, Random& random) {
  if (from.empty()) return;
  const usize begin = place_in(from, random);
  const usize at = place_in(input, random);
  const usize most = std::min<usize>({from.size() - begin, input.size() - at, 256});
  std::memmove(input.data() + at, from.data() + begin, random.between(1, most));
}

void erase_piece(Bytes& input, Random& random) {
  const usize at = place_in(input, random);
  const usize count = random.between(1, std::min<usize>(input.size() - at, 256));
  const auto begin = input.begin() + static_cast<std::ptrdiff_t>(at);
  input.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void mutate(Bytes& input, const Bytes& other, u64 bytes_max, Random& random) {
  do {
    if (input.empty()) input.push_back(std::byte{0});
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2: change_byte(input, random); break;
      case 3: change_number(input, random); break;
      case 4: insert_piece(input, random.chance(1, 2) ? input : other, bytes_max, random); break;
      case 5: overwrite_piece(input, input, random); break;
      case 6: overwrite_piece(input, other, random); break;
      case 7: erase_piece(input, random); break;
    }
  } while (random.chance(1, 2));
}

}  // namespace florin::test
