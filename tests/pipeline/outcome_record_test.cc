// What became of blocks, as records say it: tables of every kind, random requests against the
// reference ledger, hostile bytes, and records in parts.
#include "pipeline/outcome_record.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/pipeline/outcome_world.h"
#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

using ledger::Transfer;
using pipeline::OutcomeCheck;
using pipeline::OutcomeHeader;
using pipeline::OutcomePart;
using pipeline::OutcomeQueue;
using pipeline::OutcomeRecord;
namespace flags = ledger::transfer_flags;

constexpr u64 kStart = 1'000'000'000'000;

Transfer with(Transfer event, const std::function<void(Transfer&)>& change) {
  change(event);
  return event;
}

Transfer pending(u64 id, u32 timeout) {
  return with(plain_transfer(id), [&](Transfer& event) {
    event.flags = flags::kPending;
    event.timeout = timeout;
    event.user_data_64 = 640;
    event.user_data_32 = 32;
  });
}

// Says as little as it may.
Transfer resolving(u64 id, u64 pending_id, u16 flag, u128 amount) {
  Transfer event{};
  event.id = id;
  event.pending_id = pending_id;
  event.flags = flag;
  event.amount = amount;
  return event;
}

TEST(OutcomeRecord, layout_never_changes) {
  EXPECT_EQ(offsetof(OutcomeHeader, position_before), 8U);
  EXPECT_EQ(offsetof(OutcomeHeader, sequence), 16U);
  EXPECT_EQ(offsetof(OutcomeHeader, content_bytes), 24U);
  EXPECT_EQ(offsetof(OutcomeHeader, digest), 32U);
  EXPECT_EQ(offsetof(OutcomeHeader, part_offset), 48U);
  EXPECT_EQ(offsetof(OutcomeHeader, part_bytes), 56U);
}

TEST(OutcomeRecord, of_a_block_without_exceptions_takes_112_bytes) {
  OutcomeWorld world;
  EXPECT_EQ(world.run(four_accounts(), kStart).content.size(), 48U);
  std::vector<Transfer> transfers;
  for (u64 id = 1; id <= 60; ++id) transfers.push_back(plain_transfer(id));
  const OutcomeRecord record = world.run(transfers, kStart + 10);
  EXPECT_EQ(record.content.size() + sizeof(OutcomeHeader), 112U);
  const auto outcomes = pipeline::parse_outcomes(record.header, record.content);
  ASSERT_TRUE(outcomes);
  EXPECT_EQ(outcomes->counts.accounts, 4U);
  EXPECT_EQ(outcomes->counts.transfers, 60U);
  EXPECT_EQ(outcomes->counts.deadline, ~u64{0});
  EXPECT_EQ(record.header.position_before, 4U);
  EXPECT_EQ(record.header.event_count, 60U);
  EXPECT_EQ(record.header.sequence, 2U);
}

struct Row {
  const char* what;
  std::vector<Transfer> before;
  std::vector<Transfer> block;
  const char* says;
  u64 pause_ns = kNsPerSecond;  // From the ones before to the block.
};

