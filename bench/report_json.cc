// Building of the JSON object.
#include "bench/report_json.h"

#include <nlohmann/json.hpp>

namespace florin::bench {
namespace {

using Json = nlohmann::ordered_json;

Json figures_of(const Report& report) {
  Json figures = Json::object();
  for (const Figure& figure : report.figures) {
    const usize dot = figure.key.find('.');
    if (dot == std::string::npos) {
      figures[figure.key] = figure.value;
    } else {
      figures[figure.key.substr(0, dot)][figure.key.substr(dot + 1)] = figure.value;
    }
  }
  return figures;
}

Json settings_of(const Report& report) {
  Json settings = Json::object();
  for (const Setting& setting : report.settings) {
    std::visit([&](const auto& value) { settings[setting.key] = value; }, setting.value);
  }
  return settings;
}

}  // namespace

std::string to_json(const Report& report, std::span<const Report> runs) {
  Json all = Json::object();
  all["settings"] = settings_of(report);
  all["figures"] = figures_of(report);
  all["runs"] = Json::array();
  for (const Report& run : runs) all["runs"].push_back(figures_of(run));
  all["notes"] = report.notes;
  all["verified"] = report.problems.empty();
  all["problems"] = report.problems;
  return all.dump(2) + "\n";
}

}  // namespace florin::bench
