// The figures of a run: which there are, and what they are worked out from.
#include "bench/load_report.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace florin::bench {
namespace {

std::map<std::string, double> figures_of(const LoadOptions& options, const Measurements& measured) {
  std::map<std::string, double> figures;
  for (const Figure& figure : report_of(options, measured, {}).figures) {
    figures[figure.key] = figure.value;
  }
  return figures;
}

Measurements two_seconds() {
  Measurements measured;
  measured.load.transfers = 4'000'000;
  measured.load.requests = 500;
  measured.load.elapsed_ns = 2'000'000'000;
  measured.load.latency_ns.record(3'000'000);
  measured.load_cpu_ns = 140'000'000;
  return measured;
}

TEST(LoadReport, has_rates_latencies_and_the_generators_own_cost) {
  const auto figures = figures_of({}, two_seconds());
  EXPECT_EQ(figures.at("transfers_per_s"), 2e6);
  EXPECT_EQ(figures.at("requests_per_s"), 250);
  EXPECT_EQ(figures.at("latency_us.p99"), 3000);
  EXPECT_EQ(figures.at("cpu_s.load_generator"), 0.14);
  EXPECT_DOUBLE_EQ(figures.at("load_generator_ns_per_transfer"), 35);
}

TEST(LoadReport, tells_of_singles_alone_and_beside) {
  Measurements measured = two_seconds();
  measured.load.singles_beside_ns.record_many(900'000, 100);
  measured.load.singles_alone_ns.record_many(200'000, 30);
  measured.load.singles_alone_elapsed_ns = 500'000'000;
  const auto figures = figures_of({}, measured);
  EXPECT_EQ(figures.at("singles_beside_us.p99"), 900);
  EXPECT_EQ(figures.at("singles_beside_per_s"), 50);
  EXPECT_EQ(figures.at("singles_alone_us.p99"), 200);
  EXPECT_EQ(figures.at("singles_alone_per_s"), 60);
  EXPECT_EQ(figures.at("latency_us.max"), 3000);
  EXPECT_FALSE(figures_of({}, two_seconds()).contains("singles_beside_us.p99"));
}

TEST(LoadReport, tells_how_far_history_is_behind_if_there_is_history) {
  Measurements measured = two_seconds();
  EXPECT_FALSE(figures_of({}, measured).contains("history_lag_ms"));
  measured.server_info.history_enabled = true;
  measured.server_info.history_lag_ns = 1'500'000'000;
  measured.server_info.durable_position = Position{900};
  measured.server_info.history_position = Position{700};
  const auto behind = figures_of({}, measured);
  EXPECT_EQ(behind.at("history_lag_ms"), 1500);
  EXPECT_EQ(behind.at("history_events_behind"), 200);
  measured.server_info.history_position = Position{901};  // It was asked later.
  EXPECT_EQ(figures_of({}, measured).at("history_events_behind"), 0);
}

TEST(LoadReport, has_the_snapshot_that_was_asked_for) {
  Measurements measured = two_seconds();
  EXPECT_FALSE(figures_of({}, measured).contains("snapshot_s"));
  measured.snapshot_ns = 250'000'000;
  EXPECT_EQ(figures_of({}, measured).at("snapshot_s"), 0.25);
}

TEST(LoadReport, names_the_settings_that_change_what_is_measured) {
  LoadOptions options;
  options.singles = 7;
  options.singles_alone = 9;
  options.snapshot_at = 1.5;
  std::map<std::string, std::variant<u64, double, std::string>> settings;
  for (const Setting& setting : report_of(options, two_seconds(), {}).settings) {
    settings[setting.key] = setting.value;
  }
  EXPECT_EQ(std::get<u64>(settings.at("singles")), 7u);
  EXPECT_EQ(std::get<u64>(settings.at("singles_alone")), 9u);
  EXPECT_EQ(std::get<double>(settings.at("snapshot_at_s")), 1.5);
}

}  // namespace
}  // namespace florin::bench
