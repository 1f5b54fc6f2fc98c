#include "cli/witness_check.h"

#include <fmt/core.h>

#include "cli/witness_file.h"

namespace florin::cli {

namespace {

using pipeline::ChainPoint;
using pipeline::WitnessFinding;

WitnessFinding find(const pipeline::LogHistory& history, const protocol::Witness& witness) {
  if (witness.chain != 0) return history.check({witness.position, witness.chain});
  return witness.position > history.newest().position ? WitnessFinding::Behind
                                                      : WitnessFinding::Unknown;
}

}  // namespace

std::optional<protocol::Refusal> refuse_witness(const pipeline::LogHistory& history,
                                                const protocol::Witness& witness) {
  switch (find(history, witness)) {
    case WitnessFinding::Agrees:
    case WitnessFinding::Unknown: return std::nullopt;
    case WitnessFinding::Behind:
      return protocol::Refusal{
          ledger::RefusalCode::BehindWitness,
          fmt::format("position {} was confirmed before, but this server's log ends at position "
                      "{}: it was put back to an older state, or is not the server that confirmed "
                      "it",
                      witness.position.value, history.newest().position.value)};
    case WitnessFinding::Differs:
      return protocol::Refusal{
          ledger::RefusalCode::DiffersFromWitness,
          fmt::format("position {} was confirmed before with the chain {}, but the log of this "
                      "server, which ends at position {}, has another one there: it is not the "
                      "server that confirmed it, or went another way from an older state",
                      witness.position.value, chain_text(witness.chain),
                      history.newest().position.value)};
  }
  return std::nullopt;
}

}  // namespace florin::cli
