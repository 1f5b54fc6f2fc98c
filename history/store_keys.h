// The keys of the history store's rows: big endian, so that they sort as the numbers do.
#pragma once

#include <string_view>

#include "base/types.h"
#include "history/change.h"

namespace florin::history {

// A key in place, without memory of its own elsewhere. A value.
class Key {
 public:
  Key() = default;
  explicit Key(char table) { bytes_[size_++] = table; }

  Key& add(u64 value, usize bytes = 8) {
    for (usize index = bytes; index-- > 0;) {
      bytes_[size_++] = static_cast<char>(value >> (8 * index));
    }
    return *this;
  }
  Key& add(u128 value) { return add(high_half(value)).add(low_half(value)); }
  Key& add(const Place& place) { return add(place.position).add(u64{place.index}, 4); }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[32];
  usize size_ = 0;
};

// Reads what Key wrote.
inline u64 key_u64(std::string_view key, usize offset, usize bytes = 8) {
  u64 value = 0;
  for (usize index = 0; index < bytes; ++index) {
    value = value << 8 | static_cast<u8>(key[offset + index]);
  }
  return value;
}
inline u128 key_u128(std::string_view key, usize offset) {
  return make_u128(key_u64(key, offset), key_u64(key, offset + 8));
}
inline Place key_place(std::string_view key, usize offset) {
  return {key_u64(key, offset), static_cast<u32>(key_u64(key, offset + 8, 4))};
}

inline constexpr usize kPlaceKeyBytes = 12;
inline constexpr usize kEntryKeyBytes = 16 + kPlaceKeyBytes;
inline constexpr usize kGroupKeyBytes = 15;

// Table `changes`: the place of the pack's first change.
inline Key changes_key(const Place& place) { return Key().add(place); }
// Table `entries`: the account, and the place of the pack's first entry.
inline Key entries_key(u128 account, const Place& place) { return Key().add(account).add(place); }
// Table `ids`: 256 ids together, by what is above their last byte.
inline Key ids_key(u128 id) { return Key().add(high_half(id)).add(low_half(id) >> 8, 7); }

// Table `index` has several kinds of rows, told apart by the first byte.
inline constexpr char kAccountRow = 'a';    // Account -> its creation.
inline constexpr char kDecidedRow = 'd';    // Time and place of a pack's first change.
inline constexpr char kMarkRow = 'm';       // The one that says how far the store is.
inline constexpr char kNumberRow = 'n';     // A pack's first creation number -> its key.
inline constexpr char kStatusRow = 's';     // As ids: what became of holds and originals.
inline constexpr char kTimestampRow = 't';  // Timestamp of a pack's first creation -> its key.

inline Key account_key(u128 account) { return Key(kAccountRow).add(account); }
inline Key decided_key(u64 decided, const Place& place) {
  return Key(kDecidedRow).add(decided).add(place);
}
inline Key mark_key() { return Key(kMarkRow); }
inline Key number_key(u64 number) { return Key(kNumberRow).add(number); }
inline Key status_key(u128 id) {
  return Key(kStatusRow).add(high_half(id)).add(low_half(id) >> 8, 7);
}
inline Key timestamp_key(u64 timestamp) { return Key(kTimestampRow).add(timestamp); }

}  // namespace florin::history
