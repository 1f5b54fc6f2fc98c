// Replies, as clients read them.
#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "protocol/built_message.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"

namespace florin::protocol {

using ledger::Operation;
using ledger::RefusalCode;

namespace {

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::Protocol, fmt::format("the server's reply is malformed: {}", what));
}

template <class Value, class Wire>
Status take_vector(const flatbuffers::Vector<const Wire*>* vector, std::span<const Value>& values) {
  if (!view_structs(vector, values)) return malformed("a vector is not aligned");
  return {};
}

void take_page(const wire::QueryCursor* cursor, bool more, Reply& reply) {
  if (cursor != nullptr) {
    reply.next_cursor = {
        .next = cursor->next(), .as_of = cursor->as_of(), .index = cursor->index()};
  }
  reply.more = more;
}

std::string text(const flatbuffers::String* string) {
  return string == nullptr ? std::string() : string->str();
}

u128 wide(const wire::UInt128* value) {
  return value == nullptr ? 0 : make_u128(value->hi(), value->lo());
}

Status take_write_reply(const wire::WriteReply& body, Reply& reply) {
  reply.kind = ReplyKind::Write;
  reply.operation = static_cast<Operation>(body.operation());
  reply.timestamp = Timestamp{body.timestamp()};
  reply.event_count = body.event_count();
  RETURN_IF_ERROR(take_vector(body.exceptions(), reply.exceptions));
  RETURN_IF_ERROR(take_vector(body.balances(), reply.balances));
  if (!reply.balances.empty() && reply.balances.size() != reply.event_count) {
    return malformed("there are not balances for each event");
  }
  return {};
}

Status take_accounts(const wire::AccountsReply& body, Reply& reply) {
  reply.kind = ReplyKind::Accounts;
  take_page(body.next_cursor(), body.more(), reply);
  return take_vector(body.accounts(), reply.accounts);
}

Status take_transfers(const wire::TransfersReply& body, Reply& reply) {
  reply.kind = ReplyKind::Transfers;
  take_page(body.next_cursor(), body.more(), reply);
  RETURN_IF_ERROR(take_vector(body.transfers(), reply.transfers));
  RETURN_IF_ERROR(take_vector(body.statuses(), reply.statuses));
  if (reply.statuses.size() != reply.transfers.size()) {
    return malformed("there is not one status per transfer");
  }
  return {};
}

Status take_limits(const wire::LimitsReply& body, Reply& reply) {
  reply.kind = ReplyKind::Limits;
  return take_vector(body.limits(), reply.limits);
}

Status take_account_changes(const wire::AccountChangesReply& body, Reply& reply) {
  reply.kind = ReplyKind::AccountChanges;
  take_page(body.next_cursor(), body.more(), reply);
  return take_vector(body.changes(), reply.changes);
}

Status take_account_balances(const wire::AccountBalancesReply& body, Reply& reply) {
  reply.kind = ReplyKind::AccountBalances;
  take_page(body.next_cursor(), body.more(), reply);
  return take_vector(body.balances(), reply.account_balances);
}

// How many objects of each kind the events name; each must be named once, in order.
struct NamedObjects {
  usize accounts = 0;
  usize changes = 0;
  usize transfers = 0;

  usize* of(u8 kind) {
    switch (static_cast<ledger::ChangeKind>(kind)) {
      case ledger::ChangeKind::AccountCreated: return &accounts;
      case ledger::ChangeKind::AccountUpdated: return &changes;
      case ledger::ChangeKind::TransferCreated:
      case ledger::ChangeKind::HoldExpired:
      case ledger::ChangeKind::TransferRefused: return &transfers;
    }
    return nullptr;
  }
};

Status check_named_objects(const Reply& reply) {
  NamedObjects named;
  for (const ledger::ChangeEvent& event : reply.change_events) {
    usize* const count = named.of(event.kind);
    if (count == nullptr) {
      return malformed(fmt::format("a change of kind {} is not known here", event.kind));
    }
    if (event.object != *count) return malformed("a change does not name the next of its objects");
    ++*count;
  }
  if (named.accounts != reply.accounts.size() || named.changes != reply.changes.size() ||
      named.transfers != reply.transfers.size() || named.transfers != reply.balances.size()) {
    return malformed("there is not one object for each change");
  }
  return {};
}

