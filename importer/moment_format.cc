#include "importer/moment_format.h"

#include <chrono>

#include "base/int128.h"

namespace florin::importer {

namespace {

constexpr u64 kSecondsOfDay = 86'400;

// The parts of a moment as they are read.
struct Clocked {
  u64 year = 0;
  u64 month = 1;
  u64 day = 1;
  u64 hour = 0;
  u64 minute = 0;
  u64 second = 0;
  u64 nanoseconds = 0;
  bool has_time = false;
  std::optional<i64> zone_seconds;
};

bool is_figure(char letter) { return letter >= '0' && letter <= '9'; }

// Takes exactly so many digits from the beginning.
bool take_digits(std::string_view& text, usize count, u64& value) {
  if (text.size() < count) return false;
  value = 0;
  for (usize index = 0; index < count; ++index) {
    if (!is_figure(text[index])) return false;
    value = value * 10 + static_cast<u64>(text[index] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take_letter(std::string_view& text, char letter) {
  if (!text.starts_with(letter)) return false;
  text.remove_prefix(1);
  return true;
}

// Of a second, behind a '.' or a ','; up to nine decimals, and any that follow must be zero.
bool take_fraction(std::string_view& text, u64& nanoseconds) {
  if (!take_letter(text, '.') && !take_letter(text, ',')) return true;
  u64 unit = kNsPerSecond / 10;
  usize digits = 0;
  for (; digits < text.size() && is_figure(text[digits]); ++digits, unit /= 10) {
    const auto figure = static_cast<u64>(text[digits] - '0');
    if (unit == 0 && figure != 0) return false;
    nanoseconds += figure * unit;
  }
  text.remove_prefix(digits);
  return digits != 0;
}

bool take_seconds(std::string_view& text, Clocked& clocked) {
  return take_digits(text, 2, clocked.second) && take_fraction(text, clocked.nanoseconds);
}

bool take_field(std::string_view& text, char field, Clocked& clocked) {
  switch (field) {
    case 'Y': return take_digits(text, 4, clocked.year);
    case 'y':
      if (!take_digits(text, 2, clocked.year)) return false;
      clocked.year += clocked.year >= 69 ? 1900 : 2000;
      return true;
    case 'm': return take_digits(text, 2, clocked.month);
    case 'd': return take_digits(text, 2, clocked.day);
    case 'H': return take_digits(text, 2, clocked.hour);
    case 'M': return take_digits(text, 2, clocked.minute);
    case 'S': return take_seconds(text, clocked);
  }
  return false;
}

std::optional<u64> moment_of(const Clocked& clocked, const MomentFormat::Local& local) {
  using namespace std::chrono;
  const year_month_day date(year(static_cast<int>(clocked.year)),
                            month(static_cast<unsigned>(clocked.month)),
                            day(static_cast<unsigned>(clocked.day)));
  if (!date.ok() || clocked.hour > 23 || clocked.minute > 59 || clocked.second > 59) {
    return std::nullopt;
  }
  i64 seconds = sys_days(date).time_since_epoch().count() * static_cast<i64>(kSecondsOfDay);
  u64 of_day_ns = local.time_of_day_ns;
  if (clocked.has_time) {
    of_day_ns = ((clocked.hour * 60 + clocked.minute) * 60 + clocked.second) * kNsPerSecond +
                clocked.nanoseconds;
  }
  seconds -= clocked.zone_seconds.value_or(local.zone_seconds);
  seconds += static_cast<i64>(of_day_ns / kNsPerSecond);
  constexpr auto kSecondsEnd = static_cast<i64>(kTimestampEnd / kNsPerSecond);
  if (seconds < 0 || seconds >= kSecondsEnd) return std::nullopt;
  return static_cast<u64>(seconds) * kNsPerSecond + of_day_ns % kNsPerSecond;
}

bool take_iso_time(std::string_view& text, Clocked& clocked) {
  clocked.has_time = true;
  if (!take_digits(text, 2, clocked.hour) || !take_letter(text, ':') ||
      !take_digits(text, 2, clocked.minute)) {
    return false;
  }
  return !take_letter(text, ':') || take_seconds(text, clocked);
}

bool has_any_field(std::string_view form, std::string_view fields) {
  for (usize index = 0; index + 1 < form.size(); ++index) {
    if (form[index] == '%' && fields.find(form[index + 1]) != std::string_view::npos) return true;
  }
  return false;
}

bool is_pattern(std::string_view form) {
  for (usize index = 0; index < form.size(); ++index) {
    if (form[index] != '%') continue;
    ++index;
    if (index == form.size() ||
        std::string_view("YymdHMS").find(form[index]) == std::string_view::npos) {
      return false;
    }
  }
  return has_any_field(form, "Yy") && has_any_field(form, "m") && has_any_field(form, "d");
}

}  // namespace

std::optional<i64> parse_zone(std::string_view text) {
  if (text == "Z") return 0;
  const bool east = text.starts_with('+');
  if (!east && !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  u64 hours = 0;
  u64 minutes = 0;
  if (!take_digits(text, 2, hours)) return std::nullopt;
  take_letter(text, ':');
  if (!text.empty() && !take_digits(text, 2, minutes)) return std::nullopt;
  if (!text.empty() || hours > 14 || minutes > 59) return std::nullopt;
  const auto seconds = static_cast<i64>(hours * 3600 + minutes * 60);
  return east ? seconds : -seconds;
}

std::optional<u64> parse_time_of_day(std::string_view text) {
  Clocked clocked;
  if (!take_iso_time(text, clocked) || !text.empty()) return std::nullopt;
  if (clocked.hour > 23 || clocked.minute > 59 || clocked.second > 59) return std::nullopt;
  return ((clocked.hour * 60 + clocked.minute) * 60 + clocked.second) * kNsPerSecond +
         clocked.nanoseconds;
}

Result<MomentFormat> MomentFormat::of(std::string_view form, Local local) {
  MomentFormat made;
  made.form_ = std::string(form);
  made.local_ = local;
  constexpr struct {
    std::string_view form;
    u64 unit_ns;
  } kEpochs[] = {
      {"epoch_s", kNsPerSecond}, {"epoch_ms", kNsPerMs}, {"epoch_us", 1000}, {"epoch_ns", 1}};
  for (const auto& epoch : kEpochs) {
    if (epoch.form != form) continue;
    made.kind_ = Kind::Epoch;
    made.epoch_unit_ns_ = epoch.unit_ns;
    return made;
  }
  made.kind_ = form == "iso8601" ? Kind::Iso8601 : Kind::Pattern;
  if (made.kind_ == Kind::Iso8601 || is_pattern(form)) return made;
  return fail(ErrorCode::InvalidArgument,
              "'" + std::string(form) +
                  "' is no form of moments; expected iso8601, epoch_s, epoch_ms, epoch_us, "
                  "epoch_ns, or a pattern such as %Y-%m-%d, made of %Y, %y, %m, %d, %H, %M, %S");
}

std::optional<u64> MomentFormat::parse(std::string_view text) const {
  const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (kind_ == Kind::Epoch || (kind_ == Kind::Any && is_number)) {
    const auto number = is_number ? parse_u128(text) : std::nullopt;
    if (!number || *number > (kTimestampEnd - 1) / epoch_unit_ns_) return std::nullopt;
    return low_half(*number) * epoch_unit_ns_;
  }
  return kind_ == Kind::Pattern ? parse_pattern(text) : parse_iso(text);
}

std::optional<u64> MomentFormat::parse_pattern(std::string_view text) const {
  Clocked clocked;
  for (usize index = 0; index < form_.size(); ++index) {
    if (form_[index] != '%') {
      if (!take_letter(text, form_[index])) return std::nullopt;
      continue;
    }
    ++index;
    if (!take_field(text, form_[index], clocked)) return std::nullopt;
    clocked.has_time |= form_[index] == 'H';
  }
  return text.empty() ? moment_of(clocked, local_) : std::nullopt;
}

std::optional<u64> MomentFormat::parse_iso(std::string_view text) const {
  Clocked clocked;
  if (!take_digits(text, 4, clocked.year) || !take_letter(text, '-') ||
      !take_digits(text, 2, clocked.month) || !take_letter(text, '-') ||
      !take_digits(text, 2, clocked.day)) {
    return std::nullopt;
  }
  if (take_letter(text, 'T') || take_letter(text, ' ')) {
    if (!take_iso_time(text, clocked)) return std::nullopt;
    if (!text.empty()) {
      clocked.zone_seconds = parse_zone(text);
      if (!clocked.zone_seconds) return std::nullopt;
      text = {};
    }
  }
  return text.empty() ? moment_of(clocked, local_) : std::nullopt;
}

}  // namespace florin::importer
