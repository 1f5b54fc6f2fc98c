// Which requests are not answered yet, oldest first: tells how far a sequence of transfers is
// answered without a gap. Each step costs the same, however many are in flight.
#pragma once

#include <vector>

#include "base/types.h"

namespace florin::bench {

class RequestsInFlight {
 public:
  // Slots are numbered from 0; each can have one request in flight.
  explicit RequestsInFlight(u32 slots);

  // To be called in the order of sending, with the place of the request's first transfer.
  void sent(u32 slot, u64 first_transfer);
  void answered(u32 slot);
  // The first transfer that is not answered; `all_sent`, how many were sent, if there is none.
  u64 answered_before(u64 all_sent) const;

 private:
  struct Link {
    u64 first_transfer = 0;
    u32 older = 0;
    u32 newer = 0;
  };

  std::vector<Link> links_;  // By slot. The last is not a slot: it closes the ring.
};

}  // namespace florin::bench
