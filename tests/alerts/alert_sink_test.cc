// Alerts as a sink: told once, in order, to each of their targets, whatever fails; what is old or
// new.
#include "alerts/alert_sink.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tests/alerts/alert_world.h"

namespace florin::test {

using exporter::SinkEvent;
using Ids = std::vector<std::string>;

TEST(AlertSink, tells_every_target_what_its_rules_find_once_and_in_order) {
  AlertWorld world(1);
  world.start();
  world.made.append_to(world.store, 500);
  world.run();
  EXPECT_GT(world.expected("audit").size(), 50U);
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
  EXPECT_EQ(world.sink->status().ignored, 0U);
  world.made.append_to(world.store, 200);
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  EXPECT_EQ(world.events.size(), 0U);
}

TEST(AlertSink, a_restart_sends_nothing_twice_and_loses_nothing) {
  AlertWorld world(2);
  world.options.memory_changes_min = 50;
  world.options.uncommitted_bytes_max = 3'000;
  Random random(2);
  world.start();
  for (u32 round = 0; round < 30; ++round) {
    world.made.append_to(world.store, static_cast<u32>(1 + random.below(40)));
    for (u64 step = random.below(20); step > 0; --step) world.driver->step();
    if (random.chance(1, 2)) world.run(1);
    world.start();  // Without a word of good-bye.
  }
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
}

// What rules remember can be removed: it is found again.
TEST(AlertSink, without_its_memory_goes_through_the_changes_again_and_tells_nothing_twice) {
  AlertWorld world(3);
  world.options.memory_changes_min = 10;
  world.start();
  world.made.append_to(world.store, 400);
  world.run();
  ASSERT_TRUE(std::filesystem::remove(world.scratch / "alerts/memory"));
  world.start();
  world.made.append_to(world.store, 100);
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  std::ofstream(world.scratch / "alerts/memory") << "florin alerts 1\nnonsense";
  world.start();
  world.run(1);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Failed, "alerts"), 1U);
  EXPECT_NE(world.driver->status().last_error.find("memory is damaged"), std::string::npos);
}

TEST(AlertSink, what_was_logged_before_it_was_made_is_not_told) {
  AlertWorld world(4);
  world.made.append_to(world.store, 300);
  const usize old = world.expected("ops").size();
  world.clock.wall_ns = world.made.last_timestamp() + 1;
  world.start();
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, Ids{});
  EXPECT_GT(world.sink->status().ignored, 0U);
  world.made.pass_time(100 * kNsPerSecond);
  world.made.append_to(world.store, 300);
  world.run();
  // Pairs met in the past are not new: the past was evaluated.
  const Ids all = world.expected("ops");
  EXPECT_EQ(world.inboxes["ops"].ids,
            Ids(all.begin() + static_cast<std::ptrdiff_t>(old), all.end()));
}

// The thread that opens it may begin late.
TEST(AlertSink, what_was_logged_since_it_was_made_is_told) {
  AlertWorld world(4);
  world.clock.wall_ns = 1;
  world.start();
  world.made.append_to(world.store, 300);
  world.clock.wall_ns = world.made.last_timestamp() + 1;
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
}

TEST(AlertSink, a_rule_with_a_since_is_told_from_then_on) {
  AlertWorld world(5);
  world.made.append_to(world.store, 300);
  world.clock.wall_ns = world.made.last_timestamp() + 1;
  for (alerts::Rule& rule : world.options.settings.rules) rule.since_ns = 0;
  world.start();
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
}

TEST(AlertSink, what_is_too_old_when_it_is_found_is_not_told) {
  AlertWorld world(6);
  world.options.settings.ignore_older_than_ns = 3'600 * kNsPerSecond;
  world.start();
  world.run(1);
  world.made.append_to(world.store, 300);
  world.clock.wall_ns = world.made.last_timestamp() + 2 * 3'600 * kNsPerSecond;
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, Ids{});
  EXPECT_EQ(world.sink->status().told, 0U);
}

// The past is evaluated for it, and those that were there before tell nothing a second time.
TEST(AlertSink, a_rule_that_comes_later_knows_the_past) {
  AlertWorld world(7);
  const alerts::AlertSettings both = world.options.settings;
  world.options.settings.rules.pop_back();
  world.start();
  world.made.append_to(world.store, 300);
  world.run();
  const Ids before = world.inboxes["ops"].ids;
  EXPECT_EQ(before, world.expected("ops"));
  world.options.settings = both;
  world.clock.wall_ns = world.made.last_timestamp() + 1;
  const usize met = world.expected("ops").size();
  world.start();
  world.run();
  EXPECT_EQ(world.inboxes["ops"].ids, before);
  world.made.append_to(world.store, 300);
  world.run();
  const Ids all = world.expected("ops");
  Ids expected = before;
  expected.insert(expected.end(), all.begin() + static_cast<std::ptrdiff_t>(met), all.end());
  EXPECT_EQ(world.inboxes["ops"].ids, expected);
}