std::vector<Row> rows() {
  const auto balancing = [](u64 id) {
    return with(plain_transfer(id), [](Transfer& event) {
      event.flags = flags::kBalancingDebit;
      event.debit_account_id = 3;
      event.credit_account_id = 1;
      event.amount = ledger::kAmountMax;
    });
  };
  const auto to_three =
      with(plain_transfer(90), [](Transfer& event) { event.credit_account_id = 3; });
  const auto linked = [](Transfer event) {
    event.flags |= flags::kLinked;
    return event;
  };
  const auto missing = [](u64 id) {
    return with(plain_transfer(id), [](Transfer& event) { event.debit_account_id = 99; });
  };
  const auto reversal = with(plain_transfer(20), [](Transfer& event) {
    event.flags = flags::kReversal;
    std::swap(event.debit_account_id, event.credit_account_id);
    event.pending_id = 10;
    event.amount = ledger::kAmountMax;
  });
  return {
      {"plain", {}, {plain_transfer(1), plain_transfer(2)}, ""},
      {"pending says it all", {}, {pending(1, 5)}, ""},
      {"one refused of many",
       {},
       {plain_transfer(1), plain_transfer(2), plain_transfer(3), missing(4), plain_transfer(5),
        plain_transfer(6), plain_transfer(7), plain_transfer(8), plain_transfer(9)},
       "refused 3:39"},
      {"many refused",
       {},
       {missing(1), plain_transfer(2), missing(3)},
       "refused 0:39; refused 2:39"},
      {"exists", {plain_transfer(1)}, {plain_transfer(1)}, "refused 0:23"},
      {"balancing", {to_three}, {balancing(1)}, "derived 0: amount 10"},
      {"balancing with an amount that is there",
       {to_three},
       {with(balancing(1), [](Transfer& event) { event.amount = 4; })},
       ""},
      {"post of everything, inherited",
       {pending(1, 0)},
       {resolving(2, 1, flags::kPostPendingTransfer, ledger::kAmountMax)},
       "derived 0: amount 10 debit 1 credit 2 data64 640 data32 32 ledger 1 code 1"},
      {"post that says everything",
       {pending(1, 0)},
       {with(pending(2, 0),
             [](Transfer& event) {
               event.flags = flags::kPostPendingTransfer;
               event.pending_id = 1;
             })},
       ""},
      {"void",
       {pending(1, 0)},
       {resolving(2, 1, flags::kVoidPendingTransfer, 0)},
       "derived 0: amount 10 debit 1 credit 2 data64 640 data32 32 ledger 1 code 1"},
      {"reversal of everything", {plain_transfer(10)}, {reversal}, "derived 0: amount 10"},
      {"chain that breaks, with a post and an expiry within",
       {pending(1, 2), pending(2, 0)},
       {linked(resolving(3, 2, flags::kPostPendingTransfer, ledger::kAmountMax)), missing(4)},
       "refused 0:2; refused 1:39; expired 0: 1 by 10",
       5 * kNsPerSecond},
      {"chain that stands",
       {pending(2, 0)},
       {linked(resolving(3, 2, flags::kPostPendingTransfer, 4)), plain_transfer(4)},
       "derived 0: debit 1 credit 2 data64 640 data32 32 ledger 1 code 1"},
      {"hold that expires in the middle of a chain that breaks",
       {pending(1, 1)},
       {linked(plain_transfer(2)), linked(plain_transfer(3)), missing(4), plain_transfer(5)},
       "refused 0:2; refused 1:2; refused 2:39; expired 2: 1 by 10",
       kNsPerSecond - 1},
      {"holds that expire one after the other",
       {pending(1, 1), pending(2, 1), pending(3, 1)},
       {plain_transfer(4), plain_transfer(5), plain_transfer(6)},
       "expired 0: 1 by 10; expired 1: 2 by 10; expired 2: 3 by 10",
       kNsPerSecond - 2},
  };
}

TEST(OutcomeRecord, says_what_events_do_not) {
  for (const u32 partitions : {1U, 3U}) {
    for (const Row& row : rows()) {
      SCOPED_TRACE(row.what);
      OutcomeWorld world(partitions);
      world.run(four_accounts(), kStart);
      u64 time = kStart + 100;
      for (const Transfer& event : row.before) {
        EXPECT_EQ(text_of(world.run(std::vector<Transfer>{event}, time++)), "");
      }
      EXPECT_EQ(text_of(world.run(row.block, time - 1 + row.pause_ns)), row.says);
    }
  }
}

TEST(OutcomeRecord, of_a_tick_says_what_it_released) {
  OutcomeWorld world;
  world.run(four_accounts(), kStart);
  world.run(std::vector<Transfer>{pending(1, 1), pending(2, 1), pending(3, 100)}, kStart + 10);
  EXPECT_EQ(text_of(world.run(OwnedRequest::tick(), kStart + 5 * kNsPerSecond)),
            "expired 0: 1 by 10; expired 0: 2 by 10");
  EXPECT_EQ(text_of(world.run(OwnedRequest::tick(), kStart + 6 * kNsPerSecond)), "");
}

