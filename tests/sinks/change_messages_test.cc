// Messages of changes: what goes in comes out, within the bytes that they may have.
#include "sinks/change_messages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "sinks/change_batches.h"
#include "sinks/changes.gen.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/message_judge.h"
#include "tests/sinks/sink_run.h"
#include "tests/sinks/small_messages.h"

namespace florin::test {

using exporter::SinkStand;
using sinks::ChangeBatches;
using sinks::Coverage;
using sinks::make_change_message_writer;
using sinks::MessageForm;
using sinks::read_change_message_head;

namespace {

exporter::ChangePage made_page(u64 seed, u32 changes) {
  MemoryStore store;
  MadeChanges made(seed);
  made.append_to(store, changes);
  return all_changes(store);
}

exporter::ChangePage page_with_refusals() {
  MemoryStore store;
  MadeChanges made(8);
  made.refuse_some();
  made.append_to(store, 200);
  return all_changes(store, exporter::Refusals::Included);
}

std::string text_of(std::span<const std::byte> message) {
  return {reinterpret_cast<const char*>(message.data()), message.size()};
}

std::vector<std::string> messages_of(const exporter::ChangePage& page, MessageForm form,
                                     usize bytes_max) {
  ChangeBatches batches(make_change_message_writer(form, kSinkLedgerId, bytes_max), {});
  std::vector<std::string> messages;
  for (usize event = 0; event < page.events.size(); ++event) {
    if (batches.add(page, event)) continue;
    messages.push_back(text_of(batches.take()));
    EXPECT_TRUE(batches.add(page, event));
  }
  messages.push_back(text_of(batches.take()));
  return messages;
}

Error error_of(const std::string& message) {
  const auto head = read_change_message_head(std::as_bytes(std::span(message)));
  EXPECT_FALSE(head);
  return head ? Error{} : head.error();
}

}  // namespace

class ChangeMessages : public testing::TestWithParam<MessageForm> {};
INSTANTIATE_TEST_SUITE_P(Forms, ChangeMessages,
                         testing::Values(MessageForm::Json, MessageForm::FlatBuffers));

TEST_P(ChangeMessages, have_every_change_once_and_follow_each_other_without_a_gap) {
  const auto page = made_page(1, 500);
  for (const usize bytes_max : {4'096U, 5'000U, 70'000U, 1'000'000U}) {
    const auto messages = messages_of(page, GetParam(), bytes_max);
    EXPECT_EQ(problem_of(messages, kSinkLedgerId, lines_of_page(page)), "");
    EXPECT_EQ(messages.size() == 1, bytes_max == 1'000'000U);
    for (const std::string& message : messages) EXPECT_LE(message.size(), bytes_max);
  }
}

// With why they were refused, and nothing of what a transfer that was made has.
TEST_P(ChangeMessages, have_refused_transfers_as_they_were_asked_for) {
  const auto page = page_with_refusals();
  for (const usize bytes_max : {4'096U, 1'000'000U}) {
    const auto messages = messages_of(page, GetParam(), bytes_max);
    EXPECT_EQ(problem_of(messages, kSinkLedgerId, lines_of_page(page)), "");
  }
}

TEST(FlatChangeMessages, have_the_outcome_of_a_refused_transfer_and_balances_of_zeros) {
  const auto page = page_with_refusals();
  const std::string message = messages_of(page, MessageForm::FlatBuffers, 1'000'000)[0];
  const changes::Changes* const root = changes::GetChanges(message.data());
  ASSERT_EQ(root->events()->size(), page.events.size());
  ASSERT_EQ(root->balances()->size(), root->transfers()->size());
  u32 refused = 0;
  for (u32 at = 0; at < root->events()->size(); ++at) {
    const changes::ChangeEvent& event = *root->events()->Get(at);
    EXPECT_EQ(event.outcome(), page.events[at].outcome);
    if (event.kind() != 5) continue;
    ++refused;
    EXPECT_NE(event.outcome(), 0);
    EXPECT_EQ(event.pending_status(), 0);
    const changes::Transfer& transfer = *root->transfers()->Get(event.object());
    const ledger::Transfer& asked = page.transfers[page.events[at].object];
    EXPECT_EQ(transfer.id().lo(), low_half(asked.id));
    EXPECT_EQ(transfer.timestamp(), 0U);
    const auto& balances = *root->balances()->Get(event.object());
    EXPECT_EQ(balances.debit_account_debits_posted().lo(), 0U);
    EXPECT_EQ(balances.credit_account_credits_posted().lo(), 0U);
  }
  EXPECT_GT(refused, 20U);
}

TEST_P(ChangeMessages, tell_what_they_cover) {
  const auto page = made_page(2, 3);
  const auto writer = make_change_message_writer(GetParam(), kSinkLedgerId, 50'000);
  for (const usize count : {3U, 0U, 1U}) {
    for (usize event = 0; event < count; ++event) ASSERT_TRUE(writer->add(page, event));
    EXPECT_EQ(writer->changes(), count);
    const Coverage coverage{{5, 6}, {{~u64{0}, ~u32{0}}, {8, 9}, ~u64{0}}};
    const auto head = read_change_message_head(writer->finish(coverage));
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->ledger_id, kSinkLedgerId);
    EXPECT_EQ(head->coverage, coverage);
    EXPECT_EQ(head->changes, count);
    EXPECT_EQ(writer->changes(), 0U);
  }
}

TEST_P(ChangeMessages, forget_what_was_cleared) {
  const auto page = made_page(3, 2);
  const auto writer = make_change_message_writer(GetParam(), kSinkLedgerId, 50'000);
  ASSERT_TRUE(writer->add(page, 0));
  writer->clear();
  ASSERT_TRUE(writer->add(page, 1));
  EXPECT_EQ(lines_of_message(text_of(writer->finish({}))),
            std::vector<std::string>{lines_of_page(page)[1]});
}

// It is put aside, and the next one is not disturbed.
TEST_P(ChangeMessages, do_not_take_a_change_that_is_larger_than_a_message) {
  const auto page = made_page(4, 2);
  const auto writer = make_change_message_writer(GetParam(), kSinkLedgerId, 520);
  EXPECT_FALSE(writer->add(page, 0));
  EXPECT_EQ(writer->changes(), 0U);
}

// The bytes of a message, cut anywhere, are no message.
TEST_P(ChangeMessages, are_refused_when_they_are_not_whole) {
  const auto page = made_page(5, 10);
  const std::string message = messages_of(page, GetParam(), 50'000)[0];
  for (usize bytes = 0; bytes + 3 < message.size(); bytes += 7) {
    EXPECT_EQ(error_of(message.substr(0, bytes)).code, ErrorCode::Protocol) << bytes;
  }
}

// A letter from before comes out of order, and takes nothing back.
TEST_P(ChangeMessages, may_have_a_change_once_more_that_was_put_aside) {
  const auto page = made_page(6, 10);
  const SinkStand stand{exporter::place_after(page.events[7]), exporter::place_of(page.events[7]),
                        page.events[7].timestamp};
  ChangeBatches batches(make_change_message_writer(GetParam(), kSinkLedgerId, 50'000), stand);
  ASSERT_TRUE(batches.add(page, 2));
  const auto head = read_change_message_head(batches.take());
  ASSERT_TRUE(head);
  EXPECT_EQ(head->coverage, (Coverage{stand.next, stand}));
  EXPECT_EQ(head->changes, 1U);
}

TEST_P(ChangeMessages, tell_now_and_then_how_much_was_passed_over) {
  const SinkStand stand{{100, 0}, {99, 0}, 5};
  ChangeBatches batches(make_change_message_writer(GetParam(), kSinkLedgerId, 50'000), stand);
  SinkStand later = stand;
  later.next.position += sinks::kPassedOverMax - 1;
  EXPECT_FALSE(batches.worth_sending(later));
  ++later.next.position;
  ASSERT_TRUE(batches.worth_sending(later));
  const auto head = read_change_message_head(batches.take(later));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->coverage, (Coverage{stand.next, later}));
  EXPECT_EQ(head->changes, 0U);
  EXPECT_FALSE(batches.worth_sending(later));
}

TEST(JsonChangeMessages, are_json_with_the_fields_of_exports) {
  const auto page = made_page(7, 30);
  const auto json = nlohmann::json::parse(messages_of(page, MessageForm::Json, 100'000)[0]);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["ledger_id"], to_decimal(kSinkLedgerId));
  EXPECT_EQ(json["from"], (nlohmann::json{{"position", "0"}, {"index", 0}}));
  EXPECT_EQ(json["next"], (nlohmann::json{{"position", "30"}, {"index", 1}}));
  EXPECT_EQ(json["last"], (nlohmann::json{{"position", "30"}, {"index", 0}}));
  EXPECT_EQ(json["last_logged_at"], std::to_string(page.events.back().timestamp));
  EXPECT_EQ(json["count"], 30);
  ASSERT_EQ(json["changes"].size(), 30U);
  EXPECT_EQ(json["changes"][0]["kind"], "account_created");
}

TEST(JsonChangeMessages, are_refused_with_what_is_wrong) {
  const std::string good = R"({"version":1,"ledger_id":"7","from":{"position":"1","index":0},)"
                           R"("next":{"position":"3","index":1},"last":{"position":"3","index":0},)"
                           R"("last_logged_at":"9","count":0,"changes":[]})";
  ASSERT_TRUE(read_change_message_head(std::as_bytes(std::span(good))));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_EQ(error_of(with("\"version\":1", "\"version\":2")).code, ErrorCode::WrongVersion);
  for (const std::string& bad :
       {with("\"version\":1,", ""), with("\"7\"", "7"), with("\"7\"", "\"x\""),
        with("\"position\":\"1\"", "\"position\":\"18446744073709551616\""),
        with("\"index\":0", "\"index\":4294967296"), with("\"index\":0", "\"index\":-1"),
        with("\"last_logged_at\":\"9\",", ""), with("[]", "{}"), std::string("[]"),
        std::string("{"), std::string("hello"), std::string()}) {
    EXPECT_EQ(error_of(bad).code, ErrorCode::Protocol) << bad;
  }
}

}  // namespace florin::test
