#include "pipeline/worker.h"

#include "pipeline/snapshot_driver.h"

namespace florin::pipeline {

// Oldest first: what is nearest to its answer.
usize Worker::step() {
  if (posted_ < stages_.authorised.get()) {
    post(posted_ + 1);
    return 1;
  }
  if (resolved_ < stages_.prepared()) {
    resolve(resolved_ + 1);
    return 1;
  }
  if (prepared_ < stages_.dispatched.get()) {
    prepare(prepared_ + 1);
    return 1;
  }
  return 0;
}

void Worker::prepare(u64 ticket) {
  Slot& slot = *stages_.slot_of(ticket);
  slot.prepare(index_, stages_.worker_count());
  engine_.route(slot.block, index_);
  prepared_ = ticket;
  own_.prepared.publish(ticket);
  stages_.ring_workers();
  stages_.core_bell.ring();  // It waits to log the block.
}

void Worker::resolve(u64 ticket) {
  engine_.resolve(stages_.slot_of(ticket)->block, index_);
  resolved_ = ticket;
  own_.resolved.publish(ticket);
  stages_.ring_lane();
}

void Worker::post(u64 ticket) {
  engine::Block& block = stages_.slot_of(ticket)->block;
  engine_.post(block, index_);
  engine_.copy_cut(index_, cut_bytes_beside(block.item_count() / stages_.worker_count()));
  posted_ = ticket;
  own_.posted.publish(ticket);
  stages_.core_bell.ring();
}

usize Lane::step() {
  if (authorised_ >= stages_.resolved()) return 0;
  ++authorised_;
  engine::Block& block = stages_.slot_of(authorised_)->block;
  engine_.authorise(block);
  engine_.copy_cut_books(cut_bytes_beside(block.item_count()));
  stages_.authorised.publish(authorised_);
  stages_.ring_workers();
  return 1;
}

}  // namespace florin::pipeline
