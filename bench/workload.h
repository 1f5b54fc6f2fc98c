// The accounts and transfers that the benchmark sends: a sequence that its options and seed
// determine, so that the expected balances can be worked out afterwards by drawing it again.
#pragma once

#include <optional>
#include <string_view>

#include "base/random.h"
#include "base/types.h"
#include "bench/workload_zipf.h"
#include "ledger/account.h"
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
  u64 accounts = 10'000;  // From 2 to 2^32 - 1.
  Distribution distribution = Distribution::Uniform;
  double zipf_theta = 0.99;
  IdOrder id_order = IdOrder::Sequential;
  u32 ledger = 1;
  u64 seed = 1;
};

// One sequence of transfers. A copy goes on from where the original stands, on its own.
class Workload {
 public:
  explicit Workload(const WorkloadOptions& options);

  // The account numbered `index`, as it is sent for creation.
  ledger::Account account(u64 index) const;
  u128 account_id(u64 index) const { return make_u128(account_id_high_, index + 1); }
  // The index of an account of this workload, given its id.
  static u64 account_index(u128 id) { return low_half(id) - 1; }
  u128 transfer_id(u64 index) const;

  // Writes the next transfer of the sequence.
  void next(ledger::Transfer& transfer);
  // How many transfers were drawn so far.
  u64 drawn() const { return drawn_; }
  const WorkloadOptions& options() const { return options_; }

 private:
  struct Pair {
    u64 debit;
    u64 credit;
  };

  Pair pick_accounts();
  Pair pick_uniform();
  Pair pick_zipf();
  Pair pick_hot();

  WorkloadOptions options_;
  u64 account_id_high_ = 0;
  u64 transfer_id_high_ = 0;
  Random random_;
  std::optional<ZipfTable> zipf_;
  u64 drawn_ = 0;
};

}  // namespace florin::bench
