// Loading what cannot be the state of a ledger: an error that says so, never a crash, and never a
// state that does not fit together.
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/engine/cut_run.h"

namespace florin::test {
namespace {

using engine::CutAccount;
using engine::CutCounters;
using engine::CutCounts;
using engine::CutCreation;
using engine::CutFailedId;
using engine::CutHold;
using engine::CutKind;
using engine::CutLimit;
using engine::CutMark;
using engine::CutSummary;
using engine::CutTransfer;
using engine::CutUpdateId;
using engine::CutWindow;
using engine::Engine;

constexpr usize kFirstKind = static_cast<usize>(CutKind::Accounts);
constexpr usize kLastKind = static_cast<usize>(CutKind::KeptIds);

// Two records of every kind that there can be.
bool has_all_kinds(const StoredCut& cut, bool windowed) {
  const CutCounts records = cut.records();
  for (usize kind = kFirstKind; kind <= kLastKind; ++kind) {
    const bool is_kept = kind == static_cast<usize>(CutKind::KeptTransfers) ||
                         kind == static_cast<usize>(CutKind::KeptIds);
    const bool is_one = kind == static_cast<usize>(CutKind::Counters);
    const u64 least = is_one ? 1 : 2;
    if (records[kind] < (is_kept && !windowed ? 0 : least)) return false;
  }
  return true;
}

// A cut with two records of every kind, of a ledger that has everything in memory, or of one of
// which a part has left it.
StoredCut rich_cut(bool windowed) {
  for (u64 seed = 1; seed < 400; ++seed) {
    CutRun run = draw_cut_run(seed);
    run.windowed = windowed;
    run.requests_before = 300;
    run.requests_during = 5;
    run.requests_after = 0;
    StoredCut cut;
    EXPECT_EQ(run_with_cut(run, cut), "") << "seed " << seed;
    if (has_all_kinds(cut, windowed) && cut.of(CutKind::Holds).front()->buffer.records >= 2)
      return cut;
  }
  ADD_FAILURE() << "no seed gives a rich cut";
  return {};
}

Status load(StoredCut& cut, const CutSummary& summary, u32 partitions = 3,
            const Limits& limits = cut_limits()) {
  auto engine = Engine::create(limits, partitions, 5).value();
  Random random(3);
  return load_cut(cut, summary, *engine, limits, random);
}

template <class Record>
Record& first(StoredCut& cut, CutKind kind) {
  return cut.of(kind).front()->record<Record>(0);
}

struct Damage {
  const char* name;
  std::function<void(StoredCut&)> make;
};

const std::vector<Damage>& window_damages() {
  static const std::vector<Damage> all = {
      {"kept transfer without an id",
       [](auto& cut) { first<CutTransfer>(cut, CutKind::KeptTransfers).id = 0; }},
      {"kept transfer under another id",
       [](auto& cut) {
         // Of one that has a hold or a mark, which then is of nobody.
         const u128 held = first<CutHold>(cut, CutKind::Holds).transfer_id;
         for (StoredBuffer* stored : cut.of(CutKind::KeptTransfers)) {
           for (u32 index = 0; index < stored->buffer.records; ++index) {
             auto& record = stored->template record<CutTransfer>(index);
             const bool pending = (record.flags & ledger::transfer_flags::kPending) != 0;
             if (pending || record.id == held) record.id += 1'000'003;
           }
         }
       }},
      {"kept transfer of no time",
       [](auto& cut) { first<CutTransfer>(cut, CutKind::KeptTransfers).timestamp = 0; }},
      {"kept transfer that is newer than others",
       [](auto& cut) {
         first<CutTransfer>(cut, CutKind::KeptTransfers).timestamp =
             first<CutTransfer>(cut, CutKind::Transfers).timestamp;
       }},
      {"kept transfer that is there twice",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::KeptTransfers).front();
         stored->template record<CutTransfer>(1) = stored->template record<CutTransfer>(0);
       }},
      {"kept transfer that was not passed over",
       [](auto& cut) {
         first<CutTransfer>(cut, CutKind::KeptTransfers).id =
             first<CutTransfer>(cut, CutKind::Transfers).id;
       }},
      {"kept transfers from another number on",
       [](auto& cut) { ++cut.of(CutKind::KeptTransfers).front()->buffer.first_number; }},
      {"kept id that was created",
       [](auto& cut) { first<CutFailedId>(cut, CutKind::KeptIds).outcome = 1; }},
      {"kept id of a transfer",
       [](auto& cut) {
         first<CutFailedId>(cut, CutKind::KeptIds).id =
             first<CutTransfer>(cut, CutKind::KeptTransfers).id;
       }},
      {"transfers from before the first on",
       [](auto& cut) { --cut.of(CutKind::Transfers).front()->buffer.first_number; }},
      {"failed ids from before the first on",
       [](auto& cut) { --cut.of(CutKind::FailedIds).front()->buffer.first_number; }},
      {"another first transfer",
       [](auto& cut) { ++first<CutCounters>(cut, CutKind::Counters).first_created; }},
      {"another first id",
       [](auto& cut) { ++first<CutCounters>(cut, CutKind::Counters).first_consumed; }},
      {"another number of kept ones",
       [](auto& cut) { ++first<CutCounters>(cut, CutKind::Counters).kept; }},
  };
  return all;
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"account without an id",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).id = 0; }},
      {"account of no time",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).timestamp = 0; }},
      {"account of another time",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).timestamp = ~u64{0}; }},
      {"account with another balance",
       [](auto& cut) { ++first<CutAccount>(cut, CutKind::Accounts).debits_posted; }},
      {"account with unknown flags",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).flags = 0xff00; }},
      {"account with other flags than at its creation",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).reserved ^= 2; }},
      {"account under another id",
       [](auto& cut) { first<CutAccount>(cut, CutKind::Accounts).id += 1'000'003; }},
      {"account in another virtual slot",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::Accounts).front();
         const u32 slot = engine::virtual_slot(stored->template record<CutAccount>(0).id);
         stored->buffer.first_virtual_slot = slot + 1;
       }},
      {"transfer without an id",
       [](auto& cut) { first<CutTransfer>(cut, CutKind::Transfers).id = 0; }},
      {"two transfers of one id",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::Transfers).front();
         stored->template record<CutTransfer>(1).id = stored->template record<CutTransfer>(0).id;
       }},
      {"transfers of one time",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::Transfers).front();
         stored->template record<CutTransfer>(1).timestamp =
             stored->template record<CutTransfer>(0).timestamp;
       }},
      {"transfer with unknown flags",
       [](auto& cut) { first<CutTransfer>(cut, CutKind::Transfers).flags = 0x7800; }},
      {"transfers from another number on",
       [](auto& cut) { ++cut.of(CutKind::Transfers).front()->buffer.first_number; }},
      {"failed id that was created",
       [](auto& cut) { first<CutFailedId>(cut, CutKind::FailedIds).outcome = 1; }},
      {"failed id with no such outcome",
       [](auto& cut) { first<CutFailedId>(cut, CutKind::FailedIds).outcome = 127; }},
      {"failed id of a transfer",
       [](auto& cut) {
         first<CutFailedId>(cut, CutKind::FailedIds).id =
             first<CutTransfer>(cut, CutKind::Transfers).id;
       }},
      {"mark of an unknown transfer",
       [](auto& cut) { first<CutMark>(cut, CutKind::Marks).transfer_id += 1'000'003; }},
      {"mark of a failed id",
       [](auto& cut) {
         first<CutMark>(cut, CutKind::Marks).transfer_id =
             first<CutFailedId>(cut, CutKind::FailedIds).id;
       }},
      {"mark that says nothing",
       [](auto& cut) {
         first<CutMark>(cut, CutKind::Marks).pending_status = 0;
         first<CutMark>(cut, CutKind::Marks).reversed = 0;
       }},
      {"mark with no such status",
       [](auto& cut) { first<CutMark>(cut, CutKind::Marks).pending_status = 5; }},
      {"hold of an unknown transfer",
       [](auto& cut) { first<CutHold>(cut, CutKind::Holds).transfer_id += 1'000'003; }},
      {"hold of more than its transfer",
       [](auto& cut) { first<CutHold>(cut, CutKind::Holds).remaining = ~u128{0}; }},
      {"hold of one more", [](auto& cut) { ++first<CutHold>(cut, CutKind::Holds).remaining; }},
      {"hold from a time to come",
       [](auto& cut) { first<CutHold>(cut, CutKind::Holds).timestamp = ~u64{0}; }},
      {"two holds of one transfer",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::Holds).front();
         stored->template record<CutHold>(1) = stored->template record<CutHold>(0);
       }},
      {"limits of an unknown account",
       [](auto& cut) { first<CutLimit>(cut, CutKind::Limits).account_id += 1'000'003; }},
      {"limits with unknown bits",
       [](auto& cut) { first<CutLimit>(cut, CutKind::Limits).set |= 16; }},
      {"limits with another window",
       [](auto& cut) { first<CutLimit>(cut, CutKind::Limits).has_window ^= 1; }},
      {"two limits of one account",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::Limits).front();
         stored->template record<CutLimit>(1) = stored->template record<CutLimit>(0);
       }},
      {"window of no length",
       [](auto& cut) { first<CutWindow>(cut, CutKind::VelocityWindows).window_seconds = 0; }},
      {"window of a time to come",
       [](auto& cut) { first<CutWindow>(cut, CutKind::VelocityWindows).newest = ~u64{0}; }},
      {"two windows of one account",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::VelocityWindows).front();
         stored->template record<CutWindow>(1) = stored->template record<CutWindow>(0);
       }},
      {"update with too long a reason",
       [](auto& cut) {
         first<ledger::AccountChange>(cut, CutKind::AccountChanges).update.reason_length = 9999;
       }},
      {"update of an unknown account",
       [](auto& cut) {
         first<ledger::AccountChange>(cut, CutKind::AccountChanges).update.account_id = 0;
       }},
      {"two updates of one id",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::AccountChanges).front();
         stored->template record<ledger::AccountChange>(1).update.id =
             stored->template record<ledger::AccountChange>(0).update.id;
       }},
      {"updates from another number on",
       [](auto& cut) { ++cut.of(CutKind::AccountChanges).front()->buffer.first_number; }},
      {"failed update with no such outcome",
       [](auto& cut) { first<CutUpdateId>(cut, CutKind::UpdateIds).outcome = 200; }},
      {"two failed updates of one id",
       [](auto& cut) {
         auto* stored = cut.of(CutKind::UpdateIds).front();
         stored->template record<CutUpdateId>(1) = stored->template record<CutUpdateId>(0);
       }},
      {"creation of an unknown account",
       [](auto& cut) { first<CutCreation>(cut, CutKind::Creations).account_id += 1'000'003; }},
      {"another number of accounts",
       [](auto& cut) { ++first<CutCounters>(cut, CutKind::Counters).records[1]; }},
      {"another last account",
       [](auto& cut) { ++first<CutCounters>(cut, CutKind::Counters).last_account_timestamp; }},
      {"another last transfer",
       [](auto& cut) { --first<CutCounters>(cut, CutKind::Counters).last_transfer_timestamp; }},
      {"an earlier time",
       [](auto& cut) { first<CutCounters>(cut, CutKind::Counters).last_time = 1; }},
      {"a time when holds were due",
       [](auto& cut) { first<CutCounters>(cut, CutKind::Counters).last_time = ~u64{0}; }},
      {"a buffer that says too many records",
       [](auto& cut) { ++cut.of(CutKind::Accounts).front()->buffer.records; }},
      {"a buffer of no kind",
       [](auto& cut) { cut.of(CutKind::Marks).front()->buffer.kind = CutKind{14}; }},
  };
  return all;
}

