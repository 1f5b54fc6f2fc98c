// Each transfer has a generator of its own, seeded from its stream and number.
#include "cli/load_plan.h"

#include "base/check.h"
#include "base/random.h"

namespace florin::cli {

namespace {

constexpr u32 kLedgers = 2;
constexpr u64 kFirstAccountId = 1001;
constexpr u64 kMissingAccountId = 999;
constexpr u64 kStreamTag = 0xf1;  // The upper half of ids, above the stream's number.

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

ledger::Transfer LoadPlan::make_transfer(u32 stream, u64 number) const {
  Random random(seed_ ^ (u64{stream} << 48) ^ (number * 0x9e3779b97f4a7c15));
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
  transfer.user_data_128 = random.next_u128();
  transfer.user_data_64 = number;
  transfer.user_data_32 = stream;
  if (random.chance(1, 100)) transfer.credit_account_id = kMissingAccountId;
  if (random.chance(1, 20)) transfer.flags = ledger::transfer_flags::kLinked;
  return transfer;
}

void LoadPlan::make_request(const PlannedRequest& request,
                            std::vector<ledger::Transfer>& events) const {
  events.clear();
  for (u32 i = 0; i < request.count; ++i) {
    events.push_back(make_transfer(request.stream, request.first + i));
  }
  // A chain needs a member after the linked one, and the first event stands alone.
  events.front().flags = 0;
  events.back().flags = 0;
}

bool in_chain(const std::vector<ledger::Transfer>& events, usize index) {
  const auto linked = [&](usize i) {
    return (events[i].flags & ledger::transfer_flags::kLinked) != 0;
  };
  return linked(index) || (index > 0 && linked(index - 1));
}

}  // namespace florin::cli
