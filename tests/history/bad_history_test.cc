// Histories made by hand in which one thing is wrong: each is rejected, by its name.
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "tests/history/made_history.h"
#include "tests/history/order_checker.h"
#include "tests/history/position_checker.h"

namespace florin::test {
namespace {

using ledger::Request;
using ledger::TransferOutcome;

ledger::Account plain_account(u128 id, u16 flags = 0) {
  ledger::Account made{};
  made.id = id;
  made.ledger = 1;
  made.code = 1;
  made.flags = flags;
  return made;
}

ledger::Transfer plain_transfer(u128 id, u128 debit, u128 credit, u128 amount, u16 flags = 0) {
  ledger::Transfer made{};
  made.id = id;
  made.debit_account_id = debit;
  made.credit_account_id = credit;
  made.amount = amount;
  made.ledger = 1;
  made.code = 1;
  made.flags = flags;
  made.timeout = flags == 0 ? 0 : 1;
  return made;
}

OwnedRequest transfers(std::initializer_list<ledger::Transfer> events) {
  return OwnedRequest::create_transfers({events.begin(), events.size()});
}
OwnedRequest accounts_of(std::initializer_list<u128> ids) {
  return OwnedRequest::lookup_accounts({ids.begin(), ids.size()});
}
OwnedRequest transfers_of(std::initializer_list<u128> ids) {
  return OwnedRequest::lookup_transfers({ids.begin(), ids.size()});
}
OwnedRequest list_of(u128 id) {
  ledger::QueryFilter filter;
  filter.account_id = id;
  filter.limit = 8;
  filter.flags = ledger::QueryFilter::kNewestFirst;
  return OwnedRequest::query_transfers(filter);
}

// A short history in which nothing is wrong. Account 3 pays out what the others have.
struct World {
  usize create, a, b, beside_b, balances, list_2, too_much, done, never, refused, back, lookup,
      hold, held, expired, totals, list_1;
  History history;