TEST(OutcomeRecord, passes_over_reads_and_dry_runs) {
  OutcomeWorld world;
  world.run(four_accounts(), kStart);
  world.run(std::vector<Transfer>{pending(1, 0)}, kStart + 10);
  const Transfer post = resolving(2, 1, flags::kPostPendingTransfer, ledger::kAmountMax);
  const u128 ids[] = {1, 77};
  std::vector<OwnedRequest> requests;
  requests.push_back(OwnedRequest::lookup_transfers(ids));
  requests.push_back(OwnedRequest::create_transfers({&post, 1}));
  requests.back().request().dry_run = true;
  const Transfer plain = plain_transfer(3);
  requests.push_back(OwnedRequest::create_transfers({&plain, 1}));
  requests.push_back(OwnedRequest::lookup_transfers(ids));
  requests.push_back(OwnedRequest::create_transfers({&post, 1}));
  const OutcomeRecord record = world.run(requests, kStart + 100);
  EXPECT_EQ(record.header.event_count, 2U);
  EXPECT_EQ(text_of(record),
            "derived 1: amount 10 debit 1 credit 2 data64 640 data32 32 ledger 1 code 1");
}

TEST(OutcomeRecord, of_imports_and_updates_counts_them) {
  OutcomeWorld world;
  std::vector<ledger::Account> accounts(1);
  accounts[0].id = 1;
  accounts[0].ledger = accounts[0].code = 1;
  accounts[0].flags = ledger::account_flags::kImported;
  accounts[0].timestamp = 500;
  EXPECT_EQ(text_of(world.run(OwnedRequest::create_accounts(accounts), kStart)), "");
  accounts[0].id = 2;
  accounts[0].timestamp = 400;
  EXPECT_EQ(text_of(world.run(OwnedRequest::create_accounts(accounts), kStart + 1)),
            "refused 0:27");
  ledger::AccountUpdate update{};
  update.id = 9;
  update.account_id = 77;
  update.changes = ledger::account_changes::kFreezeDebits;
  update.reason_length = 3;
  std::memcpy(update.reason, "why", 3);
  const OutcomeRecord record = world.run(OwnedRequest::update_accounts({&update, 1}), kStart + 2);
  EXPECT_EQ(text_of(record), "refused 0:24");
  EXPECT_EQ(pipeline::parse_outcomes(record.header, record.content)->counts.updates, 1U);
}

// --- Random requests ---

// Every stored transfer follows from its event and the record.
void compare_with_reference(const OutcomeRecord& record, std::span<const OwnedRequest> requests,
                            const ReferenceLedger& reference) {
  const auto outcomes = pipeline::parse_outcomes(record.header, record.content);
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  std::map<u32, u8> refused;
  for (const auto& event : outcomes->refused) refused[event.event] = event.outcome;
  std::map<u32, pipeline::Outcomes::Derived> derived;
  for (const auto& event : outcomes->derived) derived[event.header.event] = event;
  const auto transfers = reference.transfers();
  u32 number = 0;
  for (const OwnedRequest& owned : requests) {
    const ledger::Request& request = owned.request();
    if (!request.is_logged()) continue;
    std::map<u32, u8> answered;
    for (const auto& result : request.exceptions) {
      answered[number + result.index] = static_cast<u8>(result.outcome);
    }
    for (u32 index = 0; index < request.event_count; ++index, ++number) {
      ASSERT_EQ(refused.contains(number), answered.contains(number));
      if (refused.contains(number)) {
        ASSERT_EQ(refused[number], answered[number]);
        ASSERT_FALSE(derived.contains(number));
        continue;
      }
      if (request.operation != ledger::Operation::CreateTransfers) continue;
      Transfer expected = request.transfer_events()[index];
      if (derived.contains(number)) {
        using Fields = pipeline::DerivedTransfer;
        const auto& said = derived[number];
        const auto named = [&](u16 field) { return (said.header.fields & field) != 0; };
        if (named(Fields::kAmount)) expected.amount = said.amount;
        if (named(Fields::kDebitAccountId)) expected.debit_account_id = said.debit_account_id;
        if (named(Fields::kCreditAccountId)) expected.credit_account_id = said.credit_account_id;
        if (named(Fields::kUserData128)) expected.user_data_128 = said.user_data_128;
        if (named(Fields::kUserData64)) expected.user_data_64 = said.user_data_64;
        if (named(Fields::kUserData32)) expected.user_data_32 = said.user_data_32;
        if (named(Fields::kLedger)) expected.ledger = said.ledger;
        if (named(Fields::kCode)) expected.code = said.header.code;
      }
      Transfer stored = transfers.at(expected.id);
      if ((expected.flags & flags::kImported) == 0) stored.timestamp = 0;
      ASSERT_EQ(std::memcmp(&stored, &expected, sizeof(stored)), 0);
    }
  }
}

