// Requests: encoding by clients, decoding by the server.
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "ledger/operation.h"
#include "protocol/built_flags.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "protocol/stencil.h"

namespace florin::protocol {

using ledger::Operation;
using ledger::RefusalCode;

static_assert(sizeof(wire::UInt128) == sizeof(u128) && alignof(wire::UInt128) == alignof(u128));
static_assert(sizeof(wire::Account) == sizeof(ledger::Account));
static_assert(alignof(wire::Account) == alignof(ledger::Account));
static_assert(sizeof(wire::Transfer) == sizeof(ledger::Transfer));
static_assert(alignof(wire::Transfer) == alignof(ledger::Transfer));

namespace {

// Encoding.

Stencil finish_request(flatbuffers::FlatBufferBuilder& builder, wire::RequestBody type,
                       flatbuffers::Offset<void> body, usize element_bytes) {
  const wire::UInt128 no_trace(0, 0);
  builder.Finish(wire::CreateRequest(builder, &no_trace, type, body));
  return Stencil(builder, element_bytes);
}

template <class Element, class Create>
Stencil make_request(wire::RequestBody type, Create create_body) {
  flatbuffers::FlatBufferBuilder builder;
  const auto vector = start_vector_at_end<Element>(builder);
  return finish_request(builder, type, create_body(builder, vector).Union(), sizeof(Element));
}

Stencil make_trial_balance_request() {
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(true);
  const auto body = wire::CreateGetTrialBalance(builder, 0, 0).Union();
  return finish_request(builder, wire::RequestBody::GetTrialBalance, body, 0);
}

Stencil make_ping() {
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(true);
  return finish_request(builder, wire::RequestBody::Ping, wire::CreatePing(builder).Union(), 0);
}

const Stencil& stencil_of(Operation operation) {
  using wire::RequestBody;
  static const Stencil create_accounts =
      make_request<wire::Account>(RequestBody::CreateAccounts, wire::CreateCreateAccounts);
  static const Stencil create_transfers =
      make_request<wire::Transfer>(RequestBody::CreateTransfers, wire::CreateCreateTransfers);
  static const Stencil lookup_accounts =
      make_request<wire::UInt128>(RequestBody::LookupAccounts, wire::CreateLookupAccounts);
  static const Stencil lookup_transfers =
      make_request<wire::UInt128>(RequestBody::LookupTransfers, wire::CreateLookupTransfers);
  static const Stencil get_trial_balance = make_trial_balance_request();
  switch (operation) {
    case Operation::CreateAccounts: return create_accounts;
    case Operation::CreateTransfers: return create_transfers;
    case Operation::LookupAccounts: return lookup_accounts;
    case Operation::LookupTransfers: return lookup_transfers;
    case Operation::GetTrialBalance: return get_trial_balance;
  }
  CHECK(false);
}

wire::Request* request_at(ByteBuffer& out, usize frame_offset, u128 trace_id) {
  auto* const request =
      flatbuffers::GetMutableRoot<wire::Request>(out.data() + frame_offset + kFrameHeaderBytes);
  *request->mutable_trace_id() = wire::UInt128(low_half(trace_id), high_half(trace_id));
  return request;
}

template <class Event>
void encode_events(Operation operation, RequestLabel label, std::span<const Event> events,
                   ByteBuffer& out) {
  CHECK(events.size() <= ledger::kRequestEventsMax);
  const u32 count = static_cast<u32>(events.size());
  const OpenRequest open = open_request(operation, label, count, out);
  if (count != 0) std::memcpy(open.events, events.data(), events.size_bytes());
  seal_request(open, out);
}

// Decoding.

using Decoded = tl::expected<RequestKind, Refusal>;

tl::unexpected<Refusal> refuse(RefusalCode code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{code, std::move(message)});
}

// The verifier of the library checks that the elements lie within the body, not that they are
// aligned: a vector at an odd place would crash whoever copies its structs.
template <class Element>
Decoded take_events(const flatbuffers::Vector<const Element*>* events, Operation operation,
                    const DecodeLimits& limits, ledger::Request& request) {
  if (events == nullptr || events->size() == 0) {
    return refuse(RefusalCode::EmptyRequest,
                  fmt::format("{} has no events; at least one is expected", name(operation)));
  }
  if (events->size() > limits.events_max) {
    return refuse(RefusalCode::TooManyEvents,
                  fmt::format("{} has {} events; at most {} are accepted", name(operation),
                              events->size(), limits.events_max));
  }
  if (reinterpret_cast<std::uintptr_t>(events->Data()) % alignof(Element) != 0) {
    return refuse(RefusalCode::MalformedMessage,
                  fmt::format("the events of {} are not aligned to {} bytes within the frame",
                              name(operation), alignof(Element)));
  }
  request.operation = operation;
  request.event_count = events->size();
  request.events = reinterpret_cast<const std::byte*>(events->Data());
  return RequestKind::Ledger;
}

Decoded refuse_unbuilt(const Decoded& decoded, const ledger::Request& request) {
  if (!decoded) return decoded;
  std::optional<Refusal> refusal = request.operation == Operation::CreateAccounts
                                       ? check_built_flags(request.account_events())
                                       : check_built_flags(request.transfer_events());
  if (refusal) return tl::unexpected<Refusal>(std::move(*refusal));
  return decoded;
}

Decoded take_filter(const wire::GetTrialBalance& body, ledger::Request& request) {
  if (body.limit() == 0 || body.limit() > ledger::kTrialBalanceLinesMax) {
    return refuse(RefusalCode::InvalidFilter,
                  fmt::format("the limit of get_trial_balance is {}; expected 1 to {}",
                              body.limit(), ledger::kTrialBalanceLinesMax));
  }
  request.operation = Operation::GetTrialBalance;
  request.event_count = 0;
  request.events = nullptr;
  request.trial_balance_filter = {.ledger_min = body.ledger_min(), .limit = body.limit()};
  return RequestKind::Ledger;
}

Decoded decode_body(const wire::Request& message, const DecodeLimits& limits,
                    ledger::Request& request) {
  switch (message.body_type()) {
    case wire::RequestBody::CreateAccounts:
      return refuse_unbuilt(take_events(message.body_as_CreateAccounts()->events(),
                                        Operation::CreateAccounts, limits, request),
                            request);
    case wire::RequestBody::CreateTransfers:
      return refuse_unbuilt(take_events(message.body_as_CreateTransfers()->events(),
                                        Operation::CreateTransfers, limits, request),
                            request);
    case wire::RequestBody::LookupAccounts:
      return take_events(message.body_as_LookupAccounts()->ids(), Operation::LookupAccounts, limits,
                         request);
    case wire::RequestBody::LookupTransfers:
      return take_events(message.body_as_LookupTransfers()->ids(), Operation::LookupTransfers,
                         limits, request);
    case wire::RequestBody::GetTrialBalance:
      return take_filter(*message.body_as_GetTrialBalance(), request);
    case wire::RequestBody::Ping: return RequestKind::Ping;
    case wire::RequestBody::NONE: break;
  }
  return refuse(
      RefusalCode::UnknownRequest,
      fmt::format("a request of kind {} is not known to this version; it knows 1 to {}",
                  static_cast<u32>(message.body_type()), static_cast<u32>(wire::RequestBody::MAX)));
}

}  // namespace

