#include "client/witness_keeper.h"

#include <algorithm>

namespace florin::client {

// Blocks without events do not advance the position: the newer of two chains at one is as good.
void WitnessKeeper::saw(const Witness& witness) {
  if (witness.chain != 0 && witness.position >= with_chain_.position) with_chain_ = witness;
  highest_ = std::max(highest_, witness.position);
}

std::vector<Witness> WitnessKeeper::to_present() const {
  std::vector<Witness> witnesses;
  if (with_chain_.chain != 0) witnesses.push_back(with_chain_);
  if (witnesses.empty() || highest_ > with_chain_.position) witnesses.push_back({highest_, 0});
  return witnesses;
}

}  // namespace florin::client
