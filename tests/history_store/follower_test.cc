// The follower against the reference ledger: the same changes, balances and numbers, however the
// log is cut into batches, and from wherever it goes on.
#include "history/follower.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/history_store/logged_world.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using history::ChangeBatch;
using history::Follower;
using history::Mark;

void append_to(ChangeBatch& all, const ChangeBatch& more) {
  all.transfers.insert(all.transfers.end(), more.transfers.begin(), more.transfers.end());
  all.others.insert(all.others.end(), more.others.begin(), more.others.end());
  all.consumed.insert(all.consumed.end(), more.consumed.begin(), more.consumed.end());
  all.end = more.end;
}

void expect_counts(const Mark& mark, const MadeBlock& made) {
  const Mark& expected = made.changes.end;
  EXPECT_EQ(mark.created, expected.created);
  EXPECT_EQ(mark.consumed, expected.consumed);
  EXPECT_EQ(mark.accounts, expected.accounts);
  EXPECT_EQ(mark.updates, expected.updates);
  EXPECT_EQ(mark.last_timestamp, made.last_timestamp);
  EXPECT_EQ(mark.log, made.end);
}

// What a run met, so that a test can say that it met everything.
struct Met {
  u64 plain = 0, opened = 0, posted = 0, voided = 0, captured = 0, expired = 0, reversed = 0;
  u64 imported = 0, balanced = 0, took_all = 0, updated = 0, consumed = 0, restarts = 0;
  u64 expired_first = 0;  // Expiries before a transfer of the same event.

  void add(const ChangeBatch& batch) {
    using namespace ledger::transfer_flags;
    u64 position = 0;
    for (const history::TransferChange& change : batch.transfers) {
      const u16 flags = change.transfer.flags;
      if (change.kind == ledger::ChangeKind::HoldExpired) {
        ++expired;
        position = change.place.position;
        continue;
      }
      if (change.place.position == position) ++expired_first;
      if ((flags & ~(kLinked | kImported)) == 0) ++plain;
      if ((flags & kPending) != 0) ++opened;
      if (change.hold_status == ledger::PendingStatus::Posted) ++posted;
      if (change.hold_status == ledger::PendingStatus::Voided) ++voided;
      if (change.hold_status == ledger::PendingStatus::Pending) ++captured;
      if ((flags & kReversal) != 0) ++reversed;
      if ((flags & kImported) != 0) ++imported;
      if ((flags & kBalancing) != 0) ++balanced;
      if (change.took_all) ++took_all;
    }
    for (const history::OtherChange& event : batch.others) {
      if (event.updated() != nullptr) ++updated;
    }
    consumed += batch.consumed.size();
  }
  u64 least() const {
    return std::min({plain, opened, posted, voided, captured, expired, reversed, imported, balanced,
                     took_all, updated, consumed, restarts, expired_first});
  }
};

void follow_random_run(u64 seed, u32 blocks, Met& met) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  LoggedWorld world(seed);
  MemoryStore store;
  Follower follower(store, store.durable(), {random.next(), random.next()});
  ChangeBatch batch;
  ChangeBatch expected;
  for (u32 block = 0; block < blocks; ++block) {
    const MadeBlock made = world.next(static_cast<u32>(random.between(1, 6)));
    append_to(expected, made.changes);
    const Status followed = follower.follow(made.logged(), batch);
    ASSERT_TRUE(followed) << followed.error().message;
    ASSERT_EQ(batch.end, follower.mark());
    expect_counts(follower.mark(), made);
    if (random.chance(1, 2)) continue;  // Batches of several blocks.
    ASSERT_EQ(difference(expected, batch), "") << "block " << block;
    met.add(batch);
    const Mark end = batch.end;
    ASSERT_TRUE(store.append(std::move(batch)));
    batch = ChangeBatch{};
    expected.clear();
    if (random.chance(1, 4)) {
      follower.restart(end);  // With nothing known but what the store tells.
      ++met.restarts;
    }
  }
}

