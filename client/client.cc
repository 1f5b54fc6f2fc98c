// The calls: what is checked before anything is sent, and what is sent.
#include "client/client.h"

#include <fmt/core.h>

#include "client/answer_reading.h"
#include "client/caller.h"
#include "client/loop.h"
#include "protocol/messages.h"

namespace florin::client {
namespace {

using ledger::Operation;
using protocol::ByteBuffer;
using protocol::Reply;
using protocol::RequestLabel;

tl::unexpected<ClientError> not_sent(ledger::RefusalCode refusal, Operation operation,
                                     std::string_view why) {
  return tl::unexpected(ClientError{ClientError::Effect::DidNotHappen, ErrorCode::InvalidArgument,
                                    refusal, fmt::format("{}: {}", name(operation), why)});
}

Answer<void> check_count(Operation operation, usize count) {
  const u32 most = ledger::events_max(operation);
  if (count <= most) return {};
  return not_sent(ledger::RefusalCode::TooManyEvents, operation,
                  fmt::format("{} in one request; at most {} fit", count, most));
}

Answer<void> check_options(std::span<const ledger::Transfer> events,
                           const TransferOptions& options) {
  if (options.conditions.size() > events.size() * ledger::kConditionsPerTransferMax) {
    return not_sent(
        ledger::RefusalCode::InvalidCondition, Operation::CreateTransfers,
        fmt::format("{} conditions for {} transfers; at most {} for each",
                    options.conditions.size(), events.size(), ledger::kConditionsPerTransferMax));
  }
  const u64 bytes = events.size_bytes() + options.conditions.size_bytes();
  if (options.conditions.empty() || bytes <= protocol::kConditionedBytesMax) return {};
  return not_sent(
      ledger::RefusalCode::FrameTooLarge, Operation::CreateTransfers,
      fmt::format("{} transfers and {} conditions take {} bytes; at most {} fit", events.size(),
                  options.conditions.size(), bytes, protocol::kConditionedBytesMax));
}

}  // namespace

class Client::Impl {
 public:
  Impl(const ClientOptions& options, Random random, std::unique_ptr<Loop> loop)
      : caller_(options, random, std::move(loop)), trace_id_(options.trace_id) {}

  // Numbers the request, has it encoded, and calls; `read` takes the answer out of the reply.
  template <class Result, class Encode, class Read>
  Answer<Result> call(std::string_view name, bool changes_state, const Encode& encode,
                      const Read& read, std::chrono::milliseconds wait = {}) {
    frame_.clear();
    encode(RequestLabel{++last_number_, trace_id_}, frame_);
    Result answer;
    const Answer<void> called =
        caller_.call(Call{name, frame_.bytes(), changes_state, wait},
                     [&](const Reply& reply) { return read(reply, answer); });
    if (!called) return tl::unexpected(called.error());
    return answer;
  }

  template <class Result, class Event>
  Answer<Result> write(Operation operation, std::span<const Event> events,
                       void (*encode)(RequestLabel, std::span<const Event>, ByteBuffer&)) {
    if (auto fits = check_count(operation, events.size()); !fits) {
      return tl::unexpected(fits.error());
    }
    return call<Result>(
        name(operation), true,
        [&](RequestLabel label, ByteBuffer& out) { encode(label, events, out); },
        [&](const Reply& reply, Result& answer) { return read_answer(reply, events, answer); });
  }

  template <class Result>
  Answer<Result> look_up(Operation operation, std::span<const u128> ids,
                         void (*encode)(RequestLabel, std::span<const u128>, ByteBuffer&)) {
    if (auto fits = check_count(operation, ids.size()); !fits) return tl::unexpected(fits.error());
    return call<Result>(
        name(operation), false,
        [&](RequestLabel label, ByteBuffer& out) { encode(label, ids, out); },
        [&](const Reply& reply, Result& answer) { return read_answer(reply, ids.size(), answer); });
  }

