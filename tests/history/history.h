// What the clients of a ledger asked, what they were answered and when: the evidence that checkers
// judge. A history says nothing of how the ledger works inside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/owned_request.h"

namespace florin::test {

// How a call ended for the client that made it.
enum class CallEnd : u8 {
  Answered,  // The answer is in the request.
  Unknown,   // Sent, and cut off: it may have happened, once, at any time after it was invoked.
  NotDone,   // Refused as a whole, or never sent whole: it must never have an effect.
};

inline constexpr u64 kNeverCompleted = ~u64{0};

// One request of one client. A retry is a call of its own. A write that may be cut off begins with
// an event that always succeeds and whose id no other call uses: whether that id is there at the
// end says whether the call happened, and its timestamp says where in the order.
struct Call {
  OwnedRequest asked;  // With the answer, when there is one.
  u64 session = 0;     // The connection: its calls are ordered as they were sent.
  u64 invoked_ns = 0;  // On one monotonic clock of all clients.
  u64 completed_ns = kNeverCompleted;
  CallEnd end = CallEnd::Unknown;
  // Made when all others were over and none could still happen. The final reads must list all
  // transfers and all changes of accounts, oldest first, and look up all accounts.
  bool final_read = false;
};

struct History {
  std::vector<Call> calls;  // In any order.
};

// What a checker found. The names of the second half are those of Adya, "Weak Consistency" (1999),
// and of the list-append checker of Kingsbury and Alvaro, "Elle" (VLDB 2020).
enum class Anomaly : u8 {
  // Of positions and timestamps.
  DuplicatePosition,   // Two writes were given the same position.
  PhantomPosition,     // A position that no write, and no hold that came due, accounts for.
  UnplacedWrite,       // A write is there for which the positions leave no room.
  TornRead,            // A read at a position in the middle of a request.
  TimestampOrder,      // Timestamps are not in the order of positions.
  TimeTravel,          // Ordered before something that had completed before it was invoked.
  StaleRead,           // A read that misses what had completed before it was invoked.
  ReadYourWrites,      // The same, of the reader's own session.
  NonMonotonicReads,   // A later read of a session shows an earlier state.
  NonMonotonicWrites,  // A later write of a session was ordered before an earlier call.
  // Of answers, against a plain ledger that is given the same writes in the same order.
  WrongOutcome,
  WrongBalance,
  WrongTotals,
  WrongTransfer,
  WrongPage,
  LostWrite,        // What was created is not there.
  PhantomEffect,    // There is what nobody asked for.
  RefusedEffect,    // There is what was only asked by calls that did not happen.
  DuplicateEffect,  // Something is there twice.
  // Of the orders that reads show, without positions.
  LostUpdate,           // Created, and missing in the order that all reads agree on.
  IncompatibleOrder,    // Two reads show one account's transfers in different orders.
  AbortedRead,          // G1a: a read shows what did not happen.
  IntermediateRead,     // G1b: a read shows a request half done.
  DirtyWrite,           // G0: writes overtake each other.
  CircularInformation,  // G1c: each saw what the other wrote.
  ReadSkew,             // G-single: a read shows one effect and misses an earlier one.
  WriteSkew,            // G2: several reads miss what others wrote.
  // Cycles that exist only because one call had completed before another was invoked.
  DirtyWriteInTime,
  CircularInformationInTime,
  ReadSkewInTime,
  WriteSkewInTime,
};

std::string_view name(Anomaly anomaly);

struct Violation {
  Anomaly anomaly;
  std::string message;
};

// "anomaly: message", one line each, the first few of them.
std::string text(const std::vector<Violation>& violations);

// A call in words: session, times, what was asked and the position of the answer.
std::string describe(const Call& call);

// The place of the first event in the order; for answered writes.
inline u64 position_before(const ledger::Request& request) {
  return request.position.value - request.event_count;
}

// What is asked again with no answer, sharing the memory of the events. `view` keeps its storage.
void view_question(const ledger::Request& asked, ledger::Request& view);

}  // namespace florin::test
