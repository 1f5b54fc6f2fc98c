// Replies as a client takes them: bodies of any bytes, and what is made of them for the caller of
// any request.
#include <cstring>

#include "base/check.h"
#include "client/answer_reading.h"
#include "protocol/messages.h"
#include "tests/fuzz/target.h"
#include "tests/net/fake_ledger.h"
#include "tests/support/owned_request.h"

namespace florin::test {

namespace {

using protocol::ByteBuffer;
using protocol::Reply;

constexpr usize kAsked = 3;  // Events or ids of the request that the reply may belong to.

protocol::TransferOptions asked_balances() {
  protocol::TransferOptions options;
  options.balances = true;
  return options;
}

template <class Event>
void read_as_write(const Reply& reply, auto answer) {
  const Event events[kAsked] = {};
  const auto read = [&] {
    if constexpr (std::is_same_v<Event, ledger::Transfer>) {
      return client::read_answer(reply, std::span<const Event>(events), asked_balances(), answer);
    } else {
      return client::read_answer(reply, std::span<const Event>(events), answer);
    }
  }();
  if (read) CHECK(answer.results.size() == kAsked);
}

template <class Answers>
void read_as_lookup(const Reply& reply, usize (*count)(const Answers&)) {
  Answers answer;
  const auto read = client::read_answer(reply, kAsked, answer);
  if (read) CHECK(count(answer) <= kAsked);
}

// Goes from each change to its object, as whoever reads them does.
usize objects_of_changes(const client::ChangePage& page) {
  for (const ledger::ChangeEvent& event : page.events) {
    switch (static_cast<ledger::ChangeKind>(event.kind)) {
      case ledger::ChangeKind::AccountCreated: CHECK(event.object < page.accounts.size()); break;
      case ledger::ChangeKind::AccountUpdated: CHECK(event.object < page.changes.size()); break;
      case ledger::ChangeKind::TransferCreated:
      case ledger::ChangeKind::HoldExpired:
      case ledger::ChangeKind::TransferRefused:
        CHECK(event.object < page.transfers.size() && event.object < page.balances.size());
        break;
    }
  }
  return page.events.size();
}

// Of an account that there was, or nothing; entries or holds.
usize lines_of_statement(const client::StatementPage& page) {
  CHECK(page.account.has_value() || (page.entries.empty() && page.holds.empty()));
  CHECK(page.entries.empty() || page.holds.empty());
  return page.entries.size() + page.holds.size();
}

FuzzVerdict run_reply(std::span<const std::byte> input) {
  ByteBuffer body;
  body.append(input);
  const Result<Reply> reply = protocol::decode_reply(body.bytes());
  if (!reply) {
    CHECK(!reply.error().message.empty());
    return FuzzVerdict::Refused;
  }
  read_as_write<ledger::Account>(*reply, client::AccountResults{});
  read_as_write<ledger::Transfer>(*reply, client::TransferResults{});
  read_as_write<ledger::AccountUpdate>(*reply, client::UpdateResults{});
  read_as_lookup<client::Accounts>(*reply,
                                   [](const auto& answer) { return answer.accounts.size(); });
  read_as_lookup<client::Transfers>(*reply,
                                    [](const auto& answer) { return answer.transfers.size(); });
  read_as_lookup<client::Limits>(*reply, [](const auto& answer) { return answer.limits.size(); });
  read_as_lookup<client::AccountPage>(*reply,
                                      [](const auto& answer) { return answer.accounts.size(); });
  read_as_lookup<client::TransferPage>(*reply,
                                       [](const auto& answer) { return answer.transfers.size(); });
  read_as_lookup<client::AccountChangePage>(
      *reply, [](const auto& answer) { return answer.changes.size(); });
  read_as_lookup<client::AccountBalances>(
      *reply, [](const auto& answer) { return answer.balances.size(); });
  read_as_lookup<client::AccountBalancePage>(
      *reply, [](const auto& answer) { return answer.balances.size(); });
  read_as_lookup<client::ChangePage>(*reply, objects_of_changes);
  read_as_lookup<client::StatementPage>(*reply, lines_of_statement);
  read_as_lookup<client::TrialBalance>(*reply,
                                       [](const auto& answer) { return answer.lines.size(); });
  protocol::ServerInfo info;
  if (client::read_answer(*reply, info)) CHECK(reply->kind == protocol::ReplyKind::ServerInfo);
  return FuzzVerdict::Taken;
}

void add_seed(std::vector<Bytes>& seeds, const ByteBuffer& frame) {
  const auto body = frame.bytes().subspan(protocol::kFrameHeaderBytes);
  seeds.emplace_back(body.begin(), body.end());
}

std::vector<Bytes> reply_seeds() {
  std::vector<Bytes> seeds;
  const auto add = [&](OwnedRequest request) {
    net::answer(request.request());
    ByteBuffer frame;
    protocol::encode_reply(request.request(), frame);
    add_seed(seeds, frame);
  };
  const ledger::Account accounts[kAsked] = {};
  const ledger::AccountUpdate updates[kAsked] = {};
  const u128 ids[kAsked] = {1, 2, 3};
  ledger::QueryFilter filter;
  filter.limit = kAsked;
  OwnedRequest with_balances = OwnedRequest::create_transfers(net::numbered_transfers(kAsked));
  with_balances.request().wants_balances = true;
  add(OwnedRequest::create_accounts(accounts));
  add(OwnedRequest::create_transfers(net::numbered_transfers(kAsked)));
  add(std::move(with_balances));
  add(OwnedRequest::update_accounts(updates));
  add(OwnedRequest::lookup_accounts(ids));
  add(OwnedRequest::lookup_transfers(ids));
  add(OwnedRequest::lookup_limits(ids));
  add(OwnedRequest::query_accounts(filter));
  add(OwnedRequest::query_transfers(filter));
  add(OwnedRequest::get_account_changes(filter));
  add(OwnedRequest::get_trial_balance({0, kAsked}));
  for (const auto operation :
       {ledger::Operation::GetAccountTransfers, ledger::Operation::GetAccountBalances,
        ledger::Operation::GetBalanceAt, ledger::Operation::GetChangeEvents,
        ledger::Operation::GetStatement}) {
    ledger::Request asked;
    asked.operation = operation;
    asked.filter = filter;
    asked.events = reinterpret_cast<const std::byte*>(ids);
    asked.event_count = operation == ledger::Operation::GetBalanceAt ? kAsked : 0;
    add(OwnedRequest::copy_of(asked));
  }
  ByteBuffer error;
  protocol::encode_error(1, ledger::RefusalCode::Busy, "too much at once", error);
  add_seed(seeds, error);
  protocol::ServerInfo said;
  said.version = "1";
  said.mode = "auto";
  said.threads = {"core", "net"};
  ByteBuffer info;
  protocol::encode_server_info(1, said, info);
  add_seed(seeds, info);
  return seeds;
}

}  // namespace

const FuzzTarget kRepliesTarget{"replies", run_reply, reply_seeds, nullptr,
                                4 * kKiB,  60'000,    10'000};

}  // namespace florin::test