OpenRequest open_request(Operation operation, RequestLabel label, u32 event_count,
                         ByteBuffer& out) {
  CHECK(operation != Operation::GetTrialBalance);
  const Stencil& stencil = stencil_of(operation);
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

void encode_lookup_accounts(RequestLabel label, std::span<const u128> ids, ByteBuffer& out) {
  encode_events(Operation::LookupAccounts, label, ids, out);
}

void encode_lookup_transfers(RequestLabel label, std::span<const u128> ids, ByteBuffer& out) {
  encode_events(Operation::LookupTransfers, label, ids, out);
}

void encode_get_trial_balance(RequestLabel label, ledger::TrialBalanceFilter filter,
                              ByteBuffer& out) {
  const usize offset = stencil_of(Operation::GetTrialBalance).stamp(0, out);
  wire::Request* const request = request_at(out, offset, label.trace_id);
  auto* const body = static_cast<wire::GetTrialBalance*>(request->mutable_body());
  CHECK(body->mutate_ledger_min(filter.ledger_min) && body->mutate_limit(filter.limit));
  seal_last_frame(out, offset, label.number);
}

void encode_ping(RequestLabel label, ByteBuffer& out) {
  static const Stencil ping = make_ping();
  const usize offset = ping.stamp(0, out);
  request_at(out, offset, label.trace_id);
  seal_last_frame(out, offset, label.number);
}

tl::expected<RequestKind, Refusal> decode_request(std::span<const std::byte> body,
                                                  const DecodeLimits& limits,
                                                  ledger::Request& request) {
  CHECK(reinterpret_cast<std::uintptr_t>(body.data()) % kFrameAlignment == 0);
  const auto* const bytes = reinterpret_cast<const u8*>(body.data());
  flatbuffers::Verifier verifier(bytes, body.size(), limits.depth_max, limits.tables_max);
  if (!verifier.VerifyBuffer<wire::Request>()) {
    return refuse(RefusalCode::MalformedMessage,
                  fmt::format("the body of {} bytes is not a FlatBuffers Request", body.size()));
  }
  const auto* const message = flatbuffers::GetRoot<wire::Request>(bytes);
  if (message->body_type() == wire::RequestBody::NONE || message->body() == nullptr) {
    return refuse(RefusalCode::MalformedMessage, "the request has no body");
  }
  const wire::UInt128* const trace_id = message->trace_id();
  request.trace_id = trace_id == nullptr ? 0 : make_u128(trace_id->hi(), trace_id->lo());
  return decode_body(*message, limits, request);
}

}  // namespace florin::protocol
