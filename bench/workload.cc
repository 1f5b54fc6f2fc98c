// Drawing of transfers.
#include "bench/workload.h"

#include "base/check.h"

namespace florin::bench {
namespace {

constexpr u64 kAmountMax = 1000;  // Amounts go round from 1 to this.
constexpr u16 kCode = 1;

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

// The upper halves of the ids come from the seed, so that runs with different seeds against one
// server do not meet. The lower bit set keeps them from zero, the upper bit clear from 2^64 - 1.
Workload::Workload(const WorkloadOptions& options) : options_(options), random_(options.seed) {
  CHECK(options.accounts >= 2 && options.accounts < (u64{1} << 32));
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
  return account;
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
  const Pair pair = pick_accounts();
  transfer = ledger::Transfer{};
  transfer.id = transfer_id(drawn_);
  transfer.debit_account_id = account_id(pair.debit);
  transfer.credit_account_id = account_id(pair.credit);
  transfer.amount = 1 + drawn_ % kAmountMax;
  transfer.ledger = options_.ledger;
  transfer.code = kCode;
  ++drawn_;
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
