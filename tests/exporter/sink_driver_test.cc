// The driver of a sink: every change exactly once in effect, pauses after failures, dead letters.
#include "exporter/sink_driver.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/exporter/made_changes.h"
#include "tests/support/manual_clock.h"

namespace florin::test {

using exporter::SinkDriver;
using exporter::SinkDriverOptions;
using exporter::SinkEvent;

namespace {

// A downstream system with transactions: what was not committed is forgotten at the next open.
class FakeSink final : public exporter::Sink {
 public:
  Result<exporter::SinkStand> open() override {
    ++opens;
    if (failing) return fail(ErrorCode::Disconnected, "the warehouse does not answer");
    pending_ = committed;
    return stand_;
  }
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override {
    exporter::Delivery delivery;
    for (usize event = first; event < page.events.size(); ++event) {
      if (failing) return fail(ErrorCode::Disconnected, "the warehouse does not answer");
      const history::Place place = exporter::place_of(page.events[event]);
      if (rejects.contains(place.position)) {
        delivery.rejected = Error{ErrorCode::InvalidArgument, "no such column"};
        return delivery;
      }
      pending_.push_back(place);
      ++delivery.taken;
    }
    return delivery;
  }
  Status commit(const exporter::SinkStand& stand) override {
    if (failing) return fail(ErrorCode::Disconnected, "the warehouse does not answer");
    committed = pending_;
    stand_ = stand;
    return {};
  }
  Status rest(Timestamp) override {
    ++rests;
    return {};
  }

  bool failing = false;
  std::set<u64> rejects;  // Positions.
  std::vector<history::Place> committed;
  u32 opens = 0;
  u32 rests = 0;

 private:
  std::vector<history::Place> pending_;
  exporter::SinkStand stand_;
};

struct World {
  explicit World(u64 seed) : made(seed) {
    options.dead_letter_directory = scratch / "dead-letters";
    options.page_changes_max = 10;
    start();
  }
  void start() {
    driver.emplace(options, sink, store, clock, Random(17),
                   [this](const SinkEvent& event) { events.push_back(event); });
  }
  void run(u32 steps = 1'000) {
    for (u32 step = 0; step < steps; ++step) driver->step();
  }
  void pass(u64 ns) { clock.monotonic += ns; }
  std::vector<history::Place> expected() {
    std::vector<history::Place> places;
    for (const auto& event : all_changes(store).events) {
      places.push_back(exporter::place_of(event));
    }
    return places;
  }
  u64 events_of(SinkEvent::Kind kind) const {
    u64 count = 0;
    for (const SinkEvent& event : events) count += event.kind == kind ? 1 : 0;
    return count;
  }

  ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made;
  ManualClock clock;
  FakeSink sink;
  SinkDriverOptions options;
  std::vector<SinkEvent> events;
  std::optional<SinkDriver> driver;
};

// A life of the driver in which all of the store is delivered, or a failure is met; its message.
std::string deliver_all(history::Store& store, exporter::Sink& sink, SinkDriverOptions options,
                        u8 kinds) {
  ManualClock clock;
  options.page_changes_max = 7;
  options.filter.kinds = kinds;
  SinkDriver driver(options, sink, store, clock, Random(19), [](const SinkEvent&) {});
  driver.stop();
  for (u32 step = 0; step < 1'000 && !driver.stopped(); ++step) driver.step();
  EXPECT_TRUE(driver.stopped());
  return driver.status().last_error;
}

std::vector<history::Place> places_of(MemoryStore& store, u8 kinds) {
  std::vector<history::Place> places;
  for (const auto& event : all_changes(store, exporter::Refusals::Included).events) {
    if ((kinds >> event.kind & 1) != 0) places.push_back(exporter::place_of(event));
  }
  return places;
}

constexpr u8 kOnlyRefusals = 1U << static_cast<u8>(ledger::ChangeKind::TransferRefused);

}  // namespace

TEST(SinkDriver, delivers_everything_once_and_commits_within_its_interval) {
  World world(1);
  world.made.append_to(world.store, 200);
  world.run();
  EXPECT_EQ(world.sink.committed.size(), 0U);
  EXPECT_GT(world.driver->sleep_ns_max(), 0U);
  EXPECT_LE(world.driver->sleep_ns_max(), kNsPerSecond);
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
  EXPECT_EQ(world.driver->status().changes, 200U);
  EXPECT_EQ(world.sink.opens, 1U);
  world.made.append_to(world.store, 30);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
  EXPECT_EQ(world.events.size(), 0U);
}

TEST(SinkDriver, commits_early_when_much_came) {
  World world(2);
  world.options.commit_changes_max = 50;
  world.start();
  world.made.append_to(world.store, 205);
  world.run();
  EXPECT_EQ(world.sink.committed.size(), 200U);
}

TEST(SinkDriver, pauses_longer_after_each_failure_and_goes_on_where_the_sink_stands) {
  World world(3);
  world.made.append_to(world.store, 100);
  world.run();
  world.sink.failing = true;
  world.pass(kNsPerSecond);  // The commit is due, and fails.
  world.run();
  ASSERT_EQ(world.events_of(SinkEvent::Kind::Failed), 1U);
  EXPECT_EQ(world.driver->status().last_error, "the warehouse does not answer");
  u64 last = world.events.back().retry_in_ns;
  EXPECT_GE(last, world.options.back_off.first_ns / 2);
  EXPECT_LE(last, world.options.back_off.first_ns);
  EXPECT_EQ(world.driver->sleep_ns_max(), last);
  for (u32 again = 0; again < 12; ++again) {
    world.pass(world.driver->sleep_ns_max() - 1);
    world.run(3);
    ASSERT_EQ(world.events_of(SinkEvent::Kind::Failed), 1U + again) << "too early";
    world.pass(1);
    world.run(3);
    ASSERT_EQ(world.events_of(SinkEvent::Kind::Failed), 2U + again);
    last = world.events.back().retry_in_ns;
  }
  EXPECT_GE(last, world.options.back_off.most_ns / 2);
  EXPECT_LE(last, world.options.back_off.most_ns);
  world.sink.failing = false;
  world.pass(last);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Recovered), 1U);
  EXPECT_EQ(world.driver->status().last_error, "");
}

