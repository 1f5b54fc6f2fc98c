// The core logs what became of every block, soon and once; replay believes no log that says
// otherwise than it decides itself.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/pipeline/judge.h"
#include "tests/pipeline/sim_ledger.h"
#include "wal/reader.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::Transfer;

struct LoggedBlock {
  wal::BlockHeader header;
  std::vector<std::byte> body;
};

std::vector<LoggedBlock> blocks_of(const DiskImage& image) {
  SimStorage disk(1, image);
  auto reader = wal::Reader::open(disk, "/log", kSimLogId, pipeline::kStateMachineVersion).value();
  std::vector<LoggedBlock> blocks;
  while (true) {
    const auto block = reader->next().value();
    if (!block) return blocks;
    blocks.push_back({block->header, {block->body.begin(), block->body.end()}});
  }
}

struct Coverage {
  u64 with_events = 0;     // Log blocks.
  u64 outcomes_alone = 0;  // Log blocks without events.
  u64 uncovered = 0;       // Of those with events: no record, or not whole.
  u64 parts = 0;
};

Coverage coverage_of(const DiskImage& image) {
  Coverage coverage;
  std::map<u64, u64> missing;  // Bytes of content, by the sequence of the block.
  for (const LoggedBlock& block : blocks_of(image)) {
    if (block.header.event_count != 0) {
      ++coverage.with_events;
      missing[block.header.sequence] = ~u64{0};
    } else {
      ++coverage.outcomes_alone;
    }
    pipeline::RecordReader reader(block.body);
    while (reader.next().value()) {
    }
    for (const pipeline::OutcomePart& part : reader.outcomes()) {
      ++coverage.parts;
      EXPECT_LT(part.header.sequence, block.header.sequence);
      if (part.header.part_offset == 0) missing[part.header.sequence] = part.header.content_bytes;
      missing[part.header.sequence] -= part.header.part_bytes;
    }
  }
  for (const auto& [sequence, bytes] : missing) coverage.uncovered += bytes != 0 ? 1 : 0;
  return coverage;
}

SimLedgerOptions outcome_options(u64 seed) {
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Inline, pipeline::Mode::Parallel,
                                       pipeline::Mode::Auto};
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.partitions = kPartitions[seed % 4];
  options.mode = kModes[seed % 3];
  return options;
}

void open_accounts_with(SimLedger& ledger, u16 flags = 0) {
  Account accounts[2]{};
  for (u64 index = 0; index < 2; ++index) {
    accounts[index].id = index + 1;
    accounts[index].ledger = accounts[index].code = 1;
    accounts[index].flags = flags;
  }
  answer_to(ledger, OwnedRequest::create_accounts(accounts));
}

void send_transfers(SimLedger& ledger, u64 first_id, u64 count) {
  std::vector<Transfer> events;
  for (u64 index = 0; index < count; ++index) events.push_back(simple_transfer(first_id + index));
  answer_to(ledger, OwnedRequest::create_transfers(events));
}

