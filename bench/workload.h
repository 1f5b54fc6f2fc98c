// The accounts and transfers that the benchmark sends: a sequence that its options and seed
// determine, so that the expected balances can be worked out afterwards by drawing it again.
#pragma once

#include <optional>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "bench/transfer_plan.h"
#include "bench/workload_zipf.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/transfer.h"

namespace florin::bench {

enum class Distribution : u8 {
  Uniform,  // Both accounts of a transfer are any.
  Zipf,     // Both are drawn by Zipf's law: few accounts take part in most transfers.
  Hot,      // One account takes part in every transfer, on either side; the other is any.
};

enum class IdOrder : u8 {
  Sequential,  // Transfer ids grow by one.
  Random,      // Transfer ids are scattered over all 128 bits.
};

std::string_view name(Distribution distribution);
std::string_view name(IdOrder order);

struct WorkloadOptions {
  WorkloadKind kind = WorkloadKind::Plain;
  u64 accounts = 10'000;  // From 2 to 2^32 - 1.
  Distribution distribution = Distribution::Uniform;
  double zipf_theta = 0.99;
  IdOrder id_order = IdOrder::Sequential;
  u32 ledger = 1;
  u64 seed = 1;
};

// Accounts that have limits cost a server some 2 KB each; a workload has this many at most.
inline constexpr u64 kLimitedAccountsMax = 1'000'000;

// How many accounts of the workload have limits, each set by one update.
u64 limited_accounts(const WorkloadOptions& options);

// Whether there is such a workload; the error says which option does not fit which.
Status check_workload(const WorkloadOptions& options, const SendPlan& send);

// One sequence of transfers. A server that has the accounts with their limits answers `created` to
// all of them, in any order that keeps what `plan().must_be_answered` asks. A copy goes on from
// where the original stands, on its own.
class Workload {
 public:
  // `send` says how long the sequence is and how it is cut into requests. The options must be such
  // that check_workload finds nothing.
  explicit Workload(const WorkloadOptions& options, const SendPlan& send = {});

  // The account numbered `index`, as it is sent for creation.
  ledger::Account account(u64 index) const;
  // Every so many accounts, from the first on, have limits; 0 = none has. All accounts of the
  // workload `limits` do, every tenth of `mixed`, and none of the others.
  u64 limited_account_step() const;
  // The update that sets the limits of such an account, to be made before any transfer. They are
  // such that nothing is refused, and yet each has to be worked out.
  ledger::AccountUpdate limits(u64 index) const;
  u128 account_id(u64 index) const { return make_u128(account_id_high_, index + 1); }
  // The index of an account of this workload, given its id.
  static u64 account_index(u128 id) { return low_half(id) - 1; }
  u128 transfer_id(u64 index) const;

  // Writes the next transfer of the sequence. Posts and voids inherit what they can from their
  // hold.
  void next(ledger::Transfer& transfer);
  // How many transfers were drawn so far.
  u64 drawn() const { return drawn_; }
  const WorkloadOptions& options() const { return options_; }
  const TransferPlan& plan() const { return plan_; }

 private:
  struct Pair {
    u64 debit;
    u64 credit;
  };

  void fill(const PlannedTransfer& planned, ledger::Transfer& transfer);
  void fill_moving(u16 flags, ledger::Transfer& transfer);
  void fill_balancing(ledger::Transfer& transfer);
  void fill_resolving(u64 hold, u16 flags, ledger::Transfer& transfer) const;
  Pair pick_accounts();
  Pair pick_uniform();
  Pair pick_zipf();
  Pair pick_hot();

  WorkloadOptions options_;
  TransferPlan plan_;
  u64 transfers_;  // The length of the sequence.
  u64 account_id_high_ = 0;
  u64 transfer_id_high_ = 0;
  Random random_;
  std::optional<ZipfTable> zipf_;
  u64 drawn_ = 0;
};

}  // namespace florin::bench