// An error of history itself is a failure like any other.
TEST(SinkDriver, tries_again_when_history_cannot_be_read) {
  World world(4);
  world.made.append_to(world.store, 20);
  world.store.fail_answers(1, ErrorCode::Io);
  world.run(5);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Failed), 1U);
  world.pass(kNsPerSecond);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
}

TEST(SinkDriver, puts_aside_what_can_never_be_delivered_and_delivers_it_again_on_request) {
  World world(5);
  world.made.append_to(world.store, 50);
  world.sink.rejects = {7, 8, 31};
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed.size(), 47U);
  EXPECT_EQ(world.driver->status().dead_letters, 3U);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::PutAside), 3U);
  exporter::DeadLetters letters(world.options.dead_letter_directory, "files");
  const auto all = letters.all();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[1].place.position, 8U);
  EXPECT_EQ((*all)[1].reason, "no such column");
  // Two of them can be delivered now.
  world.sink.rejects = {8};
  const auto asked = letters.ask_again();
  ASSERT_TRUE(asked);
  EXPECT_EQ(*asked, 3U);
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed.size(), 49U);
  EXPECT_EQ(
      std::set<history::Place>(world.sink.committed.begin(), world.sink.committed.end()).size(),
      49U);
  EXPECT_EQ(letters.all()->size(), 1U);
  EXPECT_EQ(letters.asked_again()->size(), 0U);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::DeliveredAgain), 1U);
}

// A crash between the letter and the commit: the same change is refused once more.
TEST(SinkDriver, keeps_one_letter_for_a_change_that_is_refused_twice) {
  World world(6);
  world.made.append_to(world.store, 20);
  world.sink.rejects = {5};
  world.run();
  world.start();  // Without a commit.
  world.run();
  exporter::DeadLetters letters(world.options.dead_letter_directory, "files");
  EXPECT_EQ(letters.all()->size(), 1U);
}