StoredCut copy_of(const StoredCut& whole) {
  StoredCut copy;
  for (const StoredBuffer& stored : whole.buffers) copy.buffers.emplace_back(stored);
  return copy;
}

void expect_refused(const StoredCut& whole, const CutSummary& summary, const Damage& damage) {
  SCOPED_TRACE(damage.name);
  StoredCut cut = copy_of(whole);
  damage.make(cut);
  for (const u32 partitions : {1U, 3U}) {
    const Status status = load(cut, summary, partitions);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::Corrupt) << status.error().message;
  }
}

TEST(StateLoader, refuses_what_cannot_be_and_takes_it_undamaged) {
  for (const bool windowed : {false, true}) {
    SCOPED_TRACE(windowed ? "a window" : "everything in memory");
    StoredCut whole = rich_cut(windowed);
    const CutSummary summary = whole.summary();
    ASSERT_TRUE(load(whole, summary));
    for (const Damage& damage : damages()) expect_refused(whole, summary, damage);
    if (!windowed) continue;
    for (const Damage& damage : window_damages()) expect_refused(whole, summary, damage);
  }
}

TEST(StateLoader, refuses_a_summary_that_cannot_be) {
  StoredCut whole = rich_cut(true);
  const auto code_of = [&](auto&& change) {
    CutSummary summary = whole.summary();
    change(summary);
    const Status status = load(whole, summary);
    return status ? ErrorCode::Io : status.error().code;
  };
  EXPECT_EQ(code_of([](CutSummary&) {}), ErrorCode::Io);  // Control: it is loaded.
  EXPECT_EQ(code_of([](CutSummary& summary) { summary.first_created = 0; }), ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { summary.first_consumed = 0; }), ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { ++summary.first_created; }), ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { ++summary.first_consumed; }), ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { summary.first_created = ~u64{0}; }),
            ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { ++summary.records[14]; }), ErrorCode::Corrupt);
  EXPECT_EQ(code_of([](CutSummary& summary) { summary.records[2] = ~u64{0}; }), ErrorCode::Corrupt);
}

