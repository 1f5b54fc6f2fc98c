// The PostgreSQL sink when the server, the connection or its own process fails: every change is
// there once all the same.
#include <fmt/format.h>

#include "tests/fire/soak.h"
#include "tests/sinks/kill_runs.h"
#include "tests/sinks/postgres_bed.h"

namespace florin::test {

using sinks::PostgresSink;

class PostgresFailures : public PostgresBed {
 protected:
  u64 failures() const {
    u64 count = 0;
    for (const auto& event : events_) {
      count += event.kind == exporter::SinkEvent::Kind::Failed ? 1 : 0;
    }
    return count;
  }
};

TEST_F(PostgresFailures, goes_on_where_it_stands_when_sessions_and_servers_end) {
  const u64 seed = soak_seed();
  SCOPED_TRACE(fmt::format("FLORIN_SEED={}", seed));
  Random random(seed);
  made_.refuse_some();
  made_.append_to(store_, 4'000);
  u32 restarts = 0;
  at_step_ = [&](u64 step) {
    const bool in_any_case = step == 4 || step == 12 || step == 20;  // Changes still come then.
    if (!in_any_case && !random.chance(1, 25)) return;
    if (restarts < 2 && random.chance(1, 3)) {
      ++restarts;
      const Status started = server()->start_again();
      ASSERT_TRUE(started) << started.error().message;
      return;
    }
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
        "'florin%'");
  };
  PostgresSink sink(options(), clock_);
  exporter::ChangeFilter everything;
  everything.kinds = ledger::kChangeKindsDefined;
  deliver_all(sink, everything);
  expect_contents(all_changes(store_, exporter::Refusals::Included));
  EXPECT_GT(failures(), 1U);
  for (const auto& event : events_) {
    EXPECT_NE(event.kind, exporter::SinkEvent::Kind::PutAside) << event.message;
  }
}

// A reader of before sees nothing of a transaction that did not commit, and its end tells why.
TEST_F(PostgresFailures, says_why_when_there_is_no_server) {
  made_.append_to(store_, 100);
  PostgresSink sink(options(), clock_);
  server()->stop_at_once();
  bool started = false;
  at_step_ = [&](u64 step) {
    if (step < 5 || started) return;
    started = true;
    const Status again = server()->start_again();
    ASSERT_TRUE(again) << again.error().message;
  };
  deliver_all(sink);
  ASSERT_GE(failures(), 1U);
  EXPECT_NE(events_[0].message.find("PostgreSQL: cannot connect"), std::string::npos)
      << events_[0].message;
  expect_contents(all_changes(store_));
}

// FLORIN_SOAK=10 is 50 kills.
TEST_F(PostgresFailures, has_every_change_once_when_its_process_is_killed) {
  const u64 seed = soak_seed();
  SCOPED_TRACE(fmt::format("FLORIN_SEED={}", seed));
  Random random(seed);
  exporter::SinkDriverOptions driver_options;
  driver_options.dead_letter_directory = scratch_ / "dead-letters";
  driver_options.page_changes_max = 50;
  driver_options.commit_changes_max = 200;
  driver_options.filter.kinds = ledger::kChangeKindsDefined;
  made_.refuse_some();
  SystemClock clock;
  const MakeSink make_sink = [&]() -> std::unique_ptr<exporter::Sink> {
    return std::make_unique<PostgresSink>(options(), clock);
  };
  const u64 kills = soak_count(5);
  u64 killed = 0;
  u64 longest_us = 40'000;
  while (killed < kills) {
    made_.append_to(store_, 1'000);
    const KillOutcome outcome =
        deliver_and_kill(driver_options, make_sink, store_, random.below(longest_us));
    ASSERT_NE(outcome, KillOutcome::Failed);
    // In time for the middle of the delivery.
    outcome == KillOutcome::Killed ? ++killed : longest_us -= longest_us / 4;
    if (outcome == KillOutcome::Killed) longest_us += 5'000;
  }
  PostgresSink sink(options(), clock_);
  deliver_all(sink, driver_options.filter);
  const exporter::ChangePage changes = all_changes(store_, exporter::Refusals::Included);
  expect_contents(changes);
  std::printf("%llu kills, %zu changes, every one there once\n",
              static_cast<unsigned long long>(killed), changes.events.size());
}

}  // namespace florin::test
