// Numbers, medians, the table and the JSON of a report.
#include "bench/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "bench/report_json.h"

namespace florin::bench {
namespace {

Report report_of(double rate, double p50) {
  Report report;
  report.settings = {{"accounts", u64{10'000}},
                     {"zipf_theta", 0.99},
                     {"clients", u64{1}},
                     {"distribution", std::string("zipf")}};
  report.figures = {{"transfers_per_s", "transfers per second", "1/s", rate},
                    {"latency_us.p50", "latency of a request, p50", "us", p50},
                    {"latency_us.p99", "latency of a request, p99", "us", p50 * 2}};
  report.notes = {"a note"};
  return report;
}

TEST(Report, writes_numbers_with_separators_and_few_digits) {
  struct Row {
    double value;
    const char* text;
  };
  for (const Row& row : {Row{0, "0"}, Row{0.1234, "0.123"}, Row{7, "7.00"}, Row{12.345, "12.35"},
                         Row{812.44, "812.4"}, Row{1000, "1,000"}, Row{3912345.6, "3,912,346"},
                         Row{123456, "123,456"}, Row{-4321, "-4,321"}}) {
    EXPECT_EQ(number_text(row.value), row.text);
  }
}

TEST(Report, takes_the_median_of_each_figure) {
  const Report odd = median_of(std::vector{report_of(10, 3), report_of(30, 1), report_of(20, 2)});
  EXPECT_EQ(odd.figures[0].value, 20);
  EXPECT_EQ(odd.figures[1].value, 2);
  const Report even = median_of(std::vector{report_of(10, 1), report_of(30, 2)});
  EXPECT_EQ(even.figures[0].value, 20);
  EXPECT_EQ(even.figures[1].value, 1.5);
}

TEST(Report, keeps_the_problems_of_every_run) {
  Report bad = report_of(1, 1);
  bad.problems = {"transfer 7 is missing"};
  const Report median = median_of(std::vector{report_of(2, 2), bad, report_of(3, 3)});
  ASSERT_EQ(median.problems.size(), 1u);
  EXPECT_NE(to_table(median).find("LOSS OR DAMAGE: transfer 7 is missing"), std::string::npos);
}

TEST(Report, its_table_has_every_setting_and_figure) {
  const std::string table = to_table(report_of(3'912'345, 812.44));
  for (const char* part : {"accounts", "10,000\n", " 1\n", "0.99", "zipf", "transfers per second",
                           "3,912,345 1/s", "812.4 us", "1,625 us", "Note: a note"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << " in\n" << table;
  }
}

TEST(Report, its_json_names_every_figure_with_its_unit) {
  const std::vector<Report> runs = {report_of(10, 1), report_of(30, 3)};
  const auto json = nlohmann::json::parse(to_json(median_of(runs), runs));
  EXPECT_EQ(json["settings"]["accounts"], 10'000);
  EXPECT_EQ(json["settings"]["distribution"], "zipf");
  EXPECT_EQ(json["figures"]["transfers_per_s"], 20.0);
  EXPECT_EQ(json["figures"]["latency_us"]["p50"], 2.0);
  EXPECT_EQ(json["figures"]["latency_us"]["p99"], 4.0);
  ASSERT_EQ(json["runs"].size(), 2u);
  EXPECT_EQ(json["runs"][1]["transfers_per_s"], 30.0);
  EXPECT_EQ(json["verified"], true);
  EXPECT_TRUE(json["problems"].empty());
}

TEST(Report, its_json_says_when_something_was_lost) {
  Report bad = report_of(1, 1);
  bad.problems = {"lost"};
  const auto json = nlohmann::json::parse(to_json(bad, std::vector{bad}));
  EXPECT_EQ(json["verified"], false);
  EXPECT_EQ(json["problems"][0], "lost");
}

}  // namespace
}  // namespace florin::bench
