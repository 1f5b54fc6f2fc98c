// A time zone by the name that IANA gives it (https://www.iana.org/time-zones), read from the
// compiled files that every Linux has (TZif, RFC 8536), with the rule for the years behind their
// tables. The process' own zone (TZ) plays no part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement {

inline constexpr const char* kZoneDirectory = "/usr/share/zoneinfo";  // Of Debian's tzdata.

// When the clocks change in every year that the table does not have: a footer such as
// "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ, as RFC 8536 widens it). A value.
struct ZoneRule {
  struct Switch {
    enum class Form : u8 { JulianDay, DayOfYear, WeekOfMonth };
    Form form = Form::DayOfYear;
    u32 month = 0;   // From 1.
    u32 week = 0;    // From 1; 5 = the last.
    u32 day = 0;     // Of the week from Sunday, 0; or of the year.
    i64 time_s = 0;  // Of the local clock as it was, from midnight; can lie in another day.
  };
  i64 standard_s = 0;  // East of UTC.
  struct Summer {
    i64 offset_s = 0;  // East of UTC.
    Switch begin;
    Switch end;
  };
  std::optional<Summer> summer;

  // Nothing when it is no such rule.
  static std::optional<ZoneRule> parse(std::string_view text);
};

// Immutable: for any number of threads.
class TimeZone {
 public:
  static TimeZone utc();
  // InvalidArgument: no zone has this name. Corrupt, Unsupported: the file is not what it should
  // be.
  static Result<TimeZone> load(const std::string& name,
                               const std::string& directory = kZoneDirectory);
  // The same of the bytes of a file; `path` is for messages.
  static Result<TimeZone> of_bytes(std::string_view bytes, const std::string& name,
                                   const std::string& path);

  const std::string& name() const { return name_; }

  // What the clocks show at a moment, in seconds since 1970 UTC, and the first moment at which that
  // changes again.
  struct Stretch {
    i64 offset_s = 0;  // East of UTC.
    i64 until_s = 0;
  };
  Stretch at(i64 moment_s) const;

  // The first moment of a day of the local calendar, given as days since 1970-01-01. Where the
  // clocks skip midnight, that is when they have; where they pass it twice, the first time.
  i64 first_second(i64 day) const;

 private:
  struct Change {
    i64 moment_s = 0;
    i64 offset_s = 0;  // From then on.
  };

  Stretch by_rule(i64 moment_s) const;

  std::string name_;
  i64 offset_before_s_ = 0;  // Before the first change.
  std::vector<Change> changes_;
  std::optional<ZoneRule> rule_;  // Behind the last change; without one, that goes on for ever.
};

}  // namespace florin::statement
