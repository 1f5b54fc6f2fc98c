// Transfers within a small scope. Accounts and updates stand in small_scope_accounts.cc.
#include "tests/engine/small_scope.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "tests/engine/scope_runner.h"

namespace florin::test {

namespace {

namespace transfer_flags = ledger::transfer_flags;
using Account = SmallWorld::Account;
using Name = SmallWorld::Transfer;

constexpr u128 kMax = kU128Max;
constexpr u64 kIllegalVariantStride = 61;  // Prime, so that all variants have their turn.
constexpr u64 kUndefinedVariantStride = 2521;
constexpr u64 kFlagVariants = u64{12} * 5 * 7 * 2 * 6;

constexpr std::array<u128, 3> kAmounts = {0, 1, kMax};

bool has(u16 flags, u16 wanted) { return (flags & wanted) != 0; }

// An event as a test means it; `make` gives it its ids within a copy of the world.
struct EventPlan {
  u16 flags = 0;  // Without `linked` and `imported`.
  SmallWorld::Sides sides{};
  bool names_previous = false;  // The event before it; otherwise `name`, if the flags name one.
  Name name = Name::Missing;
  u128 amount = 0;
};

ledger::Transfer fresh_event(const SmallWorld& world, u32 index) {
  ledger::Transfer event{};
  event.id = world.event_id(index);
  event.ledger = 1;
  event.code = 1;
  return event;
}

void set_sides(const SmallWorld& world, SmallWorld::Sides sides, ledger::Transfer& event) {
  event.debit_account_id = world.account(sides.debit);
  event.credit_account_id = world.account(sides.credit);
}

// What the event's imports need: the flag, and a time of its own after all that is stored.
void set_imported(const SmallWorld& world, u32 index, ledger::Transfer& event) {
  event.flags |= transfer_flags::kImported;
  event.timestamp = world.prepared_ns() + 1 + index;
}

// The sides of what is being named, by the plans so far.
SmallWorld::Sides named_sides(std::span<const EventPlan> plans, usize index) {
  const EventPlan& plan = plans[index];
  if (!plan.names_previous) return SmallWorld::sides_of(plan.name);
  if (index == 0) return {Account::Bank, Account::Bounded};
  const EventPlan& previous = plans[index - 1];
  if (!has(previous.flags, transfer_flags::kNamesEarlier)) return previous.sides;
  const SmallWorld::Sides sides = named_sides(plans, index - 1);
  if (!has(previous.flags, transfer_flags::kReversal)) return sides;
  return {sides.credit, sides.debit};
}

struct CaseContext {
  bool imported = false;
  u32 linked = 0;  // By index of the event, from bit 0.
};

std::vector<ledger::Transfer> make(const SmallWorld& world, std::span<const EventPlan> plans,
                                   CaseContext context) {
  std::vector<ledger::Transfer> events;
  for (u32 index = 0; index < plans.size(); ++index) {
    const EventPlan& plan = plans[index];
    ledger::Transfer event = fresh_event(world, index);
    event.flags = plan.flags;
    event.amount = plan.amount;
    if (has(plan.flags, transfer_flags::kNamesEarlier)) {
      const u128 previous = index == 0 ? world.transfer(Name::Missing) : world.event_id(index - 1);
      event.pending_id = plan.names_previous ? previous : world.transfer(plan.name);
      const SmallWorld::Sides sides = named_sides(plans, index);
      if (has(plan.flags, transfer_flags::kReversal)) {
        set_sides(world, {sides.credit, sides.debit}, event);
      } else {
        event.ledger = 0;
        event.code = 0;
      }
    } else {
      set_sides(world, plan.sides, event);
    }
    if ((context.linked >> index & 1) != 0) event.flags |= transfer_flags::kLinked;
    if (context.imported) set_imported(world, index, event);
    events.push_back(event);
  }
  return events;
}

constexpr std::array<SmallWorld::Sides, 3> kCircle = {{{Account::Spender, Account::Bounded},
                                                       {Account::Bounded, Account::Cash},
                                                       {Account::Cash, Account::Spender}}};

// Every event on three accounts: each legal combination of flags, amount, pair of accounts or name.
std::vector<EventPlan> all_plans() {
  std::vector<EventPlan> plans;
  const auto add_names = [&](u16 flags, std::array<Name, 2> names) {
    for (const u128 amount : kAmounts) {
      for (const Name name : names) plans.push_back({flags, {}, false, name, amount});
      plans.push_back({flags, {}, true, Name::Missing, amount});
    }
  };
  for (const u16 flags : legal_transfer_flags()) {
    if (has(flags, transfer_flags::kReversal)) {
      add_names(flags, {Name::Plain, Name::Post});
    } else if (has(flags, transfer_flags::kResolves)) {
      add_names(flags, {Name::OpenHold, Name::DueHold});
    } else {
      for (const u128 amount : kAmounts) {
        for (const auto& sides : kCircle) plans.push_back({flags, sides, false, {}, amount});
      }
    }
  }
  return plans;
}

// Takes a number apart, one digit after the other.
class Digits {
 public:
  explicit Digits(u64 number) : rest_(number) {}
  u32 take(u64 base) {
    const auto digit = static_cast<u32>(rest_ % base);
    rest_ /= base;
    return digit;
  }

