// Each transfer has a generator of its own, seeded from its stream and number.
#include "cli/load_plan.h"

#include <string_view>

#include "base/check.h"

namespace florin::cli {

namespace flags = ledger::transfer_flags;

namespace {

constexpr u32 kLedgers = 2;
constexpr u64 kFirstAccountId = 1001;
constexpr u64 kMissingAccountId = 999;
constexpr u64 kStreamTag = 0xf1;  // The upper half of ids, above the stream's number.
constexpr u64 kUpdateTag = 0xf2;

bool is_limited(usize account_index) { return account_index / kLedgers % 4 == 3; }

}  // namespace

LoadPlan::LoadPlan(u64 seed, u32 account_count) : seed_(seed) {
  CHECK(account_count >= 4 * kLedgers);
  for (u32 i = 0; i < account_count; ++i) {
    ledger::Account account{};
    account.id = kFirstAccountId + i;
    account.ledger = 1 + i % kLedgers;
    account.code = is_limited(i) ? 20 : 10;
    account.flags = is_limited(i) ? ledger::account_flags::kDebitsMustNotExceedCredits : 0;
    account.user_data_64 = seed + i;
    accounts_.push_back(account);
  }
}

u128 LoadPlan::transfer_id(u32 stream, u64 number) {
  return make_u128((kStreamTag << 32) | stream, number + 1);
}

usize LoadPlan::account_index(u128 account_id) {
  return static_cast<usize>(account_id - kFirstAccountId);
}

u128 LoadPlan::update_id(u32 stream, u64 number) {
  return make_u128((kUpdateTag << 32) | stream, number + 1);
}

Random LoadPlan::random_of(u32 stream, u64 number) const {
  return Random(seed_ ^ (u64{stream} << 48) ^ (number * 0x9e3779b97f4a7c15));
}

ledger::Transfer LoadPlan::make_plain(u32 stream, u64 number, Random& random) const {
  const u64 ledger = random.below(kLedgers);
  const u64 per_ledger = accounts_.size() / kLedgers;
  const u64 debit = random.below(per_ledger);
  const u64 credit = (debit + random.between(1, per_ledger - 1)) % per_ledger;
  const usize debit_index = debit * kLedgers + ledger;

  ledger::Transfer transfer{};
  transfer.id = transfer_id(stream, number);
  transfer.debit_account_id = accounts_[debit_index].id;
  transfer.credit_account_id = accounts_[credit * kLedgers + ledger].id;
  transfer.amount = random.between(1, is_limited(debit_index) ? 3000 : 1000);
  transfer.ledger = static_cast<u32>(1 + ledger);
  transfer.code = static_cast<u16>(random.between(1, 7));
  transfer.user_data_128 = random.next_u128() | 1;
  transfer.user_data_64 = number + 1;
  transfer.user_data_32 = stream + 1;
  if (random.chance(1, 100)) transfer.credit_account_id = kMissingAccountId;
  return transfer;
}

// In each round: a hold, a capture of a part of it, what ends it, and a reversal. Each draws
// whether it is that or a plain transfer.
ledger::Transfer LoadPlan::make_transfer(u32 stream, u64 number) const {
  Random random = random_of(stream, number);
  ledger::Transfer transfer = make_plain(stream, number, random);
  const bool linked = random.chance(1, 20);
  if (is_hold(number)) {
    transfer.flags = flags::kPending;
    if (random.chance(1, 4)) transfer.timeout = static_cast<u32>(random.between(1, 2));
  } else if (number % kRound == 4 && random.chance(1, 2)) {
    transfer = make_resolution(transfer, number - 2, random);
  } else if (number % kRound == 6 && random.chance(9, 10)) {
    transfer = make_resolution(transfer, number - 4, random);
  } else if (number % kRound == 7 && random.chance(1, 3)) {
    transfer = make_reversal(transfer, number - 2);
  }
  if (linked) transfer.flags |= flags::kLinked;
  return transfer;
}

ledger::Transfer LoadPlan::make_resolution(ledger::Transfer event, u64 hold_number,
                                           Random& random) const {
  const u32 stream = transfer_stream(event.id);
  Random hold_random = random_of(stream, hold_number);
  const ledger::Transfer hold = make_plain(stream, hold_number, hold_random);
  event.pending_id = hold.id;
  event.debit_account_id = hold.debit_account_id;
  event.credit_account_id = hold.credit_account_id;
  event.ledger = hold.ledger;
  event.code = hold.code;
  if (event.user_data_64 % kRound == 5) {
    event.flags = flags::kPostPendingTransfer | flags::kCapturePartial;
    event.amount = hold.amount / 3;
  } else if (random.chance(1, 3)) {
    event.flags = flags::kVoidPendingTransfer;
    event.amount = hold.amount;
  } else {
    event.flags = flags::kPostPendingTransfer;
    event.amount = random.chance(1, 2) ? ledger::kAmountMax : hold.amount / 2;
  }
  if (random.chance(1, 2)) {  // The ledger fills these in.
    event.debit_account_id = event.credit_account_id = 0;
    event.ledger = event.code = 0;
    event.user_data_128 = 0;
  }
  return event;
}

ledger::Transfer LoadPlan::make_reversal(ledger::Transfer event, u64 original_number) const {
  const u32 stream = transfer_stream(event.id);
  Random random = random_of(stream, original_number);
  const ledger::Transfer original = make_plain(stream, original_number, random);
  event.flags = flags::kReversal;
  event.pending_id = original.id;
  event.debit_account_id = original.credit_account_id;
  event.credit_account_id = original.debit_account_id;
  event.ledger = original.ledger;
  event.amount = original.amount;
  return event;
}

ledger::Transfer LoadPlan::stored_form(const ledger::Transfer& sent) const {
  if ((sent.flags & flags::kResolves) == 0) return sent;
  const u32 stream = transfer_stream(sent.pending_id);
  const u64 number = transfer_number(sent.pending_id);
  Random random = random_of(stream, number);
  const ledger::Transfer hold = make_plain(stream, number, random);
  ledger::Transfer stored = sent;
  stored.debit_account_id = hold.debit_account_id;
  stored.credit_account_id = hold.credit_account_id;
  stored.ledger = hold.ledger;
  stored.code = hold.code;
  if (stored.user_data_128 == 0) stored.user_data_128 = hold.user_data_128;
  return stored;
}

ledger::AccountUpdate LoadPlan::make_update(u32 stream, u64 number) const {
  namespace changes = ledger::account_changes;
  Random random = random_of(stream, ~number);
  ledger::AccountUpdate update{};
  update.id = update_id(stream, number);
  update.account_id = accounts_[random.below(accounts_.size())].id;
  switch (random.below(8)) {
    case 0: update.changes = changes::kFreezeDebits; break;
    case 1: update.changes = changes::kFreezeCredits; break;
    case 2:
      update.changes = changes::kSetVelocityLimit;
      update.velocity_window = ledger::kVelocityWindowMin;
      update.velocity_sum_limit = random.between(10'000, 1'000'000);
      update.velocity_count_limit = static_cast<u32>(random.between(100, 10'000));
      break;
    case 3:
      update.changes = changes::kSetTransferLimit | changes::kSetBalanceLimit;
      update.transfer_limit = random.between(500, 3000);
      update.balance_limit = random.between(100'000, 10'000'000);
      break;
    case 4:
      update.changes = changes::kSetOverdraftLimit;
      update.overdraft_limit = random.below(low_half(kOverdraftMax) + 1);
      break;
    case 5:
      update.changes = changes::kClearVelocityLimit | changes::kClearTransferLimit |
                       changes::kClearBalanceLimit | changes::kClearOverdraftLimit;
      break;
    default: update.changes = changes::kUnfreezeDebits | changes::kUnfreezeCredits; break;
  }
  if (random.chance(1, 2)) {
    update.changes |= changes::kSetUserData64;
    update.user_data_64 = random.next();
  }
  constexpr std::string_view kReason = "recorded load";
  kReason.copy(update.reason, kReason.size());
  update.reason_length = static_cast<u16>(kReason.size());
  return update;
}

void LoadPlan::make_request(const PlannedRequest& request,
                            std::vector<ledger::Transfer>& events) const {
  events.clear();
  for (u32 i = 0; i < request.count; ++i) {
    events.push_back(make_transfer(request.stream, request.first + i));
  }
  // A chain needs a member after the linked one, and the first event stands alone.
  Random random = random_of(request.stream, request.first);
  events.front() = make_plain(request.stream, request.first, random);
  events.back().flags &= static_cast<u16>(~flags::kLinked);
}

bool in_chain(const std::vector<ledger::Transfer>& events, usize index) {
  const auto linked = [&](usize i) {
    return (events[i].flags & ledger::transfer_flags::kLinked) != 0;
  };
  return linked(index) || (index > 0 && linked(index - 1));
}

}  // namespace florin::cli
