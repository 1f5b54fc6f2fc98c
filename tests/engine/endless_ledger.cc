#include "tests/engine/endless_ledger.h"

#include "base/check.h"
#include "tests/support/answers.h"

namespace florin::test {

EndlessLedger::EndlessLedger(const Limits& limits, u64 seed)
    : whole_(limits, 1, StagedEngine::Mode::Inline, seed) {}

const ledger::Request& EndlessLedger::ask(const ledger::Request& asked, u64 first_timestamp) {
  answered_.push_back({OwnedRequest::copy_of(asked), OwnedRequest::copy_of(asked)});
  ledger::Request& expected = answered_.back().expected.request();
  reference_.apply(expected, Timestamp{first_timestamp});
  changes_.follow(expected, reference_);
  CHECK(store_.append(changes_.take()));
  ledger::Request& whole = answered_.back().whole.request();
  whole.position = expected.position;
  whole.timestamp = expected.timestamp;
  whole_.run(whole, expected.timestamp.ns);
  return expected;
}

std::string EndlessLedger::compare(const ledger::Request& expected, ledger::Request& actual) {
  if (actual.needs_history) {
    const Status answered = store_.answer(actual);
    if (!answered) return answered.error().message;
    ++completed_;
  }
  return difference(expected, actual);
}

engine::StateDigest EndlessLedger::digest() {
  whole_.drain();
  return whole_.engine().digest();
}

}  // namespace florin::test
