// The reference ledger as the one under test.
#pragma once

#include "tests/support/ledger_tables.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class ReferenceUnderTest final : public LedgerUnderTest {
 public:
  void run(ledger::Request& request, Timestamp time) override {
    reference_.apply(request, time);
    reference_.check_invariants();
  }

  const ReferenceLedger& reference() const { return reference_; }

 private:
  ReferenceLedger reference_;
};

}  // namespace florin::test
