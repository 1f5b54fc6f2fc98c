// Alerts all the way to a receiver of webhooks that answers as it pleases: everything comes,
// signed, in order, with one request in flight or several.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sinks/webhook_request.h"
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

std::deque<int> bad_answers() {
  Random random(31);
  std::deque<int> answers;
  for (u32 each = 0; each < 220; ++each) {
    const int bad[] = {500, 429, 503, kCloses, 408};
    answers.push_back(random.chance(1, 4) ? pick(random, bad) : 200);
  }
  answers[5] = answers[60] = kSilent;
  answers[10] = 422;  // Never: becomes a dead letter.
  return answers;
}

// What the receiver took, each once, and of which account it is.
struct Taken {
  explicit Taken(const HookServer& server) {
    for (const HookRequest& request : server.requests()) {
      EXPECT_TRUE(verifies(request));
      const std::string& id = request.headers.at("idempotency-key");
      if (request.answered == 422) refused.insert(id);
      if (request.answered != 200) continue;
      // Sent again together with one that failed, or was answered and not heard.
      if (!accounts.contains(id)) ids.push_back(id);
      accounts[id] = nlohmann::json::parse(request.body)["account_id"];
    }
  }
  std::vector<std::string> of_account(const std::vector<std::string>& all,
                                      const std::string& account) const {
    std::vector<std::string> of_it;
    for (const std::string& id : all) {
      const auto found = accounts.find(id);
      if (found != accounts.end() && found->second == account) of_it.push_back(id);
    }
    return of_it;
  }

  std::vector<std::string> ids;
  std::map<std::string, std::string> accounts;  // By id.
  std::set<std::string> refused;
};

// Runs until everything was sent; compares what was taken with what is expected.
void run_against_failures(u32 in_flight_max) {
  SCOPED_TRACE(in_flight_max);
  std::signal(SIGPIPE, SIG_IGN);
  AlertWorld world(31);
  HookServer server(world.scratch / "ca.pem");
  std::ofstream(world.scratch / "secret") << kHookSecret << "\n";
  server.answer(bad_answers());
  world.sink_names = {"ops", "audit"};
  world.make_target = [&](const std::string& name) -> std::unique_ptr<sinks::MessageTarget> {
    if (name == "audit") return std::make_unique<InboxTarget>(world.inboxes[name]);
    sinks::WebhookSettings settings;
    settings.url = server.url();
    settings.secret_file = world.scratch / "secret";
    settings.ca_file = world.scratch / "ca.pem";
    settings.timeout_ms = 300;
    settings.in_flight_max = in_flight_max;
    return std::move(*sinks::WebhookTarget::open(settings, world.clock));
  };
  world.options.messages_max = 3;
  world.start();
  world.made.append_to(world.store, 240);
  world.run(200);
  const Taken taken(server);
  std::vector<std::string> expected = world.expected("ops");
  EXPECT_GT(expected.size(), 60U);
  ASSERT_LE(taken.refused.size(), 1U);
  const alerts::AlertLetters letters(world.scratch / "alerts/dead-letters", "ops");
  const auto put_aside = letters.all();
  ASSERT_TRUE(put_aside);
  for (const alerts::AlertLetter& letter : *put_aside) {
    EXPECT_TRUE(taken.refused.contains(letter.message.id));
    std::erase(expected, letter.message.id);
  }
  if (in_flight_max == 1) {
    EXPECT_EQ(taken.ids, expected);
  }
  for (const auto& [id, account] : taken.accounts) {
    EXPECT_EQ(taken.of_account(taken.ids, account), taken.of_account(expected, account));
  }
  EXPECT_EQ(taken.ids.size(), expected.size());
  EXPECT_EQ(world.inboxes["audit"].ids, world.expected("audit"));
}

}  // namespace

TEST(AlertWebhook, every_alert_arrives_signed_and_in_order_at_a_receiver_that_often_fails) {
  run_against_failures(1);
}

TEST(AlertWebhook, with_several_in_flight_those_of_an_account_arrive_in_order) {
  run_against_failures(3);
}

}  // namespace florin::test
