// What the tests of the PostgreSQL sink begin with: a server, a ledger's made changes, a driver.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exporter/sink_driver.h"
#include "sinks/postgres_sink.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/postgres_contents.h"
#include "tests/sinks/postgres_server.h"
#include "tests/support/manual_clock.h"

namespace florin::test {

inline constexpr u128 kLedgerId = make_u128(0x1234'5678'9abc'def0, 42);

// Skips the test where there is no PostgreSQL.
class PostgresBed : public ::testing::Test {
 protected:
  // One server for all tests of the program.
  static void SetUpTestSuite();
  void SetUp() override;

  static std::unique_ptr<PostgresServer>& server();
  sinks::PostgresSinkOptions options() const;
  sinks::PostgresConnection connect() const;
  // Runs a statement that must succeed.
  void run(const std::string& statement) const;

  // Delivers all of the store, trying again after failures as often as it takes, within a limit.
  void deliver_all(exporter::Sink& sink, const exporter::ChangeFilter& filter = {});
  void expect_contents(const exporter::ChangePage& changes) const;

  ScratchDirectory scratch_;
  MemoryStore store_;
  MadeChanges made_{1};
  ManualClock clock_;
  std::vector<exporter::SinkEvent> events_;
  u32 page_changes_ = 37;
  u64 commit_changes_ = 150;
  std::function<void(u64)> at_step_ = [](u64) {};
  std::string schema_ = "florin";
  std::string database_;
};

}  // namespace florin::test
