// Webhooks against a receiver that speaks HTTPS: what is sent, what counts as taken, and whom is
// not spoken to.
#include "sinks/webhook_target.h"

#include <algorithm>
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "sinks/webhook_request.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/hook_server.h"
#include "tests/support/manual_clock.h"

namespace florin::test {

using sinks::Message;
using sinks::WebhookSettings;
using sinks::WebhookTarget;

namespace {

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";

struct HookWorld {
  HookWorld() {
    std::signal(SIGPIPE, SIG_IGN);  // The server's own writes to connections that are gone.
    std::ofstream(scratch / "secret") << kSecret << "\n";
    settings.url = server.url();
    settings.secret_file = scratch / "secret";
    settings.ca_file = scratch / "ca.pem";
    settings.timeout_ms = 5'000;
    clock.wall_ns = 1'793'491'200 * kNsPerSecond;
  }
  Status send(const std::vector<Message>& messages) {
    if (!target) {
      auto opened = WebhookTarget::open(settings, clock);
      EXPECT_TRUE(opened) << opened.error().message;
      target = std::move(*opened);
    }
    return target->send(messages);
  }

  ScratchDirectory scratch;
  HookServer server{scratch / "ca.pem"};
  WebhookSettings settings;
  ManualClock clock;
  std::unique_ptr<WebhookTarget> target;
};

Message message_of(u64 number, const std::string& key = "7") {
  return {"rule." + std::to_string(number), "alert.test", key,
          "{\"n\":" + std::to_string(number) + "}"};
}

std::vector<std::string> ids_of(const HookServer& server) {
  std::vector<std::string> ids;
  for (const HookRequest& request : server.requests()) {
    ids.push_back(request.headers.at("idempotency-key"));
  }
  return ids;
}

}  // namespace

// The value that Python's hmac and openssl give for the same.
TEST(WebhookTarget, signs_with_hmac_sha256_over_time_and_body) {
  EXPECT_EQ(sinks::webhook_signature("0123456789abcdef", 1'793'491'200, "{\"n\":1}"),
            "t=1793491200,v1=837cebeeb838f6e7cf364f98fc4817baaa56ec1745ce6a271c16cf5dc9ba67a1");
}

TEST(WebhookTarget, posts_each_message_over_one_connection) {
  HookWorld world;
  const auto sent = world.send({message_of(1), message_of(2)});
  ASSERT_TRUE(sent) << sent.error().message;
  ASSERT_TRUE(world.send({message_of(3)}));
  const auto requests = world.server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(world.server.connections(), 1U);
  for (u64 each = 0; each < 3; ++each) {
    auto request = requests[each];
    const Message message = message_of(each + 1);
    EXPECT_EQ(request.line, "POST /hook HTTP/1.1");
    EXPECT_EQ(request.body, message.body);
    EXPECT_EQ(request.headers["content-type"], "application/json");
    EXPECT_EQ(request.headers["idempotency-key"], message.id);
    EXPECT_EQ(request.headers["florin-kind"], "alert.test");
    EXPECT_EQ(request.headers["florin-signature"],
              sinks::webhook_signature(kSecret, 1'793'491'200, message.body));
  }
}

TEST(WebhookTarget, a_status_tells_whether_it_was_taken_may_be_or_never_will_be) {
  HookWorld world;
  for (const int status : {200, 201, 202, 299}) {
    world.server.answer({status});
    EXPECT_TRUE(world.send({message_of(1)})) << status;
  }
  for (const int status : {400, 401, 404, 410, 422}) {
    world.server.answer({status});
    const auto refused = world.send({message_of(1)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Refused) << status;
    EXPECT_EQ(refused.error().message, world.server.url() + " answered alert rule.1 with status " +
                                           std::to_string(status) + " and 'because'");
  }
  for (const int status : {408, 429, 500, 502, 503}) {
    world.server.answer({status});
    const auto later = world.send({message_of(1)});
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, ErrorCode::Io) << status;
  }
}

TEST(WebhookTarget, a_refusal_of_a_later_message_is_no_refusal_of_the_first) {
  HookWorld world;
  world.server.answer({200, 400});
  const auto sent = world.send({message_of(1), message_of(2), message_of(3)});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::Io);
  EXPECT_EQ(world.server.requests().size(), 2U);
}

// The server answers none of them before all have come.
TEST(WebhookTarget, as_many_as_it_may_are_in_flight_together) {
  HookWorld world;
  world.settings.in_flight_max = 3;
  for (u32 round = 0; round < 2; ++round) {
    world.server.answer_after(3);
    const auto sent = world.send({message_of(1, "1"), message_of(2, "2"), message_of(3, "3")});
    ASSERT_TRUE(sent) << sent.error().message;
  }
  EXPECT_EQ(world.server.connections(), 3U);
}

TEST(WebhookTarget, those_of_one_key_go_one_after_the_other) {
  HookWorld world;
  world.settings.in_flight_max = 2;
  world.server.answer_after(2);
  ASSERT_TRUE(world.send({message_of(1, "7"), message_of(2, "7"), message_of(3, "8")}));
  std::vector<std::string> ids = ids_of(world.server);
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids[2], "rule.2");
  std::vector<Message> messages;
  Random random(5);
  for (u64 each = 100; each < 164; ++each) {
    messages.push_back(message_of(each, std::to_string(random.below(4))));
  }
  ASSERT_TRUE(world.send(messages));
  ids = ids_of(world.server);
  EXPECT_EQ(ids.size(), 3U + messages.size());
  for (const char* const key : {"0", "1", "2", "3"}) {
    auto arrived = ids.begin();
    for (const Message& message : messages) {
      if (message.key == key) arrived = std::find(arrived, ids.end(), message.id);
    }
    EXPECT_NE(arrived, ids.end()) << key;
  }
}

TEST(WebhookTarget, after_a_failure_no_more_are_begun_and_the_foremost_tells) {
  HookWorld world;
  world.settings.in_flight_max = 2;
  world.server.answer({400, 400});
  world.server.answer_after(2);
  const auto sent = world.send({message_of(1, "1"), message_of(2, "2"), message_of(3, "3")});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::Refused);
  EXPECT_NE(sent.error().message.find("alert rule.1 "), std::string::npos) << sent.error().message;
  EXPECT_EQ(world.server.requests().size(), 2U);
}

TEST(WebhookTarget, redirects_are_not_followed) {
  HookWorld world;
  world.server.answer({307});
  const auto sent = world.send({message_of(1)});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::Io);
  EXPECT_NE(sent.error().message.find("redirects are not followed"), std::string::npos);
  EXPECT_EQ(world.server.requests().size(), 1U);
}