// The ledger was put back and went on differently: the same places, other changes.
TEST(SinkDriver, delivers_nothing_of_a_ledger_that_has_another_past) {
  World world(9);
  world.made.append_to(world.store, 40);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  ASSERT_EQ(world.sink.committed.size(), 40U);
  World other(10);
  other.sink = world.sink;
  other.start();
  other.made.append_to(other.store, 20);
  other.run();
  EXPECT_EQ(other.events_of(SinkEvent::Kind::Failed), 0U);  // It may still come to be the same.
  EXPECT_EQ(other.events_of(SinkEvent::Kind::Waits), 0U);
  EXPECT_GT(other.driver->sleep_ns_max(), 0U);
  other.pass(other.options.wait_told_ns);
  other.run();
  EXPECT_EQ(other.events_of(SinkEvent::Kind::Waits), 1U);
  EXPECT_NE(other.driver->status().last_error.find("up to position 40, and the ledger ends at "
                                                   "position 20"),
            std::string::npos);
  other.made.append_to(other.store, 60);
  other.run();
  other.pass(kNsPerSecond);
  other.run();
  EXPECT_EQ(other.sink.committed.size(), 40U);
  EXPECT_NE(other.driver->status().last_error.find("position 40 that this ledger does not have"),
            std::string::npos)
      << other.driver->status().last_error;
  world.start();
  world.made.append_to(world.store, 60);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
}

TEST(SinkDriver, stops_when_everything_is_committed) {
  World world(7);
  world.made.append_to(world.store, 90);
  world.driver->stop();
  world.run();
  EXPECT_TRUE(world.driver->stopped());
  EXPECT_EQ(world.sink.committed, world.expected());
}

TEST(SinkDriver, stops_at_once_when_its_sink_fails) {
  World world(8);
  world.made.append_to(world.store, 10);
  world.sink.failing = true;
  world.driver->stop();
  world.run(2);
  EXPECT_TRUE(world.driver->stopped());
  EXPECT_EQ(world.sink.committed.size(), 0U);
}

// Many lives: the sink or history fails at random, drivers begin anew, and changes go on coming.
TEST(SinkDriver, effects_are_exactly_once_over_many_lives) {
  for (u64 seed = 100; seed < 130; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    Random random(seed);
    u64 failures = 0;
    for (u32 life = 0; life < 20; ++life) {
      world.start();
      world.made.append_to(world.store, static_cast<u32>(1 + random.below(40)));
      for (u32 step = 0; step < 40; ++step) {
        world.sink.failing = random.chance(1, 8);
        if (random.chance(1, 20)) world.store.fail_answers(1, ErrorCode::Io);
        world.driver->step();
        if (random.chance(1, 3)) world.pass(random.below(kNsPerSecond));
      }
      failures += world.driver->status().failures;
    }
    world.sink.failing = false;
    world.start();
    world.run(5);
    for (u32 each = 0; each < 20; ++each) {
      world.pass(kNsPerSecond);
      world.run(50);
    }
    EXPECT_EQ(world.sink.committed, world.expected());
    EXPECT_GT(failures, 10U);
  }
}

// Put back to a moment among changes that the sink passed over: what it was given is still there.
TEST(SinkDriver, finds_out_a_ledger_that_was_put_back_among_what_was_passed_over) {
  for (const u8 kinds : {u8{0}, u8{1U << static_cast<u8>(ledger::ChangeKind::AccountCreated)}}) {
    SCOPED_TRACE(testing::Message() << "kinds " << int{kinds});
    World world(16);
    world.made.append_to(world.store, 40);
    world.made.append_refusals_to(world.store, 30);
    EXPECT_EQ(deliver_all(world.store, world.sink, world.options, kinds), "");
    const usize delivered = world.sink.committed.size();
    World other(16);
    other.made.append_to(other.store, 40);
    other.made.append_refusals_to(other.store, 20);
    EXPECT_EQ(deliver_all(other.store, world.sink, other.options, kinds), "");
    other.made.append_to(other.store, 60);
    EXPECT_NE(deliver_all(other.store, world.sink, other.options, kinds).find("does not have"),
              std::string::npos);
    EXPECT_EQ(world.sink.committed.size(), delivered);
  }
}

