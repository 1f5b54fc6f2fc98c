// Alerts all the way to a receiver of webhooks that answers as it pleases: everything comes,
// signed, in order.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "sinks/webhook_target.h"
#include "tests/alerts/alert_world.h"
#include "tests/sinks/hook_server.h"

namespace florin::test {

namespace {

constexpr std::string_view kHookSecret = "a secret of at least 16 bytes";

// What a receiver does, by the document: the time and the digest from the header, the digest anew.
bool verifies(const HookRequest& request) {
  const std::string& header = request.headers.at("florin-signature");
  const usize comma = header.find(",v1=");
  if (!header.starts_with("t=") || comma == std::string::npos) return false;
  const u64 seconds = std::stoull(header.substr(2, comma - 2));
  return header == sinks::webhook_signature(kHookSecret, seconds, request.body);
}

}  // namespace

TEST(AlertWebhook, every_alert_arrives_signed_and_in_order_at_a_receiver_that_often_fails) {
  std::signal(SIGPIPE, SIG_IGN);
  AlertWorld world(31);
  HookServer server(world.scratch / "ca.pem");
  std::ofstream(world.scratch / "secret") << kHookSecret << "\n";
  Random random(31);
  std::deque<int> answers;
  for (u32 each = 0; each < 220; ++each) {
    const int bad[] = {500, 429, 503, kCloses, 408};
    answers.push_back(random.chance(1, 4) ? pick(random, bad) : 200);
  }
  answers[5] = answers[60] = kSilent;
  answers[10] = 422;  // Never: becomes a dead letter.
  server.answer(answers);
  world.sink_names = {"ops", "audit"};
  world.make_target = [&](const std::string& name) -> std::unique_ptr<sinks::MessageTarget> {
    if (name == "audit") return std::make_unique<InboxTarget>(world.inboxes[name]);
    sinks::WebhookSettings settings;
    settings.url = server.url();
    settings.secret_file = world.scratch / "secret";
    settings.ca_file = world.scratch / "ca.pem";
    settings.timeout_ms = 300;
    return std::move(*sinks::WebhookTarget::open(settings, world.clock));
  };
  world.options.messages_max = 3;
  world.start();
  world.made.append_to(world.store, 240);
  world.run(200);
  std::vector<std::string> taken;
  std::set<std::string> refused;
  for (const HookRequest& request : server.requests()) {
    EXPECT_TRUE(verifies(request));
    const std::string& id = request.headers.at("idempotency-key");
    if (request.answered == 422) refused.insert(id);
    if (request.answered != 200) continue;
    // Sent again together with one that failed, or was answered and not heard.
    if (std::ranges::find(taken, id) == taken.end()) taken.push_back(id);
  }
  std::vector<std::string> expected = world.expected("ops");
  EXPECT_GT(expected.size(), 60U);
  ASSERT_LE(refused.size(), 1U);
  const alerts::AlertLetters letters(world.scratch / "alerts/dead-letters", "ops");
  const auto put_aside = letters.all();
  ASSERT_TRUE(put_aside);
  for (const alerts::AlertLetter& letter : *put_aside) {
    EXPECT_TRUE(refused.contains(letter.message.id));
    std::erase(expected, letter.message.id);
  }
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
}

}  // namespace florin::test
