#include "tests/sinks/postgres_bed.h"

namespace florin::test {

std::unique_ptr<PostgresServer>& PostgresBed::server() {
  // Outlives the suites of the program: to start a server takes longer than most tests.
  static std::unique_ptr<PostgresServer> server;
  return server;
}

void PostgresBed::SetUpTestSuite() {
  if (!PostgresServer::is_installed() || server() != nullptr) return;
  auto started = PostgresServer::start();
  ASSERT_TRUE(started) << started.error().message;
  server() = std::move(*started);
}

void PostgresBed::SetUp() {
  if (!PostgresServer::is_installed()) {
    GTEST_SKIP() << "PostgreSQL 15 is not installed: apt-get install postgresql-15";
  }
  ASSERT_NE(server(), nullptr);
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  database_ = test->name();
  auto admin = sinks::PostgresConnection::open(server()->connection(), "test");
  ASSERT_TRUE(admin) << admin.error().message;
  const Status made = admin->run("CREATE DATABASE " + sinks::quoted_name(database_), "create");
  ASSERT_TRUE(made) << made.error().message;
}

sinks::PostgresSinkOptions PostgresBed::options() const {
  sinks::PostgresSinkOptions options;
  options.settings.connection = server()->connection(database_);
  options.settings.schema = schema_;
  options.ledger_id = kLedgerId;
  options.name = "warehouse";
  options.partition_positions = 100;
  return options;
}

sinks::PostgresConnection PostgresBed::connect() const {
  auto connection = sinks::PostgresConnection::open(server()->connection(database_), "test");
  EXPECT_TRUE(connection) << connection.error().message;
  return std::move(*connection);
}

void PostgresBed::run(const std::string& statement) const {
  auto connection = connect();
  const Status done = connection.run(statement, "run " + statement);
  ASSERT_TRUE(done) << done.error().message;
}

void PostgresBed::deliver_all(exporter::Sink& sink, const exporter::ChangeFilter& filter) {
  exporter::SinkDriverOptions driver_options;
  driver_options.name = "warehouse";
  driver_options.dead_letter_directory = scratch_ / "dead-letters";
  driver_options.filter = filter;
  driver_options.page_changes_max = page_changes_;
  driver_options.commit_changes_max = commit_changes_;
  exporter::SinkDriver driver(driver_options, sink, store_, clock_, Random(5),
                              [&](const exporter::SinkEvent& event) { events_.push_back(event); });
  constexpr u64 kStepsMax = 20'000;
  bool ended = false;
  bool stopping = false;
  for (u64 step = 0; step < kStepsMax && !ended; ++step) {
    // Who stops does not try again what fails: nothing happens to it then.
    if (!stopping) at_step_(step);
    driver.step();
    stopping = stopping || (driver.status().last_error.empty() && driver.sleep_ns_max() != 0);
    if (stopping) driver.stop();
    clock_.monotonic += driver.sleep_ns_max() == ~u64{0} ? 0 : driver.sleep_ns_max();
    ended = driver.stopped();
  }
  ASSERT_TRUE(ended) << "the driver does not come to an end: " << driver.status().last_error;
  if (driver.status().last_error.empty()) return;
  // A stop does not wait for a sink that fails: the next start delivers the rest.
  at_step_ = [](u64) {};
  deliver_all(sink, filter);
}

void PostgresBed::expect_contents(const exporter::ChangePage& changes) const {
  auto connection = connect();
  EXPECT_EQ(difference(expected_contents(changes), contents(connection, schema_)), "");
}

}  // namespace florin::test