// Until the core and the log have nothing to do for as long as nobody asks.
void rest(SimLedger& ledger) {
  for (u32 step = 0; step < 5'000; ++step) ledger.step();
}

// How many blocks behind its own the last part of a record stands, at most.
u64 largest_lag(const DiskImage& image) {
  u64 lag = 0;
  for (const LoggedBlock& block : blocks_of(image)) {
    pipeline::RecordReader reader(block.body);
    while (reader.next().value()) {
    }
    for (const pipeline::OutcomePart& part : reader.outcomes()) {
      lag = std::max(lag, block.header.sequence - part.header.sequence);
    }
  }
  return lag;
}

// Posts that say nothing themselves have more outcomes than a block full of them leaves room for.
TEST(OutcomeLog, keeps_up_with_requests_that_never_cease) {
  SimLedgerOptions options;
  options.limits = tiny_limits();
  SimLedger ledger(1, options);
  ledger.start();
  open_accounts_with(ledger);
  const u64 events =
      (options.limits.block_bytes_max - options.limits.small_share_bytes) / sizeof(Transfer) - 1;
  constexpr u64 kRequests = 150;
  std::vector<OwnedRequest> posts;
  for (u64 request = 0; request < kRequests; ++request) {
    std::vector<Transfer> pending;
    std::vector<Transfer> post;
    for (u64 index = 0; index < events; ++index) {
      const u64 id = 1 + request * events + index;
      pending.push_back(simple_transfer(id));
      pending.back().flags = ledger::transfer_flags::kPending;
      pending.back().user_data_128 = id;
      pending.back().user_data_64 = id;
      Transfer& event = post.emplace_back();
      event.id = id + 1'000'000;
      event.pending_id = id;
      event.amount = ledger::kAmountMax;
      event.flags = ledger::transfer_flags::kPostPendingTransfer;
    }
    answer_to(ledger, OwnedRequest::create_transfers(pending));
    posts.push_back(OwnedRequest::create_transfers(post));
  }
  for (OwnedRequest& request : posts) ledger.submit(std::move(request), 0);
  ledger.settle();
  rest(ledger);
  EXPECT_EQ(coverage_of(ledger.disk().image()).uncovered, 0u);
  EXPECT_LE(largest_lag(ledger.disk().image()), options.limits.blocks_in_flight + 8u);
}

TEST(OutcomeLog, covers_every_block_once_it_rests) {
  for (u64 seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    RequestGenerator generator(seed, client_requests());
    SimLedger ledger(seed, outcome_options(seed));
    ledger.start();
    for (u32 sent = 0; sent < 120; ++sent) {
      OwnedRequest request = generator.next();
      ledger.clock().wall_ns += generator.pause_ns();
      ledger.submit(std::move(request), random.below(4));
      for (u64 steps = random.below(40); steps > 0; --steps) ledger.step();
    }
    ledger.settle();
    rest(ledger);
    const Coverage coverage = coverage_of(ledger.disk().image());
    EXPECT_GT(coverage.with_events, 20U);
    EXPECT_GE(coverage.parts, coverage.with_events);
    EXPECT_EQ(coverage.uncovered, 0U);
  }
}

// What a crash left out is written after it.
TEST(OutcomeLog, covers_every_block_through_crashes) {
  u64 restarts_with_some = 0;
  for (u64 seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    RequestGenerator generator(seed, client_requests());
    SimLedger ledger(seed, outcome_options(seed));
    ledger.start();
    for (u32 round = 0; round < 5; ++round) {
      for (u32 sent = 0; sent < 15; ++sent) {
        OwnedRequest request = generator.next();
        ledger.clock().wall_ns += generator.pause_ns();
        ledger.submit(std::move(request), random.below(4));
        for (u64 steps = random.below(40); steps > 0; --steps) ledger.step();
      }
      ledger.crash();
      const DiskImage image = ledger.disk().image();
      ledger.start();
      ledger.take_unanswered();
      restarts_with_some += coverage_of(image).uncovered != 0 ? 1 : 0;
    }
    rest(ledger);
    EXPECT_EQ(coverage_of(ledger.disk().image()).uncovered, 0U);
  }
  EXPECT_GT(restarts_with_some, 40U);
}

TEST(OutcomeLog, is_written_once_after_the_last_block_and_then_nothing_is) {
  for (const auto mode : {pipeline::Mode::Inline, pipeline::Mode::Parallel}) {
    SimLedgerOptions options = outcome_options(0);
    options.mode = mode;
    SimLedger ledger(5, options);
    ledger.start();
    open_accounts_with(ledger);
    rest(ledger);
    const u64 blocks = ledger.log().appended_sequence();
    send_transfers(ledger, 1, 1);
    EXPECT_EQ(ledger.log().appended_sequence(), blocks + 1);
    EXPECT_LE(ledger.core().sleep_ns_max(), 8'000'000U);
    rest(ledger);
    EXPECT_EQ(ledger.log().appended_sequence(), blocks + 2);
    const u64 operations = ledger.disk().operations();
    for (u32 day = 0; day < 3; ++day) {
      ledger.clock().wall_ns += 86'400'000'000'000;
      ledger.clock().monotonic += 86'400'000'000'000;
      rest(ledger);
      EXPECT_EQ(ledger.core().sleep_ns_max(), ~u64{0});
    }
    EXPECT_EQ(ledger.disk().operations(), operations);
    EXPECT_EQ(ledger.log().appended_sequence(), blocks + 2);
  }
}

TEST(OutcomeLog, takes_no_block_of_its_own_while_others_come) {
  SimLedger ledger(6, outcome_options(0));
  ledger.start();
  open_accounts_with(ledger);
  for (u64 sent = 0; sent < 400; ++sent) {
    const Transfer event = simple_transfer(sent + 1);
    ledger.submit(OwnedRequest::create_transfers({&event, 1}), sent % 4);
  }
  ledger.settle();
  rest(ledger);
  EXPECT_LE(coverage_of(ledger.disk().image()).outcomes_alone, 3U);
}

TEST(OutcomeLog, is_complete_after_a_stop) {
  for (u64 seed = 1; seed <= 6; ++seed) {
    SimLedger ledger(seed, outcome_options(seed));
    ledger.start();
    open_accounts_with(ledger);
    send_transfers(ledger, 1, 20);
    ledger.stop();
    ledger.settle_stop();
    const Coverage coverage = coverage_of(ledger.disk().image());
    EXPECT_EQ(coverage.with_events, 2U);
    EXPECT_EQ(coverage.uncovered, 0U);
  }
}

// A ledger on a disk that is full, with outcomes that the log has no room for any more: ticks of
// holds that expire one by one have used up its reserve.
struct FullLedger {
  explicit FullLedger(u64 seed) : ledger(seed, with_snapshots(seed)) {
    ledger.start();
    open_accounts_with(ledger);
    constexpr u32 kHolds = 60;
    std::vector<Transfer> holds;
    for (u32 index = 1; index <= kHolds; ++index) {
      holds.push_back(simple_transfer(1'000'000 + index));
      holds.back().flags = ledger::transfer_flags::kPending;
      holds.back().timeout = 3'600 * index;
    }
    answer_to(ledger, OwnedRequest::create_transfers(holds));
    ledger.disk().limit_space(ledger.disk().used_bytes() + 128 * kKiB);
    u64 id = 1;
    while (try_to_send(id)) id += 50;
    // So soon after one another that each takes the outcomes of the one before along.
    for (u32 hour = 0; hour < kHolds; ++hour) {
      ledger.clock().wall_ns += 3'600'000'000'000;
      for (u32 step = 0; step < 60; ++step) ledger.step();
    }
    rest(ledger);
  }

  static SimLedgerOptions with_snapshots(u64 seed) {
    SimLedgerOptions options = outcome_options(seed);
    options.snapshots = true;
    options.limits.snapshot_interval_ns = 0;
    return options;
  }

  bool try_to_send(u64 first_id) {
    std::vector<Transfer> events;
    for (u64 index = 0; index < 50; ++index) events.push_back(simple_transfer(first_id + index));
    const OwnedRequest answer = answer_to(ledger, OwnedRequest::create_transfers(events));
    return answer.request().refusal == ledger::RefusalCode::None;
  }
  u64 uncovered() { return coverage_of(ledger.disk().image()).uncovered; }
  u64 snapshots_begun() {
    return ledger.status().snapshots_taken.load() + ledger.status().snapshot_failures.load() +
           (ledger.status().snapshot_under_way.load() ? 1 : 0);
  }

  SimLedger ledger;
};

// With a snapshot behind them they could never be made good by replay.
TEST(OutcomeLog, that_has_no_room_for_outcomes_keeps_snapshots_back) {
  for (u64 seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FullLedger full(seed);
    SimLedger& ledger = full.ledger;
    ASSERT_GT(full.uncovered(), 0U);
    const u64 before = full.snapshots_begun();
    ledger.core().request_snapshot();
    rest(ledger);
    EXPECT_EQ(full.snapshots_begun(), before);
    const u128 ids[] = {1};
    EXPECT_EQ(answer_to(ledger, OwnedRequest::lookup_accounts(ids)).request().refusal,
              ledger::RefusalCode::None);
    // As soon as there is room, first they are logged, and then it is taken.
    ledger.disk().limit_space(std::nullopt);
    for (u32 step = 0; step < 200'000 && full.snapshots_begun() == before; ++step) ledger.step();
    EXPECT_GT(full.snapshots_begun(), before);
    EXPECT_EQ(full.uncovered(), 0U);
  }
}

TEST(OutcomeLog, that_has_no_room_for_outcomes_has_them_after_a_stop_and_a_start) {
  for (u64 seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FullLedger full(seed);
    SimLedger& ledger = full.ledger;
    const u64 before = full.snapshots_begun();
    ledger.stop();
    ledger.settle_stop();
    EXPECT_EQ(full.snapshots_begun(), before);
    ASSERT_GT(full.uncovered(), 0U);
    ledger.crash();
    ledger.disk().limit_space(std::nullopt);
    ledger.start();
    rest(ledger);
    EXPECT_EQ(full.uncovered(), 0U);
  }
}

// More holds at once than a block has room to tell of.
TEST(OutcomeLog, tells_of_more_than_a_block_can_hold) {
  for (const auto mode : {pipeline::Mode::Inline, pipeline::Mode::Parallel}) {
    SimLedgerOptions options = outcome_options(0);
    options.mode = mode;
    options.partitions = 2;
    SimLedger ledger(8, options);
    ledger.start();
    open_accounts_with(ledger);
    constexpr u64 kHolds = 3'000;
    for (u64 id = 1; id <= kHolds; id += 60) {
      std::vector<Transfer> holds;
      for (u64 index = 0; index < 60; ++index) {
        holds.push_back(simple_transfer(id + index));
        holds.back().flags = ledger::transfer_flags::kPending;
        holds.back().timeout = 3'600;
      }
      answer_to(ledger, OwnedRequest::create_transfers(holds));
    }
    rest(ledger);
    const u64 alone = coverage_of(ledger.disk().image()).outcomes_alone;
    ledger.clock().wall_ns += 2 * 3'600'000'000'000;
    rest(ledger);
    const Coverage coverage = coverage_of(ledger.disk().image());
    EXPECT_EQ(coverage.uncovered, 0U);
    // 48 bytes each, in blocks of 20 KiB.
    EXPECT_GE(coverage.outcomes_alone - alone, kHolds * 48 / (20 * kKiB));
    const auto digest = ledger.engine().digest();
    ledger.crash();
    ledger.start();
    EXPECT_EQ(ledger.engine().digest(), digest);
  }
}

// --- Logs that are not what they were, with all checksums right ---

DiskImage written_anew(const std::vector<LoggedBlock>& blocks) {
  SimStorage disk(1);
  CHECK(disk.create_directory("/log"));
  ManualClock clock;
  const Limits limits = tiny_limits();
  const wal::WriterOptions options{.directory = "/log",
                                   .log_id = kSimLogId,
                                   .state_machine_version = pipeline::kStateMachineVersion,
                                   .segment_bytes = limits.segment_bytes,
                                   .segments_ahead = 1,
                                   .writes_in_flight_max = 1,
                                   .body_bytes_max = limits.block_bytes_max};
  auto log = wal::Writer::open(disk, clock, options, wal::LogEnd{}).value();
  storage::AlignedBuffer image(wal::stored_bytes(limits.block_bytes_max));
  for (const LoggedBlock& block : blocks) {
    while (!log->can_append(block.body.size())) {
      disk.step();
      CHECK(log->poll());
    }
    std::copy(block.body.begin(), block.body.end(),
              image.span().begin() + static_cast<std::ptrdiff_t>(wal::kHeaderBytes));
    log->append({.image = image.span(),
                 .body_bytes = block.body.size(),
                 .body_checksum = wal::body_checksum(block.body),
                 .position_before = Position{block.header.position_before},
                 .event_count = block.header.event_count,
                 .timestamp = Timestamp{block.header.timestamp}});
    while (log->durable_sequence() != log->appended_sequence()) {
      disk.step();
      CHECK(log->poll());
    }
  }
  log->finish();
  while (!log->idle()) {
    disk.step();
    CHECK(log->poll());
  }
  log.reset();
  return disk.image();
}

Result<replay::Recovered> recover(const DiskImage& image) {
  SimStorage disk(1, image);
  ManualClock clock;
  replay::RecoveryOptions options;
  options.log_directory = "/log";
  options.log_id = kSimLogId;
  options.limits = tiny_limits();
  return replay::recover(disk, clock, options, [](const replay::RecoveryProgress&) {});
}

// A ledger in which some transfers are refused for what their accounts may not do.
DiskImage some_log() {
  SimLedger ledger(9, outcome_options(0));
  ledger.start();
  open_accounts_with(ledger, ledger::account_flags::kDebitsMustNotExceedCredits);
  for (u64 block = 0; block < 10; ++block) {
    Transfer events[] = {simple_transfer(block * 10 + 1), simple_transfer(block * 10 + 2)};
    // Every other block, the first transfer is the other way round and refused as well.
    events[0].amount = block;
    answer_to(ledger, OwnedRequest::create_transfers(events));
  }
  ledger.stop();
  ledger.settle_stop();
  return ledger.disk().image();
}

TEST(Replay, takes_a_log_that_was_written_anew) {
  const DiskImage image = some_log();
  const auto blocks = blocks_of(image);
  const auto original = recover(image);
  ASSERT_TRUE(original);
  const auto recovered = recover(written_anew(blocks));
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->engine->digest(), original->engine->digest());
}

TEST(Replay, refuses_outcomes_that_it_does_not_come_to) {
  const auto blocks = blocks_of(some_log());
  u64 refused = 0;
  for (usize index = 0; index < blocks.size(); ++index) {
    pipeline::RecordReader reader(blocks[index].body);
    while (reader.next().value()) {
    }
    for (const pipeline::OutcomePart& part : reader.outcomes()) {
      // The count of transfers; the bytes of a part are those of the body.
      const auto at = static_cast<usize>(part.content.data() - blocks[index].body.data()) + 8;
      auto altered = blocks;
      altered[index].body[at] ^= std::byte{1};
      const auto recovered = recover(written_anew(altered));
      ASSERT_FALSE(recovered);
      EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
      const std::string expected =
          "positions " + std::to_string(part.header.position_before + 1) + " to ";
      EXPECT_NE(recovered.error().message.find(expected), std::string::npos)
          << recovered.error().message;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 11U);
}

// As if the rule had been another when the log was written: the account may go below zero there.
TEST(Replay, refuses_a_log_of_other_rules_and_names_the_first_position) {
  auto blocks = blocks_of(some_log());
  Account account{};
  std::byte* place = blocks[0].body.data() + sizeof(pipeline::RequestRecord);
  std::memcpy(&account, place, sizeof(account));
  account.flags = 0;
  std::memcpy(place, &account, sizeof(account));
  const auto recovered = recover(written_anew(blocks));
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
  // Of the first block of transfers the first moves nothing, which is allowed anyhow.
  EXPECT_NE(recovered.error().message.find(
                "position 4 was logged as exceeds_credits, and replay decides created"),
            std::string::npos)
      << recovered.error().message;
}

}  // namespace
}  // namespace florin::test
