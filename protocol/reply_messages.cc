// Replies: encoding by the server, decoding by clients.
#include <fmt/format.h>

#include "base/check.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "protocol/stencil.h"

namespace florin::protocol {

using ledger::Operation;
using ledger::RefusalCode;

static_assert(sizeof(wire::EventResult) == sizeof(ledger::EventResult));
static_assert(alignof(wire::EventResult) == alignof(ledger::EventResult));
static_assert(sizeof(wire::LedgerTotals) == sizeof(ledger::LedgerTotals));
static_assert(alignof(wire::LedgerTotals) == alignof(ledger::LedgerTotals));

namespace {

// Encoding.

using Builder = flatbuffers::FlatBufferBuilder;

Stencil make_write_reply() {
  Builder builder;
  const auto exceptions = start_vector_at_end<wire::EventResult>(builder);
  const auto body = wire::CreateWriteReply(builder, 0, 0, 0, exceptions).Union();
  builder.Finish(wire::CreateReply(builder, 0, wire::ReplyBody::WriteReply, body));
  return Stencil(builder, sizeof(wire::EventResult));
}

// The reply to most requests, so it is stamped out.
void encode_write_reply(const ledger::Request& request, ByteBuffer& out) {
  static const Stencil stencil = make_write_reply();
  const usize offset = stencil.stamp(request.exceptions.size(), out);
  std::byte* const frame = out.data() + offset;
  auto* const reply = flatbuffers::GetMutableRoot<wire::Reply>(frame + kFrameHeaderBytes);
  auto* const body = static_cast<wire::WriteReply*>(reply->mutable_body());
  CHECK(reply->mutate_position(request.position.value));
  CHECK(body->mutate_operation(static_cast<u16>(request.operation)));
  CHECK(body->mutate_timestamp(request.timestamp.ns));
  CHECK(body->mutate_event_count(request.event_count));
  if (!request.exceptions.empty()) {
    std::memcpy(frame + stencil.elements_offset(), request.exceptions.data(),
                request.exceptions.size() * sizeof(ledger::EventResult));
  }
  seal_last_frame(out, offset, request.number);
}

// Appends the message as a frame, filled up with zeros.
void append_frame(Builder& builder, u64 number, ByteBuffer& out) {
  const usize offset = out.size();
  const usize body_bytes = round_up(builder.GetSize(), kFrameAlignment);
  std::byte* const frame = out.extend(kFrameHeaderBytes + body_bytes);
  std::memset(frame + kFrameHeaderBytes + body_bytes - kFrameAlignment, 0, kFrameAlignment);
  std::memcpy(frame + kFrameHeaderBytes, builder.GetBufferPointer(), builder.GetSize());
  seal_last_frame(out, offset, number);
}

void finish_reply(Builder& builder, Position position, wire::ReplyBody type,
                  flatbuffers::Offset<void> body) {
  builder.Finish(wire::CreateReply(builder, position.value, type, body));
}

template <class Wire, class Value>
flatbuffers::Offset<flatbuffers::Vector<const Wire*>> copy_structs(
    Builder& builder, const std::vector<Value>& values) {
  static_assert(sizeof(Wire) == sizeof(Value));
  return builder.CreateVectorOfStructs(reinterpret_cast<const Wire*>(values.data()), values.size());
}

void encode_read_reply(const ledger::Request& request, ByteBuffer& out) {
  Builder builder;
  switch (request.operation) {
    case Operation::LookupAccounts: {
      const auto accounts = copy_structs<wire::Account>(builder, request.accounts);
      finish_reply(builder, request.position, wire::ReplyBody::AccountsReply,
                   wire::CreateAccountsReply(builder, accounts).Union());
      break;
    }
    case Operation::LookupTransfers: {
      const auto transfers = copy_structs<wire::Transfer>(builder, request.transfers);
      const auto outcomes = builder.CreateVector(request.transfer_outcomes);
      finish_reply(builder, request.position, wire::ReplyBody::TransfersReply,
                   wire::CreateTransfersReply(builder, transfers, outcomes).Union());
      break;
    }
    case Operation::GetTrialBalance: {
      const auto totals = copy_structs<wire::LedgerTotals>(builder, request.totals);
      finish_reply(builder, request.position, wire::ReplyBody::TrialBalanceReply,
                   wire::CreateTrialBalanceReply(builder, totals, request.more_totals).Union());
      break;
    }
    case Operation::CreateAccounts:
    case Operation::CreateTransfers: CHECK(false);
  }
  append_frame(builder, request.number, out);
}

flatbuffers::Offset<wire::ServerInfo> build_server_info(Builder& builder, const ServerInfo& info) {
  const auto version = builder.CreateString(info.version);
  const auto mode = builder.CreateString(info.mode);
  const auto threads = builder.CreateVectorOfStrings(info.threads);
  const auto storage = builder.CreateString(info.storage);
  const wire::UInt128 ledger_id(low_half(info.ledger_id), high_half(info.ledger_id));
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
  return fields.Finish();
}

// Decoding.

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::Protocol, fmt::format("the server's reply is malformed: {}", what));
}

