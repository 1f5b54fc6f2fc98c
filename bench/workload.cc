// Drawing of transfers.
#include "bench/workload.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::bench {
namespace {

constexpr u64 kLargestAmount = 1000;  // Amounts go round from 1 to this.
constexpr u16 kCode = 1;
constexpr u64 kMixedLimitedStep = 10;
constexpr u32 kChainMax = 4;
constexpr u32 kHoldTimeout = 24 * 60 * 60;  // Seconds: longer than any run.
constexpr std::string_view kReason = "limits of a benchmark";

u64 amount_of(u64 index) { return 1 + index % kLargestAmount; }

// One hold in eight has a deadline.
u32 timeout_of(u64 index) { return index % 16 < 2 ? kHoldTimeout : 0; }

u64 limited_step(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::Plain:
    case WorkloadKind::Holds:
    case WorkloadKind::Chains: return 0;
    case WorkloadKind::Limits: return 1;
    case WorkloadKind::Mixed: return kMixedLimitedStep;
  }
  return 0;
}

// The finalizer of splitmix64: a bijection, so that distinct numbers stay distinct.
u64 scatter(u64 value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

// Maps 32 random bits to [0, bound), for a bound below 2^32.
u64 scale(u64 bits, u64 bound) { return (bits * bound) >> 32; }

}  // namespace

std::string_view name(Distribution distribution) {
  switch (distribution) {
    case Distribution::Uniform: return "uniform";
    case Distribution::Zipf: return "zipf";
    case Distribution::Hot: return "hot";
  }
  return "unknown";
}

std::string_view name(IdOrder order) {
  switch (order) {
    case IdOrder::Sequential: return "sequential";
    case IdOrder::Random: return "random";
  }
  return "unknown";
}

u64 limited_accounts(const WorkloadOptions& options) {
  const u64 step = limited_step(options.kind);
  return step == 0 ? 0 : (options.accounts + step - 1) / step;
}

Status check_workload(const WorkloadOptions& options, const SendPlan& send) {
  if (options.kind == WorkloadKind::Chains && send.batch < kChainMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the workload chains needs a batch of at least {}, as a chain cannot "
                            "go on in another request; the batch is {}",
                            kChainMax, send.batch));
  }
  const u64 step = limited_step(options.kind);
  if (limited_accounts(options) > kLimitedAccountsMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the workload {} takes {} accounts at most, as limits need memory; {} "
                            "were asked for",
                            name(options.kind), kLimitedAccountsMax * step, options.accounts));
  }
  return {};
}

// The upper halves of the ids come from the seed, so that runs with different seeds against one
// server do not meet. The lower bit set keeps them from zero, the upper bit clear from 2^64 - 1.
Workload::Workload(const WorkloadOptions& options, const SendPlan& send)
    : options_(options),
      plan_(options.kind, send),
      transfers_(send.transfers),
      random_(options.seed) {
  CHECK(options.accounts >= 2 && options.accounts < (u64{1} << 32));
  CHECK(check_workload(options, send).has_value());
  account_id_high_ = (random_.next() >> 1) | 1;
  transfer_id_high_ = (random_.next() >> 1) | 1;
  if (options.distribution == Distribution::Zipf) {
    zipf_.emplace(options.accounts, options.zipf_theta);
  }
}

ledger::Account Workload::account(u64 index) const {
  CHECK(index < options_.accounts);
  ledger::Account account{};
  account.id = account_id(index);
  account.ledger = options_.ledger;
  account.code = kCode;
  const u64 step = limited_account_step();
  if (step > 0 && index % step == 0) {
    account.flags = ledger::account_flags::kDebitsMustNotExceedCredits;
  }
  return account;
}

u64 Workload::limited_account_step() const { return limited_step(options_.kind); }

// The window is the longest, so that all of a run lies within it and its use can be verified.
ledger::AccountUpdate Workload::limits(u64 index) const {
  namespace changes = ledger::account_changes;
  const u64 total = transfers_ * kLargestAmount;
  ledger::AccountUpdate update{};
  update.id = account_id(index);  // Updates have ids of their own.
  update.account_id = account_id(index);
  update.changes =
      changes::kSetOverdraftLimit | changes::kSetTransferLimit | changes::kSetVelocityLimit;
  update.overdraft_limit = total;
  update.transfer_limit = kLargestAmount;
  update.velocity_sum_limit = total;
  update.velocity_count_limit = static_cast<u32>(std::min<u64>(transfers_, ~u32{0} - 1));
  update.velocity_window = ledger::kVelocityWindowMax;
  update.reason_length = static_cast<u16>(kReason.size());
  std::memcpy(update.reason, kReason.data(), kReason.size());
  return update;
}

