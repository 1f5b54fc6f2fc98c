// The accounts, holds and originals that the rows about the precedence of transfers need: each with
// something the matter with it.
#pragma once

#include <string>

#include "tests/support/ledger_precedence.h"

namespace florin::test {

// Fields of an account, behind "d." for the debit account and "c." for the credit account, all
// "yes" but for `full`:
//   closed, frozen, young (made after the time that imported events bring)
//   ledger     of another ledger
//   full       posted, pending or halves: the counters on its side are at their end
//   bound      its limit flag leaves nothing
//   transfer, velocity, balance   a limit that every amount of the rows exceeds
// Of the original of a reversal:
//   o.debit, o.credit   another account than the reversal's
//   o.reversed          it was reversed before
// Of a hold of 10:
//   hold.state          posted, voided, expired
//   hold.closed         debit, credit: which of its accounts is closed
class PrecedenceWorld {
 public:
  // Whatever it makes has ids from this number on.
  explicit PrecedenceWorld(u64 first_id) : next_id_(first_id) {}

  struct Pair {
    std::string debit;
    std::string credit;
    std::string original;
  };
  // Two accounts as these fields want them; with `reversal`, and an original of 5 between them.
  Pair accounts(const Fields& fields, bool reversal);
  std::string hold(const Fields& fields);

  // The lines that make it all: first these, then those of what is young.
  const std::string& lines() const { return lines_; }
  const std::string& young_lines() const { return young_lines_; }

 private:
  // An account on its way: what was posted on each side so far.
  struct Side {
    std::string prefix;  // d. or c.
    std::string id;
    std::string partner;  // The other account of what fills it.
    std::string ledger;
    u64 debits = 0;
    u64 credits = 0;
  };

  Side create(const Fields& fields, const std::string& prefix);
  std::string create_original(const Fields& fields, Side& debit, Side& credit);
  void spend(Side& side);
  void fill(const Fields& fields, Side& side);
  void close_and_limit(const Fields& fields, const Side& side);
  void transfer(const Side& side, bool debits, const std::string& amount, const std::string& flags);
  // Another account that nothing is the matter with.
  std::string create_plain(const Side& like);
  std::string next(char kind) { return kind + std::to_string(next_id_++); }

  u64 next_id_;
  std::string lines_;
  std::string young_lines_;
  std::map<Fields, Pair> pairs_;
  std::map<Fields, std::string> holds_;
};

}  // namespace florin::test
