// Cuts of a ledger that has much more behind it than memory holds: what leaves memory while it is
// copied, what must wait for that, and the way into engines with other windows.
#include <deque>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "tests/engine/staged_engine.h"
#include "tests/engine/stored_cut.h"
#include "tests/support/owned_request.h"

namespace florin::test {
namespace {

using engine::CutCounters;
using engine::CutKind;
using engine::Engine;
using ledger::Transfer;
namespace transfer_flags = ledger::transfer_flags;

constexpr u32 kAccounts = 20;
constexpr u128 kEmptyAccount = kAccounts + 1;  // It must not be debited beyond nothing.
constexpr u32 kRequest = 60;

// Nobody asks for ids of the past here.
class SilentPast final : public engine::Past {
 public:
  bool may_have(u128) const override { return false; }
  void find(std::span<const u128>, Position, std::span<engine::PastTransfer>) override {
    CHECK(false);
  }
};

Limits window_limits(u64 transfers_max) {
  Limits limits = small_limits();
  limits.accounts_max = 100;
  limits.transfers_max = transfers_max;
  return limits;
}

// Makes transfers without end: of some the ids are consumed by a refusal, some stay on hold for
// long, some holds are voided soon after.
class Stream {
 public:
  OwnedRequest accounts() const {
    std::vector<ledger::Account> accounts;
    for (u32 number = 1; number <= kAccounts + 1; ++number) {
      ledger::Account account{};
      account.id = number;
      account.ledger = 1;
      account.code = 1;
      if (account.id == kEmptyAccount) {
        account.flags = ledger::account_flags::kDebitsMustNotExceedCredits;
      }
      accounts.push_back(account);
    }
    return OwnedRequest::create_accounts(accounts);
  }

  OwnedRequest next() {
    std::vector<Transfer> transfers(kRequest);
    for (Transfer& transfer : transfers) {
      ++number_;
      transfer = {};
      transfer.id = u128{1} << 80 | number_;
      transfer.debit_account_id = number_ % 7 == 0 ? kEmptyAccount : u128{1 + number_ % kAccounts};
      transfer.credit_account_id = 1 + (number_ + 3) % kAccounts;
      transfer.amount = number_ % 100 + 1;
      transfer.ledger = 1;
      transfer.code = 1;
      if (number_ % 50 == 1) {
        transfer.flags = transfer_flags::kPending;
        holds_.push_back(transfer.id);
      } else if (number_ % 50 == 25 && holds_.size() > 8) {
        void_one(transfer);
      }
    }
    return OwnedRequest::create_transfers(transfers);
  }

 private:
  // One of the holds but the first, which are never closed.
  void void_one(Transfer& transfer) {
    const u128 id = transfer.id;
    transfer = {};
    transfer.id = id;
    transfer.pending_id = holds_[5];
    transfer.flags = transfer_flags::kVoidPendingTransfer;
    holds_.erase(holds_.begin() + 5);
  }

  u64 number_ = 0;
  std::deque<u128> holds_;
};

// An engine and its requests. Everything decided is durable at once, if it is wanted.
class Windowed {
 public:
  Windowed(const Limits& limits, u32 partitions, u64 seed)
      : Windowed(limits, Engine::create(limits, partitions, seed).value(), Position{}, seed) {}
  Windowed(const Limits& limits, std::unique_ptr<Engine> engine, Position position, u64 seed)
      : staged_(limits, std::move(engine), StagedEngine::Mode::Mixed, seed) {
    staged_.engine().set_past(&past_, position);
    staged_.set_position(position);
  }

  void run(const OwnedRequest& request, u64 timestamp) {
    asked_.push_back(request.ask_again());
    staged_.run(asked_.back().request(), timestamp);
    staged_.drain();
  }
  u64 retire(u64 ids_max = 1'000'000) { return engine().retire(position(), ids_max); }
  Engine& engine() { return staged_.engine(); }
  Position position() const { return staged_.position(); }

