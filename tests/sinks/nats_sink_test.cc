// The sink of NATS JetStream with a real server: every change once in the stream, in order,
// whatever is killed meanwhile.
#include "sinks/nats_sink.h"

#include <chrono>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "sinks/nats_target.h"
#include "tests/sinks/message_judge.h"
#include "tests/sinks/nats_server.h"
#include "tests/sinks/sink_run.h"
#include "tests/sinks/small_messages.h"
#include "tests/support/test_size.h"

namespace florin::test {

using sinks::MessageForm;
using sinks::NatsSettings;
using sinks::NatsSink;

namespace {

constexpr u64 kKills = 3;
constexpr u64 kKillsMost = 50;

u64 kills() { return std::min(kKills * soak_factor(), kKillsMost); }

std::vector<std::string> bodies(const std::vector<ReceivedMessage>& messages) {
  std::vector<std::string> result;
  for (const ReceivedMessage& message : messages) result.push_back(message.body);
  return result;
}

class NatsSinks : public testing::Test {
 protected:
  void SetUp() override {
    if (NatsServer::program().empty()) GTEST_SKIP() << "there is no nats-server on this machine";
    server_ = std::make_unique<NatsServer>();
  }

  NatsSettings settings(MessageForm form = MessageForm::Json) const {
    NatsSettings settings = server_->settings();
    settings.form = form;
    return settings;
  }
  std::string problem(const exporter::ChangeFilter& filter = {}) {
    return problem_of(bodies(server_->messages("florin.changes")), kSinkLedgerId,
                      wanted_lines(store_, filter));
  }
  // A failure's message, of a sink with these settings.
  std::string failure_with(const NatsSettings& settings, u128 ledger_id = kSinkLedgerId) {
    NatsSink sink(settings, ledger_id);
    const auto opened = sink.open();
    return opened ? "" : opened.error().message;
  }