void expect_missed(const StoredCut& whole, const CutSummary& summary, usize lost) {
  StoredCut without;
  StoredCut twice;
  for (usize place = 0; place < whole.buffers.size(); ++place) {
    if (place != lost) without.buffers.emplace_back(whole.buffers[place]);
    twice.buffers.emplace_back(whole.buffers[place]);
    if (place == lost) twice.buffers.emplace_back(whole.buffers[place]);
  }
  const auto kind = static_cast<u32>(whole.buffers[lost].buffer.kind);
  const auto code_of = [](const Status& status) {
    return status ? ErrorCode::Io : status.error().code;
  };
  const auto counted = [&](const StoredCut& cut) {
    CutSummary changed = summary;
    changed.records = cut.records();
    return changed;
  };
  EXPECT_EQ(code_of(load(without, summary)), ErrorCode::Corrupt) << "lost, of kind " << kind;
  EXPECT_EQ(code_of(load(without, counted(without))), ErrorCode::Corrupt)
      << "lost and not counted, of kind " << kind;
  EXPECT_EQ(code_of(load(twice, summary)), ErrorCode::Corrupt) << "twice, of kind " << kind;
  EXPECT_EQ(code_of(load(twice, counted(twice))), ErrorCode::Corrupt)
      << "twice and counted, of kind " << kind;
}

