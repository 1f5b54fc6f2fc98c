#include "tests/end_to_end/judged_load.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/check.h"
#include "client/channel.h"
#include "client/endpoint.h"
#include "client/loop.h"
#include "protocol/messages.h"
#include "tests/end_to_end/server_test.h"
#include "tests/pipeline/judge.h"
#include "tests/support/request_generator.h"

namespace florin::test {

namespace {

constexpr usize kLookupIds = 4000;

template <class Value>
std::vector<Value> copied(std::span<const Value> values) {
  return {values.begin(), values.end()};
}

void encode(const ledger::Request& request, u64 number, protocol::ByteBuffer& out) {
  const protocol::RequestLabel label{number, request.trace_id};
  switch (request.operation) {
    case ledger::Operation::CreateAccounts:
      return protocol::encode_create_accounts(label, request.account_events(), out);
    case ledger::Operation::CreateTransfers:
      return protocol::encode_create_transfers(label, request.transfer_events(),
                                               {.conditions = request.all_conditions(),
                                                .dry_run = request.dry_run,
                                                .balances = request.wants_balances},
                                               out);
    case ledger::Operation::UpdateAccounts:
      return protocol::encode_update_accounts(label, request.update_events(), out);
    case ledger::Operation::LookupAccounts:
      return protocol::encode_lookup_accounts(label, request.ids(), out);
    case ledger::Operation::LookupTransfers:
      return protocol::encode_lookup_transfers(label, request.ids(), out);
    case ledger::Operation::LookupLimits:
      return protocol::encode_lookup_limits(label, request.ids(), out);
    case ledger::Operation::GetTrialBalance:
      return protocol::encode_get_trial_balance(label, request.trial_balance_filter, out);
    case ledger::Operation::QueryAccounts:
    case ledger::Operation::QueryTransfers:
    case ledger::Operation::GetAccountChanges:
    case ledger::Operation::GetAccountTransfers:
    case ledger::Operation::GetAccountBalances:
    case ledger::Operation::GetChangeEvents:
    case ledger::Operation::GetStatement:
      return protocol::encode_query(request.operation, label, request.filter, out);
    case ledger::Operation::GetBalanceAt:
      return protocol::encode_get_balance_at(label, request.ids(),
                                             Timestamp{request.filter.timestamp_max}, out);
    case ledger::Operation::Tick: CHECK(false);
  }
}

void take_answer(const protocol::Reply& reply, ledger::Request& request) {
  request.refusal = reply.refusal;
  request.refusal_message = reply.refusal_message;
  request.position = reply.position;
  request.timestamp = reply.timestamp;
  request.exceptions = copied(reply.exceptions);
  request.accounts = copied(reply.accounts);
  request.transfers = copied(reply.transfers);
  request.transfer_statuses = copied(reply.statuses);
  request.balances = copied(reply.balances);
  request.limits = copied(reply.limits);
  request.changes = copied(reply.changes);
  request.account_balances = copied(reply.account_balances);
  request.change_events = copied(reply.change_events);
  request.totals = copied(reply.totals);
  request.next_cursor = reply.next_cursor;
  request.more = reply.more;
}

// One connection, on the thread that calls it.
class Connection final : public client::ReplyHandler {
 public:
  Connection(const JudgedLoadOptions& options)
      : loop_(must(client::Loop::open())),
        channel_(*loop_, must(client::resolve(options.host, options.port)).front(), *this,
                 {.requests_in_flight_max = options.in_flight}) {}

  // Sends all of them, as many at once as the channel takes, and fills in the answers.
  void run(std::vector<OwnedRequest>& requests) {
    requests_ = &requests;
    answered_ = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (usize sent = 0; answered_ < requests.size() && lost_.empty();) {
      while (sent < requests.size() && !channel_.full()) {
        encode(requests[sent].request(), sent + 1, channel_.output());
        channel_.queued(sent + 1, sent);
        ++sent;
      }
      loop_->run_once(100'000'000);
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("no answer came");
    }
    if (!lost_.empty()) throw std::runtime_error(lost_);
  }

  void answered(u64 tag, const protocol::Reply& reply) override {
    take_answer(reply, (*requests_)[tag].request());
    ++answered_;
  }
  void lost(u64, const client::Loss& loss) override { lost_ = loss.error.message; }

 private:
  std::unique_ptr<client::Loop> loop_;
  std::vector<OwnedRequest>* requests_ = nullptr;
  usize answered_ = 0;
  std::string lost_;
  client::Channel channel_;
};

// What one connection sends.
struct Stream {
  std::vector<OwnedRequest> requests;
  std::vector<u128> account_ids;
  std::vector<u128> transfer_ids;
  std::string failure;
};

Stream make_stream(const JudgedLoadOptions& options, u32 index) {
  GeneratorOptions shape;
  shape.request_events_max = options.request_events_max;
  shape.ticks = 0;  // The server makes them itself.
  RequestGenerator generator(options.seed * 1000 + index, shape);
  Stream stream;
  for (u32 made = 0; made < options.requests; ++made) {
    stream.requests.push_back(generator.next());
    stream.requests.back().request().principal = 0;  // The server knows nobody.
  }
  stream.account_ids = generator.account_ids();
  stream.transfer_ids = generator.transfer_ids();
  return stream;
}

void run_stream(const JudgedLoadOptions& options, Stream& stream) {
  try {
    Connection(options).run(stream.requests);
  } catch (const std::exception& error) {
    stream.failure = error.what();
  }
}

// Everything that the streams can have made.
std::vector<OwnedRequest> lookups_of(const std::vector<Stream>& streams) {
  std::vector<OwnedRequest> lookups;
  for (const Stream& stream : streams) {
    lookups.push_back(OwnedRequest::lookup_accounts(stream.account_ids));
    const std::span<const u128> ids = stream.transfer_ids;
    for (usize first = 0; first < ids.size(); first += kLookupIds) {
      const usize count = std::min(kLookupIds, ids.size() - first);
      lookups.push_back(OwnedRequest::lookup_transfers(ids.subspan(first, count)));
    }
  }
  lookups.push_back(OwnedRequest::get_trial_balance({0, ledger::kTrialBalanceLinesMax}));
  return lookups;
}

}  // namespace

std::vector<OwnedRequest> run_judged_load(const JudgedLoadOptions& options) {
  std::vector<Stream> streams;
  for (u32 index = 0; index < options.connections; ++index) {
    streams.push_back(make_stream(options, index));
  }
  {
    std::vector<std::jthread> threads;
    for (Stream& stream : streams) threads.emplace_back([&] { run_stream(options, stream); });
  }
  std::vector<OwnedRequest> all = lookups_of(streams);
  Connection(options).run(all);
  for (Stream& stream : streams) {
    if (!stream.failure.empty()) throw std::runtime_error(stream.failure);
    std::move(stream.requests.begin(), stream.requests.end(), std::back_inserter(all));
  }
  return all;
}

void judge(std::vector<OwnedRequest> answered) {
  // A read shows the state after the write that has its position.
  const auto place = [](const OwnedRequest& owned) {
    const ledger::Request& request = owned.request();
    return std::pair(request.position.value, request.is_logged() ? 0 : 1);
  };
  std::sort(answered.begin(), answered.end(), [&](const OwnedRequest& left, const auto& right) {
    return place(left) < place(right);
  });
  Judge reference;
  for (const OwnedRequest& one : answered) {
    reference.check_answer(one);
    if (testing::Test::HasFatalFailure()) return;
  }
  reference.reference().check_invariants();
  ASSERT_GT(reference.reference().transfers().size(), 100u);  // The load was one.
}

}  // namespace florin::test
