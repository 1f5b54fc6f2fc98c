// Filters and conditions of any bytes, sent as requests: what the other side reads is what was
// sent, or it refuses it, exactly when the checks do. What is not refused is then asked of a
// ledger.
#include <cstring>

#include "base/check.h"
#include "ledger/query.h"
#include "protocol/conditions.h"
#include "protocol/messages.h"
#include "tests/fuzz/target.h"
#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {

namespace {

using ledger::Operation;
using protocol::ByteBuffer;

constexpr Operation kQueries[] = {Operation::QueryAccounts,      Operation::QueryTransfers,
                                  Operation::GetAccountChanges,  Operation::GetAccountTransfers,
                                  Operation::GetAccountBalances, Operation::GetChangeEvents,
                                  Operation::GetStatement};

// A ledger with something of everything.
ReferenceLedger make_ledger() {
  ReferenceLedger ledger;
  RequestGenerator generator(1);
  for (u32 made = 0; made < 60; ++made) {
    OwnedRequest request = generator.next();
    ledger.apply(request.request(), generator.meant_time());
    generator.observe(request.request());
  }
  return ledger;
}

FuzzVerdict ask_filter(InputReader& reader) {
  const Operation operation = kQueries[reader.take<u8>() % std::size(kQueries)];
  const auto filter = reader.take<ledger::QueryFilter>();
  ByteBuffer frame;
  protocol::encode_query(operation, {1, 0}, filter, frame);
  ledger::Request request;
  const auto kind = protocol::decode_request(frame.bytes().subspan(protocol::kFrameHeaderBytes),
                                             protocol::DecodeLimits{}, request);
  CHECK(kind.has_value() == !ledger::check_filter(operation, filter).has_value());
  if (!kind) {
    CHECK(kind.error().code == ledger::RefusalCode::InvalidFilter);
    CHECK(!kind.error().message.empty());
    return FuzzVerdict::Refused;
  }
  CHECK(request.operation == operation);
  CHECK(request.filter == filter);
  // What history answers, the reference ledger does not.
  if (ledger::is_of_history(operation)) return FuzzVerdict::Taken;
  static const ReferenceLedger kLedger = make_ledger();
  ReferenceLedger ledger = kLedger;
  ledger.apply(request, Timestamp{});
  const usize found = request.accounts.size() + request.transfers.size() + request.changes.size();
  CHECK(found <= filter.limit);
  return FuzzVerdict::Taken;
}

FuzzVerdict ask_conditions(InputReader& reader) {
  const ledger::Transfer transfers[3] = {};
  const u32 count = 1 + reader.take<u8>() % 3;
  std::vector<ledger::Condition> conditions;
  while (!reader.empty() && conditions.size() < count * ledger::kConditionsPerTransferMax) {
    conditions.push_back(reader.take<ledger::Condition>());
  }
  ByteBuffer frame;
  protocol::encode_create_transfers({1, 0}, std::span(transfers).first(count),
                                    {.conditions = conditions}, frame);
  ledger::Request request;
  const auto kind = protocol::decode_request(frame.bytes().subspan(protocol::kFrameHeaderBytes),
                                             protocol::DecodeLimits{}, request);
  CHECK(kind.has_value() == !protocol::check_conditions(conditions, count).has_value());
  if (!kind) {
    CHECK(kind.error().code == ledger::RefusalCode::InvalidCondition);
    return FuzzVerdict::Refused;
  }
  CHECK(request.event_count == count && request.condition_count == conditions.size());
  const auto sent = std::as_bytes(std::span(conditions));
  CHECK(sent.empty() || std::memcmp(request.conditions, sent.data(), sent.size()) == 0);
  return FuzzVerdict::Taken;
}

FuzzVerdict run_question(std::span<const std::byte> input) {
  InputReader reader(input);
  return reader.take<u8>() % 2 == 0 ? ask_filter(reader) : ask_conditions(reader);
}

std::vector<Bytes> question_seeds() {
  std::vector<Bytes> seeds;
  ledger::QueryFilter filter;
  filter.limit = 5;
  for (u8 operation = 0; operation < std::size(kQueries); ++operation) {
    Bytes seed;
    put(seed, u8{0});
    put(seed, operation);
    put(seed, filter);
    seeds.push_back(std::move(seed));
    filter.flags = ledger::QueryFilter::kNewestFirst;
    filter.cursor = {10, 20};
    if (operation >= 2) filter.account_id = 1;
    if (operation == 4) {
      filter = {.account_id = 1, .cursor = {.next = 5, .as_of = 0, .index = 1}, .limit = 5};
      filter.kinds = 0x18;
      filter.wait_ms = 50;
    }
  }
  Bytes conditions;
  put(conditions, u8{1});
  put(conditions, u8{2});
  put(conditions,
      ledger::Condition{.minimum = 0, .maximum = 9, .index = 0, .side = 1, .bounds = 3});
  put(conditions,
      ledger::Condition{.minimum = 5, .maximum = 0, .index = 1, .side = 2, .bounds = 1});
  seeds.push_back(std::move(conditions));
  return seeds;
}

}  // namespace

const FuzzTarget kQuestionsTarget{"questions", run_question, question_seeds, nullptr,
                                  512,         60'000,       20'000};

}  // namespace florin::test
