// Taking transfers back.
#include "client/reversal.h"

#include <gtest/gtest.h>

#include "client/client.h"
#include "tests/client/connecting.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::client {
namespace {

using ledger::Operation;
using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

constexpr Reversal kReversal = {.id = 9,
                                .original_id = 7,
                                .user_data_128 = make_u128(1, 2),
                                .user_data_64 = 3,
                                .user_data_32 = 4,
                                .code = 5};

ledger::Transfer original() {
  ledger::Transfer transfer{};
  transfer.id = 7;
  transfer.debit_account_id = 11;
  transfer.credit_account_id = 12;
  transfer.amount = make_u128(6, 5);
  transfer.pending_id = 99;
  transfer.user_data_128 = 98;
  transfer.user_data_64 = 97;
  transfer.user_data_32 = 96;
  transfer.timeout = 95;
  transfer.ledger = 978;
  transfer.code = 94;
  transfer.flags = ledger::transfer_flags::kPostPendingTransfer;
  transfer.timestamp = 93;
  return transfer;
}

void expect_own_fields(const ledger::Transfer& transfer) {
  EXPECT_EQ(transfer.id, 9u);
  EXPECT_EQ(transfer.pending_id, 7u);
  EXPECT_EQ(transfer.user_data_128, make_u128(1, 2));
  EXPECT_EQ(transfer.user_data_64, 3u);
  EXPECT_EQ(transfer.user_data_32, 4u);
  EXPECT_EQ(transfer.code, 5u);
  EXPECT_EQ(transfer.flags, ledger::transfer_flags::kReversal);
  EXPECT_EQ(transfer.timeout, 0u);
  EXPECT_EQ(transfer.timestamp, 0u);
}

TEST(Reversal, moves_the_amount_of_the_original_back_in_its_ledger) {
  const ledger::Transfer transfer = reversing_transfer(kReversal, original());
  expect_own_fields(transfer);
  EXPECT_EQ(transfer.debit_account_id, 12u);
  EXPECT_EQ(transfer.credit_account_id, 11u);
  EXPECT_EQ(transfer.amount, make_u128(6, 5));
  EXPECT_EQ(transfer.ledger, 978u);
}

// So that the ledger decides, and not the shape.
TEST(Reversal, of_an_unknown_original_has_the_right_shape) {
  const ledger::Transfer transfer = reversing_transfer(kReversal, std::nullopt);
  expect_own_fields(transfer);
  EXPECT_NE(transfer.debit_account_id, 0u);
  EXPECT_NE(transfer.debit_account_id, kU128Max);
  EXPECT_NE(transfer.credit_account_id, 0u);
  EXPECT_NE(transfer.credit_account_id, kU128Max);
  EXPECT_NE(transfer.debit_account_id, transfer.credit_account_id);
  EXPECT_NE(transfer.ledger, 0u);
  EXPECT_EQ(transfer.amount, ledger::kAmountMax);
}

TEST(Reversal, looks_the_originals_up_and_sends_all_reversals_as_one_request) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    if (request.operation == Operation::LookupTransfers) {
      ASSERT_EQ(request.event_count, 2u);
      EXPECT_EQ(request.ids()[0], 6u);
      EXPECT_EQ(request.ids()[1], 7u);
      request.transfers.resize(2);
      request.transfer_statuses.resize(2);
      request.transfers[1] = original();
      request.transfer_statuses[1].outcome = 1;
      return test::reply(connection, request);
    }
    EXPECT_EQ(request.operation, Operation::CreateTransfers);
    ASSERT_EQ(request.event_count, 2u);
    EXPECT_EQ(request.transfer_events()[0].pending_id, 6u);
    EXPECT_EQ(request.transfer_events()[1].debit_account_id, 12u);
    request.timestamp = {1000};
    const u32 refused = static_cast<u32>(ledger::TransferOutcome::DebitAccountNotFound);
    request.exceptions = {{.timestamp = 1000, .index = 0, .outcome = refused}};
    test::reply(connection, request);
  });
  Client client = connected(server);
  const std::array<Reversal, 2> reversals = {Reversal{.id = 8, .original_id = 6, .code = 1},
                                             kReversal};
  const auto answer = client.reverse_transfers(reversals);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_EQ(answer->results.size(), 2u);
  EXPECT_EQ(answer->results[0].outcome, ledger::TransferOutcome::DebitAccountNotFound);
  EXPECT_EQ(answer->results[1].outcome, ledger::TransferOutcome::Created);
  EXPECT_EQ(answer->results[1].timestamp, Timestamp{1001});
}

TEST(Reversal, did_not_happen_when_the_originals_cannot_be_looked_up) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_error(connection, frame.number, ledger::RefusalCode::NoSpace, "no");
  });
  Client client = connected(server);
  const auto answer = client.reverse_transfers({&kReversal, 1});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, ClientError::Effect::DidNotHappen);
  EXPECT_EQ(server.frames().size(), 1u);
}

}  // namespace
}  // namespace florin::client
