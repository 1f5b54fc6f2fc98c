// Replies, as the server writes them. Plain answers to writes are stamped out.
#include <cstring>

#include "base/check.h"
#include "protocol/built_message.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "protocol/stencil.h"

namespace florin::protocol {

using ledger::Operation;
using ledger::RefusalCode;

static_assert(sizeof(wire::EventResult) == sizeof(ledger::EventResult));
static_assert(alignof(wire::EventResult) == alignof(ledger::EventResult));

namespace {

using Builder = flatbuffers::FlatBufferBuilder;

Stencil stencil_of(Builder& builder) {
  const auto exceptions = start_vector_at_end<wire::EventResult>(builder);
  const auto body = wire::CreateWriteReply(builder, 0, 0, 0, exceptions).Union();
  builder.Finish(wire::CreateReply(builder, 0, wire::ReplyBody::WriteReply, body));
  return Stencil(builder, sizeof(wire::EventResult));
}

// The reply to most requests, with the places of its fields, looked up once.
class WriteReplyStencil {
 public:
  WriteReplyStencil() : stencil_(stencil_of(builder_)) {
    const auto* const reply = flatbuffers::GetRoot<wire::Reply>(builder_.GetBufferPointer());
    const auto* const body = static_cast<const wire::WriteReply*>(reply->body());
    position_ = place_of(reply, wire::Reply::VT_POSITION);
    operation_ = place_of(body, wire::WriteReply::VT_OPERATION);
    timestamp_ = place_of(body, wire::WriteReply::VT_TIMESTAMP);
    event_count_ = place_of(body, wire::WriteReply::VT_EVENT_COUNT);
  }

  void encode(const ledger::Request& request, ByteBuffer& out) const {
    const usize offset = stencil_.stamp(request.exceptions.size(), out);
    std::byte* const frame = out.data() + offset;
    flatbuffers::WriteScalar(frame + position_, request.position.value);
    set_in_word(frame, operation_, static_cast<u16>(request.operation));
    flatbuffers::WriteScalar(frame + timestamp_, request.timestamp.ns);
    set_in_word(frame, event_count_, request.event_count);
    if (!request.exceptions.empty()) {
      std::memcpy(frame + stencil_.elements_offset(), request.exceptions.data(),
                  request.exceptions.size() * sizeof(ledger::EventResult));
    }
    seal_last_frame(out, offset, request.number);
  }

 private:
  // In a frame.
  template <class Table>
  usize place_of(const Table* table, flatbuffers::voffset_t field) const {
    const auto* const address =
        reinterpret_cast<const flatbuffers::Table*>(table)->GetAddressOf(field);
    CHECK(address != nullptr);
    return kFrameHeaderBytes + static_cast<usize>(address - builder_.GetBufferPointer());
  }