Status take_change_events(const wire::ChangeEventsReply& body, Reply& reply) {
  reply.kind = ReplyKind::ChangeEvents;
  take_page(body.next_cursor(), body.more(), reply);
  RETURN_IF_ERROR(take_vector(body.events(), reply.change_events));
  RETURN_IF_ERROR(take_vector(body.transfers(), reply.transfers));
  RETURN_IF_ERROR(take_vector(body.balances(), reply.balances));
  RETURN_IF_ERROR(take_vector(body.accounts(), reply.accounts));
  RETURN_IF_ERROR(take_vector(body.changes(), reply.changes));
  return check_named_objects(reply);
}

// Either entries, with a balance for each behind the first two, or holds, with their statuses.
Status check_statement(const Reply& reply) {
  const usize transfers = reply.transfers.size();
  const bool has_holds = !reply.statuses.empty();
  if (reply.accounts.empty()) {
    if (reply.account_balances.empty() && transfers == 0 && !has_holds) return {};
    return malformed("a statement of no account is not empty");
  }
  if (reply.accounts.size() != 1) return malformed("a statement is of more than one account");
  if (has_holds && reply.statuses.size() != transfers) {
    return malformed("there is not one status for each hold of a statement");
  }
  const usize balances = 2 + (has_holds ? 0 : transfers);
  if (reply.account_balances.size() == balances) return {};
  return malformed(fmt::format("a statement has {} balances; expected {}",
                               reply.account_balances.size(), balances));
}

Status take_statement(const wire::StatementReply& body, Reply& reply) {
  reply.kind = ReplyKind::Statement;
  take_page(body.next_cursor(), body.more(), reply);
  RETURN_IF_ERROR(take_vector(body.accounts(), reply.accounts));
  RETURN_IF_ERROR(take_vector(body.balances(), reply.account_balances));
  RETURN_IF_ERROR(take_vector(body.transfers(), reply.transfers));
  RETURN_IF_ERROR(take_vector(body.statuses(), reply.statuses));
  return check_statement(reply);
}

Status take_trial_balance(const wire::TrialBalanceReply& body, Reply& reply) {
  reply.kind = ReplyKind::TrialBalance;
  reply.more = body.more();
  return take_vector(body.totals(), reply.totals);
}

// A server that is older, or answers nonsense, tells of fewer.
void take_sinks(const wire::ServerInfo& body, ServerInfo& info) {
  const auto* const names = body.sink_names();
  const auto* const positions = body.sink_positions();
  const auto* const failures = body.sink_failures();
  const auto* const dead_letters = body.sink_dead_letters();
  const auto* const errors = body.sink_errors();
  if (names == nullptr || positions == nullptr || failures == nullptr || dead_letters == nullptr ||
      errors == nullptr) {
    return;
  }
  const u32 count = std::min(
      {names->size(), positions->size(), failures->size(), dead_letters->size(), errors->size()});
  for (u32 sink = 0; sink < count; ++sink) {
    info.sinks.push_back({names->Get(sink)->str(), Position{positions->Get(sink)},
                          failures->Get(sink), dead_letters->Get(sink), errors->Get(sink)->str()});
  }
}

