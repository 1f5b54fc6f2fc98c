// Medians and the table.
#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::bench {
namespace {

double median(std::vector<double> values) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const usize middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

std::string with_separators(std::string_view plain) {
  const usize whole = std::min(plain.find('.'), plain.size());
  std::string text;
  for (usize index = 0; index < plain.size(); ++index) {
    if (index > 0 && index < whole && (whole - index) % 3 == 0) text += ',';
    text += plain[index];
  }
  return text;
}

int decimals_of(double magnitude) {
  if (magnitude >= 1000 || magnitude == 0) return 0;
  if (magnitude >= 100) return 1;
  return magnitude >= 1 ? 2 : 3;
}

std::string setting_text(const Setting& setting) {
  if (const auto* count = std::get_if<u64>(&setting.value)) {
    return with_separators(std::to_string(*count));
  }
  if (const auto* number = std::get_if<double>(&setting.value)) return fmt::format("{}", *number);
  return std::get<std::string>(setting.value);
}

usize longest_label(const Report& report) {
  usize longest = 0;
  for (const Setting& setting : report.settings) longest = std::max(longest, setting.key.size());
  for (const Figure& figure : report.figures) longest = std::max(longest, figure.label.size());
  return longest;
}

}  // namespace

Report median_of(std::span<const Report> runs) {
  CHECK(!runs.empty());
  Report result = runs.front();
  result.problems.clear();
  for (const Report& run : runs) {
    CHECK(run.figures.size() == result.figures.size());
    result.problems.insert(result.problems.end(), run.problems.begin(), run.problems.end());
  }
  for (usize index = 0; index < result.figures.size(); ++index) {
    std::vector<double> values;
    for (const Report& run : runs) {
      CHECK(run.figures[index].key == result.figures[index].key);
      values.push_back(run.figures[index].value);
    }
    result.figures[index].value = median(std::move(values));
  }
  return result;
}

std::string number_text(double value) {
  const double magnitude = std::fabs(value);
  const std::string sign = value < 0 ? "-" : "";
  return sign + with_separators(fmt::format("{:.{}f}", magnitude, decimals_of(magnitude)));
}

std::string to_table(const Report& report) {
  const usize width = longest_label(report);
  std::string table = "Settings\n";
  for (const Setting& setting : report.settings) {
    table += fmt::format("  {:<{}}  {:>14}\n", setting.key, width, setting_text(setting));
  }
  table += "Figures\n";
  for (const Figure& figure : report.figures) {
    table += fmt::format("  {:<{}}  {:>14} {}\n", figure.label, width, number_text(figure.value),
                         figure.unit);
  }
  for (const std::string& note : report.notes) table += fmt::format("Note: {}\n", note);
  for (const std::string& problem : report.problems) {
    table += fmt::format("LOSS OR DAMAGE: {}\n", problem);
  }
  return table;
}

}  // namespace florin::bench