 private:
  u64 rest_;
};

// What pending_id says: nothing, a prepared transfer, the event itself, or 2^128-1.
constexpr std::array<Name, 9> kNames = {Name::OpenHold,    Name::PartialHold, Name::VoidedHold,
                                        Name::PostedHold,  Name::ExpiredHold, Name::Plain,
                                        Name::PartialPost, Name::Failed,      Name::Missing};

u128 pending_id(const SmallWorld& world, u32 digit) {
  if (digit < kNames.size()) return world.transfer(kNames[digit]);
  if (digit == kNames.size()) return 0;
  return digit == kNames.size() + 1 ? world.event_id(1) : kMax;
}

// Fitting ones, none, others, of another ledger, twice the same.
void set_accounts(const SmallWorld& world, u32 digit, u32 name, ledger::Transfer& event) {
  const Name named = name < kNames.size() ? kNames[name] : Name::OpenHold;
  SmallWorld::Sides fitting = SmallWorld::sides_of(named);
  if (has(event.flags, transfer_flags::kReversal)) std::swap(fitting.debit, fitting.credit);
  switch (digit) {
    case 0: return set_sides(world, fitting, event);
    case 1: return;
    case 2: return set_sides(world, {Account::Cash, Account::Closing}, event);
    case 3: return set_sides(world, {Account::Bank, Account::Foreign}, event);
    default: return set_sides(world, {Account::Bank, Account::Bank}, event);
  }
}

// A request with one transfer of the flags, in a variant of all else. Before it stands one that is
// refused, and makes the request imported or not; a linked one is followed by one that succeeds.
std::vector<ledger::Transfer> flag_variant(const SmallWorld& world, u16 flags, u64 variant) {
  Digits digits(variant);
  ledger::Transfer first = fresh_event(world, 0);
  first.id = 0;
  ledger::Transfer event = fresh_event(world, 1);
  event.flags = flags;
  const u32 name = digits.take(kNames.size() + 3);
  event.pending_id = pending_id(world, name);
  set_accounts(world, digits.take(5), name, event);
  const std::array<u128, 7> amounts = {0, 1, 2, 3, 4, 5, kMax};
  event.amount = amounts[digits.take(amounts.size())];
  event.timeout = digits.take(2);
  const bool imported = digits.take(2) != 0;
  const std::array<u64, 3> timestamps = {0, world.prepared_ns() + 1, world.due_ns()};
  event.timestamp = timestamps[digits.take(timestamps.size())];
  ledger::Transfer last = fresh_event(world, 2);
  set_sides(world, {Account::Bank, Account::Spender}, last);
  if (imported) {
    set_imported(world, 0, first);
    set_imported(world, 2, last);
  }
  if (!has(flags, transfer_flags::kLinked)) return {first, event};
  return {first, event, last};
}

u64 variant_stride(u16 flags, const std::set<u16>& legal) {
  if (has(flags, static_cast<u16>(~transfer_flags::kDefined))) return kUndefinedVariantStride;
  constexpr u16 kAnywhere = transfer_flags::kLinked | transfer_flags::kImported;
  return legal.contains(flags & static_cast<u16>(~kAnywhere)) ? 1 : kIllegalVariantStride;
}

}  // namespace

// As docs/ledger.md tells it under "Transfers with flags".
std::vector<u16> legal_transfer_flags() {
  using namespace transfer_flags;
  std::vector<u16> legal = {kPostPendingTransfer, kPostPendingTransfer | kCapturePartial,
                            kVoidPendingTransfer, kReversal};
  for (u16 balancing = 0; balancing < 4; ++balancing) {
    const auto balances = static_cast<u16>((balancing & 1 ? kBalancingDebit : 0) |
                                           (balancing & 2 ? kBalancingCredit : 0));
    legal.push_back(balances);
    for (u16 closing = 0; closing < 4; ++closing) {
      legal.push_back(static_cast<u16>(kPending | balances | (closing & 1 ? kClosingDebit : 0) |
                                       (closing & 2 ? kClosingCredit : 0)));
    }
  }
  return legal;
}

ScopeReport run_every_transfer_flag(const ScopeOptions& options) {
  const std::vector<u16> list = legal_transfer_flags();
  const std::set<u16> legal(list.begin(), list.end());
  ScopeRunner runner(options);
  u64 number = 0;
  for (u32 flags = 0; flags < 0x10000; ++flags) {
    const u64 step = variant_stride(static_cast<u16>(flags), legal);
    // Another first variant for each, so that all have their turn.
    for (u64 variant = flags % step; variant < kFlagVariants; variant += step) {
      if (number++ % options.stride != 0) continue;
      runner.run(
          [&](const SmallWorld& world) {
            return flag_variant(world, static_cast<u16>(flags), variant);
          },
          {}, 1);
      if (runner.failed()) return runner.finish();
    }
  }
  return runner.finish();
}

namespace {

// Bounds on what is left of the debited or credited account: met exactly, or missed by one.
std::vector<ledger::Condition> bounds_near(u32 digit) {
  if (digit == 0) return {};
  ledger::Condition condition;
  condition.side = static_cast<u16>(digit % 2 == 0 ? ledger::Condition::Side::Debit
                                                   : ledger::Condition::Side::Credit);
  condition.bounds = digit < 7 ? ledger::Condition::kAtLeast : ledger::Condition::kAtMost;
  const u128 bound = u128{digit / 2 % 3} - 1;  // -1, 0, 1
  (digit < 7 ? condition.minimum : condition.maximum) = bound;
  return {condition};
}

constexpr u32 kBoundsNear = 13;

}  // namespace

ScopeReport run_every_event(const ScopeOptions& options) {
  std::vector<EventPlan> plans;
  for (const u16 flags : legal_transfer_flags()) {
    for (const u128 amount : {u128{0}, u128{1}, u128{2}, u128{3}, kMax}) {
      if (has(flags, transfer_flags::kNamesEarlier)) {
        for (u32 name = 0; name <= static_cast<u32>(Name::Missing); ++name) {
          plans.push_back({flags, {}, false, static_cast<Name>(name), amount});
        }
        continue;
      }
      for (u32 pair = 0; pair < 49; ++pair) {
        const SmallWorld::Sides sides{static_cast<Account>(pair / 7),
                                      static_cast<Account>(pair % 7)};
        plans.push_back({flags, sides, false, {}, amount});
      }
    }
  }
  ScopeRunner runner(options);
  const u64 all = u64{plans.size()} * kBoundsNear * 2;
  for (u64 number = 0; number < all && !runner.failed(); number += options.stride) {
    Digits digits(number);
    const CaseContext context{digits.take(2) != 0, 0};
    const u32 bounds = digits.take(kBoundsNear);
    const EventPlan& plan = plans[digits.take(plans.size())];
    runner.run(
        [&](const SmallWorld& world) {
          return make(world, {&plan, 1}, context);
        },
        bounds_near(bounds), number % 3);
  }
  return runner.finish();
}

ScopeReport run_every_pair(const ScopeOptions& options) {
  const std::vector<EventPlan> plans = all_plans();
  ScopeRunner runner(options);
  const u64 all = u64{plans.size()} * plans.size() * 4 * 2;
  for (u64 number = 0; number < all && !runner.failed(); number += options.stride) {
    Digits digits(number);
    CaseContext context;
    context.imported = digits.take(2) != 0;
    context.linked = digits.take(4);
    const std::array<EventPlan, 2> pair = {plans[digits.take(plans.size())],
                                           plans[digits.take(plans.size())]};
    runner.run([&](const SmallWorld& world) { return make(world, pair, context); }, {}, 1);
  }
  return runner.finish();
}

ScopeReport run_every_triple(const ScopeOptions& options) {
  const std::vector<u16> flags = legal_transfer_flags();
  std::vector<std::vector<EventPlan>> plans(flags.size());
  for (const EventPlan& plan : all_plans()) {
    const auto place = std::find(flags.begin(), flags.end(), plan.flags) - flags.begin();
    plans[static_cast<usize>(place)].push_back(plan);
  }
  ScopeRunner runner(options);
  const u64 all = u64{flags.size()} * flags.size() * flags.size() * 8 * 2 * options.rounds;
  for (u64 number = 0; number < all && !runner.failed(); number += options.stride) {
    Digits digits(number);
    Random random(number);
    CaseContext context;
    context.imported = digits.take(2) != 0;
    context.linked = digits.take(8);
    std::array<EventPlan, 3> triple;
    for (EventPlan& plan : triple) {
      const std::vector<EventPlan>& choices = plans[digits.take(flags.size())];
      plan = choices[random.below(choices.size())];
    }
    runner.run([&](const SmallWorld& world) { return make(world, triple, context); }, {}, 1);
  }
  return runner.finish();
}

}  // namespace florin::test
