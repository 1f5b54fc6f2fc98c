#include "exporter/export_day.h"

#include <chrono>

#include <fmt/core.h>

namespace florin::exporter {

std::string day_of(u64 timestamp_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> moment{nanoseconds(static_cast<i64>(timestamp_ns))};
  const year_month_day day(floor<days>(moment));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace florin::exporter