  template <class Page>
  Answer<Page> query(Operation operation, const ledger::QueryFilter& filter) {
    return call<Page>(
        name(operation), false,
        [&](RequestLabel label, ByteBuffer& out) {
          protocol::encode_query(operation, label, filter, out);
        },
        [&](const Reply& reply, Page& answer) { return read_answer(reply, filter.limit, answer); },
        std::chrono::milliseconds(filter.wait_ms));
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
  return impl_->write<AccountResults>(Operation::CreateAccounts, events,
                                      protocol::encode_create_accounts);
}

Answer<TransferResults> Client::create_transfers(std::span<const ledger::Transfer> events,
                                                 const TransferOptions& options) {
  auto fits = check_count(Operation::CreateTransfers, events.size());
  if (fits) fits = check_options(events, options);
  if (!fits) return tl::unexpected(fits.error());
  return impl_->call<TransferResults>(
      name(Operation::CreateTransfers), !options.dry_run,
      [&](RequestLabel label, ByteBuffer& out) {
        protocol::encode_create_transfers(label, events, options, out);
      },
      [&](const Reply& reply, TransferResults& answer) {
        return read_answer(reply, events, options, answer);
      });
}

Answer<UpdateResults> Client::update_accounts(std::span<const ledger::AccountUpdate> events) {
  return impl_->write<UpdateResults>(Operation::UpdateAccounts, events,
                                     protocol::encode_update_accounts);
}

Answer<TransferResults> Client::reverse_transfers(std::span<const Reversal> reversals) {
  std::vector<u128> original_ids;
  original_ids.reserve(reversals.size());
  for (const Reversal& reversal : reversals) original_ids.push_back(reversal.original_id);
  const Answer<Transfers> originals = lookup_transfers(original_ids);
  if (!originals) return tl::unexpected(originals.error());
  std::vector<ledger::Transfer> events;
  events.reserve(reversals.size());
  for (usize index = 0; index < reversals.size(); ++index) {
    events.push_back(reversing_transfer(reversals[index], originals->transfers[index].transfer));
  }
  return create_transfers(events);
}

Answer<Accounts> Client::lookup_accounts(std::span<const u128> ids) {
  return impl_->look_up<Accounts>(Operation::LookupAccounts, ids, protocol::encode_lookup_accounts);
}

Answer<Transfers> Client::lookup_transfers(std::span<const u128> ids) {
  return impl_->look_up<Transfers>(Operation::LookupTransfers, ids,
                                   protocol::encode_lookup_transfers);
}

Answer<Limits> Client::lookup_limits(std::span<const u128> ids) {
  return impl_->look_up<Limits>(Operation::LookupLimits, ids, protocol::encode_lookup_limits);
}

Answer<AccountPage> Client::query_accounts(const ledger::QueryFilter& filter) {
  return impl_->query<AccountPage>(Operation::QueryAccounts, filter);
}

Answer<TransferPage> Client::query_transfers(const ledger::QueryFilter& filter) {
  return impl_->query<TransferPage>(Operation::QueryTransfers, filter);
}

Answer<AccountChangePage> Client::get_account_changes(const ledger::QueryFilter& filter) {
  return impl_->query<AccountChangePage>(Operation::GetAccountChanges, filter);
}

Answer<TransferPage> Client::get_account_transfers(const ledger::QueryFilter& filter) {
  return impl_->query<TransferPage>(Operation::GetAccountTransfers, filter);
}

Answer<AccountBalancePage> Client::get_account_balances(const ledger::QueryFilter& filter) {
  return impl_->query<AccountBalancePage>(Operation::GetAccountBalances, filter);
}

Answer<AccountBalances> Client::get_balance_at(std::span<const u128> ids, Timestamp at) {
  const Operation operation = Operation::GetBalanceAt;
  if (auto fits = check_count(operation, ids.size()); !fits) return tl::unexpected(fits.error());
  return impl_->call<AccountBalances>(
      name(operation), false,
      [&](RequestLabel label, ByteBuffer& out) {
        protocol::encode_get_balance_at(label, ids, at, out);
      },
      [&](const Reply& reply, AccountBalances& answer) {
        return read_answer(reply, ids.size(), answer);
      });
}

Answer<ChangePage> Client::get_change_events(const ledger::QueryFilter& filter) {
  return impl_->query<ChangePage>(Operation::GetChangeEvents, filter);
}

Answer<StatementPage> Client::get_statement(const ledger::QueryFilter& filter) {
  return impl_->query<StatementPage>(Operation::GetStatement, filter);
}

Answer<TrialBalance> Client::get_trial_balance(ledger::TrialBalanceFilter filter) {
  return impl_->call<TrialBalance>(
      name(Operation::GetTrialBalance), false,
      [&](RequestLabel label, ByteBuffer& out) {
        protocol::encode_get_trial_balance(label, filter, out);
      },
      [&](const Reply& reply, TrialBalance& answer) {
        return read_answer(reply, filter.limit, answer);
      });
}

Answer<protocol::ServerInfo> Client::ping() {
  return impl_->call<protocol::ServerInfo>(
      "ping", false, protocol::encode_ping,
      [](const Reply& reply, protocol::ServerInfo& answer) { return read_answer(reply, answer); });
}

Answer<Witness> Client::witness() {
  const Answer<protocol::ServerInfo> info = ping();
  if (!info) return tl::unexpected(info.error());
  return Witness{info->durable_position, info->durable_chain};
}

Answer<protocol::ServerInfo> Client::take_snapshot() {
  return impl_->call<protocol::ServerInfo>(
      "snapshot", false, protocol::encode_take_snapshot,
      [](const Reply& reply, protocol::ServerInfo& answer) { return read_answer(reply, answer); });
}

}  // namespace florin::client