// The structs of a vector as the ledger's own. The library does not check their alignment.
template <class Value, class Wire>
Status take_vector(const flatbuffers::Vector<const Wire*>* vector, std::span<const Value>& values) {
  static_assert(sizeof(Wire) == sizeof(Value));
  if (vector == nullptr || vector->size() == 0) return {};
  if (reinterpret_cast<std::uintptr_t>(vector->Data()) % alignof(Value) != 0) {
    return malformed("a vector is not aligned");
  }
  values = {reinterpret_cast<const Value*>(vector->Data()), vector->size()};
  return {};
}

std::string text(const flatbuffers::String* string) {
  return string == nullptr ? std::string() : string->str();
}

Status take_write_reply(const wire::WriteReply& body, Reply& reply) {
  reply.kind = ReplyKind::Write;
  reply.operation = static_cast<Operation>(body.operation());
  reply.timestamp = Timestamp{body.timestamp()};
  reply.event_count = body.event_count();
  return take_vector(body.exceptions(), reply.exceptions);
}

Status take_transfers(const wire::TransfersReply& body, Reply& reply) {
  reply.kind = ReplyKind::Transfers;
  RETURN_IF_ERROR(take_vector(body.transfers(), reply.transfers));
  if (const auto* const outcomes = body.outcomes()) {
    reply.transfer_outcomes = {outcomes->data(), outcomes->size()};
  }
  if (reply.transfer_outcomes.size() != reply.transfers.size()) {
    return malformed("there is not one outcome per transfer");
  }
  return {};
}

Status take_trial_balance(const wire::TrialBalanceReply& body, Reply& reply) {
  reply.kind = ReplyKind::TrialBalance;
  reply.more_totals = body.more();
  return take_vector(body.totals(), reply.totals);
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
  if (const wire::UInt128* const id = body.ledger_id()) {
    info.ledger_id = make_u128(id->hi(), id->lo());
  }
  info.storage = text(body.storage());
  info.memory_bytes_planned = body.memory_bytes_planned();
  info.start_time = Timestamp{body.start_time()};
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
      reply.kind = ReplyKind::Accounts;
      return take_vector(message.body_as_AccountsReply()->accounts(), reply.accounts);
    case wire::ReplyBody::TransfersReply:
      return take_transfers(*message.body_as_TransfersReply(), reply);
    case wire::ReplyBody::TrialBalanceReply:
      return take_trial_balance(*message.body_as_TrialBalanceReply(), reply);
    case wire::ReplyBody::ServerInfo: return take_server_info(*message.body_as_ServerInfo(), reply);
    case wire::ReplyBody::ErrorReply: return take_error(*message.body_as_ErrorReply(), reply);
    case wire::ReplyBody::NONE: break;
  }
  return malformed(
      fmt::format("its kind {} is not known here", static_cast<u32>(message.body_type())));
}

}  // namespace

void encode_reply(const ledger::Request& request, ByteBuffer& out) {
  if (request.refusal != RefusalCode::None) {
    encode_error(request.number, request.refusal, request.refusal_message, out);
  } else if (ledger::is_write(request.operation)) {
    encode_write_reply(request, out);
  } else {
    encode_read_reply(request, out);
  }
}

void encode_error(u64 request_number, RefusalCode code, std::string_view message, ByteBuffer& out) {
  Builder builder;
  const auto text_offset = builder.CreateString(message.data(), message.size());
  finish_reply(builder, Position{}, wire::ReplyBody::ErrorReply,
               wire::CreateErrorReply(builder, static_cast<u16>(code), text_offset).Union());
  append_frame(builder, request_number, out);
}

void encode_server_info(u64 request_number, const ServerInfo& info, ByteBuffer& out) {
  Builder builder;
  const auto body = build_server_info(builder, info);
  finish_reply(builder, Position{}, wire::ReplyBody::ServerInfo, body.Union());
  append_frame(builder, request_number, out);
}

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
