// Requests from a client's encoder to the server's decoder, and everything the decoder refuses.
#include <gtest/gtest.h>

#include "base/random.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "tests/protocol/decoding.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {
namespace {

using ledger::Operation;
using ledger::RefusalCode;

TEST(RequestMessages, transfers_arrive_in_place_and_aligned) {
  const auto events = transfers(3);
  ByteBuffer buffer;
  encode_create_transfers({.number = 9, .trace_id = make_u128(4, 5)}, events, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 9u);
  const auto body = body_of(buffer);
  const ledger::Request request = expect_ledger_request(body);
  EXPECT_EQ(request.operation, Operation::CreateTransfers);
  EXPECT_EQ(request.trace_id, make_u128(4, 5));
  ASSERT_EQ(request.event_count, 3u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
  EXPECT_GE(request.events, body.data());
  EXPECT_EQ(request.events + 3 * sizeof(ledger::Transfer), body.data() + body.size());
  EXPECT_EQ(std::memcmp(request.events, events.data(), 3 * sizeof(ledger::Transfer)), 0);
}

TEST(RequestMessages, every_kind_arrives_as_what_it_is) {
  std::vector<ledger::Account> accounts(2);
  accounts[1].id = 5;
  const std::vector<u128> ids = {7, kU128Max};
  ByteBuffer buffer;
  encode_create_accounts({}, accounts, buffer);
  ledger::Request request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::CreateAccounts);
  EXPECT_EQ(request.account_events()[1].id, 5u);

  buffer.clear();
  encode_lookup_accounts({}, ids, buffer);
  request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::LookupAccounts);
  EXPECT_EQ(request.ids()[1], kU128Max);

  buffer.clear();
  encode_lookup_transfers({}, ids, buffer);
  request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::LookupTransfers);
  EXPECT_EQ(request.ids()[0], 7u);

  std::vector<ledger::AccountUpdate> updates(2);
  updates[1].id = 6;
  updates[1].reason[103] = 'x';
  buffer.clear();
  encode_update_accounts({.number = 1, .trace_id = 2}, updates, buffer);
  request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::UpdateAccounts);
  EXPECT_EQ(request.trace_id, 2u);
  ASSERT_EQ(request.event_count, 2u);
  EXPECT_EQ(std::memcmp(request.events, updates.data(), 2 * sizeof(ledger::AccountUpdate)), 0);

  buffer.clear();
  encode_lookup_limits({}, ids, buffer);
  request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::LookupLimits);
  EXPECT_EQ(request.ids()[1], kU128Max);

  buffer.clear();
  encode_get_trial_balance({.number = 1, .trace_id = 2}, {.ledger_min = 3, .limit = 4}, buffer);
  request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::GetTrialBalance);
  EXPECT_EQ(request.trial_balance_filter.ledger_min, 3u);
  EXPECT_EQ(request.trial_balance_filter.limit, 4u);
  EXPECT_EQ(request.trace_id, 2u);
  EXPECT_EQ(request.event_count, 0u);

  buffer.clear();
  encode_ping({.number = 8}, buffer);
  const auto decoded = decode_request(body_of(buffer), {}, request);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, RequestKind::Ping);
}

TEST(RequestMessages, snapshots_and_witnesses_arrive) {
  ByteBuffer buffer;
  ledger::Request request;
  encode_take_snapshot({.number = 8, .trace_id = 9}, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 8u);
  EXPECT_EQ(decode_request(body_of(buffer), {}, request), RequestKind::TakeSnapshot);
  EXPECT_EQ(request.trace_id, 9u);

  buffer.clear();
  encode_present_witness({.number = 10}, {Position{11}, make_u128(12, 13)}, buffer);
  Witness witness;
  EXPECT_EQ(decode_request(body_of(buffer), {}, request, &witness), RequestKind::PresentWitness);
  EXPECT_EQ(witness.position.value, 11u);
  EXPECT_EQ(witness.chain, make_u128(12, 13));
  EXPECT_EQ(decode_request(body_of(buffer), {}, request), RequestKind::PresentWitness);
}

