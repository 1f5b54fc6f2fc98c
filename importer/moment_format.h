// How a file writes moments, and reading them: dates and times by a pattern, ISO 8601, or a number
// since 1970. A bank's local time has a fixed distance from UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace florin::importer {

class MomentFormat {
 public:
  // What is written without a zone is in the zone; what has no time of day gets `time_of_day`.
  struct Local {
    i64 zone_seconds = 0;  // East of UTC.
    u64 time_of_day_ns = 0;
  };

  // Digits alone are nanoseconds since 1970, anything else is ISO 8601.
  MomentFormat() = default;
  // `form` is "iso8601", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", or a pattern of %Y, %y
  // (69 to 99 are of the last century), %m, %d, %H, %M, %S (with decimals, if there are any) and
  // other letters that stand for themselves. InvalidArgument.
  static Result<MomentFormat> of(std::string_view form, Local local);

  // Nanoseconds since 1970 UTC; nothing when the text is not of this form, names no day of the
  // calendar, or is before 1970 or beyond 2^63.
  std::optional<u64> parse(std::string_view text) const;
  const Local& local() const { return local_; }
  // For messages: "%y%m%d".
  const std::string& form() const { return form_; }

 private:
  enum class Kind : u8 { Any, Iso8601, Epoch, Pattern };
  std::optional<u64> parse_pattern(std::string_view text) const;
  std::optional<u64> parse_iso(std::string_view text) const;

  Kind kind_ = Kind::Any;
  std::string form_ = "iso8601, or nanoseconds since 1970";
  u64 epoch_unit_ns_ = 1;
  Local local_;
};

// "+01:00", "-05:30" or "Z": seconds east of UTC.
std::optional<i64> parse_zone(std::string_view text);
// "12:30" or "12:30:15": nanoseconds since midnight.
std::optional<u64> parse_time_of_day(std::string_view text);

}  // namespace florin::importer