TEST(Follower, makes_the_changes_of_the_reference_ledger) {
  Met met;
  const u64 seeds = (kSanitized ? 6 : 24) * soak_factor();
  for (u64 seed = 1; seed <= seeds; ++seed) {
    follow_random_run(seed, 120, met);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(met.least(), 5u) << "some kind of change hardly ever came";
}

// The content of an outcome record, from what it says.
std::vector<std::byte> content_of(const pipeline::Outcomes& outcomes, u64 events) {
  std::vector<std::byte> bytes;
  const auto add = [&](const auto& value) {
    const auto* const first = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), first, first + sizeof(value));
  };
  pipeline::OutcomeCounts counts = outcomes.counts;
  counts.refused = static_cast<u32>(outcomes.refused.size());
  add(counts);
  if (outcomes.refused.size() * sizeof(pipeline::RefusedEvent) < events) {
    for (const auto& refused : outcomes.refused) add(refused);
  } else if (!outcomes.refused.empty()) {
    std::vector<u8> all(events, 1);
    for (const auto& refused : outcomes.refused) all[refused.event] = refused.outcome;
    all.resize(round_up(events, 8), 0);
    for (const u8 outcome : all) add(outcome);
  }
  for (const auto& derived : outcomes.derived) {
    using pipeline::DerivedTransfer;
    const u16 fields = derived.header.fields;
    add(derived.header);
    if ((fields & DerivedTransfer::kAmount) != 0) add(derived.amount);
    if ((fields & DerivedTransfer::kDebitAccountId) != 0) add(derived.debit_account_id);
    if ((fields & DerivedTransfer::kCreditAccountId) != 0) add(derived.credit_account_id);
    if ((fields & DerivedTransfer::kUserData128) != 0) add(derived.user_data_128);
    if ((fields & DerivedTransfer::kUserData64) != 0) add(derived.user_data_64);
    if ((fields & (DerivedTransfer::kUserData32 | DerivedTransfer::kLedger)) != 0) {
      add(derived.user_data_32);
      add(derived.ledger);
    }
  }
  for (const auto& expired : outcomes.expired) add(expired);
  bytes.resize(round_up(bytes.size(), 16));
  return bytes;
}

// A way to damage what is said of a block. False: the block has nothing of the kind.
struct Damage {
  std::string expected;  // In the message.
  std::function<bool(pipeline::Outcomes&, history::LoggedBlock&)> apply;
};

const std::map<std::string, Damage>& damages() {
  using history::LoggedBlock;
  using pipeline::DerivedTransfer;
  using pipeline::Outcomes;
  static const std::map<std::string, Damage> kDamages = {
      {"one account more",
       {"the log counts", [](Outcomes& o, LoggedBlock&) { return ++o.counts.accounts != 0; }}},
      {"one id more",
       {"the log counts", [](Outcomes& o, LoggedBlock&) { return ++o.counts.transfers != 0; }}},
      {"one update more",
       {"the log counts", [](Outcomes& o, LoggedBlock&) { return ++o.counts.updates != 0; }}},
      {"a transfer refused that was created",
       {"the log counts",
        [](Outcomes& o, LoggedBlock& block) {
          const u32 last = static_cast<u32>(block.event_count) - 1;
          if (!o.refused.empty() || !o.derived.empty()) return false;
          o.refused.push_back({last, 4, {}});
          return true;
        }}},
      {"another refusal, which does not consume",
       {"the log counts",
        [](Outcomes& o, LoggedBlock&) {
          for (auto& refused : o.refused) {
            if (refused.outcome != 39 && refused.outcome != 40) continue;
            refused.outcome = 38;
            return true;
          }
          return false;
        }}},
      {"an outcome that nothing has",
       {"the outcome 200",
        [](Outcomes& o, LoggedBlock&) {
          if (o.refused.empty() || o.refused[0].outcome < 39) return false;
          o.refused[0].outcome = 200;
          return true;
        }}},
      {"a post of more than there is",
       {"resolves hold",
        [](Outcomes& o, LoggedBlock&) {
          for (auto& derived : o.derived) {
            const u16 of_a_hold = DerivedTransfer::kAmount | DerivedTransfer::kDebitAccountId;
            if ((derived.header.fields & of_a_hold) != of_a_hold) continue;
            derived.debit_account_id += 1;
            return true;
          }
          return false;
        }}},
      {"an expiry of a hold that is not open",
       {"no open hold",
        [](Outcomes& o, LoggedBlock&) {
          if (o.expired.empty()) return false;
          o.expired[0].transfer_id += make_u128(977, 0);
          return true;
        }}},
      {"an expiry of another amount",
       {"expires and releases",
        [](Outcomes& o, LoggedBlock&) {
          if (o.expired.empty()) return false;
          o.expired[0].released += 1;
          return true;
        }}},
      {"outcomes of another block",
       {"its outcomes are those of block",
        [](Outcomes&, LoggedBlock& block) { return ++block.outcomes.sequence != 0; }}},
      {"a position left out",
       {"history stands behind block",
        [](Outcomes&, LoggedBlock& block) { return ++block.position_before != 0; }}},
      {"a block that was followed",
       {"history stands behind block",
        [](Outcomes&, LoggedBlock& block) { return --block.end.sequence != ~u64{0}; }}},
      {"fewer requests than events",
       {"events",
        [](Outcomes&, LoggedBlock& block) {
          block.body = block.body.first(0);
          return true;
        }}},
  };
  return kDamages;
}