// As a client of another language leaves it out.
TEST(RequestMessages, a_witness_without_a_chain_knows_only_its_position) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = wire::CreatePresentWitness(builder, 7).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::PresentWitness, body));
  RawBody raw(builder);
  ledger::Request request;
  Witness witness{Position{1}, 2};
  EXPECT_EQ(decode_request(raw.bytes(), {}, request, &witness), RequestKind::PresentWitness);
  EXPECT_EQ(witness.position.value, 7u);
  EXPECT_EQ(witness.chain, 0u);
}

TEST(RequestMessages, the_largest_requests_fit_a_mebibyte) {
  ByteBuffer buffer;
  encode_create_transfers({}, transfers(ledger::kRequestEventsMax), buffer);
  EXPECT_LE(buffer.size(), kRequestFrameBytesMax);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).event_count, ledger::kRequestEventsMax);

  buffer.clear();
  encode_update_accounts({}, std::vector<ledger::AccountUpdate>(ledger::kUpdateEventsMax), buffer);
  EXPECT_LE(buffer.size(), kRequestFrameBytesMax);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).event_count, ledger::kUpdateEventsMax);
}

TEST(RequestMessages, events_can_be_written_in_place) {
  ByteBuffer copied;
  ByteBuffer in_place;
  const auto events = transfers(100);
  const RequestLabel label = {.number = 3, .trace_id = 4};
  encode_ping({}, copied);
  encode_ping({}, in_place);
  encode_create_transfers(label, events, copied);
  const OpenRequest open = open_request(Operation::CreateTransfers, label, 100, in_place);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(open.events) % 16, 0u);
  std::memcpy(open.events, events.data(), events.size() * sizeof(ledger::Transfer));
  seal_request(open, in_place);
  ASSERT_EQ(copied.size(), in_place.size());
  EXPECT_EQ(std::memcmp(copied.data(), in_place.data(), copied.size()), 0);
}

// Known by its bytes or read field by field: the count must be that of the bytes.
TEST(RequestMessages, a_count_that_the_body_does_not_hold_is_malformed) {
  const std::vector<ledger::Transfer> transfers(2);
  ByteBuffer buffer;
  encode_create_transfers({.number = 1, .trace_id = 77}, transfers, buffer);
  const std::span<std::byte> body = buffer.bytes().subspan(kFrameHeaderBytes);
  EXPECT_EQ(expect_ledger_request(body).trace_id, 77u);
  std::byte* const count = body.data() + body.size() - 2 * sizeof(ledger::Transfer) - sizeof(u32);
  const u32 three = 3;
  std::memcpy(count, &three, sizeof(three));
  ledger::Request request;
  const auto decoded = decode_request(body, {}, request, nullptr);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, RefusalCode::MalformedMessage);
}

TEST(RequestMessages, a_foreign_builder_is_understood) {
  flatbuffers::FlatBufferBuilder builder;
  const wire::UInt128 ids[] = {wire::UInt128(5, 6)};
  const auto vector = builder.CreateVectorOfStructs(ids, 1);
  const auto body = wire::CreateLookupTransfers(builder, vector).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::LookupTransfers, body));
  RawBody raw(builder);
  const ledger::Request request = expect_ledger_request(raw.bytes());
  EXPECT_EQ(request.ids()[0], make_u128(6, 5));
  EXPECT_EQ(request.trace_id, 0u);
}

TEST(RequestMessages, requests_without_events_are_empty) {
  ByteBuffer buffer;
  encode_create_transfers({}, {}, buffer);
  expect_refused(body_of(buffer), RefusalCode::EmptyRequest, "no events; at least one");
  flatbuffers::FlatBufferBuilder builder;
  const auto body = wire::CreateLookupAccounts(builder).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::LookupAccounts, body));
  expect_refused(RawBody(builder).bytes(), RefusalCode::EmptyRequest, "no ids; at least one");
}

