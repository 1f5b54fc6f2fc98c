// The figures of a benchmark, each with its unit, and their table for people. report_json.h writes
// the same for programs.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/types.h"

namespace florin::bench {

// `key` names the figure and its unit for programs; a dot makes a group: "latency_us.p50".
struct Figure {
  std::string key;
  std::string label;  // For people, as is the unit.
  std::string unit;
  double value = 0;
};

struct Setting {
  std::string key;
  std::variant<u64, double, std::string> value;
};

struct Report {
  std::vector<Setting> settings;
  std::vector<Figure> figures;
  std::vector<std::string> notes;     // What a reader should know of how it was measured.
  std::vector<std::string> problems;  // What the verification found; empty when all is well.
};

// Each figure's median over the runs (the mean of the middle two when they are even in number); the
// problems of all. At least one run, all with the same figures.
Report median_of(std::span<const Report> runs);

// Thousands separated by commas, about four significant digits: "3,912,345", "812.4", "3.07".
std::string number_text(double value);

// A readable table, ending in a newline.
std::string to_table(const Report& report);

}  // namespace florin::bench
