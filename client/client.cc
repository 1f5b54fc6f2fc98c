// Encoding of the calls and reading of their answers.
#include "client/client.h"

#include <fmt/core.h>

#include "client/caller.h"
#include "client/loop.h"
#include "protocol/messages.h"

namespace florin::client {
namespace {

using protocol::Reply;
using protocol::ReplyKind;

tl::unexpected<ClientError> unexpected_reply(std::string_view why) {
  return tl::unexpected(ClientError{ClientError::Effect::NotKnown, ErrorCode::Protocol,
                                    ledger::RefusalCode::None,
                                    fmt::format("the server's reply does not fit: {}", why)});
}

tl::unexpected<ClientError> too_many(usize count) {
  return tl::unexpected(ClientError{
      ClientError::Effect::DidNotHappen, ErrorCode::InvalidArgument,
      ledger::RefusalCode::TooManyEvents,
      fmt::format("{} events in one request; at most {} fit", count, ledger::kRequestEventsMax)});
}

std::optional<ledger::AccountOutcome> outcome_of(u32 number, const AccountResult&) {
  return ledger::account_outcome(number);
}
std::optional<ledger::TransferOutcome> outcome_of(u32 number, const TransferResult&) {
  return ledger::transfer_outcome(number);
}

// Spreads a write's reply over its events: those not named were created, one nanosecond apart.
template <class EventOutcome>
Answer<std::vector<EventOutcome>> read_write_reply(const Reply& reply, usize event_count) {
  if (reply.kind != ReplyKind::Write || reply.event_count != event_count) {
    return unexpected_reply("not an answer to as many events as were sent");
  }
  std::vector<EventOutcome> results(event_count);
  for (usize index = 0; index < event_count; ++index) {
    results[index].outcome = decltype(EventOutcome::outcome)::Created;
    results[index].timestamp = {reply.timestamp.ns + index};
  }
  for (const ledger::EventResult& exception : reply.exceptions) {
    const auto outcome = outcome_of(exception.outcome, EventOutcome{});
    if (exception.index >= event_count || !outcome) {
      return unexpected_reply("an event or an outcome that does not exist");
    }
    results[exception.index] = {*outcome, {exception.timestamp}};
  }
  return results;
}

}  // namespace

class Client::Impl {
 public:
  Impl(const ClientOptions& options, Random random, std::unique_ptr<Loop> loop)
      : caller_(options, random, std::move(loop)), trace_id_(options.trace_id) {}

  // Numbers the request, has it encoded, and calls.
  template <class Encode>
  Answer<void> call(std::string_view name, bool changes_state, const Encode& encode,
                    const Caller::TakeReply& take_reply) {
    frame_.clear();
    encode(protocol::RequestLabel{++last_number_, trace_id_}, frame_);
    return caller_.call(Call{name, frame_.bytes(), changes_state}, take_reply);
  }

  template <class Results, class Event, class Encode>
  Answer<Results> write(std::string_view name, std::span<const Event> events,
                        const Encode& encode) {
    if (events.size() > ledger::kRequestEventsMax) return too_many(events.size());
    Results answer;
    const Answer<void> called = call(name, true, encode, [&](const Reply& reply) -> Answer<void> {
      auto results =
          read_write_reply<typename decltype(answer.results)::value_type>(reply, events.size());
      if (!results) return tl::unexpected(results.error());
      answer.position = reply.position;
      answer.results = std::move(*results);
      return {};
    });
    if (!called) return tl::unexpected(called.error());
    return answer;
  }

  // A read whose reply must be of one kind; `take` copies what it needs.
  template <class Result, class Encode, class Take>
  Answer<Result> read(std::string_view name, ReplyKind kind, const Encode& encode,
                      const Take& take) {
    Result answer;
    const Answer<void> called = call(name, false, encode, [&](const Reply& reply) -> Answer<void> {
      if (reply.kind != kind || !take(reply, answer)) return unexpected_reply(name);
      return {};
    });
    if (!called) return tl::unexpected(called.error());
    return answer;
  }