TEST(StateLoader, misses_every_buffer_that_is_lost_or_there_twice) {
  for (const bool windowed : {false, true}) {
    SCOPED_TRACE(windowed ? "a window" : "everything in memory");
    StoredCut whole = rich_cut(windowed);
    const CutSummary summary = whole.summary();
    for (usize lost = 0; lost < whole.buffers.size(); ++lost) expect_missed(whole, summary, lost);
  }
}

TEST(StateLoader, names_the_option_when_the_ledger_has_outgrown_it) {
  StoredCut cut = rich_cut(false);
  const CutSummary summary = cut.summary();
  const auto message = [&](auto&& change) {
    Limits limits = cut_limits();
    change(limits);
    const Status status = load(cut, summary, 2, limits);
    EXPECT_FALSE(status);
    if (status) return std::string();
    EXPECT_EQ(status.error().code, ErrorCode::Capacity);
    return status.error().message;
  };
  const auto at = [&](CutKind kind) { return summary.records[static_cast<usize>(kind)]; };
  const u64 accounts = at(CutKind::Accounts);
  const u64 transfers = at(CutKind::Transfers) + at(CutKind::FailedIds);
  const u64 updates = at(CutKind::AccountChanges) + at(CutKind::UpdateIds);
  EXPECT_NE(
      message([&](Limits& limits) { limits.accounts_max = accounts - 1; }).find("--accounts-max"),
      std::string::npos);
  EXPECT_NE(message([&](Limits& limits) {
              limits.transfers_max = transfers - 1;
            }).find("--transfers-max"),
            std::string::npos);
  EXPECT_NE(message([&](Limits& limits) {
              limits.account_updates_max = updates - 1;
            }).find("--account-updates-max"),
            std::string::npos);
  Limits exact = cut_limits();
  exact.accounts_max = accounts;
  exact.transfers_max = transfers;
  exact.account_updates_max = updates;
  EXPECT_TRUE(load(cut, summary, 2, exact));
}

