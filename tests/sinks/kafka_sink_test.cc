// The sink of Kafka with librdkafka's mock of it: every change once in the topic, in order,
// whatever fails or is killed meanwhile. The mock takes part in transactions, but shows what is not
// committed to everyone, and does not look at the sequence numbers of an idempotent producer.
#include "sinks/kafka_sink.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "sinks/kafka_target.h"
#include "tests/sinks/message_judge.h"
#include "tests/sinks/mock_kafka.h"
#include "tests/sinks/sink_run.h"
#include "tests/sinks/small_messages.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using sinks::KafkaSettings;
using sinks::KafkaSink;
using sinks::MessageForm;

constexpr u64 kSinkKills = 3;
constexpr u64 kSinkKillsMost = 50;
// Of Kafka's protocol.
constexpr int kNotEnoughReplicas = 19;
constexpr int kInvalidTransactionState = 48;

class KafkaSinks : public testing::Test {
 protected:
  KafkaSettings settings(MessageForm form = MessageForm::Json) const {
    KafkaSettings settings = kafka_.settings();
    settings.form = form;
    return settings;
  }
  std::string problem() {
    return problem_of(kafka_.messages("florin"), kSinkLedgerId, wanted_lines(store_));
  }
  Error failure_with(const KafkaSettings& settings, u128 ledger_id = kSinkLedgerId) {
    KafkaSink sink(settings, ledger_id);
    const auto opened = sink.open();
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }

  MockKafka kafka_;
  MemoryStore store_;
  MadeChanges made_{31};
};

TEST_F(KafkaSinks, deliver_every_change_in_either_form) {
  for (const MessageForm form : {MessageForm::Json, MessageForm::FlatBuffers}) {
    KafkaSink sink(settings(form), kSinkLedgerId, kSmallMessageBytes);
    SinkRun run(sink, store_);
    for (u32 each = 0; each < 2; ++each) {
      made_.append_to(store_, 300);
      ASSERT_TRUE(run.deliver_all());
    }
    EXPECT_EQ(run.failures(), 0U);
  }
  EXPECT_EQ(problem(), "");
}

TEST_F(KafkaSinks, stand_where_their_topic_ends) {
  made_.append_to(store_, 400);
  {
    KafkaSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
    const auto stand = sink.open();
    ASSERT_TRUE(stand) << stand.error().message;
    EXPECT_EQ(*stand, exporter::SinkStand{});
    SinkRun run(sink, store_);
    ASSERT_TRUE(run.deliver_all());
  }
  KafkaSink sink(settings(), kSinkLedgerId);
  const auto stand = sink.open();
  ASSERT_TRUE(stand) << stand.error().message;
  const auto all = all_changes(store_);
  EXPECT_EQ(stand->last, exporter::place_of(all.events.back()));
  EXPECT_EQ(stand->next, exporter::place_after(all.events.back()));
  EXPECT_EQ(stand->last_logged_at, all.events.back().timestamp);
}

TEST_F(KafkaSinks, refuse_a_topic_of_another_ledger) {
  made_.append_to(store_, 20);
  KafkaSink sink(settings(), kSinkLedgerId);
  SinkRun run(sink, store_);
  ASSERT_TRUE(run.deliver_all());
  const Error failure = failure_with(settings(), kSinkLedgerId + 1);
  EXPECT_NE(failure.message.find("has changes of ledger " + to_decimal(kSinkLedgerId)),
            std::string::npos)
      << failure.message;
  EXPECT_EQ(problem(), "");
}

TEST_F(KafkaSinks, refuse_a_topic_with_messages_of_others) {
  sinks::KafkaTarget target(settings());
  const sinks::Message alert{"1", "alert.a", "7", "{\"hello\":1}"};
  ASSERT_TRUE(target.send({&alert, 1}));
  KafkaSettings wrong = settings();
  wrong.topic = "florin.alerts";
  const Error failure = failure_with(wrong);
  EXPECT_EQ(failure.code, ErrorCode::Protocol);
  EXPECT_NE(failure.message.find("the last message of topic florin.alerts"), std::string::npos)
      << failure.message;
}

TEST_F(KafkaSinks, refuse_properties_that_cannot_be) {
  for (const auto& [key, value, expected] :
       {std::tuple{"no.such.property", "1", "No such configuration property"},
        std::tuple{"linger.ms", "soon", "linger.ms cannot be 'soon'"},
        std::tuple{"transactional.id", "mine", "transactional.id is set by the ledger itself"},
        std::tuple{"bootstrap.servers", "x:1", "bootstrap.servers is set by the ledger itself"},
        std::tuple{"message.max.bytes", "2000", "message.max.bytes is 2000; expected at least"}}) {
    KafkaSettings wrong = settings();
    wrong.properties = {{key, value}};
    const Error failure = failure_with(wrong);
    EXPECT_EQ(failure.code, ErrorCode::InvalidArgument);
    EXPECT_NE(failure.message.find(expected), std::string::npos) << failure.message;
  }
}