TEST(SinkDriver, passes_over_what_the_sink_does_not_want_and_never_comes_back_to_it) {
  World world(11);
  world.options.filter.kinds = 1U << static_cast<u8>(ledger::ChangeKind::AccountCreated);
  world.start();
  world.made.append_to(world.store, 300);
  world.run();
  world.pass(2'000'000'000);
  world.run();
  std::vector<history::Place> wanted;
  const exporter::ChangePage changes = all_changes(world.store);
  for (const auto& event : changes.events) {
    if (event.kind == static_cast<u8>(ledger::ChangeKind::AccountCreated)) {
      wanted.push_back(exporter::place_of(event));
    }
  }
  ASSERT_FALSE(wanted.empty());
  EXPECT_EQ(world.sink.committed, wanted);
  EXPECT_EQ(world.driver->status().committed, changes.next);
  // A new start takes up behind all of it, the sink's last change being proven to be the ledger's.
  world.start();
  world.run();
  EXPECT_EQ(world.sink.committed, wanted);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Failed), 0U);
}

TEST(SinkDriver, gives_refused_transfers_to_those_who_ask_for_them) {
  World world(12);
  world.made.refuse_some();
  world.made.append_to(world.store, 100);
  ASSERT_GT(places_of(world.store, kOnlyRefusals).size(), 10U);
  struct {
    u8 wished, taken;
  } const table[] = {
      {0, ledger::kChangeKindsUsual},
      {ledger::kChangeKindsUsual, ledger::kChangeKindsUsual},
      {ledger::kChangeKindsDefined, ledger::kChangeKindsDefined},
      {kOnlyRefusals, kOnlyRefusals},
  };
  for (const auto& row : table) {
    FakeSink sink;
    EXPECT_EQ(deliver_all(world.store, sink, world.options, row.wished), "");
    EXPECT_EQ(sink.committed, places_of(world.store, row.taken)) << int{row.wished};
  }
}

// What it has of the ledger ends with a refusal, and that is still the ledger's.
TEST(SinkDriver, goes_on_for_a_sink_that_no_longer_wants_the_refusal_it_ends_with) {
  World world(13);
  world.made.refuse_some();
  world.made.append_to(world.store, 50);
  while (places_of(world.store, kOnlyRefusals).back().position != world.store.readable().value) {
    world.made.append_to(world.store, 1);
  }
  FakeSink sink;
  EXPECT_EQ(deliver_all(world.store, sink, world.options, ledger::kChangeKindsDefined), "");
  std::vector<history::Place> expected = sink.committed;
  EXPECT_EQ(expected.back().position, world.store.readable().value);
  world.made.append_to(world.store, 50);
  EXPECT_EQ(deliver_all(world.store, sink, world.options, 0), "");
  for (const history::Place& place : places_of(world.store, ledger::kChangeKindsUsual)) {
    if (place > expected.back()) expected.push_back(place);
  }
  EXPECT_EQ(sink.committed, expected);
}

TEST(SinkDriver, delivers_a_refused_transfer_again_that_was_put_aside) {
  World world(14);
  world.made.refuse_some();
  world.made.append_to(world.store, 100);
  const auto refusals = places_of(world.store, kOnlyRefusals);
  FakeSink sink;
  sink.rejects = {refusals[3].position};
  EXPECT_EQ(deliver_all(world.store, sink, world.options, kOnlyRefusals), "");
  EXPECT_EQ(sink.committed.size(), refusals.size() - 1);
  exporter::DeadLetters letters(world.options.dead_letter_directory, "files");
  ASSERT_TRUE(letters.ask_again());
  sink.rejects.clear();
  EXPECT_EQ(deliver_all(world.store, sink, world.options, ledger::kChangeKindsUsual), "");
  EXPECT_EQ(sink.committed.back(), refusals[3]);
  EXPECT_EQ(letters.all()->size(), 0U);
}

// More of them in a row than history looks at for one answer.
TEST(SinkDriver, passes_over_any_number_of_refused_transfers) {
  World world(15);
  world.made.append_to(world.store, 20);
  world.made.append_refusals_to(world.store, 2 * ledger::kQueryExaminedMax + 5);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed, world.expected());
  EXPECT_EQ(world.driver->status().committed.position, world.store.readable().value);
  world.start();
  world.made.append_to(world.store, 20);
  world.run();
  world.pass(kNsPerSecond);
  world.run();
  EXPECT_EQ(world.sink.committed.size(), 40U);
  EXPECT_EQ(world.sink.committed, world.expected());
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Failed), 0U);
}

}  // namespace florin::test
