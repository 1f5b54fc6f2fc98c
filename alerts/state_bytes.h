// Numbers and texts as bytes, little endian, for what rules remember on disk.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/types.h"

namespace florin::alerts {

template <class Number>
void put(std::string& bytes, const Number& number) {
  static_assert(std::is_integral_v<Number> || std::is_same_v<Number, u128>);
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

inline void put_text(std::string& bytes, std::string_view text) {
  put(bytes, static_cast<u32>(text.size()));
  bytes += text;
}

// Reads what was put, in the same order. Behind the end everything is zero, and `is_whole` false.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number get() {
    Number number{};
    const std::string_view bytes = take(sizeof(number));
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  std::string_view text() { return take(get<u32>()); }

  bool is_whole() const { return is_whole_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view take(usize size) {
    is_whole_ = is_whole_ && size <= bytes_.size();
    if (!is_whole_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool is_whole_ = true;
};

}  // namespace florin::alerts
