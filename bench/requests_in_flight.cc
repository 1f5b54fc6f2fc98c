// A ring of links, closed by the last: older than that is the newest request, newer the oldest.
#include "bench/requests_in_flight.h"

#include "base/check.h"

namespace florin::bench {

RequestsInFlight::RequestsInFlight(u32 slots) : links_(usize{slots} + 1) {
  links_.back() = {0, slots, slots};
}

void RequestsInFlight::sent(u32 slot, u64 first_transfer) {
  const u32 end = static_cast<u32>(links_.size()) - 1;
  CHECK(slot < end);
  Link& ends = links_[end];
  links_[slot] = {first_transfer, ends.older, end};
  links_[ends.older].newer = slot;
  ends.older = slot;
}

void RequestsInFlight::answered(u32 slot) {
  const Link& link = links_[slot];
  links_[link.older].newer = link.newer;
  links_[link.newer].older = link.older;
}

u64 RequestsInFlight::answered_before(u64 all_sent) const {
  const Link& ends = links_.back();
  return ends.newer + 1 == links_.size() ? all_sent : links_[ends.newer].first_transfer;
}

}  // namespace florin::bench
