// What each transfer of a workload does, told by its place in the sequence alone: plain, a hold, a
// post of which hold, a member of a chain. Nothing of it is drawn or remembered, so that any place
// can be asked for at any time.
#pragma once

#include <string_view>

#include "base/types.h"

namespace florin::bench {

enum class WorkloadKind : u8 {
  Plain,   // Plain transfers.
  Holds,   // Half of the transfers hold, the other half post what is on hold.
  Chains,  // Plain transfers in linked chains of two, three and four.
  Limits,  // Plain transfers between accounts that have limits.
  Mixed,   // A bit of everything: see kMixedCycle in transfer_plan.cc.
};

std::string_view name(WorkloadKind kind);

enum class Step : u8 {
  Plain,
  Linked,     // Plain, and the next transfer belongs to the same chain.
  Balancing,  // Balancing its debit account, which has limits.
  Hold,
  Post,     // Of all that is left of the hold.
  Capture,  // Of a part of it; the rest stays on hold.
  Void,
};

struct PlannedTransfer {
  Step step = Step::Plain;
  u64 hold = 0;  // Post, Capture, Void: the place of the hold in the sequence.
};

// How a sequence is sent, as far as it matters to what is in it.
struct SendPlan {
  u64 transfers = 10'000'000;  // The length of the sequence.
  u32 batch = 8189;            // Transfers in a request: chains end with it.
  u64 requests_in_flight = 4;  // Over all connections.
};

class TransferPlan {
 public:
  TransferPlan(WorkloadKind kind, const SendPlan& send);

  WorkloadKind kind() const { return kind_; }
  // `index` must be below the length of the sequence.
  PlannedTransfer at(u64 index) const;

  // Transfers before this one must be answered before those before `end` are sent in other
  // requests, as these may overtake them: the latest hold (or partial capture) that a transfer
  // before `end` goes on from lies before it. So far apart are the two that a sender which keeps to
  // `requests_in_flight` rarely waits. Not to be asked of transfers in the same request: a request
  // is decided in order.
  u64 must_be_answered(u64 end) const;

 private:
  PlannedTransfer hold_or_post(u64 index) const;
  PlannedTransfer of_mixture(u64 index) const;
  bool ends_request(u64 index) const;
  u64 hold_of_post(u64 post) const;
  u64 place_of_hold(u64 hold) const;

  WorkloadKind kind_;
  SendPlan send_;
  u64 holds_ = 0;        // Holds: how many of them the sequence has.
  u64 lead_ = 0;         // Holds: how many are made before the first is posted.
  u64 lead_cycles_ = 0;  // Mixed: how many cycles later a hold is resolved.
};

}  // namespace florin::bench
