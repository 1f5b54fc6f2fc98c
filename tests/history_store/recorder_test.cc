// The recorder and the writer of runs: everything is recorded, once and in order, whatever fails
// and whenever the process ends; when runs are closed; who is told what.
#include "history/recorder.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "history/run_writer.h"
#include "pipeline/thread_group.h"
#include "tests/history_store/logged_world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using history::BlockSource;
using history::BlockSourceOptions;
using history::ChangeBatch;
using history::HistoryAlarm;
using history::Recorder;
using history::RecorderOptions;
using history::RunWriter;

// A log that grows, and the history of it. The store and the log outlive the processes.
struct RecordedWorld {
  explicit RecordedWorld(u64 seed, u64 feed_bytes = 32 * kKiB)
      : random(seed),
        disk(seed),
        reader(disk.another_user()),
        blocks(seed),
        feed(feed_bytes, recorder_bell),
        log(seed, disk, clock, &feed) {}

  // A process begins.
  void start(const RecorderOptions& options) {
    gate = std::make_unique<pipeline::HistoryGate>(core_bell, recorder_bell);
    source = std::make_unique<BlockSource>(*reader, source_options(), &feed);
    recorder = std::make_unique<Recorder>(
        Recorder::Parts{store, *source, *gate, clock, writer_bell, &readable}, options, random);
    writer = std::make_unique<RunWriter>(
        RunWriter::Parts{store, *gate, clock, recorder_bell, &durable}, options.back_off, random);
    recorder->set_alarm_listener([this](const HistoryAlarm& alarm) { alarms.push_back(alarm); });
    writer->set_alarm_listener([this](const HistoryAlarm& alarm) { alarms.push_back(alarm); });
  }
  void append(u32 requests) {
    MadeBlock made = blocks.next(requests);
    log.append(made);
    expected.transfers.insert(expected.transfers.end(), made.changes.transfers.begin(),
                              made.changes.transfers.end());
    expected.others.insert(expected.others.end(), made.changes.others.begin(),
                           made.changes.others.end());
    expected.consumed.insert(expected.consumed.end(), made.changes.consumed.begin(),
                             made.changes.consumed.end());
    end = made.end;
    last_timestamp = made.last_timestamp;
  }
  void append_outcomes() {
    for (u32 times = 0; times < 4; ++times) log.append_outcomes();
  }
  u64 changes() const {
    return expected.transfers.size() + expected.others.size() + expected.consumed.size();
  }
  // Steps both until neither has anything to do.
  void settle() {
    while (recorder->step() + writer->step() != 0) {
    }
  }
  void settle_recorder() {
    while (recorder->step() != 0) {
    }
  }
  std::string difference_from_store() const {
    return difference(expected, {store.transfers(), store.others(), store.consumed(), {}});
  }

  Random random;
  ManualClock clock;
  SimStorage disk;
  std::unique_ptr<storage::Storage> reader;
  Doorbell core_bell;
  Doorbell recorder_bell;
  Doorbell writer_bell;
  history::Waiters readable;
  history::Waiters durable;
  LoggedWorld blocks;
  pipeline::CommitFeed feed;
  BlockLog log;
  MemoryStore store;
  ChangeBatch expected;
  wal::LogEnd end;
  u64 last_timestamp = 0;
  std::vector<HistoryAlarm> alarms;
  std::unique_ptr<pipeline::HistoryGate> gate;
  std::unique_ptr<BlockSource> source;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<RunWriter> writer;
};

