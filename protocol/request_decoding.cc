// Requests, as the server reads them: in place, with what can be checked without the ledger.
#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "ledger/operation.h"
#include "ledger/query.h"
#include "protocol/built_message.h"
#include "protocol/conditions.h"
#include "protocol/florin.gen.h"
#include "protocol/known_message.h"
#include "protocol/messages.h"

namespace florin::protocol {

using ledger::Operation;
using ledger::RefusalCode;

namespace {

using Decoded = tl::expected<RequestKind, Refusal>;
using wire::RequestBody;

u128 from_wire(const wire::UInt128* value) {
  return value == nullptr ? 0 : make_u128(value->hi(), value->lo());
}

// Messages do not repeat the kind of the request: whoever reads them knows what was asked.
template <class Event, class Wire>
Decoded take_events(const flatbuffers::Vector<const Wire*>* vector, Operation operation,
                    const DecodeLimits& limits, ledger::Request& request) {
  const std::string_view what = std::is_same_v<Event, u128> ? "ids" : "events";
  std::span<const Event> events;
  if (!view_structs(vector, events)) {
    return refuse(
        RefusalCode::MalformedMessage,
        fmt::format("the {} are not aligned to {} bytes within the frame", what, alignof(Event)));
  }
  if (events.empty()) {
    return refuse(RefusalCode::EmptyRequest,
                  fmt::format("there are no {}; at least one is expected", what));
  }
  const u32 most = std::min(limits.events_max, ledger::events_max(operation));
  if (events.size() > most) {
    return refuse(
        RefusalCode::TooManyEvents,
        fmt::format("there are {} {}; at most {} are accepted", events.size(), what, most));
  }
  request.operation = operation;
  request.event_count = static_cast<u32>(events.size());
  request.events = reinterpret_cast<const std::byte*>(events.data());
  return RequestKind::Ledger;
}

Decoded take_transfers(const wire::CreateTransfers& body, const DecodeLimits& limits,
                       ledger::Request& request) {
  Decoded decoded =
      take_events<ledger::Transfer>(body.events(), Operation::CreateTransfers, limits, request);
  request.dry_run = body.dry_run();
  request.wants_balances = body.balances();
  if (!decoded || body.conditions() == nullptr) return decoded;
  std::span<const ledger::Condition> conditions;
  if (!view_structs(body.conditions(), conditions)) {
    return refuse(RefusalCode::MalformedMessage,
                  fmt::format("the conditions are not aligned to {} bytes within the frame",
                              alignof(ledger::Condition)));
  }
  if (auto wrong = check_conditions(conditions, request.event_count)) {
    return refuse(RefusalCode::InvalidCondition, std::move(*wrong));
  }
  request.conditions = conditions.data();
  request.condition_count = static_cast<u32>(conditions.size());
  return decoded;
}

Decoded take_trial_balance(const wire::GetTrialBalance& body, ledger::Request& request) {
  if (body.limit() == 0 || body.limit() > ledger::kTrialBalanceLinesMax) {
    return refuse(
        RefusalCode::InvalidFilter,
        fmt::format("limit is {}; expected 1 to {}", body.limit(), ledger::kTrialBalanceLinesMax));
  }
  request.operation = Operation::GetTrialBalance;
  request.trial_balance_filter = {.ledger_min = body.ledger_min(), .limit = body.limit()};
  return RequestKind::Ledger;
}

Decoded take_query(const wire::QueryFilter* fields, Operation operation, ledger::Request& request) {
  if (fields == nullptr) return refuse(RefusalCode::InvalidFilter, "there is no filter");
  ledger::QueryFilter& filter = request.filter;
  filter = {};
  filter.account_id = from_wire(fields->account_id());
  filter.user_data_128 = from_wire(fields->user_data_128());
  filter.amount_min = from_wire(fields->amount_min());
  filter.amount_max = from_wire(fields->amount_max());
  filter.user_data_64 = fields->user_data_64();
  filter.timestamp_min = fields->timestamp_min();
  filter.timestamp_max = fields->timestamp_max();
  if (const wire::QueryCursor* const cursor = fields->cursor()) {
    filter.cursor = {.next = cursor->next(), .as_of = cursor->as_of(), .index = cursor->index()};
  }
  filter.user_data_32 = fields->user_data_32();
  filter.ledger = fields->ledger();
  filter.limit = fields->limit();
  filter.code = fields->code();
  filter.object_flags = fields->object_flags();
  filter.flags = fields->flags();
  filter.pending_status = fields->pending_status();
  filter.kinds = fields->kinds();
  filter.wait_ms = fields->wait_ms();
  if (auto wrong = ledger::check_filter(operation, filter)) {
    return refuse(RefusalCode::InvalidFilter, std::move(*wrong));
  }
  request.operation = operation;
  return RequestKind::Ledger;
}

Decoded take_balance_at(const wire::GetBalanceAt& body, const DecodeLimits& limits,
                        ledger::Request& request) {
  const Decoded decoded = take_events<u128>(body.ids(), Operation::GetBalanceAt, limits, request);
  if (!decoded) return decoded;
  request.filter = {};
  request.filter.timestamp_max = body.timestamp();
  if (auto wrong = ledger::check_time(Timestamp{body.timestamp()})) {
    return refuse(RefusalCode::InvalidFilter, std::move(*wrong));
  }
  return decoded;
}

Decoded take_witness(const wire::PresentWitness& body, Witness* witness) {
  if (witness != nullptr) *witness = {Position{body.position()}, from_wire(body.chain())};
  return RequestKind::PresentWitness;
}

Decoded decode_body(const wire::Request& message, const DecodeLimits& limits,
                    ledger::Request& request, Witness* witness) {
  switch (message.body_type()) {
    case RequestBody::CreateAccounts:
      return take_events<ledger::Account>(message.body_as_CreateAccounts()->events(),
                                          Operation::CreateAccounts, limits, request);
    case RequestBody::CreateTransfers:
      return take_transfers(*message.body_as_CreateTransfers(), limits, request);
    case RequestBody::UpdateAccounts:
      return take_events<ledger::AccountUpdate>(message.body_as_UpdateAccounts()->events(),
                                                Operation::UpdateAccounts, limits, request);
    case RequestBody::LookupAccounts:
      return take_events<u128>(message.body_as_LookupAccounts()->ids(), Operation::LookupAccounts,
                               limits, request);
    case RequestBody::LookupTransfers:
      return take_events<u128>(message.body_as_LookupTransfers()->ids(), Operation::LookupTransfers,
                               limits, request);
    case RequestBody::LookupLimits:
      return take_events<u128>(message.body_as_LookupLimits()->ids(), Operation::LookupLimits,
                               limits, request);
    case RequestBody::GetTrialBalance:
      return take_trial_balance(*message.body_as_GetTrialBalance(), request);
    case RequestBody::QueryAccounts:
      return take_query(message.body_as_QueryAccounts()->filter(), Operation::QueryAccounts,
                        request);
    case RequestBody::QueryTransfers:
      return take_query(message.body_as_QueryTransfers()->filter(), Operation::QueryTransfers,
                        request);
    case RequestBody::GetAccountChanges:
      return take_query(message.body_as_GetAccountChanges()->filter(), Operation::GetAccountChanges,
                        request);
    case RequestBody::GetAccountTransfers:
      return take_query(message.body_as_GetAccountTransfers()->filter(),
                        Operation::GetAccountTransfers, request);
    case RequestBody::GetAccountBalances:
      return take_query(message.body_as_GetAccountBalances()->filter(),
                        Operation::GetAccountBalances, request);
    case RequestBody::GetBalanceAt:
      return take_balance_at(*message.body_as_GetBalanceAt(), limits, request);
    case RequestBody::GetChangeEvents:
      return take_query(message.body_as_GetChangeEvents()->filter(), Operation::GetChangeEvents,
                        request);
    case RequestBody::GetStatement:
      return take_query(message.body_as_GetStatement()->filter(), Operation::GetStatement, request);
    case RequestBody::Ping: return RequestKind::Ping;
    case RequestBody::TakeSnapshot: return RequestKind::TakeSnapshot;
    case RequestBody::PresentWitness:
      return take_witness(*message.body_as_PresentWitness(), witness);
    case RequestBody::NONE: break;
  }
  return refuse(
      RefusalCode::UnknownRequest,
      fmt::format("a request of kind {} is not known to this version; it knows 1 to {}",
                  static_cast<u32>(message.body_type()), static_cast<u32>(RequestBody::MAX)));
}

// What only some kinds of request set.
void clear_question(ledger::Request& request) {
  request.event_count = 0;
  request.events = nullptr;
  request.conditions = nullptr;
  request.condition_count = 0;
  request.dry_run = false;
  request.wants_balances = false;
}

}  // namespace

tl::expected<RequestKind, Refusal> decode_request(std::span<const std::byte> body,
                                                  const DecodeLimits& limits,
                                                  ledger::Request& request, Witness* witness) {
  CHECK(reinterpret_cast<std::uintptr_t>(body.data()) % kFrameAlignment == 0);
  clear_question(request);
  const u32 transfers_max =
      std::min(limits.events_max, ledger::events_max(Operation::CreateTransfers));
  if (take_known_transfers(body, transfers_max, request)) return RequestKind::Ledger;
  const auto* const bytes = reinterpret_cast<const u8*>(body.data());
  flatbuffers::Verifier verifier(bytes, body.size(), limits.depth_max, limits.tables_max);
  if (!verifier.VerifyBuffer<wire::Request>()) {
    return refuse(RefusalCode::MalformedMessage,
                  fmt::format("the body of {} bytes is not a FlatBuffers Request", body.size()));
  }
  const auto* const message = flatbuffers::GetRoot<wire::Request>(bytes);
  if (message->body_type() == RequestBody::NONE || message->body() == nullptr) {
    return refuse(RefusalCode::MalformedMessage, "the request has no body");
  }
  request.trace_id = from_wire(message->trace_id());
  return decode_body(*message, limits, request, witness);
}

}  // namespace florin::protocol