  Builder builder_;
  Stencil stencil_;
  usize position_;
  usize operation_;
  usize timestamp_;
  usize event_count_;
};

void encode_plain_write_reply(const ledger::Request& request, ByteBuffer& out) {
  static const WriteReplyStencil stencil;
  stencil.encode(request, out);
}

template <class Wire, class Value>
auto copy(Builder& builder, const std::vector<Value>& values) {
  return copy_structs<Wire>(builder, std::span<const Value>(values));
}

void finish_reply(Builder& builder, Position position, wire::ReplyBody type,
                  flatbuffers::Offset<void> body) {
  builder.Finish(wire::CreateReply(builder, position.value, type, body));
}

void encode_write_reply_with_balances(const ledger::Request& request, ByteBuffer& out) {
  Builder builder(kBesidesVectors + request.balances.size() * sizeof(ledger::TransferBalances) +
                  request.exceptions.size() * sizeof(ledger::EventResult));
  const auto exceptions = copy<wire::EventResult>(builder, request.exceptions);
  const auto balances = copy<wire::TransferBalances>(builder, request.balances);
  const auto body =
      wire::CreateWriteReply(builder, static_cast<u16>(request.operation), request.timestamp.ns,
                             request.event_count, exceptions, balances);
  finish_reply(builder, request.position, wire::ReplyBody::WriteReply, body.Union());
  append_message(builder, request.number, out);
}

// The cursor of a query's answer; null, which is not written, for a look-up.
const wire::QueryCursor* cursor_of(const ledger::Request& request, wire::QueryCursor& space) {
  if (request.operation == Operation::LookupAccounts ||
      request.operation == Operation::LookupTransfers ||
      request.operation == Operation::GetBalanceAt) {
    return nullptr;
  }
  const ledger::QueryCursor& next = request.next_cursor;
  space = wire::QueryCursor(next.next, next.as_of, next.index);
  return &space;
}

flatbuffers::Offset<void> build_change_events(const ledger::Request& request, Builder& builder,
                                              const wire::QueryCursor* cursor) {
  CHECK(request.balances.size() == request.transfers.size());
  const auto events = copy<wire::ChangeEvent>(builder, request.change_events);
  const auto transfers = copy<wire::Transfer>(builder, request.transfers);
  const auto balances = copy<wire::TransferBalances>(builder, request.balances);
  const auto accounts = copy<wire::Account>(builder, request.accounts);
  const auto changes = copy<wire::AccountChange>(builder, request.changes);
  return wire::CreateChangeEventsReply(builder, events, transfers, balances, accounts, changes,
                                       cursor, request.more)
      .Union();
}

// The largest statement fits 1 MiB, with what is between its lists.
static_assert(kBesidesVectors + sizeof(ledger::Account) + 2 * sizeof(ledger::AccountBalance) +
                  ledger::kStatementLimitMax *
                      (sizeof(ledger::Transfer) + sizeof(ledger::AccountBalance)) <=
              kMiB);

flatbuffers::Offset<void> build_statement(const ledger::Request& request, Builder& builder,
                                          const wire::QueryCursor* cursor) {
  const auto accounts = copy<wire::Account>(builder, request.accounts);
  const auto balances = copy<wire::AccountBalance>(builder, request.account_balances);
  const auto transfers = copy<wire::Transfer>(builder, request.transfers);
  const auto statuses = copy<wire::TransferStatus>(builder, request.transfer_statuses);
  return wire::CreateStatementReply(builder, accounts, balances, transfers, statuses, cursor,
                                    request.more)
      .Union();
}

wire::ReplyBody build_read_body(const ledger::Request& request, Builder& builder,
                                flatbuffers::Offset<void>& body) {
  wire::QueryCursor space;
  const wire::QueryCursor* const cursor = cursor_of(request, space);
  switch (request.operation) {
    case Operation::LookupAccounts:
    case Operation::QueryAccounts: {
      const auto accounts = copy<wire::Account>(builder, request.accounts);
      body = wire::CreateAccountsReply(builder, accounts, cursor, request.more).Union();
      return wire::ReplyBody::AccountsReply;
    }
    case Operation::LookupTransfers:
    case Operation::QueryTransfers:
    case Operation::GetAccountTransfers: {
      CHECK(request.transfer_statuses.size() == request.transfers.size());
      const auto transfers = copy<wire::Transfer>(builder, request.transfers);
      const auto statuses = copy<wire::TransferStatus>(builder, request.transfer_statuses);
      body = wire::CreateTransfersReply(builder, transfers, statuses, cursor, request.more).Union();
      return wire::ReplyBody::TransfersReply;
    }
    case Operation::LookupLimits: {
      const auto limits = copy<wire::AccountLimits>(builder, request.limits);
      body = wire::CreateLimitsReply(builder, limits).Union();
      return wire::ReplyBody::LimitsReply;
    }
    case Operation::GetAccountChanges: {
      const auto changes = copy<wire::AccountChange>(builder, request.changes);
      body = wire::CreateAccountChangesReply(builder, changes, cursor, request.more).Union();
      return wire::ReplyBody::AccountChangesReply;
    }
    case Operation::GetTrialBalance: {
      const auto totals = copy<wire::LedgerTotals>(builder, request.totals);
      body = wire::CreateTrialBalanceReply(builder, totals, request.more).Union();
      return wire::ReplyBody::TrialBalanceReply;
    }
    case Operation::GetAccountBalances:
    case Operation::GetBalanceAt: {
      const auto balances = copy<wire::AccountBalance>(builder, request.account_balances);
      body = wire::CreateAccountBalancesReply(builder, balances, cursor, request.more).Union();
      return wire::ReplyBody::AccountBalancesReply;
    }
    case Operation::GetChangeEvents:
      body = build_change_events(request, builder, cursor);
      return wire::ReplyBody::ChangeEventsReply;
    case Operation::GetStatement:
      body = build_statement(request, builder, cursor);
      return wire::ReplyBody::StatementReply;
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::UpdateAccounts:
    case Operation::Tick: break;
  }
  CHECK(false);
}

void encode_read_reply(const ledger::Request& request, ByteBuffer& out) {
  Builder builder;
  flatbuffers::Offset<void> body;
  const wire::ReplyBody type = build_read_body(request, builder, body);
  finish_reply(builder, request.position, type, body);
  append_message(builder, request.number, out);
}

// One vector for each thing told of the sinks.
struct SinkVectors {
  SinkVectors(Builder& builder, const std::vector<SinkInfo>& sinks) {
    const auto strings = [&](std::string SinkInfo::*member) {
      std::vector<std::string> values;
      for (const SinkInfo& sink : sinks) values.push_back(sink.*member);
      return builder.CreateVectorOfStrings(values);
    };
    const auto numbers = [&](auto value_of) {
      std::vector<u64> values;
      for (const SinkInfo& sink : sinks) values.push_back(value_of(sink));
      return builder.CreateVector(values);
    };
    names = strings(&SinkInfo::name);
    positions = numbers([](const SinkInfo& sink) { return sink.position.value; });
    failures = numbers([](const SinkInfo& sink) { return sink.failures; });
    dead_letters = numbers([](const SinkInfo& sink) { return sink.dead_letters; });
    errors = strings(&SinkInfo::last_error);
  }

