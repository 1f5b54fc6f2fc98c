// Everything that can be asked within a small scope, put to the reference and to engines: every
// combination of flags and changes, and every legal combination of up to three events, from one
// prepared state.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/outcome.h"
#include "tests/engine/compared_ledgers.h"

namespace florin::test {

struct ScopeOptions {
  std::vector<ComparedLedgers::Way> ways;
  u64 stride = 1;  // Only every so many-th case is tried; best a prime number.
  u64 rounds = 1;  // Of triples: how many of the amounts, sides and names each combination gets.
  u64 executed_one_in = 17;  // Of the cases with transfers that are tried; best a prime number.
};

struct ScopeReport {
  u64 cases = 0;
  u64 executed = 0;                            // Of the cases with transfers; all are dry runs.
  u64 created = 0;                             // Events that were, or would have been, created.
  std::set<ledger::TransferOutcome> outcomes;  // That transfers of them got.
  std::string difference;                      // The first that was found, or nothing.
};

// The flags of transfers that may go together, without `linked` and `imported`.
std::vector<u16> legal_transfer_flags();

// Cases with transfers are dry runs from the one prepared state, in which each answers with
// balances; a part of them is executed too, each in a copy of the state, all of which is looked up
// afterwards.

// One transfer with each of the 2^16 combinations of flags: legal ones with every variant of names,
// accounts, amounts, timeouts and imports, others with some of them.
ScopeReport run_every_transfer_flag(const ScopeOptions& options);

// One account with each of the 2^16 combinations of flags, alone and as a retry, in plain and in
// imported requests.
ScopeReport create_every_account_flag(const ScopeOptions& options);

// One update with each of the 2^15 sets of changes and some undefined bits: rolled back with its
// chain, then made.
ScopeReport make_every_account_change(const ScopeOptions& options);

// Every event of legal flags with every amount of {0, 1, 2^128-1}, on all pairs of accounts, naming
// every prepared transfer, with conditions.
ScopeReport run_every_event(const ScopeOptions& options);
// Every pair of such events on three accounts, linked in every pattern, with a hold that is due at
// the second.
ScopeReport run_every_pair(const ScopeOptions& options);
// Every three combinations of legal flags, linked in every pattern; the rest of the three is drawn.
ScopeReport run_every_triple(const ScopeOptions& options);

}  // namespace florin::test
