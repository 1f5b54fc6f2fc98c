// What a client was told of a server's log, to be presented to whatever server answers next at the
// same address. A value.
#pragma once

#include <vector>

#include "base/types.h"
#include "protocol/messages.h"

namespace florin::client {

using protocol::Witness;

class WitnessKeeper {
 public:
  WitnessKeeper() = default;
  explicit WitnessKeeper(const Witness& known) { saw(known); }

  // The highest counts, since a log only grows. Every position in an answer is one without a chain:
  // answers leave when the log is durable up to it.
  void saw(const Witness& witness);
  void saw(const protocol::ServerInfo& info) { saw({info.durable_position, info.durable_chain}); }

  // One to compare the chain by and, if a higher position without a chain was seen since, that one.
  // Nothing was seen: position 0, which every server has, so that its answer tells a first one.
  std::vector<Witness> to_present() const;

 private:
  Witness with_chain_;
  Position highest_;
};

}  // namespace florin::client