TEST(WebhookTarget, waits_no_longer_than_it_was_told_to) {
  HookWorld world;
  world.settings.timeout_ms = 150;
  world.server.answer({kSilent});
  const auto silent = world.send({message_of(1)});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, ErrorCode::Timeout) << silent.error().message;
  EXPECT_TRUE(world.send({message_of(1)}));
}

TEST(WebhookTarget, a_closed_connection_may_work_later) {
  HookWorld world;
  world.server.answer({kCloses});
  const auto closed = world.send({message_of(1)});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::Disconnected) << closed.error().message;
  EXPECT_TRUE(world.send({message_of(1)}));
}

// Of somebody nobody vouches for, and for another name: nothing is sent.
TEST(WebhookTarget, speaks_only_to_whom_the_certificate_is_for) {
  HookWorld world;
  world.settings.ca_file = "";
  const auto unknown = world.send({message_of(1)});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Disconnected);
  EXPECT_NE(unknown.error().message.find("certificate"), std::string::npos)
      << unknown.error().message;
  EXPECT_EQ(world.server.requests().size(), 0U);
  const HookServer other(world.scratch / "other.pem", "127.0.0.2");
  world.settings.url = other.url();
  world.settings.ca_file = world.scratch / "other.pem";
  world.target.reset();
  const auto misnamed = world.send({message_of(1)});
  ASSERT_FALSE(misnamed);
  EXPECT_EQ(misnamed.error().code, ErrorCode::Disconnected) << misnamed.error().message;
  EXPECT_EQ(other.requests().size(), 0U);
}

TEST(WebhookTarget, a_secret_must_be_there_and_long_enough) {
  HookWorld world;
  std::ofstream(world.scratch / "short") << "abc\n";
  world.settings.secret_file = world.scratch / "short";
  const auto weak = WebhookTarget::open(world.settings, world.clock);
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(weak.error().message.find("has 3 bytes; expected at least 16"), std::string::npos);
  world.settings.secret_file = world.scratch / "missing";
  const auto missing = WebhookTarget::open(world.settings, world.clock);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

}  // namespace florin::test