// Ids that came back from history were not there to be counted when their requests were let in.
TEST(StateLoader, takes_a_window_that_came_to_be_a_little_too_full) {
  StoredCut cut = rich_cut(true);
  const CutSummary summary = cut.summary();
  u64 in_memory = 0;
  for (const CutKind kind :
       {CutKind::Transfers, CutKind::FailedIds, CutKind::KeptTransfers, CutKind::KeptIds}) {
    in_memory += summary.records[static_cast<usize>(kind)];
  }
  Limits limits = cut_limits();
  limits.blocks_in_flight = 1;
  limits.block_bytes_max = 4 * kKiB;
  limits.block_reads_max = 16;
  const auto load_into = [&](u64 transfers_max) {
    limits.transfers_max = transfers_max;
    return load(cut, summary, 2, limits);
  };
  const u64 spare = Engine::create(limits, 2, 1).value()->tables().options.items_in_flight_max;
  ASSERT_GT(in_memory, spare + 1);
  EXPECT_TRUE(load_into(in_memory - spare));
  const Status refused = load_into(in_memory - spare - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Capacity);
  EXPECT_NE(refused.error().message.find("--id-window"), std::string::npos);
}

// Bytes that no checksum protects any more. What still loads is verified by the loader itself.
TEST(StateLoader, survives_any_bytes) {
  StoredCut wholes[] = {rich_cut(false), rich_cut(true)};
  u32 refused = 0;
  constexpr u32 kRuns = 1500;
  for (u64 seed = 1; seed <= kRuns; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    StoredCut& whole = wholes[seed % 2];
    StoredCut cut = copy_of(whole);
    for (u64 count = 1 + random.below(3); count > 0; --count) {
      StoredBuffer& stored = cut.buffers[random.below(cut.buffers.size())];
      const u64 place = random.below(stored.buffer.body_bytes);
      std::byte& byte = stored.buffer.body()[place];
      byte = random.chance(1, 2) ? byte ^ static_cast<std::byte>(1 << random.below(8))
                                 : static_cast<std::byte>(random.chance(1, 2) ? 0xff : 0);
    }
    const Status status = load(cut, whole.summary(), static_cast<u32>(1 + seed % 4));
    if (status) continue;
    EXPECT_EQ(status.error().code, ErrorCode::Corrupt);
    ++refused;
  }
  EXPECT_GT(refused, kRuns / 4);  // Most of the bytes are amounts, user data and reasons.
}

}  // namespace
}  // namespace florin::test
