// The arithmetic of places.
#include "bench/transfer_plan.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace florin::bench {
namespace {

// Posts do not come in the order of the holds: each group of this many is stirred.
constexpr u64 kGroup = 1024;
constexpr u64 kStir = 677;  // Odd, so that multiplying by it is a bijection of the group.

// Chains of two, three and four, over and over. A chain that reaches the end of its request ends
// there.
constexpr std::array kChainCycle = {true, false, true, true, false, true, true, true, false};

// The mixture repeats these 20: half of them are plain, three hold and four resolve the holds of an
// earlier cycle (one is posted, one voided, one captured in part and its rest posted), two make a
// chain, one is balancing.
struct MixedStep {
  Step step = Step::Plain;
  u64 hold = 0;    // In its cycle.
  u64 cycles = 0;  // How many leads ago that cycle was.
};
constexpr std::array<MixedStep, 20> kMixedCycle = {{
    {},
    {Step::Hold},
    {},
    {Step::Post, 1, 1},
    {},
    {Step::Balancing},
    {},
    {Step::Hold},
    {},
    {Step::Void, 7, 1},
    {},
    {Step::Linked},
    {},
    {Step::Hold},
    {Step::Capture, 13, 1},
    {},
    {},
    {Step::Post, 13, 2},
    {},
    {},
}};
constexpr u64 kMixedLeadMin = 64;  // Cycles.

}  // namespace

std::string_view name(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::Plain: return "plain";
    case WorkloadKind::Holds: return "holds";
    case WorkloadKind::Chains: return "chains";
    case WorkloadKind::Limits: return "limits";
    case WorkloadKind::Mixed: return "mixed";
  }
  return "unknown";
}

// The leads are twice what is in flight, in transfers, so that the answers of the holds are there
// when their posts are due, but for stragglers. A sequence too short for that has shorter leads.
TransferPlan::TransferPlan(WorkloadKind kind, const SendPlan& send) : kind_(kind), send_(send) {
  CHECK(send.batch >= 1);
  const u64 in_flight = send.batch * send.requests_in_flight;
  holds_ = send.transfers - send.transfers / 2;
  lead_ = std::min(holds_, in_flight + kGroup);
  const u64 cycles = send.transfers / kMixedCycle.size();
  const u64 wanted = 2 * in_flight / kMixedCycle.size() + kMixedLeadMin;
  lead_cycles_ = std::max<u64>(std::min(wanted, cycles / 3), 1);
}

PlannedTransfer TransferPlan::at(u64 index) const {
  switch (kind_) {
    case WorkloadKind::Plain:
    case WorkloadKind::Limits: return {};
    case WorkloadKind::Holds: return hold_or_post(index);
    case WorkloadKind::Chains: {
      const bool goes_on = kChainCycle[index % send_.batch % kChainCycle.size()];
      return {goes_on && !ends_request(index) ? Step::Linked : Step::Plain};
    }
    case WorkloadKind::Mixed: return of_mixture(index);
  }
  return {};
}

// First the lead of holds; then a post and a hold in turn; then the posts that are left.
PlannedTransfer TransferPlan::hold_or_post(u64 index) const {
  if (index < lead_) return {Step::Hold};
  const u64 behind = index - lead_;
  const u64 turns = holds_ - lead_;
  if (behind >= 2 * turns) return {Step::Post, place_of_hold(hold_of_post(behind - turns))};
  if (behind % 2 == 1) return {Step::Hold};
  return {Step::Post, place_of_hold(hold_of_post(behind / 2))};
}

u64 TransferPlan::place_of_hold(u64 hold) const {
  return hold < lead_ ? hold : lead_ + 2 * (hold - lead_) + 1;
}

// The number of the hold that the post of this number posts. All of its group were made before: the
// lead is at least a group, or all holds. The last group is not stirred if it is a partial one.
u64 TransferPlan::hold_of_post(u64 post) const {
  const u64 group = post / kGroup * kGroup;
  if (group + kGroup > holds_) return post;
  return group + ((post * kStir + group / kGroup) % kGroup);
}

PlannedTransfer TransferPlan::of_mixture(u64 index) const {
  const u64 cycle = index / kMixedCycle.size();
  const MixedStep& mixed = kMixedCycle[index % kMixedCycle.size()];
  if (mixed.step == Step::Linked && ends_request(index)) return {};
  if (mixed.cycles == 0) return {mixed.step};
  const u64 ago = mixed.cycles * lead_cycles_;
  if (cycle < ago) return {};  // Nothing is on hold yet.
  return {mixed.step, (cycle - ago) * kMixedCycle.size() + mixed.hold};
}

bool TransferPlan::ends_request(u64 index) const {
  return index % send_.batch == send_.batch - 1 || index == send_.transfers - 1;
}

u64 TransferPlan::must_be_answered(u64 end) const {
  switch (kind_) {
    case WorkloadKind::Plain:
    case WorkloadKind::Chains:
    case WorkloadKind::Limits: return 0;
    case WorkloadKind::Holds: {
      if (end <= lead_) return 0;
      const u64 behind = end - 1 - lead_;
      const u64 turns = holds_ - lead_;
      const u64 post = behind >= 2 * turns ? behind - turns : behind / 2;
      const u64 group_end = std::min((post / kGroup + 1) * kGroup, holds_);
      return place_of_hold(group_end - 1) + 1;
    }
    case WorkloadKind::Mixed: {
      const u64 cycle_end = (end + kMixedCycle.size() - 1) / kMixedCycle.size();
      return cycle_end <= lead_cycles_ ? 0 : (cycle_end - lead_cycles_) * kMixedCycle.size();
    }
  }
  return 0;
}

}  // namespace florin::bench
