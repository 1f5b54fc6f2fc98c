// Requests, as clients write them. Those of the hot path are stamped out.
#include <cstring>

#include "base/check.h"
#include "ledger/operation.h"
#include "protocol/built_message.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "protocol/request_stencils.h"

namespace florin::protocol {

using ledger::Operation;

static_assert(sizeof(wire::UInt128) == sizeof(u128) && alignof(wire::UInt128) == alignof(u128));
static_assert(sizeof(wire::Account) == sizeof(ledger::Account));
static_assert(alignof(wire::Account) == alignof(ledger::Account));
static_assert(sizeof(wire::Transfer) == sizeof(ledger::Transfer));
static_assert(alignof(wire::Transfer) == alignof(ledger::Transfer));
static_assert(sizeof(wire::AccountUpdate) == sizeof(ledger::AccountUpdate));
static_assert(alignof(wire::AccountUpdate) == alignof(ledger::AccountUpdate));

namespace {

using Builder = flatbuffers::FlatBufferBuilder;

using wire::RequestBody;

wire::UInt128 to_wire(u128 value) { return wire::UInt128(low_half(value), high_half(value)); }

Stencil finish_request(Builder& builder, RequestBody type, flatbuffers::Offset<void> body,
                       usize element_bytes) {
  const wire::UInt128 no_trace(0, 0);
  builder.Finish(wire::CreateRequest(builder, &no_trace, type, body));
  return Stencil(builder, element_bytes);
}

template <class Element, class Create>
Stencil make_request(RequestBody type, Create create_body) {
  Builder builder;
  const auto vector = start_vector_at_end<Element>(builder);
  return finish_request(builder, type, create_body(builder, vector).Union(), sizeof(Element));
}

// Without the fields that only some requests have: those are not stamped out.
Stencil make_create_transfers() {
  return make_request<wire::Transfer>(RequestBody::CreateTransfers,
                                      [](Builder& builder, const auto& vector) {
                                        wire::CreateTransfersBuilder fields(builder);
                                        fields.add_events(vector);
                                        return fields.Finish();
                                      });
}

Stencil make_trial_balance_request() {
  Builder builder;
  builder.ForceDefaults(true);
  const auto body = wire::CreateGetTrialBalance(builder, 0, 0).Union();
  return finish_request(builder, RequestBody::GetTrialBalance, body, 0);
}

Stencil make_ping() {
  Builder builder;
  builder.ForceDefaults(true);
  return finish_request(builder, RequestBody::Ping, wire::CreatePing(builder).Union(), 0);
}

wire::Request* request_at(ByteBuffer& out, usize frame_offset, u128 trace_id) {
  auto* const request =
      flatbuffers::GetMutableRoot<wire::Request>(out.data() + frame_offset + kFrameHeaderBytes);
  *request->mutable_trace_id() = to_wire(trace_id);
  return request;
}

template <class Event>
void encode_events(Operation operation, RequestLabel label, std::span<const Event> events,
                   ByteBuffer& out) {
  CHECK(events.size() <= ledger::events_max(operation));
  const u32 count = static_cast<u32>(events.size());
  const OpenRequest open = open_request(operation, label, count, out);
  if (count != 0) std::memcpy(open.events, events.data(), events.size_bytes());
  seal_request(open, out);
}

void append_request(Builder& builder, RequestLabel label, RequestBody type,
                    flatbuffers::Offset<void> body, ByteBuffer& out) {
  const wire::UInt128 trace_id = to_wire(label.trace_id);
  builder.Finish(wire::CreateRequest(builder, &trace_id, type, body));
  append_message(builder, label.number, out);
}

flatbuffers::Offset<wire::QueryFilter> build_filter(Builder& builder,
                                                    const ledger::QueryFilter& filter) {
  const wire::UInt128 account_id = to_wire(filter.account_id);
  const wire::UInt128 user_data_128 = to_wire(filter.user_data_128);
  const wire::UInt128 amount_min = to_wire(filter.amount_min);
  const wire::UInt128 amount_max = to_wire(filter.amount_max);
  const wire::QueryCursor cursor(filter.cursor.next, filter.cursor.as_of, filter.cursor.index);
  wire::QueryFilterBuilder fields(builder);
  fields.add_account_id(&account_id);
  fields.add_user_data_128(&user_data_128);
  fields.add_amount_min(&amount_min);
  fields.add_amount_max(&amount_max);
  fields.add_user_data_64(filter.user_data_64);
  fields.add_timestamp_min(filter.timestamp_min);
  fields.add_timestamp_max(filter.timestamp_max);
  fields.add_cursor(&cursor);
  fields.add_user_data_32(filter.user_data_32);
  fields.add_ledger(filter.ledger);
  fields.add_limit(filter.limit);
  fields.add_code(filter.code);
  fields.add_object_flags(filter.object_flags);
  fields.add_flags(filter.flags);
  fields.add_pending_status(filter.pending_status);
  fields.add_kinds(filter.kinds);
  fields.add_wait_ms(filter.wait_ms);
  return fields.Finish();
}

}  // namespace

const Stencil& request_stencil(Operation operation) {
  static const Stencil create_accounts =
      make_request<wire::Account>(RequestBody::CreateAccounts, wire::CreateCreateAccounts);
  static const Stencil create_transfers = make_create_transfers();
  static const Stencil update_accounts =
      make_request<wire::AccountUpdate>(RequestBody::UpdateAccounts, wire::CreateUpdateAccounts);
  static const Stencil lookup_accounts =
      make_request<wire::UInt128>(RequestBody::LookupAccounts, wire::CreateLookupAccounts);
  static const Stencil lookup_transfers =
      make_request<wire::UInt128>(RequestBody::LookupTransfers, wire::CreateLookupTransfers);
  static const Stencil lookup_limits =
      make_request<wire::UInt128>(RequestBody::LookupLimits, wire::CreateLookupLimits);
  static const Stencil get_trial_balance = make_trial_balance_request();
  switch (operation) {
    case Operation::CreateAccounts: return create_accounts;
    case Operation::CreateTransfers: return create_transfers;
    case Operation::UpdateAccounts: return update_accounts;
    case Operation::LookupAccounts: return lookup_accounts;
    case Operation::LookupTransfers: return lookup_transfers;
    case Operation::LookupLimits: return lookup_limits;
    case Operation::GetTrialBalance: return get_trial_balance;
    case Operation::QueryAccounts:
    case Operation::QueryTransfers:
    case Operation::GetAccountChanges:
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetBalanceAt:
    case Operation::GetChangeEvents:
    case Operation::GetStatement:
    case Operation::Tick: break;
  }
  CHECK(false);
}

OpenRequest open_request(Operation operation, RequestLabel label, u32 event_count,
                         ByteBuffer& out) {
  CHECK(ledger::event_bytes(operation) != 0);
  const Stencil& stencil = request_stencil(operation);
  const usize offset = stencil.stamp(event_count, out);
  request_at(out, offset, label.trace_id);
  return {.frame_offset = offset,
          .events = out.data() + offset + stencil.elements_offset(),
          .number = label.number};
}

void seal_request(const OpenRequest& open, ByteBuffer& out) {
  seal_last_frame(out, open.frame_offset, open.number);
}

void encode_create_accounts(RequestLabel label, std::span<const ledger::Account> events,
                            ByteBuffer& out) {
  encode_events(Operation::CreateAccounts, label, events, out);
}

void encode_create_transfers(RequestLabel label, std::span<const ledger::Transfer> events,
                             ByteBuffer& out) {
  encode_events(Operation::CreateTransfers, label, events, out);
}

void encode_create_transfers(RequestLabel label, std::span<const ledger::Transfer> events,
                             const TransferOptions& options, ByteBuffer& out) {
  if (options.conditions.empty() && !options.dry_run && !options.balances) {
    return encode_create_transfers(label, events, out);
  }
  CHECK(events.size() <= ledger::events_max(Operation::CreateTransfers));
  CHECK(options.conditions.size() <= events.size() * ledger::kConditionsPerTransferMax);
  Builder builder =
      aligned_builder(kBesidesVectors + events.size_bytes() + options.conditions.size_bytes());
  const auto event_vector = copy_structs<wire::Transfer>(builder, events);
  const auto conditions = copy_structs<wire::Condition>(builder, options.conditions);
  const auto body = wire::CreateCreateTransfers(builder, event_vector, conditions, options.dry_run,
                                                options.balances);
  append_request(builder, label, RequestBody::CreateTransfers, body.Union(), out);
}

void encode_update_accounts(RequestLabel label, std::span<const ledger::AccountUpdate> events,
                            ByteBuffer& out) {
  encode_events(Operation::UpdateAccounts, label, events, out);
}

void encode_lookup_accounts(RequestLabel label, std::span<const u128> ids, ByteBuffer& out) {
  encode_events(Operation::LookupAccounts, label, ids, out);
}

void encode_lookup_transfers(RequestLabel label, std::span<const u128> ids, ByteBuffer& out) {
  encode_events(Operation::LookupTransfers, label, ids, out);
}

void encode_lookup_limits(RequestLabel label, std::span<const u128> ids, ByteBuffer& out) {
  encode_events(Operation::LookupLimits, label, ids, out);
}

void encode_get_trial_balance(RequestLabel label, ledger::TrialBalanceFilter filter,
                              ByteBuffer& out) {
  const usize offset = request_stencil(Operation::GetTrialBalance).stamp(0, out);
  wire::Request* const request = request_at(out, offset, label.trace_id);
  auto* const body = static_cast<wire::GetTrialBalance*>(request->mutable_body());
  CHECK(body->mutate_ledger_min(filter.ledger_min) && body->mutate_limit(filter.limit));
  seal_last_frame(out, offset, label.number);
}

void encode_query(Operation operation, RequestLabel label, const ledger::QueryFilter& filter,
                  ByteBuffer& out) {
  Builder builder;
  const auto fields = build_filter(builder, filter);
  const auto append = [&](RequestBody type, auto body) {
    append_request(builder, label, type, body.Union(), out);
  };
  switch (operation) {
    case Operation::QueryAccounts:
      return append(RequestBody::QueryAccounts, wire::CreateQueryAccounts(builder, fields));
    case Operation::QueryTransfers:
      return append(RequestBody::QueryTransfers, wire::CreateQueryTransfers(builder, fields));
    case Operation::GetAccountChanges:
      return append(RequestBody::GetAccountChanges, wire::CreateGetAccountChanges(builder, fields));
    case Operation::GetAccountTransfers:
      return append(RequestBody::GetAccountTransfers,
                    wire::CreateGetAccountTransfers(builder, fields));
    case Operation::GetAccountBalances:
      return append(RequestBody::GetAccountBalances,
                    wire::CreateGetAccountBalances(builder, fields));
    case Operation::GetChangeEvents:
      return append(RequestBody::GetChangeEvents, wire::CreateGetChangeEvents(builder, fields));
    case Operation::GetStatement:
      return append(RequestBody::GetStatement, wire::CreateGetStatement(builder, fields));
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::UpdateAccounts:
    case Operation::LookupAccounts:
    case Operation::LookupTransfers:
    case Operation::LookupLimits:
    case Operation::GetTrialBalance:
    case Operation::GetBalanceAt:
    case Operation::Tick: break;
  }
  CHECK(false);
}

void encode_get_balance_at(RequestLabel label, std::span<const u128> ids, Timestamp at,
                           ByteBuffer& out) {
  CHECK(ids.size() <= ledger::events_max(Operation::GetBalanceAt));
  Builder builder = aligned_builder(kBesidesVectors + ids.size_bytes());
  const auto id_vector = copy_structs<wire::UInt128>(builder, ids);
  append_request(builder, label, RequestBody::GetBalanceAt,
                 wire::CreateGetBalanceAt(builder, id_vector, at.ns).Union(), out);
}

void encode_ping(RequestLabel label, ByteBuffer& out) {
  static const Stencil ping = make_ping();
  const usize offset = ping.stamp(0, out);
  request_at(out, offset, label.trace_id);
  seal_last_frame(out, offset, label.number);
}

void encode_take_snapshot(RequestLabel label, ByteBuffer& out) {
  Builder builder;
  append_request(builder, label, RequestBody::TakeSnapshot,
                 wire::CreateTakeSnapshot(builder).Union(), out);
}

void encode_present_witness(RequestLabel label, const Witness& witness, ByteBuffer& out) {
  Builder builder;
  const wire::UInt128 chain = to_wire(witness.chain);
  append_request(builder, label, RequestBody::PresentWitness,
                 wire::CreatePresentWitness(builder, witness.position.value, &chain).Union(), out);
}

}  // namespace florin::protocol
