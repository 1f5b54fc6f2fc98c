// Rules at work: each by itself, what is remembered when there is no room, and all of them against
// a plain model over random changes.
#include "alerts/rule_state.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/alerts/made_pages.h"
#include "tests/alerts/naive_rules.h"

namespace florin::test {

using alerts::AmountAbove;
using alerts::BalanceBelow;
using alerts::DormantAccount;
using alerts::ManyDebits;
using alerts::NewCounterparty;
using alerts::Refusal;
using alerts::Rule;
using exporter::ChangePage;
using ledger::TransferOutcome;
using Texts = std::vector<std::string>;

namespace {

constexpr u64 kOneMinuteNs = 60 * kNsPerSecond;
constexpr engine::HashSeed kSeed{3, 5};

Rule rule_of(const decltype(Rule::what)& what, u32 tracked_max = 10'000) {
  Rule rule;
  rule.name = "rule";
  rule.what = what;
  rule.tracked_max = tracked_max;
  return rule;
}

std::string place_text(const alerts::Finding& finding, const ChangePage& page) {
  constexpr const char* kSubjects[] = {"transfer", "debit", "credit"};
  const ledger::ChangeEvent& event = page.events[finding.event];
  return std::to_string(event.position) + "." + std::to_string(event.index) + "." +
         kSubjects[static_cast<usize>(finding.subject)];
}

Texts found_in(alerts::RuleState& state, const ChangePage& page, u32 first = 0) {
  std::vector<alerts::Finding> found;
  for (u32 event = first; event < page.events.size(); ++event) state.take(page, event, found);
  Texts texts;
  for (const alerts::Finding& finding : found) texts.push_back(place_text(finding, page));
  return texts;
}

Texts found_of(const Rule& rule, const ChangePage& page) {
  alerts::RuleState state(rule, 0, kSeed);
  return found_in(state, page);
}

// Accounts 1 to 4, at positions 1 to 4.
struct Story {
  Story() {
    for (u64 id = 1; id <= 4; ++id) made.add_account(page, id);
  }
  void add_refused(u128 debit, u128 credit, u128 amount,
                   TransferOutcome outcome = TransferOutcome::ExceedsCredits) {
    ledger::Transfer transfer{};
    transfer.id = 1'000;
    transfer.debit_account_id = debit;
    transfer.credit_account_id = credit;
    transfer.amount = amount;
    transfer.ledger = 978;
    transfer.code = 1;
    made.add_refused(page, transfer, outcome);
  }
  MadePages made{1};
  ChangePage page;
};

}  // namespace

TEST(RuleState, amount_above_tells_transfers_and_holds_but_not_what_becomes_of_them) {
  Story story;
  story.made.add_transfer(story.page, 1, 2, 100);
  story.made.add_transfer(story.page, 1, 2, 101);
  story.made.add_transfer(story.page, 1, 2, 500, ledger::transfer_flags::kPending);
  story.made.add_post(story.page, 500);
  story.made.add_transfer(story.page, 3, 4, 1'000);
  EXPECT_EQ(found_of(rule_of(AmountAbove{100}), story.page),
            (Texts{"6.0.transfer", "7.0.transfer", "9.0.transfer"}));
  Rule of_one = rule_of(AmountAbove{100});
  of_one.filter.accounts = {4};
  EXPECT_EQ(found_of(of_one, story.page), Texts{"9.0.transfer"});
  of_one.filter.accounts = {};
  of_one.filter.ledgers = {840};
  EXPECT_EQ(found_of(of_one, story.page), Texts{});
}

TEST(RuleState, balance_below_tells_once_until_the_balance_was_above_again) {
  Story story;
  story.made.add_transfer(story.page, 2, 1, 100);  // Account 1 comes to 100, account 2 to -100.
  story.made.add_transfer(story.page, 1, 3, 50);   // 50: not below.
  story.made.add_transfer(story.page, 1, 3, 1);    // 49: told.
  story.made.add_transfer(story.page, 1, 3, 9);
  story.made.add_transfer(story.page, 2, 1, 60);  // 100.
  story.made.add_transfer(story.page, 1, 3, 90);  // 10: told.
  Rule rule = rule_of(BalanceBelow{false, 50, false, false});
  rule.filter.accounts = {1};
  EXPECT_EQ(found_of(rule, story.page), (Texts{"7.0.debit", "10.0.debit"}));
  rule = rule_of(BalanceBelow{true, 100, false, false});  // Below -100.
  EXPECT_EQ(found_of(rule, story.page), Texts{"9.0.debit"});
  rule = rule_of(BalanceBelow{false, 0, true, false});  // Debits less credits, below zero.
  EXPECT_EQ(found_of(rule, story.page), (Texts{"5.0.credit", "6.0.credit"}));
}

TEST(RuleState, balance_below_can_count_holds_as_taken) {
  Story story;
  story.made.add_transfer(story.page, 2, 1, 100);
  story.made.add_transfer(story.page, 1, 3, 60, ledger::transfer_flags::kPending);
  story.made.add_post(story.page, 60);
  Rule rule = rule_of(BalanceBelow{false, 50, false, true});
  rule.filter.accounts = {1};
  EXPECT_EQ(found_of(rule, story.page), Texts{"6.0.debit"});
  rule.what = BalanceBelow{false, 50, false, false};
  EXPECT_EQ(found_of(rule, story.page), Texts{"7.0.debit"});
}

TEST(RuleState, balances_at_the_edge_of_128_bits_are_compared_rightly) {
  Story story;
  story.made.add_transfer(story.page, 2, 1, kU128Max);
  story.made.add_transfer(story.page, 1, 3, kU128Max);
  Rule rule = rule_of(BalanceBelow{false, kU128Max, false, false});
  EXPECT_EQ(found_of(rule, story.page), Texts{"6.0.debit"});
  rule.what = BalanceBelow{true, kU128Max, false, false};
  EXPECT_EQ(found_of(rule, story.page), Texts{});
}

TEST(RuleState, many_debits_counts_and_sums_within_the_window) {
  Story story;
  for (u64 each = 0; each < 5; ++each) {
    story.made.pass_time(kOneMinuteNs);
    story.made.add_transfer(story.page, 1, 2, 10);
  }
  EXPECT_EQ(found_of(rule_of(ManyDebits{10 * kOneMinuteNs, 3, {}}), story.page),
            Texts{"8.0.debit"});
  EXPECT_EQ(found_of(rule_of(ManyDebits{10 * kOneMinuteNs, {}, 40}), story.page),
            Texts{"9.0.debit"});
  EXPECT_EQ(found_of(rule_of(ManyDebits{3 * kOneMinuteNs, 3, {}}), story.page), Texts{});
}

TEST(RuleState, many_debits_tells_again_after_it_was_not_so) {
  Story story;
  for (u64 round = 0; round < 2; ++round) {
    for (u64 each = 0; each < 4; ++each) story.made.add_transfer(story.page, 1, 2, 10);
    story.made.pass_time(kOneMinuteNs);
  }
  EXPECT_EQ(found_of(rule_of(ManyDebits{kOneMinuteNs, 2, {}}), story.page),
            (Texts{"7.0.debit", "11.0.debit"}));
}

TEST(RuleState, new_counterparty_is_a_pair_in_one_direction) {
  Story story;
  story.made.add_transfer(story.page, 1, 2, 5);
  story.made.add_transfer(story.page, 1, 2, 500);
  story.made.add_transfer(story.page, 2, 1, 500);
  story.made.add_transfer(story.page, 1, 3, 500);
  EXPECT_EQ(found_of(rule_of(NewCounterparty{0}), story.page),
            (Texts{"5.0.debit", "7.0.debit", "8.0.debit"}));
  EXPECT_EQ(found_of(rule_of(NewCounterparty{100}), story.page), (Texts{"7.0.debit", "8.0.debit"}));
}

TEST(RuleState, dormant_accounts_are_told_by_either_side) {
  Story story;
  story.made.add_transfer(story.page, 1, 2, 5);
  story.made.pass_time(90 * kOneMinuteNs);
  story.made.add_transfer(story.page, 1, 3, 5);
  story.made.pass_time(30 * kOneMinuteNs);
  story.made.add_transfer(story.page, 4, 2, 5);
  story.made.add_transfer(story.page, 4, 2, 5);
  EXPECT_EQ(found_of(rule_of(DormantAccount{60 * kOneMinuteNs}), story.page),
            (Texts{"6.0.debit", "6.0.credit", "7.0.debit", "7.0.credit"}));
}

// With room for two accounts: those thrown out are those that did not move for longest.
TEST(RuleState, dormant_accounts_that_were_forgotten_are_still_told) {
  Story story;
  story.made.pass_time(kOneMinuteNs);
  for (u64 each = 0; each < 100; ++each) {
    story.made.pass_time(kOneMinuteNs);
    story.made.add_transfer(story.page, 1, 2, 5);
  }
  story.made.add_transfer(story.page, 3, 1, 5);
  const Rule rule = rule_of(DormantAccount{60 * kOneMinuteNs}, 2);
  alerts::RuleState state(rule, 0, kSeed);
  std::vector<alerts::Finding> found;
  for (u32 event = 0; event < story.page.events.size(); ++event) {
    state.take(story.page, event, found);
  }
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(place_text(found[0], story.page), "105.0.debit");
  EXPECT_TRUE(found[0].was_forgotten);
  EXPECT_EQ(state.tracked(), 2U);
}

TEST(RuleState, refusal_tells_each_one_of_its_outcomes_and_nothing_that_was_made) {
  Story story;
  story.made.add_transfer(story.page, 1, 2, 100);
  story.add_refused(1, 2, 100);
  story.add_refused(3, 4, 99, TransferOutcome::DebitAccountFrozen);
  story.add_refused(3, 1, 100, TransferOutcome::LinkedEventFailed);
  story.made.add_transfer(story.page, 1, 2, 100, ledger::transfer_flags::kPending);
  story.made.add_expiry(story.page);
  EXPECT_EQ(found_of(rule_of(Refusal{}), story.page),
            (Texts{"6.0.transfer", "7.0.transfer", "8.0.transfer"}));
  const Refusal two{{TransferOutcome::DebitAccountFrozen, TransferOutcome::ExceedsCredits}};
  EXPECT_EQ(found_of(rule_of(two), story.page), (Texts{"6.0.transfer", "7.0.transfer"}));
  EXPECT_EQ(found_of(rule_of(Refusal{{}, 100}), story.page),
            (Texts{"6.0.transfer", "8.0.transfer"}));
  Rule of_one = rule_of(Refusal{});
  of_one.filter.accounts = {1};  // On either side.
  EXPECT_EQ(found_of(of_one, story.page), (Texts{"6.0.transfer", "8.0.transfer"}));
  of_one.filter.codes = {2};
  EXPECT_EQ(found_of(of_one, story.page), Texts{});
}

TEST(RuleState, refusal_with_a_window_tells_an_account_once_until_it_was_not_so) {
  Story story;
  for (u64 round = 0; round < 2; ++round) {
    for (u64 each = 0; each < 4; ++each) story.add_refused(1, 2, 10);  // 5 to 8, and 11 to 14.
    story.add_refused(3, 1, 10);
    story.made.add_transfer(story.page, 3, 1, 10);
    story.made.pass_time(kOneMinuteNs);
  }
  EXPECT_EQ(found_of(rule_of(Refusal{{}, 0, 2, kOneMinuteNs}), story.page),
            (Texts{"7.0.debit", "13.0.debit"}));
  EXPECT_EQ(found_of(rule_of(Refusal{{}, 0, 2, 10 * kOneMinuteNs}), story.page),
            Texts{"7.0.debit"});
  Rule of_credit = rule_of(Refusal{{}, 0, 1, 10 * kOneMinuteNs});
  of_credit.filter.accounts = {1};  // Those of account 3 name it, and are counted for account 3.
  EXPECT_EQ(found_of(of_credit, story.page), (Texts{"6.0.debit", "15.0.debit"}));
}

// A post that leaves its accounts to the hold, ids at both ends, a ledger that is not there.
TEST(RuleState, refusals_of_nonsense_are_told_and_counted_for_no_account_when_they_name_none) {
  Story story;
  for (u64 each = 0; each < 3; ++each) {
    story.add_refused(0, 0, kU128Max, TransferOutcome::PendingTransferNotFound);
    story.add_refused(kU128Max, kU128Max, 0, TransferOutcome::DebitAccountIdMustNotBeIntMax);
    story.page.transfers.back().ledger = 0;
    story.page.transfers.back().flags = 0xffff;
  }
  EXPECT_EQ(found_of(rule_of(Refusal{}), story.page).size(), 6U);
  EXPECT_EQ(found_of(rule_of(Refusal{{}, 0, 1, kOneMinuteNs}), story.page), Texts{"8.0.debit"});
}

TEST(RuleState, refused_transfers_exist_for_no_other_rule) {
  Story story;
  story.made.add_transfer(story.page, 2, 1, 100);
  story.made.pass_time(90 * kOneMinuteNs);
  for (u64 each = 0; each < 3; ++each) story.add_refused(1, 3, 1'000);
  story.made.pass_time(90 * kOneMinuteNs);
  EXPECT_EQ(found_of(rule_of(AmountAbove{100}), story.page), Texts{});
  EXPECT_EQ(found_of(rule_of(BalanceBelow{false, 0, false, false}), story.page),
            Texts{"5.0.debit"});
  EXPECT_EQ(found_of(rule_of(BalanceBelow{false, 0, true, false}), story.page),
            Texts{"5.0.credit"});
  EXPECT_EQ(found_of(rule_of(ManyDebits{10 * kOneMinuteNs, 1, {}}), story.page), Texts{});
  story.made.add_transfer(story.page, 1, 3, 5);
  EXPECT_EQ(found_of(rule_of(NewCounterparty{0}), story.page), (Texts{"5.0.debit", "9.0.debit"}));
  EXPECT_EQ(found_of(rule_of(DormantAccount{120 * kOneMinuteNs}), story.page),
            (Texts{"9.0.debit", "9.0.credit"}));
}

namespace {

Refusal random_refusal(Random& random, u64 window_ns) {
  Refusal refusal;
  if (random.chance(1, 2)) refusal.outcomes = {TransferOutcome::LinkedEventFailed};
  if (random.chance(1, 2)) refusal.outcomes.push_back(TransferOutcome::ExceedsCredits);
  if (random.chance(1, 2)) refusal.amount_min = random.below(1'000);
  if (random.chance(1, 2)) return refusal;
  refusal.count = 1 + random.below(3);
  refusal.window_ns = window_ns;
  return refusal;
}

Rule random_rule(Random& random, u32 tracked_max) {
  const u64 window = kOneMinuteNs * (1 + random.below(30));
  Rule rule;
  const u64 kind = random.below(6);
  if (kind == 0) {
    rule = rule_of(AmountAbove{random.below(1'000)});
  } else if (kind == 1) {
    rule = rule_of(BalanceBelow{random.chance(1, 2), random.below(3'000), random.chance(1, 2),
                                random.chance(1, 2)});
  } else if (kind == 2) {
    ManyDebits many{window, {}, {}};
    if (random.chance(1, 2)) many.count = 1 + random.below(6);
    if (!many.count || random.chance(1, 2)) many.sum = random.below(4'000);
    rule = rule_of(many);
  } else if (kind == 3) {
    rule = rule_of(NewCounterparty{random.below(600)});
  } else if (kind == 4) {
    rule = rule_of(random_refusal(random, window));
  } else {
    rule = rule_of(DormantAccount{window});
  }
  rule.tracked_max = tracked_max;
  if (random.chance(1, 3)) rule.filter.codes = {static_cast<u16>(1 + random.below(3))};
  if (random.chance(1, 3)) rule.filter.accounts = {1 + random.below(12), 1 + random.below(12)};
  return rule;
}

}  // namespace

TEST(RuleState, finds_what_the_plain_model_finds) {
  u64 told = 0;
  for (u64 seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    MadePages made(seed);
    made.accounts = static_cast<u32>(3 + random.below(12));
    const ChangePage page = made.next(400);
    for (u32 each = 0; each < 5; ++each) {
      const Rule rule = random_rule(random, 10'000);
      SCOPED_TRACE(definition(rule));
      const Texts found = found_of(rule, page);
      ASSERT_EQ(found, naive_alerts(rule, page));
      told += found.size();
    }
  }
  EXPECT_GT(told, 1'000U);
}

TEST(RuleState, many_taken_together_find_the_same) {
  for (u64 seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    MadePages made(seed);
    const ChangePage page = made.next(400);
    std::vector<Rule> rules;
    for (u32 each = 0; each < 20; ++each) rules.push_back(random_rule(random, 10));
    std::vector<alerts::RuleState> states;
    for (const Rule& rule : rules)
      states.emplace_back(rule, static_cast<u32>(states.size()), kSeed);
    std::vector<alerts::Finding> found;
    const auto end = static_cast<u32>(page.events.size());
    for (u32 event = 0; event < end; event += alerts::kChangesTogether) {
      find_alerts(states, page, event, std::min(end, event + alerts::kChangesTogether), found);
    }
    std::vector<Texts> texts(rules.size());
    for (const alerts::Finding& finding : found) {
      texts[finding.rule].push_back(place_text(finding, page));
    }
    for (usize rule = 0; rule < rules.size(); ++rule) {
      ASSERT_EQ(texts[rule], found_of(rules[rule], page)) << definition(rules[rule]);
    }
  }
}

// At any change the memory can be written and read, and goes on the same.
TEST(RuleState, goes_on_the_same_from_what_was_saved) {
  for (u64 seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    MadePages made(seed);
    const ChangePage page = made.next(300);
    const Rule rule = random_rule(random, static_cast<u32>(1 + random.below(20)));
    SCOPED_TRACE(definition(rule));
    const Texts all = found_of(rule, page);
    const u32 cut = static_cast<u32>(random.below(page.events.size()));
    alerts::RuleState before(rule, 0, kSeed);
    std::vector<alerts::Finding> early;
    for (u32 event = 0; event < cut; ++event) before.take(page, event, early);
    std::string bytes;
    before.save(bytes);
    alerts::RuleState after(rule, 0, engine::HashSeed{seed, 99});
    alerts::StateReader reader(bytes);
    ASSERT_TRUE(after.load(reader) && reader.at_end());
    const Texts late = found_in(after, page, cut);
    ASSERT_EQ(Texts(all.begin() + static_cast<std::ptrdiff_t>(early.size()), all.end()), late);
    for (usize bytes_left = 0; bytes_left < bytes.size(); bytes_left += 1 + bytes.size() / 7) {
      alerts::RuleState torn(rule, 0, kSeed);
      alerts::StateReader part(std::string_view(bytes).substr(0, bytes_left));
      EXPECT_FALSE(torn.load(part));
    }
  }
}

namespace {

bool has_windows(const Rule& rule) {
  const auto* const refusal = std::get_if<Refusal>(&rule.what);
  return std::holds_alternative<ManyDebits>(rule.what) || (refusal != nullptr && refusal->count);
}

}  // namespace

// Too little room errs to one side, as documented.
TEST(RuleState, with_little_room_errs_to_the_documented_side) {
  u64 differences = 0;
  for (u64 seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    MadePages made(seed);
    const ChangePage page = made.next(400);
    const Rule rule = random_rule(random, static_cast<u32>(1 + random.below(8)));
    SCOPED_TRACE(definition(rule));
    Texts found = found_of(rule, page);
    Texts exact = naive_alerts(rule, page);
    differences += found == exact ? 0 : 1;
    std::ranges::sort(found);
    std::ranges::sort(exact);
    if (std::holds_alternative<NewCounterparty>(rule.what)) {
      EXPECT_TRUE(std::ranges::includes(found, exact));
    } else if (std::holds_alternative<DormantAccount>(rule.what)) {
      EXPECT_TRUE(std::ranges::includes(exact, found));
    } else if (!has_windows(rule)) {
      EXPECT_EQ(found, exact);
    }
  }
  EXPECT_GT(differences, 0U);
}

// Never too small, and at most what the window and a 16th more of it have.
TEST(DebitWindow, is_exact_up_to_64_debits_and_a_16th_late_beyond) {
  constexpr u64 kWindow = 16'000;
  for (u64 seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    alerts::DebitWindow window;
    std::vector<std::pair<u64, u64>> debits;
    bool many = false;  // At any time so far.
    u64 now = 2 * kWindow;
    const u64 step = 1 + random.below(1'500);
    for (u32 each = 0; each < 600; ++each) {
      now += random.below(step);
      const u64 amount = random.below(100);
      window.forget_until(now - kWindow);
      window.add(now, amount, kWindow);
      debits.emplace_back(now, amount);
      u64 count[2] = {};
      u64 sum[2] = {};
      for (const auto& [time, moved] : debits) {
        for (const u64 late : {0, 1}) {
          if (time <= now - kWindow - late * kWindow / 16) continue;
          ++count[late];
          sum[late] += moved;
        }
      }
      ASSERT_GE(window.count(), count[0]);
      ASSERT_LE(window.count(), count[1]);
      ASSERT_TRUE(window.sum() >= sum[0] && window.sum() <= sum[1]);
      many = many || count[1] > alerts::DebitWindow::kGroupsMax;
      if (!many) {
        ASSERT_EQ(window.count(), count[0]);
        ASSERT_TRUE(window.sum() == sum[0]);
      }
    }
  }
}

}  // namespace florin::test
