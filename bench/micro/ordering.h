// Requests on their way into a block: through the sequencer's queue, ordered, and copied into the
// image that the log writes. What the measurements between the network and the engine work on.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/sequencer.h"
#include "pipeline/slot.h"

namespace florin::bench {

class NoReplies final : public ledger::ReplySink {
 public:
  void deliver(ledger::Request*) override {}
  void flush() override {}
};

class Ordering {
 public:
  // `requests` of `transfers` each, from up to 64 connections. All must fit into one block.
  Ordering(u32 requests, u32 transfers);

  void submit();
  // Takes what was submitted, and forms the block of it.
  void form();
  // Makes the image of the block. One worker of one: all of it.
  void prepare();
  // The block is answered.
  void release();

  u64 requests() const { return requests_.size(); }
  u64 transfers() const { return events_.size(); }
  const pipeline::Slot& slot() const { return slot_; }

 private:
  // Orders without regard to what time it is.
  class NoClock final : public Clock {
   public:
    Timestamp wall_time() override { return Timestamp{1}; }
    u64 monotonic_ns() override { return 1; }
  };

  Limits limits_;
  std::unique_ptr<engine::Engine> engine_;
  NoClock clock_;
  NoReplies sink_;
  pipeline::Sequencer sequencer_;
  pipeline::Slot slot_;
  std::vector<ledger::Transfer> events_;
  std::vector<ledger::RequestSource> sources_;
  std::vector<ledger::Request> requests_;
};

}  // namespace florin::bench