TEST_F(KafkaSinks, keep_to_what_the_settings_allow) {
  KafkaSettings small = settings();
  small.properties = {{"message.max.bytes", "8192"}, {"linger.ms", "1"}};
  made_.append_to(store_, 100);
  KafkaSink sink(small, kSinkLedgerId);
  SinkRun run(sink, store_);
  ASSERT_TRUE(run.deliver_all());
  EXPECT_EQ(run.failures(), 0U);
  EXPECT_EQ(problem(), "");
  for (const std::string& message : kafka_.messages("florin")) EXPECT_LE(message.size(), 8192U);
}

TEST_F(KafkaSinks, get_over_errors_of_brokers) {
  KafkaSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(sink, store_);
  made_.append_to(store_, 300);
  kafka_.obey("fail " + std::to_string(kNotEnoughReplicas) + " 2");  // Tried again by the library.
  ASSERT_TRUE(run.deliver_all());
  EXPECT_EQ(run.failures(), 0U);
  made_.append_to(store_, 300);
  kafka_.obey("fail " + std::to_string(kInvalidTransactionState) + " 1");
  ASSERT_TRUE(run.deliver_all());
  EXPECT_GT(run.failures(), 0U);
  EXPECT_EQ(problem(), "");
}

// Real brokers drop what a producer sends again since it heard no answer; the mock keeps it.
TEST_F(KafkaSinks, go_on_after_brokers_were_gone) {
  KafkaSink sink(settings(), kSinkLedgerId, kSmallMessageBytes);
  SinkRun run(sink, store_);
  made_.append_to(store_, 200);
  ASSERT_TRUE(run.deliver_all());
  made_.append_to(store_, 600);
  kafka_.obey("down");
  std::thread operator_at_work([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    kafka_.obey("up");
  });
  EXPECT_TRUE(run.deliver_all());
  operator_at_work.join();
  std::vector<std::string> messages;
  for (std::string& message : kafka_.messages("florin")) {
    if (std::find(messages.begin(), messages.end(), message) == messages.end()) {
      messages.push_back(std::move(message));
    }
  }
  EXPECT_EQ(problem_of(messages, kSinkLedgerId, wanted_lines(store_)), "");
}

TEST_F(KafkaSinks, deliver_every_change_once_while_they_are_killed) {
  const u64 rounds = std::min(kSinkKills * soak_factor(), kSinkKillsMost);
  const u32 changes = static_cast<u32>(1'500 * (rounds + 1));
  const std::vector<std::string> arguments = {SINK_PROCESS,  "kafka", kafka_.brokers(),
                                              "flatbuffers", "31",    std::to_string(changes)};
  Random random(32);
  u64 in_the_middle = 0;
  for (u64 round = 0; round < rounds; ++round) {
    ChildProcess process(arguments);
    std::string line;
    for (u64 commits = random.below(8) + 1; commits != 0 && line != "done"; --commits) {
      line = process.read_line();
      ASSERT_TRUE(line == "committed" || line == "done") << line;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(8'000)));
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
}

TEST_F(KafkaSinks, as_targets_send_every_message_in_order) {
  sinks::KafkaTarget target(settings());
  std::vector<sinks::Message> messages;
  std::vector<std::string> expected;
  for (u32 each = 0; each < 500; ++each) {
    expected.push_back("{\"number\":" + std::to_string(each) + "}");
    messages.push_back({"alert-" + std::to_string(each), "alert.a", "7", expected.back()});
  }
  const std::span all(messages);
  ASSERT_TRUE(target.send(all.first(200)));
  ASSERT_TRUE(target.send(all.subspan(200)));
  EXPECT_EQ(kafka_.messages("florin.alerts"), expected);
}

TEST_F(KafkaSinks, as_targets_refuse_what_can_never_be_sent) {
  sinks::KafkaTarget target(settings());
  std::vector<sinks::Message> messages = {{"1", "alert.a", "7", "{}"},
                                          {"2", "alert.a", "7", std::string(2'000'000, 'x')}};
  EXPECT_EQ(target.send(messages).error().code, ErrorCode::Capacity);
  EXPECT_EQ(kafka_.messages("florin.alerts").size(), 1U);
  messages.erase(messages.begin());
  EXPECT_EQ(target.send(messages).error().code, ErrorCode::Refused);
}

TEST_F(KafkaSinks, as_targets_say_when_messages_were_not_taken) {
  sinks::KafkaTarget target(settings());
  const sinks::Message alert{"1", "alert.a", "7", "{}"};
  kafka_.obey("fail 29 1");  // Not authorised for the topic.
  const Status failed = target.send({&alert, 1});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::PermissionDenied) << failed.error().message;
  ASSERT_TRUE(target.send({&alert, 1}));
  EXPECT_EQ(kafka_.messages("florin.alerts").size(), 1U);
}

}  // namespace
}  // namespace florin::test