  Caller caller_;
  protocol::ByteBuffer frame_;
  u64 last_number_ = 0;
  u128 trace_id_ = 0;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Answer<Client> Client::connect(const ClientOptions& options, Random random) {
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop) {
    return tl::unexpected(ClientError{ClientError::Effect::DidNotHappen, loop.error().code,
                                      ledger::RefusalCode::None, loop.error().message});
  }
  auto impl = std::make_unique<Impl>(options, random, std::move(*loop));
  if (Answer<void> connected = impl->caller_.connect(); !connected) {
    return tl::unexpected(connected.error());
  }
  return Client(std::move(impl));
}

void Client::set_deadline(std::chrono::milliseconds deadline) {
  impl_->caller_.set_deadline(deadline);
}

void Client::set_trace_id(u128 trace_id) { impl_->trace_id_ = trace_id; }

Answer<AccountResults> Client::create_accounts(std::span<const ledger::Account> events) {
  return impl_->write<AccountResults>("create_accounts", events,
                                      [&](protocol::RequestLabel label, protocol::ByteBuffer& out) {
                                        protocol::encode_create_accounts(label, events, out);
                                      });
}

Answer<TransferResults> Client::create_transfers(std::span<const ledger::Transfer> events) {
  return impl_->write<TransferResults>(
      "create_transfers", events, [&](protocol::RequestLabel label, protocol::ByteBuffer& out) {
        protocol::encode_create_transfers(label, events, out);
      });
}

Answer<Accounts> Client::lookup_accounts(std::span<const u128> ids) {
  if (ids.size() > ledger::kRequestEventsMax) return too_many(ids.size());
  return impl_->read<Accounts>(
      "lookup_accounts", ReplyKind::Accounts,
      [&](protocol::RequestLabel label, protocol::ByteBuffer& out) {
        protocol::encode_lookup_accounts(label, ids, out);
      },
      [&](const Reply& reply, Accounts& answer) {
        answer.position = reply.position;
        answer.accounts.resize(reply.accounts.size());
        for (usize index = 0; index < reply.accounts.size(); ++index) {
          if (reply.accounts[index].id != 0) answer.accounts[index] = reply.accounts[index];
        }
        return reply.accounts.size() == ids.size();
      });
}

Answer<Transfers> Client::lookup_transfers(std::span<const u128> ids) {
  if (ids.size() > ledger::kRequestEventsMax) return too_many(ids.size());
  return impl_->read<Transfers>(
      "lookup_transfers", ReplyKind::Transfers,
      [&](protocol::RequestLabel label, protocol::ByteBuffer& out) {
        protocol::encode_lookup_transfers(label, ids, out);
      },
      [&](const Reply& reply, Transfers& answer) {
        if (reply.transfers.size() != ids.size()) return false;
        answer.position = reply.position;
        answer.transfers.resize(ids.size());
        for (usize index = 0; index < ids.size(); ++index) {
          const auto outcome = ledger::transfer_outcome(reply.transfer_outcomes[index]);
          TransferLookup& entry = answer.transfers[index];
          entry.outcome = outcome.value_or(ledger::TransferOutcome::Undecided);
          if (reply.transfers[index].id != 0) entry.transfer = reply.transfers[index];
        }
        return true;
      });
}

Answer<TrialBalance> Client::get_trial_balance(ledger::TrialBalanceFilter filter) {
  return impl_->read<TrialBalance>(
      "get_trial_balance", ReplyKind::TrialBalance,
      [&](protocol::RequestLabel label, protocol::ByteBuffer& out) {
        protocol::encode_get_trial_balance(label, filter, out);
      },
      [](const Reply& reply, TrialBalance& answer) {
        answer.position = reply.position;
        answer.lines.assign(reply.totals.begin(), reply.totals.end());
        answer.more = reply.more_totals;
        return true;
      });
}

Answer<protocol::ServerInfo> Client::ping() {
  return impl_->read<protocol::ServerInfo>(
      "ping", ReplyKind::ServerInfo,
      [](protocol::RequestLabel label, protocol::ByteBuffer& out) {
        protocol::encode_ping(label, out);
      },
      [](const Reply& reply, protocol::ServerInfo& answer) {
        answer = reply.server_info;
        return true;
      });
}

}  // namespace florin::client