TEST(RequestMessages, too_many_events_are_refused_with_both_numbers) {
  ByteBuffer buffer;
  encode_create_transfers({}, transfers(5), buffer);
  const DecodeLimits limits = {.depth_max = 8, .tables_max = 16, .events_max = 4};
  expect_refused(body_of(buffer), RefusalCode::TooManyEvents, "5 events; at most 4", limits);
}

TEST(RequestMessages, updates_have_a_maximum_of_their_own) {
  ByteBuffer buffer;
  OpenRequest open =
      open_request(Operation::UpdateAccounts, {}, ledger::kUpdateEventsMax + 1, buffer);
  std::memset(open.events, 0, (ledger::kUpdateEventsMax + 1) * sizeof(ledger::AccountUpdate));
  seal_request(open, buffer);
  auto body = buffer.bytes().subspan(kFrameHeaderBytes);
  expect_refused(body, RefusalCode::TooManyEvents, "4094 events; at most 4093");
}

// Whoever shows a refusal says what was asked: "create_transfers: there are no events; …".
TEST(RequestMessages, refusals_do_not_repeat_the_kind_of_request) {
  ByteBuffer buffer;
  encode_create_transfers({}, {}, buffer);
  ledger::Request request;
  const auto decoded = decode_request(body_of(buffer), {}, request);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().message.find("create_transfers"), std::string::npos);
}

TEST(RequestMessages, limits_of_the_trial_balance_are_checked) {
  for (const u32 limit : {0u, ledger::kTrialBalanceLinesMax + 1, 0xffff'ffffu}) {
    ByteBuffer buffer;
    encode_get_trial_balance({}, {.ledger_min = 0, .limit = limit}, buffer);
    expect_refused(body_of(buffer), RefusalCode::InvalidFilter,
                   "limit is " + std::to_string(limit) + "; expected 1 to 8189");
  }
}

// Flags are the ledger's to refuse, event by event.
TEST(RequestMessages, flags_of_events_pass_whatever_they_are) {
  auto events = transfers(2);
  events[1].flags = 0xffff;
  ByteBuffer buffer;
  encode_create_transfers({}, events, buffer);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).transfer_events()[1].flags, 0xffff);

  std::vector<ledger::Account> accounts(1);
  accounts[0].flags = 0xffff;
  buffer.clear();
  encode_create_accounts({}, accounts, buffer);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).account_events()[0].flags, 0xffff);
}

TEST(RequestMessages, unknown_kinds_are_told_from_malformed_ones) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = wire::CreatePing(builder).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, static_cast<wire::RequestBody>(200), body));
  expect_refused(RawBody(builder).bytes(), RefusalCode::UnknownRequest, "kind 200");

  builder.Clear();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::NONE, 0));
  expect_refused(RawBody(builder).bytes(), RefusalCode::MalformedMessage, "no body");

  builder.Clear();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::Ping, 0));
  expect_refused(RawBody(builder).bytes(), RefusalCode::MalformedMessage, "no body");
}

TEST(RequestMessages, an_empty_body_is_malformed) {
  alignas(16) std::byte nothing[16] = {};
  expect_refused(std::span(nothing).first(0), RefusalCode::MalformedMessage, "0 bytes");
  expect_refused(nothing, RefusalCode::MalformedMessage, "16 bytes");
}