 private:
  SilentPast past_;
  StagedEngine staged_;
  std::deque<OwnedRequest> asked_;
};

std::unique_ptr<Engine> load(StoredCut& cut, const Limits& limits, u32 partitions) {
  auto loaded = Engine::create(limits, partitions, 41).value();
  Random random(partitions);
  const Status status = load_cut(cut, *loaded, limits, random);
  EXPECT_TRUE(status) << status.error().message;
  return status ? std::move(loaded) : nullptr;
}

// Each list of numbers goes round several times, and is at another place whenever it is cut.
TEST(CutOfWindow, goes_into_any_other_window_and_goes_on_there) {
  for (const u32 partitions : {1U, 2U, 3U, 8U}) {
    SCOPED_TRACE(fmt::format("{} partitions", partitions));
    const Limits limits = window_limits(3'000);
    Windowed ledger(limits, partitions, partitions);
    Stream stream;
    Random random(partitions * 7);
    u64 time = 1;
    ledger.run(stream.accounts(), time);
    const auto ask = [&](Windowed* other) {
      time += 1'000;
      const OwnedRequest request = stream.next();
      ledger.run(request, time);
      if (other != nullptr) other->run(request, time);
    };
    const u64 ring = ledger.engine().tables().transfers_by_creation.size();
    u64 cuts = 0;
    u64 kept = 0;
    while (ledger.engine().books().transfers_created < 3 * ring) {
      ask(nullptr);
      if (ledger.engine().transfers_in_memory() > 2'000) ledger.retire(random.below(2'000));
      if (!random.chance(1, 100)) continue;
      StoredCut cut;
      cut.take_all(ledger.engine());
      ++cuts;
      kept += cut.records()[static_cast<usize>(CutKind::KeptTransfers)];
      const u32 other_partitions = 1 + static_cast<u32>(random.below(8));
      const Limits other_limits = window_limits(random.chance(1, 2) ? 3'000 : 50'000);
      auto loaded = load(cut, other_limits, other_partitions);
      ASSERT_NE(loaded, nullptr);
      EXPECT_EQ(loaded->digest(), ledger.engine().digest());
      EXPECT_EQ(loaded->transfers_used(), ledger.engine().transfers_used());
      EXPECT_EQ(loaded->transfers_in_memory(), ledger.engine().transfers_in_memory());
      Windowed other(other_limits, std::move(loaded), ledger.position(), cuts);
      for (u32 count = 0; count < 20; ++count) {
        ask(&other);
        if (random.chance(1, 2)) other.retire(random.below(300));
        if (random.chance(1, 4)) ledger.retire(random.below(300));
      }
      EXPECT_EQ(other.engine().digest(), ledger.engine().digest());
      EXPECT_TRUE(other.engine().verify());
    }
    EXPECT_GE(cuts, 3U);
    EXPECT_GE(kept, 5 * cuts);
    EXPECT_GE(ledger.engine().books().first_created, 2 * ring);
    EXPECT_GE(ledger.engine().books().first_consumed, ring / 4);
  }
}

TEST(CutOfWindow, has_in_memory_what_is_not_copied_yet) {
  const Limits limits = window_limits(20'000);
  Windowed ledger(limits, 2, 5);
  Stream stream;
  u64 time = 1;
  ledger.run(stream.accounts(), time);
  const auto ask = [&](u32 requests) {
    for (u32 count = 0; count < requests; ++count) ledger.run(stream.next(), time += 1'000);
  };
  ask(100);
  Engine& engine = ledger.engine();
  ASSERT_EQ(ledger.retire(500), 500U);  // Control: without a cut they go.
  const engine::StateDigest at_cut = engine.digest();
  const u64 in_memory = engine.transfers_in_memory();
  engine::CutBuffers buffers(64);
  engine.begin_cut(buffers);
  EXPECT_EQ(engine.retirable(ledger.position()), 0U);
  EXPECT_EQ(ledger.retire(), 0U);
  ask(20);
  EXPECT_EQ(ledger.retire(), 0U);

  // As far as it is copied, and no further.
  u64 gone = 0;
  const auto follow = [&](u64 bytes) {
    engine.copy_cut_history(bytes);
    const u64 first = engine.books().first_created;
    gone += ledger.retire();
    return engine.books().first_created - first;
  };
  EXPECT_EQ(follow(100 * sizeof(Transfer)), 100U);
  EXPECT_EQ(follow(7 * sizeof(Transfer)), 7U);
  ask(5);
  while (engine.copy_cut_history(kMiB) != 0) {
  }
  // Now only the other parts are to be copied: everything may leave, what was kept at the cut too.
  gone += ledger.retire();
  EXPECT_GT(gone, in_memory - in_memory / 8);
  EXPECT_LT(engine.transfers_in_memory(), 300U);
  while (!engine.cut_copied()) {
    engine.copy_cut(0, kMiB);
    engine.copy_cut(1, kMiB);
    engine.copy_cut_books(kMiB);
  }
  engine.end_cut();
  StoredCut cut;
  cut.take_filled(buffers);
  const auto loaded = load(cut, limits, 3);
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->digest(), at_cut);
  EXPECT_EQ(loaded->transfers_in_memory(), in_memory);
}

// An abandoned cut holds nothing back.
TEST(CutOfWindow, that_comes_to_nothing_lets_everything_go) {
  Windowed ledger(window_limits(20'000), 2, 6);
  Stream stream;
  u64 time = 1;
  ledger.run(stream.accounts(), time);
  for (u32 count = 0; count < 40; ++count) ledger.run(stream.next(), time += 1'000);
  engine::CutBuffers buffers(4);
  ledger.engine().begin_cut(buffers);
  ledger.engine().copy_cut_history(10 * sizeof(Transfer));
  ledger.engine().copy_cut_books(1'000);
  EXPECT_EQ(ledger.retire(), 10U - 1U);  // One of them is on hold.
  ledger.engine().end_cut();
  EXPECT_GT(ledger.retire(), 2'000U);
  StoredCut cut;
  cut.take_all(ledger.engine());
  const auto loaded = load(cut, window_limits(20'000), 1);
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->digest(), ledger.engine().digest());
}

// Everything but open holds has left, and the newest transfer is told all the same.
TEST(CutOfWindow, of_nothing_but_kept_holds_is_one) {
  const Limits limits = window_limits(5'000);
  Windowed ledger(limits, 3, 8);
  Stream stream;
  u64 time = 1;
  ledger.run(stream.accounts(), time);
  for (u32 count = 0; count < 30; ++count) ledger.run(stream.next(), time += 1'000);
  while (ledger.retire() != 0) {
  }
  StoredCut cut;
  cut.take_all(ledger.engine());
  const auto records = [&](CutKind kind) { return cut.records()[static_cast<usize>(kind)]; };
  EXPECT_EQ(records(CutKind::Transfers), 0U);
  EXPECT_EQ(records(CutKind::FailedIds), 0U);
  EXPECT_EQ(records(CutKind::KeptTransfers), records(CutKind::Holds));
  EXPECT_GE(records(CutKind::Holds), 5U);
  const auto& counters = cut.of(CutKind::Counters).front()->record<CutCounters>(0);
  EXPECT_EQ(counters.retired_position, ledger.position().value);
  EXPECT_GT(counters.last_transfer_timestamp, 0U);
  auto loaded = load(cut, limits, 2);
  ASSERT_NE(loaded, nullptr);
  Windowed other(limits, std::move(loaded), ledger.position(), 9);
  for (u32 count = 0; count < 10; ++count) {
    const OwnedRequest request = stream.next();
    ledger.run(request, time += 1'000);
    other.run(request, time);
    other.retire();
  }
  EXPECT_EQ(other.engine().digest(), ledger.engine().digest());
}

// A control of what the others rely on: holds and marks do not stand without their transfers.
TEST(CutOfWindow, without_what_was_kept_is_refused) {
  const Limits limits = window_limits(5'000);
  Windowed ledger(limits, 1, 8);
  Stream stream;
  u64 time = 1;
  ledger.run(stream.accounts(), time);
  for (u32 count = 0; count < 30; ++count) ledger.run(stream.next(), time += 1'000);
  ledger.retire(1'000);
  StoredCut whole;
  whole.take_all(ledger.engine());
  ASSERT_GT(whole.records()[static_cast<usize>(CutKind::KeptTransfers)], 0U);
  ASSERT_NE(load(whole, limits, 1), nullptr);
  StoredCut without;
  for (const StoredBuffer& stored : whole.buffers) {
    const CutKind kind = stored.buffer.kind;
    if (kind == CutKind::KeptTransfers || kind == CutKind::KeptIds) continue;
    without.buffers.emplace_back(stored);
  }
  without.of(CutKind::Counters).front()->record<CutCounters>(0).kept = 0;
  auto engine = Engine::create(limits, 1, 1).value();
  Random random(1);
  const Status status = load_cut(without, *engine, limits, random);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace florin::test
