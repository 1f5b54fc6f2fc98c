// How transfers and consumed ids leave memory: the oldest by number first, once whoever remembers
// them for ever has them durably, and what happened to them since.
//
// Cost: 40-60 ns an id, most of it waiting for its record and its entry in the index; of one that
// was passed over some 100 ns more, as those stand anywhere.
#pragma once

#include "engine/books.h"
#include "engine/cut.h"
#include "engine/tables.h"

namespace florin::engine {

// Belongs to the core thread.
class Retirement {
 public:
  Retirement(Tables& tables, Books& books, Cut& cut) : tables_(tables), books_(books), cut_(cut) {}

  // As Engine has them.
  void follow_history(u64 decided_by);
  u64 retire(u64 durable, u64 ids_max);
  u64 retirable(u64 durable) const;

 private:
  // How many numbers of a list one call looks at.
  struct Share {
    u64 created;
    u64 consumed;
  };
  Share share(const DecisionMark& covered, u64 ids_max) const;
  u64 settle_changes(u64 durable, u64 ids_max);
  // Lets the numbers [first, end) of a list go, or passes them over; returns how many went.
  u64 leave(SlotRing& list, u64& first, u64 end);
  bool must_stay(u32 slot) const;
  void pass_over(u32 slot);
  void forget(u32 slot, IdHash hash);

  Tables& tables_;
  Books& books_;
  Cut& cut_;
};

}  // namespace florin::engine