  std::unique_ptr<NatsServer> server_;
  MemoryStore store_;
  MadeChanges made_{11};
};

TEST_F(NatsSinks, deliver_every_change_in_either_form) {
  for (const MessageForm form : {MessageForm::Json, MessageForm::FlatBuffers}) {
    NatsSink sink(settings(form), kSinkLedgerId, kSmallMessageBytes);
    SinkRun run(sink, store_);
    for (u32 each = 0; each < 3; ++each) {
      made_.append_to(store_, 300);
      ASSERT_TRUE(run.deliver_all());
    }
    EXPECT_EQ(run.failures(), 0U);
    EXPECT_EQ(problem(), "");
  }
}

TEST_F(NatsSinks, stand_where_their_stream_ends) {
  made_.append_to(store_, 200);
  {
    NatsSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
    EXPECT_EQ(*sink.open(), exporter::SinkStand{});
    SinkRun run(sink, store_);
    ASSERT_TRUE(run.deliver_all());
  }
  NatsSink sink(settings(), kSinkLedgerId);
  const auto stand = sink.open();
  ASSERT_TRUE(stand) << stand.error().message;
  const auto all = all_changes(store_);
  EXPECT_EQ(stand->last, exporter::place_of(all.events.back()));
  EXPECT_EQ(stand->next, exporter::place_after(all.events.back()));
  EXPECT_EQ(stand->last_logged_at, all.events.back().timestamp);
}

TEST_F(NatsSinks, deliver_what_a_filter_wants) {
  made_.append_to(store_, 400);
  exporter::ChangeFilter filter;
  filter.accounts = {2, 5};
  filter.amount_min = 100'000;
  NatsSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(sink, store_, filter);
  ASSERT_TRUE(run.deliver_all());
  ASSERT_GT(wanted_lines(store_, filter).size(), 10U);
  EXPECT_EQ(problem(filter), "");
}

TEST_F(NatsSinks, tell_accounts_of_their_own_changes) {
  made_.append_to(store_, 300);
  NatsSettings per_account = settings();
  per_account.per_account = true;
  NatsSink sink(per_account, kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(sink, store_);
  ASSERT_TRUE(run.deliver_all());
  EXPECT_EQ(problem(), "");
  std::map<std::string, std::vector<std::string>> expected;
  const auto page = all_changes(store_);
  const auto lines = lines_of_page(page);
  for (usize event = 0; event < lines.size(); ++event) {
    const auto json = nlohmann::json::parse(lines[event]);
    for (const char* field : {"account_id", "debit_account_id", "credit_account_id"}) {
      if (!json.contains(field)) continue;
      expected["florin.account." + json[field].get<std::string>()].push_back(lines[event]);
    }
  }
  std::map<std::string, std::vector<std::string>> told;
  std::set<std::string> ids;
  for (const auto& message : server_->messages("florin.account.*")) {
    for (const std::string& line : lines_of_message(message.body)) {
      told[message.subject].push_back(line);
    }
    EXPECT_TRUE(ids.insert(message.id).second) << message.id;
  }
  EXPECT_GT(expected.size(), 5U);
  EXPECT_EQ(told, expected);
}

// Once, though it may name an account twice; and where it names none, nobody is told.
TEST_F(NatsSinks, tell_accounts_of_refused_transfers_that_name_them) {
  made_.refuse_some();
  made_.append_to(store_, 150);
  exporter::ChangePage refused;
  exporter::ChangeFilter filter;
  filter.kinds = 1U << static_cast<u8>(ledger::ChangeKind::TransferRefused);
  copy_wanted(filter, all_changes(store_, exporter::Refusals::Included), refused);
  std::map<std::string, std::vector<std::string>> expected;
  const auto lines = lines_of_page(refused);
  u32 doubled = 0;
  for (usize event = 0; event < lines.size(); ++event) {
    const ledger::Transfer& asked = refused.transfers[refused.events[event].object];
    doubled += asked.debit_account_id == asked.credit_account_id ? 1 : 0;
    for (const u128 account : std::set<u128>{asked.debit_account_id, asked.credit_account_id}) {
      if (account == 0) continue;
      expected["florin.account." + to_decimal(account)].push_back(lines[event]);
    }
  }
  ASSERT_GT(doubled, 1U);
  NatsSettings per_account = settings();
  per_account.per_account = true;
  NatsSink sink(per_account, kSinkLedgerId);
  SinkRun run(sink, store_, filter);
  ASSERT_TRUE(run.deliver_all());
  std::map<std::string, std::vector<std::string>> told;
  for (const auto& message : server_->messages("florin.account.*")) {
    for (const std::string& line : lines_of_message(message.body)) {
      told[message.subject].push_back(line);
    }
  }
  EXPECT_EQ(told, expected);
  EXPECT_EQ(problem_of(bodies(server_->messages("florin.changes")), kSinkLedgerId, lines), "");
}

TEST_F(NatsSinks, refuse_a_stream_of_another_ledger) {
  made_.append_to(store_, 20);
  NatsSink sink(settings(), kSinkLedgerId);
  SinkRun run(sink, store_);
  ASSERT_TRUE(run.deliver_all());
  const std::string failure = failure_with(settings(), kSinkLedgerId + 1);
  EXPECT_NE(failure.find("has changes of ledger " + to_decimal(kSinkLedgerId)), std::string::npos)
      << failure;
  EXPECT_EQ(problem(), "");
}

// The ledger was put back to an earlier moment: the same id, another past.
TEST_F(NatsSinks, refuse_a_stream_of_another_past) {
  made_.append_to(store_, 50);
  NatsSink sink(settings(), kSinkLedgerId);
  ASSERT_TRUE(SinkRun(sink, store_).deliver_all());
  MemoryStore other;
  MadeChanges(12).append_to(other, 100);
  SinkRun run(sink, other);
  const std::string failure = run.await_failure();
  EXPECT_NE(failure.find("that this ledger does not have"), std::string::npos) << failure;
  EXPECT_EQ(problem(), "");
}

TEST_F(NatsSinks, refuse_what_is_no_stream_of_theirs) {
  server_->make_stream("OTHER", "other.>", false);
  server_->make_stream("QUEUE", "queue.>", true);
  NatsSettings wrong = settings();
  wrong.stream = "OTHER";
  EXPECT_NE(failure_with(wrong).find("does not take the subject florin.changes"), std::string::npos)
      << failure_with(wrong);
  wrong.stream = "QUEUE";
  wrong.subject = "queue";
  EXPECT_NE(failure_with(wrong).find("expected one with the retention 'limits'"), std::string::npos)
      << failure_with(wrong);
  wrong.stream = "OTHER";
  wrong.subject = "other";
  EXPECT_EQ(failure_with(wrong), "");
  server_->publish("other.changes", "hello");
  EXPECT_NE(failure_with(wrong).find("on other.changes"), std::string::npos) << failure_with(wrong);
}

TEST_F(NatsSinks, say_what_they_could_not_reach) {
  NatsSettings wrong = settings();
  wrong.servers = {"nats://127.0.0.1:1"};
  EXPECT_NE(failure_with(wrong).find("cannot connect to nats://127.0.0.1:1"), std::string::npos)
      << failure_with(wrong);
  wrong = settings();
  wrong.credentials_file = "/nowhere/nats.creds";
  EXPECT_NE(failure_with(wrong), "");
  wrong = settings();
  wrong.replicas = 3;  // Of a server that stands alone.
  EXPECT_NE(failure_with(wrong).find("make the stream FLORIN with 3 replicas"), std::string::npos)
      << failure_with(wrong);
}

TEST_F(NatsSinks, keep_to_what_the_server_takes) {
  NatsServer small("max_payload: 8192");
  made_.append_to(store_, 200);
  NatsSink sink(small.settings(), kSinkLedgerId);
  SinkRun run(sink, store_);
  ASSERT_TRUE(run.deliver_all());
  EXPECT_EQ(run.failures(), 0U);
  EXPECT_EQ(
      problem_of(bodies(small.messages("florin.changes")), kSinkLedgerId, wanted_lines(store_)),
      "");
  NatsServer tiny("max_payload: 1000");
  EXPECT_NE(failure_with(tiny.settings()).find("messages may have 1000 bytes"), std::string::npos)
      << failure_with(tiny.settings());
}

// Two servers think that they are the one: each message of the one makes the other read again.
TEST_F(NatsSinks, of_one_ledger_do_not_deliver_twice) {
  made_.append_to(store_, 2'000);
  NatsSink one(settings(), kSinkLedgerId, kSmallMessageBytes);
  NatsSink other(settings(), kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(one, store_);
  SinkRun other_run(other, store_);
  ASSERT_TRUE(run.deliver_all([&] { other_run.steps(1); }));
  EXPECT_EQ(problem(), "");
  EXPECT_GT(run.failures() + other_run.failures(), 2U);
}

TEST_F(NatsSinks, deliver_every_change_once_while_the_server_is_killed) {
  NatsSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(sink, store_);
  Random random(21);
  const u64 rounds = kills();
  for (u64 round = 0; round < rounds; ++round) {
    made_.append_to(store_, 3'000);
    std::atomic<bool> killed{false};
    std::thread killer([&, pause_us = random.below(60'000)] {
      std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
      server_->kill();
      killed = true;
    });
    while (!killed) run.steps(1);
    killer.join();
    run.steps(static_cast<u32>(random.below(20)));
    server_->start();
  }
  ASSERT_TRUE(run.deliver_all());
  EXPECT_EQ(problem(), "");
  EXPECT_GT(run.failures(), 0U);
}

TEST_F(NatsSinks, deliver_every_change_once_while_they_are_killed) {
  const u64 rounds = kills();
  const u32 changes = static_cast<u32>(1'500 * (rounds + 1));
  const std::vector<std::string> arguments = {SINK_PROCESS, "nats", server_->url(),
                                              "json",       "11",   std::to_string(changes)};
  Random random(22);
  u64 in_the_middle = 0;
  for (u64 round = 0; round < rounds; ++round) {
    ChildProcess process(arguments);
    std::string line;
    for (u64 commits = random.below(8) + 1; commits != 0 && line != "done"; --commits) {
      line = process.read_line();
      ASSERT_TRUE(line == "committed" || line == "done") << line;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(4'000)));
    process.kill();
    in_the_middle += line == "committed" ? 1 : 0;
  }
  ChildProcess process(arguments);
  std::string line = process.read_line();
  while (line == "committed") line = process.read_line();
  ASSERT_EQ(line, "done");
  made_.append_to(store_, changes);
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(in_the_middle, rounds);
  // Those to single accounts are there too, each at least once.
  std::set<std::string> told;
  for (const auto& message : server_->messages("florin.account.*")) {
    for (const std::string& each : lines_of_message(message.body)) told.insert(each);
  }
  const auto expected = wanted_lines(store_);
  EXPECT_EQ(told, std::set<std::string>(expected.begin(), expected.end()));
}

TEST_F(NatsSinks, do_not_mind_other_messages_in_their_stream) {
  NatsSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
  sinks::NatsTarget target(settings());
  SinkRun run(sink, store_);
  made_.append_to(store_, 1'000);
  u64 sent = 0;
  ASSERT_TRUE(run.deliver_all([&] {
    const sinks::Message alert{std::to_string(++sent), "alert.amount_above", "7", "{}"};
    ASSERT_TRUE(target.send({&alert, 1}));
  }));
  EXPECT_EQ(run.failures(), 0U);
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(server_->messages("florin.alerts.amount_above").size(), sent);
}

TEST_F(NatsSinks, as_targets_keep_every_message_once) {
  sinks::NatsTarget target(settings());
  std::vector<sinks::Message> messages;
  for (u32 each = 0; each < 200; ++each) {
    messages.push_back({"alert-" + std::to_string(each), "alert.amount_above", "7",
                        "{\"number\":" + std::to_string(each) + "}"});
  }
  const std::span all(messages);
  ASSERT_TRUE(target.send(all.first(150)));
  ASSERT_TRUE(target.send(all.subspan(100)));  // Half of them again.
  const auto stored = server_->messages("florin.alerts.>");
  ASSERT_EQ(stored.size(), messages.size());
  for (usize each = 0; each < stored.size(); ++each) {
    EXPECT_EQ(stored[each].subject, "florin.alerts.amount_above");
    EXPECT_EQ(stored[each].id, messages[each].id);
    EXPECT_EQ(stored[each].body, messages[each].body);
  }
}

TEST_F(NatsSinks, as_targets_go_on_after_the_server_was_gone) {
  sinks::NatsTarget target(settings());
  const sinks::Message first{"1", "alert.a", "7", "{}"};
  const sinks::Message second{"2", "alert.a", "7", "{}"};
  ASSERT_TRUE(target.send({&first, 1}));
  server_->kill();
  const Status failed = target.send({&second, 1});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Disconnected) << failed.error().message;
  server_->start();
  Status sent = fail(ErrorCode::Disconnected, "");
  for (u32 tries = 0; !sent && tries < 100; ++tries) sent = target.send({&second, 1});
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(server_->messages("florin.alerts.>").size(), 2U);
}

TEST_F(NatsSinks, as_targets_refuse_what_can_never_be_sent) {
  sinks::NatsTarget target(settings());
  std::vector<sinks::Message> messages = {{"1", "alert.a", "7", "{}"},
                                          {"2", "alert.a", "7", std::string(2'000'000, 'x')}};
  EXPECT_EQ(target.send(messages).error().code, ErrorCode::Capacity);
  EXPECT_EQ(server_->messages("florin.alerts.>").size(), 1U);
  messages.erase(messages.begin());
  EXPECT_EQ(target.send(messages).error().code, ErrorCode::Refused);
  for (const char* kind : {"", "a b", "a.*", ">", "a..b", ".a", "a."}) {
    messages[0] = {"3", kind, "7", "{}"};
    EXPECT_EQ(target.send(messages).error().code, ErrorCode::Refused) << kind;
  }
}

}  // namespace
}  // namespace florin::test
