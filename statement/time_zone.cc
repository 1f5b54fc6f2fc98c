#include "statement/time_zone.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <limits>
#include <sstream>

namespace florin::statement {

namespace {

constexpr i64 kDaySeconds = 86'400;
constexpr i64 kForEver = std::numeric_limits<i64>::max();
// Farther than this from UTC no zone is, which bounds where a day can begin.
constexpr i64 kOffsetMost = 26 * 3600;

// Days since 1970-01-01 on which a rule lets the clocks change in a year.
i64 switch_day(const ZoneRule::Switch& rule, i64 year_number) {
  using namespace std::chrono;
  using Form = ZoneRule::Switch::Form;
  const year in{static_cast<int>(year_number)};
  const i64 first = sys_days(in / January / 1).time_since_epoch().count();
  switch (rule.form) {
    case Form::DayOfYear: return first + rule.day;
    case Form::JulianDay:  // The 29th of February is never counted.
      return first + rule.day - 1 + (in.is_leap() && rule.day >= 60 ? 1 : 0);
    case Form::WeekOfMonth: {
      const weekday day(rule.day);
      const month of{rule.month};
      const sys_days found =
          rule.week == 5 ? sys_days(in / of / day[last]) : sys_days(in / of / day[rule.week]);
      return found.time_since_epoch().count();
    }
  }
  return first;
}

i64 year_of(i64 moment_s) {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_seconds(seconds(moment_s)));
  return static_cast<int>(year_month_day(day).year());
}

// Reads a TZif file from its front to its end.
class ZoneBytes {
 public:
  explicit ZoneBytes(std::string_view bytes) : bytes_(bytes) {}

  bool has(usize count) const { return bytes_.size() >= count; }
  std::string_view take(usize count) {
    const std::string_view taken = bytes_.substr(0, std::min(count, bytes_.size()));
    complete_ = complete_ && taken.size() == count;
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  // Big endian, of 1, 4 or 8 bytes, with a sign.
  i64 number(usize width) {
    u64 value = 0;
    const std::string_view taken = take(width);
    for (const char byte : taken) value = value << 8 | static_cast<u8>(byte);
    const usize unused = 64 - 8 * width;
    return static_cast<i64>(value << unused) >> unused;
  }
  std::string_view rest() const { return bytes_; }
  bool complete() const { return complete_; }

 private:
  std::string_view bytes_;
  bool complete_ = true;
};

struct ZoneHeader {
  bool known = false;
  u8 version = 0;  // As a digit.
  usize ut_marks, standard_marks, leaps, times, types, name_bytes;
};

ZoneHeader take_header(ZoneBytes& bytes) {
  ZoneHeader header{};
  header.known = bytes.take(4) == "TZif";
  header.version = static_cast<u8>(bytes.number(1));
  bytes.take(15);
  for (usize* const count : {&header.ut_marks, &header.standard_marks, &header.leaps, &header.times,
                             &header.types, &header.name_bytes}) {
    *count = static_cast<u32>(bytes.number(4));
  }
  return header;
}

bool is_zone_name(const std::string& name) {
  constexpr std::string_view kOthers = "_+-/";
  const auto belongs = [&](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || kOthers.find(letter) != std::string_view::npos;
  };
  return !name.empty() && name.front() != '/' && std::all_of(name.begin(), name.end(), belongs);
}

}  // namespace

TimeZone TimeZone::utc() {
  TimeZone zone;
  zone.name_ = "UTC";
  return zone;
}

Result<TimeZone> TimeZone::load(const std::string& name, const std::string& directory) {
  const std::string path = directory + "/" + name;
  std::ifstream file;
  if (is_zone_name(name)) file.open(path, std::ios::binary);
  std::ostringstream bytes;
  if (file.is_open()) bytes << file.rdbuf();
  if (bytes.str().empty()) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(directory, ignored)) {
      return fail(ErrorCode::NotFound, "there are no time zones in " + directory +
                                           ": install them (Debian: apt-get install tzdata)");
    }
    return fail(ErrorCode::InvalidArgument,
                "'" + name + "' is no time zone; expected a name such as Europe/Berlin or UTC");
  }
  return of_bytes(bytes.str(), name, path);
}