struct RandomCounts {
  u64 records = 0;
  u64 refused = 0;
  u64 derived = 0;
  u64 expired = 0;
};

void run_random(u64 seed, RandomCounts& counts) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  RequestGenerator generator(seed);
  OutcomeWorld inline_world(1);
  OutcomeWorld staged_world(3);
  ReferenceLedger reference;
  u64 last_time = kStart;
  for (u32 block = 0; block < 20; ++block) {
    // A block of requests whose times follow each other.
    std::vector<OwnedRequest> requests;
    std::vector<OwnedRequest> again;
    const u64 most = random.between(1, 4);
    requests.push_back(generator.next());
    const u64 time = std::max(generator.meant_time().ns, last_time + 1);
    while (requests.size() < most) requests.push_back(generator.next());
    u64 next_time = time;
    for (const OwnedRequest& request : requests) {
      again.push_back(request.ask_again());
      if (!request.request().is_logged()) continue;
      OwnedRequest judged = request.ask_again();
      reference.apply(judged.request(), Timestamp{next_time});
      next_time += request.request().event_count;
      last_time = next_time - 1;
    }
    const OutcomeRecord record = inline_world.run(requests, time);
    const OutcomeRecord other = staged_world.run(again, time, true);
    ASSERT_EQ(record.header.digest, other.header.digest);
    ASSERT_EQ(record.content, other.content);
    if (record.header.event_count == 0) continue;
    compare_with_reference(record, requests, reference);
    if (testing::Test::HasFatalFailure()) return;
    const auto outcomes = pipeline::parse_outcomes(record.header, record.content);
    ++counts.records;
    counts.refused += outcomes->refused.size();
    counts.derived += outcomes->derived.size();
    counts.expired += outcomes->expired.size();
  }
}