TEST(Follower, refuses_what_does_not_add_up) {
  std::map<std::string, u64> found;
  for (u64 seed = 100; seed < 104; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LoggedWorld world(seed);
    MemoryStore store;
    Follower follower(store, store.durable(), {seed, seed * 3});
    for (u32 block = 0; block < 60; ++block) {
      const MadeBlock made = world.next(3);
      const auto outcomes = pipeline::parse_outcomes(made.outcomes.header, made.outcomes.content);
      ASSERT_TRUE(outcomes);
      ASSERT_EQ(content_of(*outcomes, made.event_count), made.outcomes.content);
      const Mark before = follower.mark();
      for (const auto& [name, damage] : damages()) {
        pipeline::Outcomes damaged = *outcomes;
        history::LoggedBlock logged = made.logged();
        if (!damage.apply(damaged, logged)) continue;
        const auto content = content_of(damaged, made.event_count);
        logged.outcome_content = content;
        logged.outcomes.content_bytes = content.size();
        ChangeBatch batch;
        const Status followed = follower.follow(logged, batch);
        ASSERT_FALSE(followed) << name << " at block " << block;
        EXPECT_EQ(followed.error().code, ErrorCode::Corrupt) << name;
        EXPECT_NE(followed.error().message.find("log block"), std::string::npos);
        if (followed.error().message.find(damage.expected) != std::string::npos) ++found[name];
        follower.restart(before);
      }
      ChangeBatch batch;
      ASSERT_TRUE(follower.follow(made.logged(), batch));
      ASSERT_EQ(difference(made.changes, batch), "");
      ASSERT_TRUE(store.append(std::move(batch)));
    }
  }
  for (const auto& [name, damage] : damages()) {
    EXPECT_GT(found[name], 0u) << "never found in these words: " << name;
  }
}

TEST(IdSlots, finds_what_is_there_when_tags_collide) {
  history::IdSlots slots({1, 2});
  Random random(5);
  std::set<std::pair<u32, u32>> there;  // Tag and slot.
  u32 next_slot = 0;
  for (u32 step = 0; step < 40'000; ++step) {
    // Few tags, near each other and at the ends of their range: long runs that wrap around.
    const u32 tag = static_cast<u32>(random.below(40)) - 20 + (random.chance(1, 2) ? 1000 : 0);
    const bool grows = (step / 2000) % 2 == 0;
    if (there.empty() || random.chance(grows ? 7 : 3, 10)) {
      slots.insert(tag, next_slot);
      there.emplace(tag, next_slot++);
    } else {
      auto victim = there.lower_bound({tag, 0});
      if (victim == there.end()) victim = there.begin();
      slots.erase(victim->first, victim->second);
      there.erase(victim);
    }
    ASSERT_EQ(slots.size(), there.size());
    if (step % 500 != 0) continue;
    for (const auto& [each, slot] : there) {
      ASSERT_EQ(slots.find(each, [wanted = slot](u32 found) { return found == wanted; }), slot);
      ASSERT_EQ(slots.find(each, [](u32) { return false; }), history::kNoSlot);
    }
  }
  slots.clear();
  EXPECT_EQ(slots.size(), 0u);
  EXPECT_EQ(slots.candidate(1000), history::kNoSlot);
}

TEST(Tables, keep_accounts_and_holds_apart_by_id) {
  history::AccountTable accounts({3, 4});
  history::HoldTable holds({3, 4});
  constexpr u64 kMany = 20'000;
  for (u64 id = 1; id <= kMany; ++id) {
    accounts.add({id, {id, 2 * id, 3 * id, 4 * id}}, accounts.tag_of(id));
    history::OpenHold hold{};
    hold.transfer.id = id;
    hold.remaining = 7 * id;
    holds.open(hold, holds.tag_of(id));
  }
  for (u64 id = 1; id <= kMany; id += 2) {
    holds.close(holds.find(id, holds.tag_of(id)));
  }
  const u64 memory = holds.memory_bytes();
  for (u64 id = 1; id <= kMany; ++id) {
    const u32 account = accounts.find(id, accounts.tag_of(id));
    ASSERT_NE(account, history::kNoSlot);
    ASSERT_EQ(accounts.at(account).counters[3], u128{4} * id);
    const u32 hold = holds.find(id, holds.tag_of(id));
    ASSERT_EQ(hold == history::kNoSlot, id % 2 == 1);
    if (hold == history::kNoSlot) continue;
    ASSERT_EQ(holds.at(hold).remaining, u128{7} * id);
  }
  EXPECT_EQ(accounts.find(kMany + 1, accounts.tag_of(kMany + 1)), history::kNoSlot);
  EXPECT_LT(accounts.memory_bytes(), 110 * kMany + 400'000);
  for (u64 id = 1; id <= kMany; id += 2) {
    history::OpenHold hold{};
    hold.transfer.id = kMany + id;
    holds.open(hold, holds.tag_of(hold.transfer.id));
  }
  EXPECT_EQ(holds.size(), kMany);
  EXPECT_EQ(holds.memory_bytes(), memory) << "closed holds gave no room to new ones";
}

}  // namespace
}  // namespace florin::test