// The library's verifier accepts a vector of structs at any multiple of 4.
TEST(RequestMessages, misaligned_events_are_refused) {
  flatbuffers::FlatBufferBuilder builder;
  const auto bytes = builder.CreateVector(std::vector<u32>(64, 0));
  const auto start = builder.StartTable();
  builder.AddOffset(wire::CreateTransfers::VT_EVENTS, bytes);
  const flatbuffers::Offset<void> body(builder.EndTable(start));
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::CreateTransfers, body));
  u32 refused = 0;
  u32 accepted = 0;
  for (usize shift = 0; shift < 16; shift += 4) {
    // The root offset leads over `shift` bytes, so that the vector gets every alignment.
    std::vector<u8> message(builder.GetSize() + shift);
    std::memcpy(message.data() + shift, builder.GetBufferPointer(), builder.GetSize());
    u32 root = 0;
    std::memcpy(&root, builder.GetBufferPointer(), sizeof(root));
    root += static_cast<u32>(shift);
    std::memcpy(message.data(), &root, sizeof(root));
    // 64 of what is now read as a transfer would be too long: claim one.
    const u32 length = 64;
    const u32 one = 1;
    u8* const found = static_cast<u8*>(
        memmem(message.data() + shift + 4, message.size() - shift - 4, &length, sizeof(length)));
    ASSERT_NE(found, nullptr);
    std::memcpy(found, &one, sizeof(one));
    RawBody raw(message.data(), message.size());
    ledger::Request request;
    const auto decoded = decode_request(raw.bytes(), {}, request);
    if (decoded) {
      ++accepted;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
    } else {
      ++refused;
      EXPECT_EQ(decoded.error().code, RefusalCode::MalformedMessage);
      EXPECT_NE(decoded.error().message.find("not aligned"), std::string::npos)
          << decoded.error().message;
    }
  }
  EXPECT_EQ(accepted, 1u);
  EXPECT_EQ(refused, 3u);
}

TEST(RequestMessages, lengths_beyond_the_body_are_malformed) {
  ByteBuffer buffer;
  encode_create_transfers({}, transfers(2), buffer);
  auto body = buffer.bytes().subspan(kFrameHeaderBytes);
  std::byte* const length = body.data() + body.size() - 2 * sizeof(ledger::Transfer) - 4;
  for (const u32 lie : {3u, 1000u, 0x7fff'ffffu, 0xffff'ffffu}) {
    std::memcpy(length, &lie, sizeof(lie));
    expect_refused(body, RefusalCode::MalformedMessage, "not a FlatBuffers Request");
  }
}

TEST(RequestMessages, nesting_and_tables_are_bounded) {
  ByteBuffer buffer;
  encode_ping({}, buffer);
  const auto body = body_of(buffer);
  const DecodeLimits shallow = {.depth_max = 1, .tables_max = 16, .events_max = 1};
  expect_refused(body, RefusalCode::MalformedMessage, "not a FlatBuffers Request", shallow);
  const DecodeLimits few = {.depth_max = 8, .tables_max = 1, .events_max = 1};
  expect_refused(body, RefusalCode::MalformedMessage, "not a FlatBuffers Request", few);
}

// Damaged messages are refused or read, within their bounds; sanitizers watch.
TEST(RequestMessages, random_damage_never_leads_outside_the_body) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  u64 refused = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    ByteBuffer buffer;
    encode_create_transfers({}, transfers(2), buffer);
    const auto body = buffer.bytes().subspan(kFrameHeaderBytes);
    const usize prefix = body.size() - 2 * sizeof(ledger::Transfer);
    const u64 changes = random.between(1, 4);
    for (u64 i = 0; i < changes; ++i) {
      body[random.below(prefix)] = static_cast<std::byte>(random.next());
    }
    const usize length = random.chance(1, 2) ? body.size() : random.below(body.size() / 16) * 16;
    // A copy of exactly that length, so that a read beyond it is seen.
    RawBody exact(reinterpret_cast<const u8*>(body.data()), length);
    ledger::Request request;
    const auto decoded = decode_request(exact.bytes(), {}, request);
    if (!decoded) {
      ++refused;
    } else if (*decoded == RequestKind::Ledger && request.event_count > 0) {
      ASSERT_GE(request.events, exact.bytes().data());
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
      const usize event_bytes = ledger::event_bytes(request.operation);
      ASSERT_LE(request.events + request.event_count * event_bytes,
                exact.bytes().data() + exact.bytes().size());
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace florin::protocol