TEST(OutcomeRecord, is_the_same_however_blocks_are_executed_and_all_that_the_reference_knows) {
  RandomCounts counts;
  for (u64 seed = 1; seed <= 150; ++seed) {
    run_random(seed, counts);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(counts.records, 2'000U);
  EXPECT_GT(counts.refused, 2'000U);
  EXPECT_GT(counts.derived, 300U);
  EXPECT_GT(counts.expired, 100U);
}

// --- In parts ---

// A record of many expired holds, and everything else.
OutcomeRecord long_record() {
  OutcomeWorld world;
  world.run(four_accounts(), kStart);
  for (u64 round = 0; round < 4; ++round) {
    std::vector<Transfer> holds;
    for (u64 id = 1; id <= 60; ++id) holds.push_back(pending(round * 100 + id, 1));
    world.run(holds, kStart + 100 + round * 100);
  }
  return world.run(OwnedRequest::tick(), kStart + 10 * kNsPerSecond);
}

std::vector<std::vector<std::byte>> in_parts(const OutcomeRecord& record, u64 bytes) {
  OutcomeQueue queue;
  queue.push(record);
  std::vector<std::vector<std::byte>> bodies;
  while (!queue.empty()) {
    std::vector<std::byte> body(bytes);
    const u64 before = queue.bytes();
    body.resize(queue.take(body.data(), bytes));
    EXPECT_LT(queue.bytes(), before);
    bodies.push_back(std::move(body));
  }
  EXPECT_EQ(queue.bytes(), 0U);
  return bodies;
}

TEST(OutcomeQueue, writes_a_record_in_parts_of_any_size) {
  const OutcomeRecord record = long_record();
  ASSERT_GT(record.content.size(), 240U * 48);
  for (const u64 bytes : {80U, 81U, 96U, 1000U, 4096U, 1U << 20}) {
    OutcomeCheck check;
    check.expect(record);
    const auto bodies = in_parts(record, bytes);
    EXPECT_EQ(bodies.size() == 1, bytes == 1U << 20);
    for (const auto& body : bodies) {
      EXPECT_EQ(check.blocks_checked(), 0U);
      const auto part = pipeline::parse_outcome_part(body);
      ASSERT_TRUE(part) << part.error().message;
      const Status checked = check.check(*part);
      ASSERT_TRUE(checked) << checked.error().message;
    }
    EXPECT_EQ(check.blocks_checked(), 1U);
    EXPECT_TRUE(check.take_unlogged().empty());
  }
  OutcomeQueue queue;
  queue.push(record);
  std::byte small[79];
  EXPECT_EQ(queue.take(small, sizeof(small)), 0U);
}

TEST(OutcomeCheck, takes_a_record_that_begins_anew_and_hands_on_what_was_not_logged) {
  const OutcomeRecord record = long_record();
  OutcomeCheck check;
  check.expect(record);
  const auto bodies = in_parts(record, 1000);
  EXPECT_TRUE(check.check(*pipeline::parse_outcome_part(bodies[0])));
  EXPECT_TRUE(check.check(*pipeline::parse_outcome_part(bodies[1])));
  EXPECT_TRUE(check.check(*pipeline::parse_outcome_part(bodies[0])));
  EXPECT_FALSE(check.check(*pipeline::parse_outcome_part(bodies[2])));
  OutcomeQueue unlogged = check.take_unlogged();
  std::vector<std::byte> body(unlogged.bytes());
  EXPECT_EQ(unlogged.take(body.data(), body.size()), body.size());
  EXPECT_EQ(pipeline::parse_outcome_part(body)->header.content_bytes, record.content.size());
}

// --- Differences ---

OutcomePart whole_part(const OutcomeRecord& record) {
  OutcomePart part{record.header, record.content};
  part.header.part_bytes = static_cast<u32>(record.content.size());
  return part;
}

// What the check says when the log has `logged` where replay comes to `own`.
std::string complaint(const OutcomeRecord& own, const OutcomeRecord& logged) {
  OutcomeCheck check;
  check.expect(own);
  const Status checked = check.check(whole_part(logged));
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::Corrupt);
  return checked.error().message;
}

// One block on two ledgers that decide differently, since what came before was different.
struct Difference {
  const char* what;
  std::vector<Transfer> only_own;
  std::vector<Transfer> only_logged;
  std::vector<Transfer> block;
  const char* says;
};

TEST(OutcomeCheck, names_the_position_and_both_outcomes) {
  const auto from_three =
      with(plain_transfer(50), [](Transfer& event) { event.debit_account_id = 3; });
  const auto to_three =
      with(plain_transfer(51), [](Transfer& event) { event.credit_account_id = 3; });
  auto rich = to_three;
  rich.amount = 20;
  auto balancing = from_three;
  balancing.flags = flags::kBalancingDebit;
  balancing.amount = ledger::kAmountMax;
  auto small_hold = pending(1, 1);
  small_hold.amount = 4;
  const Difference differences[] = {
      {"refused there, created here",
       {to_three},
       {plain_transfer(51)},
       {plain_transfer(49), from_three},
       "position 7 was logged as exceeds_credits, and replay decides created"},
      {"created there, refused here",
       {plain_transfer(51)},
       {to_three},
       {from_three},
       "position 6 was logged as created, and replay decides exceeds_credits"},
      {"another amount",
       {to_three},
       {rich},
       {balancing},
       "at position 6 the log says of a transfer: amount 20, "},
      {"another hold",
       {pending(1, 1)},
       {small_hold},
       {plain_transfer(2)},
       "an expiry: hold 1 releasing 4; replay: hold 1 releasing 10"},
      {"another deadline",
       {pending(1, 100)},
       {pending(1, 200)},
       {plain_transfer(2)},
       "after the block the log counts 4 accounts, 2 transfers"},
  };
  for (const Difference& difference : differences) {
    SCOPED_TRACE(difference.what);
    OutcomeWorld own;
    OutcomeWorld logged;
    for (OutcomeWorld* world : {&own, &logged}) world->run(four_accounts(), kStart);
    own.run(difference.only_own, kStart + 10);
    logged.run(difference.only_logged, kStart + 10);
    const u64 time = kStart + 10 * kNsPerSecond;
    const OutcomeRecord decided = own.run(difference.block, time);
    const std::string message = complaint(decided, logged.run(difference.block, time));
    EXPECT_NE(message.find(difference.says), std::string::npos) << message;
    EXPECT_EQ(complaint(decided, decided), "");
  }
}

TEST(OutcomeCheck, finds_timestamps_that_were_answered_otherwise) {
  OutcomeWorld own;
  OutcomeWorld logged;
  for (OutcomeWorld* world : {&own, &logged}) {
    world->run(four_accounts(), kStart);
    world->run(std::vector<Transfer>{plain_transfer(1)}, kStart + (world == &own ? 10 : 11));
  }
  const std::string message =
      complaint(own.run(std::vector<Transfer>{plain_transfer(1)}, kStart + 20),
                logged.run(std::vector<Transfer>{plain_transfer(1)}, kStart + 20));
  EXPECT_NE(message.find("timestamps"), std::string::npos) << message;
}

TEST(OutcomeCheck, finds_every_byte_that_changed) {
  OutcomeWorld world;
  world.run(four_accounts(), kStart);
  world.run(std::vector<Transfer>{pending(1, 0), pending(2, 1)}, kStart + 10);
  const OutcomeRecord record = world.run(
      std::vector<Transfer>{resolving(3, 1, flags::kPostPendingTransfer, 4), plain_transfer(1)},
      kStart + 5 * kNsPerSecond);
  const auto bodies = in_parts(record, 4096);
  u64 refused = 0;
  for (usize at = 0; at < bodies[0].size(); ++at) {
    for (u32 bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> damaged = bodies[0];
      damaged[at] ^= static_cast<std::byte>(1U << bit);
      OutcomeCheck check;
      check.expect(record);
      const auto part = pipeline::parse_outcome_part(damaged);
      if (!part || !check.check(*part)) ++refused;
      // A part of it may be taken for a part; but never for the whole.
      EXPECT_EQ(check.blocks_checked(), 0U) << "byte " << at << " bit " << bit;
    }
  }
  EXPECT_GT(refused, bodies[0].size() * 8 * 9 / 10);
}

TEST(OutcomeCheck, refuses_records_out_of_place) {
  OutcomeWorld world;
  OutcomeRecord records[3];
  records[0] = world.run(four_accounts(), kStart);
  for (u32 block = 1; block < 3; ++block) {
    records[block] = world.run(std::vector<Transfer>{plain_transfer(block)}, kStart + block * 10);
  }
  OutcomeCheck check(1);
  for (const OutcomeRecord& record : records) check.expect(record);
  EXPECT_TRUE(check.check(whole_part(records[0])));  // The state came with a snapshot.
  EXPECT_EQ(check.blocks_checked(), 0U);
  EXPECT_TRUE(check.check(whole_part(records[2])));   // Without that of block 2: legal.
  EXPECT_FALSE(check.check(whole_part(records[2])));  // Twice.
  EXPECT_FALSE(check.check(whole_part(records[1])));  // Too late.
  OutcomeCheck early;
  early.expect(records[0]);
  EXPECT_FALSE(early.check(whole_part(records[1])));  // Not executed yet.
}

TEST(ParseOutcomes, never_trusts_hostile_bytes) {
  OutcomeWorld world;
  world.run(four_accounts(), kStart);
  world.run(std::vector<Transfer>{pending(1, 0), pending(2, 1)}, kStart + 10);
  const OutcomeRecord record = world.run(
      std::vector<Transfer>{resolving(3, 1, flags::kPostPendingTransfer, 4), plain_transfer(1)},
      kStart + 5 * kNsPerSecond);
  Random random(1);
  u64 taken = 0;
  u64 refused = 0;
  for (u32 round = 0; round < 200'000; ++round) {
    OutcomeHeader header = record.header;
    std::vector<std::byte> content = record.content;
    for (u64 changes = random.below(4); changes > 0; --changes) {
      content[random.below(content.size())] = static_cast<std::byte>(random.below(256));
    }
    if (random.chance(1, 4)) content.resize(random.below(content.size()));
    if (random.chance(1, 2)) header.content_bytes = content.size();
    if (random.chance(1, 8)) header.event_count = static_cast<u32>(random.below(1 << 20));
    const auto outcomes = pipeline::parse_outcomes(header, content);
    ++(outcomes ? taken : refused);
    if (!outcomes) continue;
    for (const auto& event : outcomes->refused) ASSERT_LT(event.event, header.event_count);
    ASSERT_EQ(outcomes->counts.refused, outcomes->refused.size());
  }
  EXPECT_GT(taken, 10'000U);
  EXPECT_GT(refused, 10'000U);
}

}  // namespace
}  // namespace florin::test