Result<TimeZone> TimeZone::of_bytes(std::string_view bytes, const std::string& name,
                                    const std::string& path) {
  ZoneBytes rest(bytes);
  const ZoneHeader old = take_header(rest);
  if (!old.known) return fail(ErrorCode::Corrupt, path + " is not a compiled time zone (TZif)");
  if (old.version < '2') {
    return fail(ErrorCode::Unsupported, path + " is a time zone of version 1; expected 2 or later");
  }
  // What follows is for readers of version 1, and then comes all of it again, with wider times.
  rest.take(old.times * 5 + old.types * 6 + old.name_bytes + old.leaps * 8 + old.standard_marks +
            old.ut_marks);
  const ZoneHeader header = take_header(rest);
  if (header.leaps != 0) {
    return fail(ErrorCode::Unsupported,
                path + " counts leap seconds, which timestamps of the ledger do not");
  }
  TimeZone zone;
  zone.name_ = name;
  const bool sound = header.known && header.types != 0 && rest.has(header.times * 9);
  zone.changes_.resize(sound ? header.times : 0);
  std::vector<usize> type_of(zone.changes_.size());
  for (Change& change : zone.changes_) change.moment_s = rest.number(8);
  for (usize& type : type_of) type = static_cast<u8>(rest.number(1));
  std::vector<i64> offsets(sound && rest.has(header.types * 6) ? header.types : 0);
  for (i64& offset : offsets) {
    offset = rest.number(4);
    rest.take(2);  // Whether it is summer time, and where its short name is.
  }
  rest.take(header.name_bytes + header.standard_marks + header.ut_marks);
  bool right = sound && rest.complete() && !offsets.empty();
  for (usize index = 0; right && index < type_of.size(); ++index) {
    right = type_of[index] < offsets.size();
    if (right) zone.changes_[index].offset_s = offsets[type_of[index]];
  }
  const auto outside = [](i64 offset) { return offset < -kOffsetMost || offset > kOffsetMost; };
  const auto earlier = [](const Change& left, const Change& right_one) {
    return left.moment_s < right_one.moment_s;
  };
  right = right && std::none_of(offsets.begin(), offsets.end(), outside) &&
          std::is_sorted(zone.changes_.begin(), zone.changes_.end(), earlier);
  std::string_view footer = rest.rest();
  right = right && footer.size() >= 2 && footer.front() == '\n' && footer.back() == '\n';
  if (!right) return fail(ErrorCode::Corrupt, path + " is damaged: install tzdata again");
  zone.offset_before_s_ = offsets.front();
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return zone;
  zone.rule_ = ZoneRule::parse(footer);
  if (!zone.rule_) {
    return fail(ErrorCode::Corrupt,
                path + " ends with the rule '" + std::string(footer) + "', which is none of POSIX");
  }
  return zone;
}

TimeZone::Stretch TimeZone::at(i64 moment_s) const {
  const auto later =
      std::upper_bound(changes_.begin(), changes_.end(), moment_s,
                       [](i64 moment, const Change& change) { return moment < change.moment_s; });
  if (later != changes_.end()) {
    const i64 offset = later == changes_.begin() ? offset_before_s_ : std::prev(later)->offset_s;
    return {offset, later->moment_s};
  }
  if (rule_) return by_rule(moment_s);
  return {changes_.empty() ? offset_before_s_ : changes_.back().offset_s, kForEver};
}

TimeZone::Stretch TimeZone::by_rule(i64 moment_s) const {
  if (!rule_->summer) return {rule_->standard_s, kForEver};
  const ZoneRule::Summer& summer = *rule_->summer;
  const i64 year = year_of(moment_s);
  std::array<Change, 6> around;  // Those of three years.
  for (i64 step = 0; step < 3; ++step) {
    const auto moment = [&](const ZoneRule::Switch& rule, i64 offset_s) {
      return switch_day(rule, year - 1 + step) * kDaySeconds + rule.time_s - offset_s;
    };
    const auto index = static_cast<usize>(2 * step);
    around[index] = {moment(summer.begin, rule_->standard_s), summer.offset_s};
    around[index + 1] = {moment(summer.end, summer.offset_s), rule_->standard_s};
  }
  std::stable_sort(around.begin(), around.end(), [](const Change& left, const Change& right) {
    return left.moment_s < right.moment_s;
  });
  Stretch stretch{rule_->standard_s, kForEver};
  for (const Change& change : around) {
    if (change.moment_s > moment_s) {
      stretch.until_s = change.moment_s;
      break;
    }
    stretch.offset_s = change.offset_s;
  }
  return stretch;
}

i64 TimeZone::first_second(i64 day) const {
  const i64 midnight = day * kDaySeconds;  // As the local clocks show it.
  i64 from = midnight - kOffsetMost;
  for (;;) {
    const Stretch stretch = at(from);
    const i64 moment = std::max(from, midnight - stretch.offset_s);
    if (moment < stretch.until_s) return moment;
    from = stretch.until_s;
  }
}

}  // namespace florin::statement