// Random ids: the upper half is a bijection of the index, so that no id comes twice; the lower half
// is never zero nor all ones.
u128 Workload::transfer_id(u64 index) const {
  if (options_.id_order == IdOrder::Sequential) {
    return make_u128(transfer_id_high_, index + 1);
  }
  const u64 high = scatter(index + transfer_id_high_);
  return make_u128(high, (scatter(high + account_id_high_) >> 1) | 1);
}

void Workload::next(ledger::Transfer& transfer) {
  transfer = ledger::Transfer{};
  transfer.id = transfer_id(drawn_);
  // Most runs are of these, and the generator must cost little beside what it measures.
  if (plan_.kind() == WorkloadKind::Plain) {
    fill_moving(0, transfer);
  } else {
    fill(plan_.at(drawn_), transfer);
  }
  ++drawn_;
}

void Workload::fill(const PlannedTransfer& planned, ledger::Transfer& transfer) {
  namespace flags = ledger::transfer_flags;
  switch (planned.step) {
    case Step::Post: return fill_resolving(planned.hold, flags::kPostPendingTransfer, transfer);
    case Step::Void: return fill_resolving(planned.hold, flags::kVoidPendingTransfer, transfer);
    case Step::Capture:
      fill_resolving(planned.hold, flags::kPostPendingTransfer | flags::kCapturePartial, transfer);
      transfer.amount = amount_of(planned.hold) / 2;
      return;
    case Step::Plain: return fill_moving(0, transfer);
    case Step::Linked: return fill_moving(flags::kLinked, transfer);
    case Step::Hold:
      fill_moving(flags::kPending, transfer);
      transfer.timeout = timeout_of(drawn_);
      return;
    case Step::Balancing: return fill_balancing(transfer);
  }
}

void Workload::fill_moving(u16 flags, ledger::Transfer& transfer) {
  const Pair pair = pick_accounts();
  transfer.debit_account_id = account_id(pair.debit);
  transfer.credit_account_id = account_id(pair.credit);
  transfer.amount = amount_of(drawn_);
  transfer.ledger = options_.ledger;
  transfer.code = kCode;
  transfer.flags = flags;
}

void Workload::fill_resolving(u64 hold, u16 flags, ledger::Transfer& transfer) const {
  transfer.pending_id = transfer_id(hold);
  transfer.amount =
      (flags & ledger::transfer_flags::kVoidPendingTransfer) != 0 ? 0 : ledger::kAmountMax;
  transfer.flags = flags;
}

// What it moves must not depend on the order, so it debits an account whose overdraft limit leaves
// room for all of it: the nearest one below that has limits, unless that one is credited.
void Workload::fill_balancing(ledger::Transfer& transfer) {
  fill_moving(0, transfer);
  const u64 debit = account_index(transfer.debit_account_id);
  const u64 limited = debit - debit % limited_account_step();
  if (account_id(limited) == transfer.credit_account_id) return;
  transfer.debit_account_id = account_id(limited);
  transfer.flags = ledger::transfer_flags::kBalancingDebit;
}

Workload::Pair Workload::pick_accounts() {
  switch (options_.distribution) {
    case Distribution::Uniform: return pick_uniform();
    case Distribution::Zipf: return pick_zipf();
    case Distribution::Hot: return pick_hot();
  }
  return pick_uniform();
}

// One draw gives both accounts: the load generator must cost little beside the server it measures.
Workload::Pair Workload::pick_uniform() {
  const u64 bits = random_.next();
  const u64 debit = scale(bits >> 32, options_.accounts);
  const u64 other = scale(bits & 0xffff'ffff, options_.accounts - 1);
  return {debit, other + (other >= debit ? 1 : 0)};
}

// Draws the second account until it differs, but not for ever when nearly all weight is on one.
Workload::Pair Workload::pick_zipf() {
  constexpr u32 kTries = 8;
  const u64 debit = zipf_->draw(random_);
  for (u32 attempt = 0; attempt < kTries; ++attempt) {
    if (const u64 credit = zipf_->draw(random_); credit != debit) {
      return {debit, credit};
    }
  }
  return {debit, (debit + 1) % options_.accounts};
}

Workload::Pair Workload::pick_hot() {
  const u64 bits = random_.next();
  const u64 other = 1 + scale(bits >> 32, options_.accounts - 1);
  return (bits & 1) != 0 ? Pair{0, other} : Pair{other, 0};
}

}  // namespace florin::bench