  World() {
    HistoryMaker maker;
    const u16 limited = ledger::account_flags::kDebitsMustNotExceedCredits;
    const ledger::Account accounts[] = {plain_account(1, limited), plain_account(2),
                                        plain_account(3)};
    create = maker.answer(OwnedRequest::create_accounts(accounts), {0, 1, 2});
    a = maker.answer(transfers({plain_transfer(11, 3, 1, 100)}), {1, 10, 20});
    b = maker.answer(transfers({plain_transfer(12, 3, 2, 50), plain_transfer(13, 1, 2, 30)}),
                     {2, 30, 40});
    beside_b = maker.answer(accounts_of({1, 2}), {6, 32, 75});
    balances = maker.answer(accounts_of({1, 2}), {1, 50, 60});
    list_2 = maker.answer(list_of(2), {2, 70, 80});
    too_much = maker.answer(transfers({plain_transfer(14, 1, 2, 1000)}), {1, 90, 100});
    done = maker.cut_off_and_done(transfers({plain_transfer(15, 3, 1, 5)}), {3, 110, 0});
    never = maker.cut_off(transfers({plain_transfer(16, 3, 1, 6)}), {4, 112, 0});
    refused = maker.refuse(transfers({plain_transfer(17, 3, 1, 7)}), {5, 114, 118});
    OwnedRequest returns = transfers({plain_transfer(18, 2, 1, 10)});
    returns.request().wants_balances = true;
    back = maker.answer(std::move(returns), {2, 130, 140});
    lookup = maker.answer(transfers_of({11, 15, 16, 17}), {1, 150, 160});
    hold = maker.answer(transfers({plain_transfer(19, 1, 2, 20, ledger::transfer_flags::kPending)}),
                        {1, 170, 180});
    held = maker.answer(accounts_of({1, 2}), {2, 190, 200});
    maker.pass(2'000'000'000);
    expired = maker.answer(accounts_of({1, 2}), {1, 210, 220});
    totals = maker.answer(OwnedRequest::get_trial_balance({0, 10}), {2, 230, 240});
    list_1 = maker.answer(list_of(1), {1, 250, 260});
    history = maker.finish({1, 2, 3});
  }

  Call& call(usize index) { return history.calls[index]; }
  Request& at(usize index) { return history.calls[index].asked.request(); }
  // The final reads, in their order.
  Request& final_accounts() { return at(list_1 + 1); }
  Request& final_list() { return at(list_1 + 2); }
  Request& final_changes() { return at(list_1 + 3); }
  Request& final_totals() { return at(list_1 + 4); }
  void when(usize index, u64 invoked, u64 completed) {
    call(index).invoked_ns = invoked;
    call(index).completed_ns = completed;
  }
  // Moves the positions of this call and all later ones.
  void move_positions(usize first, i64 by) {
    for (usize index = first; index < history.calls.size(); ++index) {
      if (call(index).end == CallEnd::Answered) at(index).position.value += static_cast<u64>(by);
    }
  }
  ledger::Transfer listed(u128 id) {
    for (const ledger::Transfer& each : final_list().transfers) {
      if (each.id == id) return each;
    }
    return {};
  }
  void list_at_the_end(ledger::Transfer more) {
    final_list().transfers.push_back(more);
    final_list().transfer_statuses.push_back(final_list().transfer_statuses.back());
  }
};

struct Row {
  const char* what;
  std::function<void(World&)> spoil;
  std::optional<Anomaly> by_positions;  // Nothing: this checker cannot know.
  std::optional<Anomaly> by_orders;
};

using enum Anomaly;
constexpr std::nullopt_t kNotSeen = std::nullopt;

const Row kOfPositions[] = {
    {"two writes at one position", [](World& w) { w.at(w.a).position.value -= 1; },
     DuplicatePosition, kNotSeen},
    {"two writes overlap", [](World& w) { w.at(w.b).position.value -= 1; }, DuplicatePosition,
     kNotSeen},
    {"a position that nothing took", [](World& w) { w.move_positions(w.back, 1); }, PhantomPosition,
     kNotSeen},
    {"a position beyond the end", [](World& w) { w.final_totals().position.value += 9; },
     PhantomPosition, kNotSeen},
    {"no room for what was cut off", [](World& w) { w.move_positions(w.back, -1); }, UnplacedWrite,
     kNotSeen},
    {"a read in the middle of a request", [](World& w) { w.at(w.beside_b).position.value -= 1; },
     TornRead, kNotSeen},
    {"time runs backwards", [](World& w) { w.at(w.b).timestamp.ns = w.at(w.a).timestamp.ns - 5; },
     TimestampOrder, kNotSeen},
    {"a write before what had completed", [](World& w) { w.when(w.a, 45, 48); }, TimeTravel,
     DirtyWriteInTime},
    {"a read of the future", [](World& w) { w.when(w.balances, 21, 25); }, TimeTravel,
     CircularInformationInTime},
    {"a stale read",
     [](World& w) {
       w.when(w.beside_b, 45, 49);
       w.at(w.beside_b).position.value = 4;
       w.at(w.beside_b).accounts[0].debits_posted = 0;
       w.at(w.beside_b).accounts[1].credits_posted = 0;
     },
     StaleRead, ReadSkewInTime},
    {"a session misses its own write", [](World& w) { w.at(w.list_2).position.value = 4; },
     ReadYourWrites, kNotSeen},
    {"a session goes back in time", [](World& w) { w.at(w.totals).position.value -= 2; },
     NonMonotonicReads, kNotSeen},
    {"a session's writes change places",
     [](World& w) {
       w.call(w.a).session = w.call(w.b).session;
       w.when(w.a, 35, 60);
     },
     NonMonotonicWrites, kNotSeen},
};

const Row kOfAnswers[] = {
    {"more paid out than there is", [](World& w) { w.at(w.too_much).exceptions.clear(); },
     WrongOutcome, LostUpdate},
    {"what was created is called refused",
     [](World& w) {
       const u32 outcome = static_cast<u32>(TransferOutcome::ExceedsCredits);
       w.at(w.a).exceptions.push_back({w.at(w.a).timestamp.ns, 0, outcome});
     },
     WrongOutcome, RefusedEffect},
    {"what is new is said to exist",
     [](World& w) {
       const u32 outcome = static_cast<u32>(TransferOutcome::Exists);
       w.at(w.back).exceptions.push_back({w.at(w.back).timestamp.ns, 0, outcome});
     },
     WrongOutcome, RefusedEffect},
    {"a balance too high", [](World& w) { w.at(w.balances).accounts[0].credits_posted += 1; },
     WrongBalance, WrongBalance},
    {"a lost update of a balance", [](World& w) { w.at(w.held).accounts[1].credits_posted -= 30; },
     WrongBalance, WrongBalance},
    {"a retry booked twice", [](World& w) { w.final_accounts().accounts[0].credits_posted += 5; },
     WrongBalance, WrongBalance},
    {"a wrong balance in a reply",
     [](World& w) { w.at(w.back).balances[0].debit_account_debits_posted += 1; }, WrongBalance,
     WrongBalance},
    {"a hold that expires early", [](World& w) { w.at(w.held).accounts[0].debits_pending = 0; },
     WrongBalance, kNotSeen},
    {"a hold that never expires", [](World& w) { w.at(w.expired).accounts[0].debits_pending = 20; },
     WrongBalance, kNotSeen},
    {"money from nothing", [](World& w) { w.at(w.totals).totals[0].credits_posted.add(1); },
     WrongTotals, WrongTotals},
    {"a confirmed transfer is gone",
     [](World& w) {
       w.at(w.lookup).transfers[0] = {};
       w.at(w.lookup).transfer_statuses[0] = {};
     },
     LostWrite, ReadSkew},
    {"what was cut off comes and goes",
     [](World& w) {
       w.at(w.lookup).transfers[1] = {};
       w.at(w.lookup).transfer_statuses[1] = {};
     },
     LostWrite, ReadSkewInTime},
    {"what was cut off and is not there was seen",
     [](World& w) { w.at(w.lookup).transfers[2] = plain_transfer(16, 3, 1, 6); }, RefusedEffect,
     AbortedRead},
    {"an effect of what was refused",
     [](World& w) { w.at(w.lookup).transfers[3] = plain_transfer(17, 3, 1, 7); }, RefusedEffect,
     AbortedRead},
    {"a transfer with another amount", [](World& w) { w.at(w.lookup).transfers[0].amount += 1; },
     WrongTransfer, kNotSeen},
    {"a listing has what nobody asked for", [](World& w) { w.at(w.list_1).transfers[0].id = 999; },
     PhantomEffect, PhantomEffect},
    {"a listing has what was refused", [](World& w) { w.at(w.list_1).transfers[0].id = 17; },
     RefusedEffect, AbortedRead},
    {"a listing has a transfer twice",
     [](World& w) { w.at(w.list_1).transfers[1] = w.at(w.list_1).transfers[0]; }, DuplicateEffect,
     IncompatibleOrder},
    {"a listing leaves the oldest out",
     [](World& w) {
       w.at(w.list_1).transfers.pop_back();
       w.at(w.list_1).transfer_statuses.pop_back();
     },
     LostWrite, kNotSeen},
    {"a listing in another order",
     [](World& w) { std::swap(w.at(w.list_1).transfers[0], w.at(w.list_1).transfers[1]); },
     WrongPage, IncompatibleOrder},
    {"a change of an account that nobody asked for",
     [](World& w) { w.final_changes().changes.emplace_back(); }, WrongPage, kNotSeen},
    {"an account that is not there",
     [](World& w) {
       w.at(w.create).exceptions.push_back({1, 0, 19});
     },
     WrongOutcome, kNotSeen},
};

const Row kOfOrders[] = {
    {"an order that the balances never had",
     [](World& w) {
       auto& list = w.final_list().transfers;  // 11, 12, 13, 15, 18, 19
       std::swap(list[2], list[4]);
       w.at(w.list_2).transfers.clear();
       w.at(w.list_1).transfers.clear();
       w.at(w.back).balances.clear();
     },
     kNotSeen, WrongBalance},
    {"writes overtake each other (G0)",
     [](World& w) {
       auto& list = w.final_list().transfers;
       std::swap(list[2], list[4]);
       for (const usize read : {w.list_1, w.list_2, w.balances, w.beside_b, w.held, w.expired}) {
         w.call(read).end = CallEnd::NotDone;
       }
       w.at(w.back).balances.clear();
     },
     kNotSeen, DirtyWrite},
    {"a read shows what was refused (G1a)", [](World& w) { w.at(w.list_2).transfers[0].id = 14; },
     kNotSeen, AbortedRead},
    {"a read shows half of a request (G1b)",
     [](World& w) { w.at(w.list_2).transfers.erase(w.at(w.list_2).transfers.begin()); }, kNotSeen,
     IntermediateRead},
    {"a read shows one side of a request (G-single)",
     [](World& w) { w.at(w.beside_b).accounts[0].debits_posted = 0; }, WrongBalance, ReadSkew},
    {"a read misses what was there (G-single in time)",
     [](World& w) {
       w.at(w.list_2).transfers.clear();
       w.at(w.list_2).transfer_statuses.clear();
     },
     LostWrite, ReadSkewInTime},
    {"a write overtakes in time (G0 in time)",
     [](World& w) {
       w.call(w.back).session = 7;
       w.when(w.back, 3, 5);
     },
     TimeTravel, DirtyWriteInTime},
    {"a confirmed transfer is missing at the end",
     [](World& w) { w.final_list().transfers.erase(w.final_list().transfers.begin() + 2); },
     LostWrite, LostUpdate},
    {"there is at the end what nobody asked for",
     [](World& w) { w.list_at_the_end(plain_transfer(999, 3, 1, 1)); }, PhantomEffect,
     PhantomEffect},
    {"there is at the end what was refused",
     [](World& w) { w.list_at_the_end(plain_transfer(17, 3, 1, 7)); }, RefusedEffect,
     RefusedEffect},
    {"there is something twice at the end", [](World& w) { w.list_at_the_end(w.listed(11)); },
     DuplicateEffect, DuplicateEffect},
};

void expect(const std::vector<Violation>& found, Anomaly anomaly) {
  ASSERT_FALSE(found.empty()) << "not found: " << name(anomaly);
  EXPECT_EQ(name(found[0].anomaly), name(anomaly)) << text(found);
}

void expect_rejected(std::span<const Row> rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    World world;
    row.spoil(world);
    if (row.by_positions) expect(check_by_positions(world.history), *row.by_positions);
    if (row.by_orders) expect(check_by_orders(world.history), *row.by_orders);
  }
}

TEST(BadHistory, is_good_before_it_is_spoilt) {
  const World world;
  EXPECT_EQ(text(check_by_positions(world.history)), "");
  EXPECT_EQ(text(check_by_orders(world.history)), "");
}

TEST(BadHistory, with_wrong_positions_is_rejected) { expect_rejected(kOfPositions); }

TEST(BadHistory, with_wrong_answers_is_rejected) { expect_rejected(kOfAnswers); }

TEST(BadHistory, in_which_reads_contradict_each_other_is_rejected) { expect_rejected(kOfOrders); }

// Two writes that have nothing in common, and two reads that each saw one of them: every read by
// itself is possible, and so is any two of the four calls.
TEST(BadHistory, with_a_long_fork_is_write_skew) {
  HistoryMaker maker;
  const ledger::Account accounts[] = {plain_account(1), plain_account(2), plain_account(3),
                                      plain_account(4)};
  maker.answer(OwnedRequest::create_accounts(accounts), {0, 1, 2});
  const usize first = maker.answer(accounts_of({3, 4}), {1, 10, 90});
  maker.answer(transfers({plain_transfer(11, 1, 3, 100)}), {2, 10, 90});
  maker.answer(transfers({plain_transfer(12, 2, 4, 100)}), {3, 10, 90});
  const usize second = maker.answer(accounts_of({3, 4}), {4, 10, 90});
  History history = maker.finish({1, 2, 3, 4});
  ASSERT_EQ(text(check_by_orders(history)), "");
  history.calls[first].asked.request().accounts[0].credits_posted = 100;
  history.calls[second].asked.request().accounts[0].credits_posted = 0;
  expect(check_by_orders(history), WriteSkew);
  expect(check_by_positions(history), WrongBalance);
}

// The same id created by two calls: exactly once, or the ledger lies.
TEST(BadHistory, in_which_an_id_is_created_twice_is_rejected) {
  HistoryMaker maker;
  const ledger::Account accounts[] = {plain_account(1), plain_account(2)};
  maker.answer(OwnedRequest::create_accounts(accounts), {0, 1, 2});
  maker.answer(transfers({plain_transfer(11, 1, 2, 100)}), {1, 10, 20});
  const usize again = maker.answer(transfers({plain_transfer(11, 1, 2, 100)}), {2, 30, 40});
  History history = maker.finish({1, 2});
  ASSERT_EQ(text(check_by_orders(history)), "");
  history.calls[again].asked.request().exceptions.clear();
  expect(check_by_orders(history), DuplicateEffect);
  expect(check_by_positions(history), WrongOutcome);
}

// Any answer of a random history, changed in one place, is found out by the first checker.
TEST(BadHistory, is_rejected_wherever_one_number_of_it_is_changed) {
  MadeOptions options;
  options.calls = 400;
  u32 changed = 0;
  for (u64 seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    options.seed = seed;
    History history = make_history(options);
    Random random(seed);
    Call& call = history.calls[random.below(history.calls.size())];
    Request& request = call.asked.request();
    if (call.end != CallEnd::Answered) continue;
    if (!request.accounts.empty() && request.accounts[0].id != 0) {
      request.accounts[0].debits_pending += 1;
    } else if (!request.transfers.empty() && request.transfers[0].id != 0) {
      request.transfer_statuses[0].remaining += 1;
    } else if (!request.exceptions.empty()) {
      request.exceptions[0].outcome += 1;
    } else {
      request.position.value += 1;
    }
    ++changed;
    EXPECT_FALSE(check_by_positions(history).empty()) << describe(call);
  }
  EXPECT_GT(changed, 40u);
}

}  // namespace
}  // namespace florin::test