RecorderOptions tiny_options() {
  RecorderOptions options;
  options.run_changes_max = 64;
  options.run_age_ns_max = 2'000 * kNsPerMs;
  options.step_changes_max = 40;
  options.step_blocks_max = 5;
  options.back_off = {100 * kNsPerMs, 1'000 * kNsPerMs};
  return options;
}

TEST(Recorder, records_everything_once_whatever_fails_and_whenever_the_process_ends) {
  u64 crashes = 0;
  u64 failures = 0;
  u64 from_feed = 0;
  u64 from_files = 0;
  const u64 seeds = (kSanitized ? 4 : 16) * soak_factor();
  for (u64 seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RecordedWorld world(seed, seed % 3 == 0 ? 4 * kKiB : 64 * kKiB);
    Random& random = world.random;
    world.start(tiny_options());
    const auto end_process = [&] {
      from_feed += world.recorder->blocks_from_feed();
      from_files += world.recorder->blocks_from_files();
      failures += world.recorder->status().failures() + world.writer->status().failures();
    };
    for (u32 step = 0; step < 400; ++step) {
      switch (random.below(12)) {
        case 0:
        case 1:
        case 2: world.append(static_cast<u32>(random.between(1, 3))); break;
        case 3: world.log.append_outcomes(); break;
        case 4: world.clock.monotonic += random.below(3'000) * kNsPerMs; break;
        case 5: world.gate->want_durable(world.end.position); break;
        case 6: world.store.fail_writes(1, ErrorCode::NoSpace); break;
        case 7:
          if (random.chance(1, 4)) world.store.fail_appends(1, ErrorCode::Io);
          break;
        case 8:
          if (random.chance(1, 8)) world.disk.fail_nth(SimOperation::Read, 1, EIO);
          break;
        case 9:
          if (random.chance(1, 6)) {
            end_process();
            world.store.crash();
            world.start(tiny_options());
            ++crashes;
          }
          break;
        default: world.recorder->step(); break;
      }
      if (random.chance(1, 2)) world.recorder->step();
      if (random.chance(1, 2)) world.writer->step();
    }
    world.disk.clear_faults();
    world.append_outcomes();
    world.recorder->hurry();
    for (u32 round = 0; round < 20; ++round) {
      world.settle();
      world.clock.monotonic += 1'000 * kNsPerMs;
    }
    EXPECT_EQ(world.difference_from_store(), "");
    EXPECT_EQ(world.store.readable(), world.end.position);
    EXPECT_EQ(world.store.durable().log, world.end);
    EXPECT_EQ(world.gate->durable(), world.end.position);
    EXPECT_EQ(world.gate->segment_needed_from(), world.end.segment);
    EXPECT_FALSE(world.recorder->status().failing());
    EXPECT_FALSE(world.writer->status().failing());
    end_process();
    if (HasFailure()) return;
  }
  EXPECT_GT(crashes, 5u * soak_factor());
  EXPECT_GT(failures, 20u * soak_factor());
  EXPECT_GT(from_feed, 100u * soak_factor());
  EXPECT_GT(from_files, 50u * soak_factor());
}

TEST(Recorder, closes_runs_by_size_and_by_age) {
  RecordedWorld world(20);
  world.start(tiny_options());
  EXPECT_EQ(world.gate->durable(), Position{});
  EXPECT_EQ(world.gate->segment_needed_from(), 1u);
  EXPECT_EQ(world.recorder->sleep_ns_max(), ~u64{0}) << "nothing waits";
  world.append(1);
  world.settle();
  EXPECT_EQ(world.gate->readable(), world.end.position);
  EXPECT_EQ(world.gate->durable(), Position{}) << "too little, and too new";
  EXPECT_EQ(world.recorder->sleep_ns_max(), 2'000 * kNsPerMs);
  world.clock.monotonic += 1'999 * kNsPerMs;
  world.settle();
  EXPECT_EQ(world.gate->durable(), Position{});
  EXPECT_EQ(world.recorder->sleep_ns_max(), kNsPerMs);
  world.clock.monotonic += kNsPerMs;
  world.settle();
  EXPECT_EQ(world.gate->durable(), world.end.position) << "of age";
  EXPECT_EQ(world.writer->runs_written(), 1u);
  EXPECT_EQ(world.recorder->sleep_ns_max(), ~u64{0});

  const u64 before = world.changes();
  while (world.changes() < before + 64) world.append(1);
  world.settle();
  EXPECT_EQ(world.gate->durable(), world.end.position) << "full";
  EXPECT_EQ(world.writer->runs_written(), 2u);
  EXPECT_EQ(world.difference_from_store(), "");
}

TEST(Recorder, closes_runs_at_once_when_somebody_needs_them) {
  RecordedWorld world(21);
  world.start(tiny_options());
  world.append(1);
  world.settle();
  EXPECT_EQ(world.gate->durable(), Position{});
  world.gate->want_durable(world.end.position);
  world.settle();
  EXPECT_EQ(world.gate->durable(), world.end.position);
  world.append(1);
  world.settle();
  EXPECT_LT(world.gate->durable(), world.end.position) << "nobody wants this one";
  world.recorder->hurry();
  world.settle();
  EXPECT_EQ(world.gate->durable(), world.end.position);
}

TEST(Recorder, gathers_longer_runs_while_the_disk_is_slow_and_waits_when_there_is_no_room) {
  RecordedWorld world(22);
  RecorderOptions options = tiny_options();
  options.run_changes_max = 30;
  world.start(options);
  world.append(1);
  world.clock.monotonic += 2'000 * kNsPerMs;
  world.settle_recorder();
  world.clock.monotonic += 2'000 * kNsPerMs;
  world.settle_recorder();  // The first run is closed, and nobody writes it.
  const Position first = world.end.position;
  world.append(1);
  world.clock.monotonic += 5'000 * kNsPerMs;
  world.settle_recorder();
  EXPECT_EQ(world.store.open_changes() != 0, true) << "of age, but the one before waits";
  EXPECT_EQ(world.recorder->sleep_ns_max(), ~u64{0}) << "the writer will ring";

  // Full runs are closed all the same, until the store has no room.
  for (u32 block = 0; block < 80; ++block) world.append(1);
  world.append_outcomes();
  world.settle_recorder();
  EXPECT_FALSE(world.store.has_room());
  EXPECT_LT(world.gate->readable(), world.end.position);
  EXPECT_EQ(world.recorder->status().failures(), 0u);
  EXPECT_EQ(world.writer->step(), 1u);
  EXPECT_EQ(world.gate->durable(), first);
  world.settle();
  EXPECT_EQ(world.gate->readable(), world.end.position);
  EXPECT_EQ(world.difference_from_store(), "");
}

TEST(Recorder, tries_again_with_longer_pauses_and_tells_once) {
  RecordedWorld world(23);
  world.start(tiny_options());
  world.append(1);
  world.store.fail_appends(4, ErrorCode::Io);
  u64 waited_before = 0;
  for (u32 failure = 1; failure <= 4; ++failure) {
    EXPECT_EQ(world.recorder->step(), 0u);
    EXPECT_EQ(world.recorder->status().failures(), failure);
    EXPECT_TRUE(world.recorder->status().failing());
    const u64 wait = world.recorder->sleep_ns_max();
    EXPECT_GE(wait, (100 * kNsPerMs << (failure - 1)) / 2);
    EXPECT_LE(wait, 100 * kNsPerMs << (failure - 1));
    EXPECT_GE(wait, waited_before / 2);
    waited_before = wait;
    world.clock.monotonic += wait - 1;
    EXPECT_EQ(world.recorder->step(), 0u);
    EXPECT_EQ(world.recorder->status().failures(), failure) << "it was not tried in between";
    world.clock.monotonic += 1;
  }
  ASSERT_EQ(world.alarms.size(), 1u);
  EXPECT_FALSE(world.alarms[0].over);
  EXPECT_EQ(world.alarms[0].error.code, ErrorCode::Io);
  EXPECT_NE(world.recorder->status().last_failure().find("append"), std::string::npos);
  world.settle();
  EXPECT_FALSE(world.recorder->status().failing());
  ASSERT_EQ(world.alarms.size(), 2u);
  EXPECT_TRUE(world.alarms[1].over);
  EXPECT_EQ(world.difference_from_store(), "");

  // The writer of runs likewise; a full disk stops nothing but itself.
  world.recorder->hurry();
  world.store.fail_writes(2, ErrorCode::NoSpace);
  world.settle();
  EXPECT_EQ(world.writer->status().failures(), 1u);
  EXPECT_GT(world.writer->sleep_ns_max(), 0u);
  EXPECT_LE(world.writer->sleep_ns_max(), 100 * kNsPerMs);
  EXPECT_EQ(world.gate->durable(), Position{});
  world.append(1);
  world.settle();
  EXPECT_EQ(world.gate->readable(), world.end.position);
  for (u32 round = 0; round < 3; ++round) {
    world.clock.monotonic += 200 * kNsPerMs;
    world.settle();
  }
  EXPECT_EQ(world.writer->status().failures(), 2u);
  EXPECT_EQ(world.gate->durable(), world.end.position);
  EXPECT_EQ(world.alarms.size(), 4u);
  EXPECT_EQ(world.alarms[2].error.code, ErrorCode::NoSpace);
}

TEST(Recorder, takes_what_is_whole_before_a_damaged_block_and_goes_on_when_it_is_mended) {
  RecordedWorld world(25, 4 * kKiB);
  std::vector<wal::LogEnd> ends;
  while (ends.size() < 40) {
    world.append(1);
    ends.push_back(world.end);
  }
  world.append_outcomes();
  world.start(tiny_options());
  const wal::LogEnd& damaged = ends[22];
  world.disk.damage(wal::segment_path(kLogDirectory, damaged.segment),
                    damaged.offset - storage::kSectorBytes, std::byte{0x5a});
  for (u32 round = 0; round < 6; ++round) {
    world.settle();
    world.clock.monotonic += 1'000 * kNsPerMs;
  }
  // What became of a block stands behind it: some before the damage may wait for that.
  EXPECT_GE(world.gate->readable(), ends[18].position);
  EXPECT_LT(world.gate->readable(), damaged.position);
  EXPECT_TRUE(world.recorder->status().failing());
  EXPECT_GE(world.recorder->status().failures(), 5u);
  ASSERT_EQ(world.alarms.size(), 1u) << "told once";
  EXPECT_EQ(world.alarms[0].error.code, ErrorCode::Corrupt);

  ASSERT_GT(world.disk.heal(), 0u);
  world.settle();
  EXPECT_EQ(world.gate->readable(), world.end.position);
  EXPECT_FALSE(world.recorder->status().failing());
  ASSERT_EQ(world.alarms.size(), 2u);
  EXPECT_TRUE(world.alarms[1].over);
  EXPECT_EQ(world.difference_from_store(), "");
}

TEST(Recorder, says_how_far_it_is_behind) {
  RecordedWorld world(24);
  world.start(tiny_options());
  world.append(1);
  EXPECT_EQ(world.recorder->lag_ns(Position{}, Timestamp{5}), 0u) << "of an empty log";
  world.settle();
  const Position first = world.end.position;
  EXPECT_EQ(world.recorder->last_timestamp(), world.last_timestamp);
  EXPECT_EQ(world.recorder->lag_ns(first, Timestamp{world.last_timestamp + 77}), 0u);
  world.append(1);
  const Timestamp now{world.last_timestamp + 1'000};
  EXPECT_EQ(world.recorder->lag_ns(world.end.position, now),
            now.ns - world.recorder->last_timestamp());
  EXPECT_EQ(world.recorder->lag_ns(world.end.position, Timestamp{1}), 0u) << "a clock set back";
  EXPECT_GT(world.recorder->memory_bytes(), 0u);
}

TEST(RecorderThreads, keep_up_with_a_log_that_grows) {
  RecordedWorld world(30, 64 * kKiB);
  RecorderOptions options = tiny_options();
  options.run_age_ns_max = ~u64{0} / 2;
  options.back_off = {0, 1};
  world.start(options);
  Doorbell bell;
  history::Waiter can_read(bell);
  history::Waiter is_durable(bell);
  world.readable.add(can_read);
  world.durable.add(is_durable);
  world.store.fail_writes(3, ErrorCode::NoSpace);
  pipeline::BellParker recorder_parker(world.recorder_bell);
  pipeline::BellParker writer_parker(world.writer_bell);
  pipeline::ThreadGroup threads;
  threads.start({"recorder", {world.recorder.get()}, &recorder_parker, -1, 0});
  threads.start({"run writer", {world.writer.get()}, &writer_parker, -1, 0});
  SystemClock time;
  const auto wait_until = [&](history::Waiter& waiter, const auto& position_reached) {
    const u64 patience_ends = time.monotonic_ns() + 20'000 * kNsPerMs;
    while (true) {
      bell.arm();
      waiter.want(world.end.position);
      if (position_reached()) break;
      bell.wait({}, 20'000);
      ASSERT_LT(time.monotonic_ns(), patience_ends) << "nobody rang within 20 s";
    }
    bell.disarm();
    waiter.rest();
  };
  for (u32 round = 0; round < 60 * soak_factor(); ++round) {
    for (u64 blocks = 0; blocks < 1 + round % 7; ++blocks) world.append(1 + round % 3);
    if (round % 10 != 9) continue;
    world.append_outcomes();
    wait_until(can_read, [&] { return world.gate->readable() >= world.end.position; });
    if (HasFatalFailure()) return;
    if (round % 20 != 19) continue;
    world.gate->want_durable(world.end.position);
    wait_until(is_durable, [&] { return world.gate->durable() >= world.end.position; });
    if (HasFatalFailure()) return;
  }
  threads.stop();
  EXPECT_EQ(world.difference_from_store(), "");
  EXPECT_GT(world.writer->runs_written(), 3u);
}

}  // namespace
}  // namespace florin::test
