// The reference ledger as the one under test: gives each request its time.
#pragma once

#include "tests/support/ledger_tables.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class ReferenceUnderTest final : public LedgerUnderTest {
 public:
  void run(ledger::Request& request) override {
    reference_.apply(request, next_);
    reference_.check_invariants();
    // Requests leave gaps in time, as they do in life.
    if (is_write(request.operation)) next_.ns += request.event_count + 1000;
  }

  const ReferenceLedger& reference() const { return reference_; }

 private:
  ReferenceLedger reference_;
  Timestamp next_{1};
};

}  // namespace florin::test