TEST(AlertSink, a_dead_target_does_not_stop_the_others) {
  AlertWorld world(8);
  world.start();
  world.inboxes["ops"].error = Error{ErrorCode::Disconnected, "nobody there"};
  world.made.append_to(world.store, 400);
  world.run(100);
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
  EXPECT_EQ(world.inboxes["ops"].ids, Ids{});
  EXPECT_GT(world.events_of(SinkEvent::Kind::Failed, "ops"), 3U);
  EXPECT_LT(world.events_of(SinkEvent::Kind::Failed, "ops"), 20U);
  world.inboxes["ops"].error.reset();
  world.run(40);
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  EXPECT_EQ(world.events_of(SinkEvent::Kind::Recovered, "ops"), 1U);
}

TEST(AlertSink, a_full_outbox_holds_the_sink_until_there_is_room) {
  AlertWorld world(9);
  world.options.settings.outbox_bytes_max = 20'000;
  world.options.uncommitted_bytes_max = 5'000;
  world.start();
  world.inboxes["ops"].error = Error{ErrorCode::Disconnected, "nobody there"};
  world.made.append_to(world.store, 400);
  world.run(30);
  EXPECT_NE(world.driver->status().last_error.find("the outbox of 'ops' is full"),
            std::string::npos)
      << world.driver->status().last_error;
  EXPECT_LT(world.inboxes["audit"].ids.size(), world.expected("audit").size());
  world.inboxes["ops"].error.reset();
  world.run(400);
  EXPECT_EQ(world.inboxes["ops"].ids, world.expected("ops"));
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
}

TEST(AlertSink, an_outbox_full_for_too_long_gets_dead_letters_and_the_others_go_on) {
  AlertWorld world(10);
  world.options.settings.outbox_bytes_max = 20'000;
  world.options.uncommitted_bytes_max = 5'000;
  world.options.full_wait_ns = 60 * kNsPerSecond;
  world.start();
  world.inboxes["ops"].error = Error{ErrorCode::Disconnected, "nobody there"};
  world.made.append_to(world.store, 400);
  world.run(300);
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
  alerts::AlertLetters letters(world.scratch / "alerts/dead-letters", "ops");
  EXPECT_GT(letters.all()->size(), 20U);
  world.inboxes["ops"].error.reset();
  world.run(40);
  ASSERT_TRUE(letters.ask_again());
  world.run(10);
  const Ids& got = world.inboxes["ops"].ids;
  const Ids expected = world.expected("ops");
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()),
            std::set<std::string>(expected.begin(), expected.end()));
  EXPECT_EQ(letters.all()->size(), 0U);
  EXPECT_EQ(world.events_of(SinkEvent::Kind::DeliveredAgain, "ops"), 1U);
}

TEST(AlertSink, what_a_target_refuses_becomes_a_dead_letter_and_nothing_else_does) {
  AlertWorld world(11);
  world.start();
  world.made.append_to(world.store, 200);
  Ids expected = world.expected("ops");
  const std::string refused = expected[20];
  world.inboxes["ops"].refused_id = refused;
  world.run(100);
  // Sent together with others at first: what came before it in vain came twice.
  std::set<std::string> got(world.inboxes["ops"].ids.begin(), world.inboxes["ops"].ids.end());
  EXPECT_FALSE(got.contains(refused));
  EXPECT_EQ(got.size(), expected.size() - 1);
  const alerts::AlertLetters letters(world.scratch / "alerts/dead-letters", "ops");
  ASSERT_EQ(letters.all()->size(), 1U);
  EXPECT_EQ(letters.all()->front().message.id, refused);
  EXPECT_EQ(letters.all()->front().reason, "not this one");
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
}

TEST(AlertSink, is_of_one_ledger_and_of_known_targets) {
  AlertWorld world(12);
  world.start();
  world.run(1);
  world.options.ledger_id = 100;
  world.start();
  const auto other = world.sink->open();
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("ledger 99"), std::string::npos);
  world.options.ledger_id = 99;
  world.sink_names = {"ops"};
  world.start();
  const auto unknown = world.sink->open();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message,
            "alert 'large' is for the sink 'audit', which takes no alerts");
}

}  // namespace florin::test