Status take_server_info(const wire::ServerInfo& body, Reply& reply) {
  reply.kind = ReplyKind::ServerInfo;
  ServerInfo& info = reply.server_info;
  info.version = text(body.version());
  info.protocol_version = body.protocol_version();
  info.partitions = body.partitions();
  info.workers = body.workers();
  info.mode = text(body.mode());
  if (const auto* const threads = body.threads()) {
    for (const flatbuffers::String* thread : *threads) info.threads.push_back(thread->str());
  }
  info.accounts = body.accounts();
  info.accounts_max = body.accounts_max();
  info.transfers = body.transfers();
  info.transfers_max = body.transfers_max();
  info.request_events_max = body.request_events_max();
  info.frame_bytes_max = body.frame_bytes_max();
  info.durable_position = Position{body.durable_position()};
  info.ledger_id = wide(body.ledger_id());
  info.storage = text(body.storage());
  info.memory_bytes_planned = body.memory_bytes_planned();
  info.start_time = Timestamp{body.start_time()};
  info.durable_chain = wide(body.durable_chain());
  info.snapshot_position = Position{body.snapshot_position()};
  info.snapshot_time = Timestamp{body.snapshot_time()};
  info.snapshots_taken = body.snapshots_taken();
  info.snapshot_failures = body.snapshot_failures();
  info.snapshot_under_way = body.snapshot_under_way();
  info.log_first_segment = body.log_first_segment();
  info.log_last_segment = body.log_last_segment();
  info.recovered_from = Position{body.recovered_from()};
  info.witness_refusals = body.witness_refusals();
  info.history_enabled = body.history_enabled();
  info.history_position = Position{body.history_position()};
  info.history_durable_position = Position{body.history_durable_position()};
  info.history_lag_ns = body.history_lag_ns();
  info.id_window = body.id_window();
  info.ids_in_memory = body.ids_in_memory();
  info.window_refusals = body.window_refusals();
  take_sinks(body, info);
  return {};
}

Status take_error(const wire::ErrorReply& body, Reply& reply) {
  reply.kind = ReplyKind::Error;
  reply.refusal = static_cast<RefusalCode>(body.code());
  reply.refusal_message = text(body.message());
  return {};
}

Status take_body(const wire::Reply& message, Reply& reply) {
  switch (message.body_type()) {
    case wire::ReplyBody::WriteReply: return take_write_reply(*message.body_as_WriteReply(), reply);
    case wire::ReplyBody::AccountsReply:
      return take_accounts(*message.body_as_AccountsReply(), reply);
    case wire::ReplyBody::TransfersReply:
      return take_transfers(*message.body_as_TransfersReply(), reply);
    case wire::ReplyBody::TrialBalanceReply:
      return take_trial_balance(*message.body_as_TrialBalanceReply(), reply);
    case wire::ReplyBody::ServerInfo: return take_server_info(*message.body_as_ServerInfo(), reply);
    case wire::ReplyBody::ErrorReply: return take_error(*message.body_as_ErrorReply(), reply);
    case wire::ReplyBody::LimitsReply: return take_limits(*message.body_as_LimitsReply(), reply);
    case wire::ReplyBody::AccountChangesReply:
      return take_account_changes(*message.body_as_AccountChangesReply(), reply);
    case wire::ReplyBody::AccountBalancesReply:
      return take_account_balances(*message.body_as_AccountBalancesReply(), reply);
    case wire::ReplyBody::ChangeEventsReply:
      return take_change_events(*message.body_as_ChangeEventsReply(), reply);
    case wire::ReplyBody::StatementReply:
      return take_statement(*message.body_as_StatementReply(), reply);
    case wire::ReplyBody::NONE: break;
  }
  return malformed(
      fmt::format("its kind {} is not known here", static_cast<u32>(message.body_type())));
}

}  // namespace

Result<Reply> decode_reply(std::span<const std::byte> body) {
  CHECK(reinterpret_cast<std::uintptr_t>(body.data()) % kFrameAlignment == 0);
  const auto* const bytes = reinterpret_cast<const u8*>(body.data());
  const DecodeLimits limits;
  flatbuffers::Verifier verifier(bytes, body.size(), limits.depth_max, limits.tables_max);
  if (!verifier.VerifyBuffer<wire::Reply>()) {
    return malformed("its body is not a FlatBuffers Reply");
  }
  const auto* const message = flatbuffers::GetRoot<wire::Reply>(bytes);
  if (message->body_type() != wire::ReplyBody::NONE && message->body() == nullptr) {
    return malformed("it has no body");
  }
  Reply reply;
  reply.position = Position{message->position()};
  RETURN_IF_ERROR(take_body(*message, reply));
  return reply;
}

}  // namespace florin::protocol
