// Rows in the binary format of COPY, as the server's receive functions take them.
// https://www.postgresql.org/docs/15/sql-copy.html ("Binary Format") has the frame; numeric is that
// of numeric_recv: digits to the base 10000, the highest first.
#pragma once

#include <string_view>
#include <vector>

#include "base/types.h"

namespace florin::sinks {

// Appends rows to bytes that are sent and cleared. Each row begins with `begin`, then has its
// columns in order. Belongs to one thread.
class PostgresRowWriter {
 public:
  // No row is longer: the widest has 29 columns, most of 28 bytes, and a text of some hundred.
  static constexpr usize kRowBytesMax = 2048;

  void begin(u16 columns);
  void null();
  void truth(bool value);
  void small(u16 value);              // smallint
  void integer(u32 value);            // integer
  void big(u64 value);                // bigint; below 2^63.
  void wide(u128 value);              // numeric
  void wide_or_null(u128 value);      // NULL for 0.
  void big_or_null(u64 value);        // The same.
  void text(std::string_view value);  // UTF-8 without zero bytes, 512 bytes at most.
  void moment(u64 ns);                // timestamptz, from nanoseconds since 1970.
  void day(u64 ns);                   // date: the day in UTC of such a moment.

  std::string_view bytes() const { return {bytes_.data(), size_}; }
  u64 rows() const { return rows_; }
  void clear() {
    size_ = 0;
    rows_ = 0;
  }

 private:
  template <class Unsigned>
  void put(Unsigned value);

  std::vector<char> bytes_;
  usize size_ = 0;
  u64 rows_ = 0;
};

}  // namespace florin::sinks