  using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;
  flatbuffers::Offset<Strings> names;
  flatbuffers::Offset<flatbuffers::Vector<u64>> positions;
  flatbuffers::Offset<flatbuffers::Vector<u64>> failures;
  flatbuffers::Offset<flatbuffers::Vector<u64>> dead_letters;
  flatbuffers::Offset<Strings> errors;
};

flatbuffers::Offset<wire::ServerInfo> build_server_info(Builder& builder, const ServerInfo& info) {
  const auto version = builder.CreateString(info.version);
  const auto mode = builder.CreateString(info.mode);
  const auto threads = builder.CreateVectorOfStrings(info.threads);
  const auto storage = builder.CreateString(info.storage);
  const SinkVectors sinks(builder, info.sinks);
  const wire::UInt128 ledger_id(low_half(info.ledger_id), high_half(info.ledger_id));
  const wire::UInt128 durable_chain(low_half(info.durable_chain), high_half(info.durable_chain));
  wire::ServerInfoBuilder fields(builder);
  fields.add_version(version);
  fields.add_protocol_version(info.protocol_version);
  fields.add_partitions(info.partitions);
  fields.add_workers(info.workers);
  fields.add_mode(mode);
  fields.add_threads(threads);
  fields.add_accounts(info.accounts);
  fields.add_accounts_max(info.accounts_max);
  fields.add_transfers(info.transfers);
  fields.add_transfers_max(info.transfers_max);
  fields.add_request_events_max(info.request_events_max);
  fields.add_frame_bytes_max(info.frame_bytes_max);
  fields.add_durable_position(info.durable_position.value);
  fields.add_ledger_id(&ledger_id);
  fields.add_storage(storage);
  fields.add_memory_bytes_planned(info.memory_bytes_planned);
  fields.add_start_time(info.start_time.ns);
  fields.add_durable_chain(&durable_chain);
  fields.add_snapshot_position(info.snapshot_position.value);
  fields.add_snapshot_time(info.snapshot_time.ns);
  fields.add_snapshots_taken(info.snapshots_taken);
  fields.add_snapshot_failures(info.snapshot_failures);
  fields.add_snapshot_under_way(info.snapshot_under_way);
  fields.add_log_first_segment(info.log_first_segment);
  fields.add_log_last_segment(info.log_last_segment);
  fields.add_recovered_from(info.recovered_from.value);
  fields.add_witness_refusals(info.witness_refusals);
  fields.add_history_enabled(info.history_enabled);
  fields.add_history_position(info.history_position.value);
  fields.add_history_durable_position(info.history_durable_position.value);
  fields.add_history_lag_ns(info.history_lag_ns);
  fields.add_id_window(info.id_window);
  fields.add_ids_in_memory(info.ids_in_memory);
  fields.add_window_refusals(info.window_refusals);
  fields.add_sink_names(sinks.names);
  fields.add_sink_positions(sinks.positions);
  fields.add_sink_failures(sinks.failures);
  fields.add_sink_dead_letters(sinks.dead_letters);
  fields.add_sink_errors(sinks.errors);
  return fields.Finish();
}

}  // namespace

void encode_reply(const ledger::Request& request, ByteBuffer& out) {
  if (request.refusal != RefusalCode::None) {
    encode_error(request.number, request.refusal, request.refusal_message, out);
  } else if (ledger::is_write(request.operation)) {
    if (request.balances.empty()) {
      encode_plain_write_reply(request, out);
    } else {
      encode_write_reply_with_balances(request, out);
    }
  } else {
    encode_read_reply(request, out);
  }
}

void encode_error(u64 request_number, RefusalCode code, std::string_view message, ByteBuffer& out) {
  Builder builder;
  const auto text_offset = builder.CreateString(message.data(), message.size());
  finish_reply(builder, Position{}, wire::ReplyBody::ErrorReply,
               wire::CreateErrorReply(builder, static_cast<u16>(code), text_offset).Union());
  append_message(builder, request_number, out);
}

void encode_server_info(u64 request_number, const ServerInfo& info, ByteBuffer& out) {
  constexpr usize kUsually = 1024;
  Builder builder = aligned_builder(kUsually);
  const auto body = build_server_info(builder, info);
  finish_reply(builder, Position{}, wire::ReplyBody::ServerInfo, body.Union());
  append_message(builder, request_number, out);
}

}  // namespace florin::protocol
