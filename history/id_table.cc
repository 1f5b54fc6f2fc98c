#include "history/id_table.h"

#include <bit>

namespace florin::history {

void IdTable::reserve(usize count) {
  const usize lines = std::bit_ceil(count * 3 / 2 + 16);
  if (lines <= lines_.size()) return;
  std::vector<Line> old(lines);
  old.swap(lines_);
  for (const Line& line : old) {
    if (line.value == kNone) continue;
    usize index = first(make_u128(line.high, line.low));
    while (lines_[index].value != kNone) index = (index + 1) & (lines_.size() - 1);
    lines_[index] = line;
  }
}

u64& IdTable::at(u128 id) {
  if ((used_ + 1) * 3 > lines_.size() * 2) reserve(2 * used_ + 64);
  usize index = first(id);
  for (;; index = (index + 1) & (lines_.size() - 1)) {
    Line& line = lines_[index];
    if (line.value == kNone) {
      // The caller gives it a value at once.
      line.high = high_half(id);
      line.low = low_half(id);
      ++used_;
      return line.value;
    }
    if (line.low == low_half(id) && line.high == high_half(id)) return line.value;
  }
}

u64 IdTable::find(u128 id) const {
  if (lines_.empty()) return kNone;
  for (usize index = first(id);; index = (index + 1) & (lines_.size() - 1)) {
    const Line& line = lines_[index];
    if (line.value == kNone) return kNone;
    if (line.low == low_half(id) && line.high == high_half(id)) return line.value;
  }
}

}  // namespace florin::history
