// A client of the ledger under test: asks random things over a link, several at once, compares what
// arrives with what the ledger answered, and when the link ends asks again over another one, with
// the same ids, and the same content or another.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "history/change.h"
#include "protocol/messages.h"
#include "tests/sim/exercise.h"
#include "tests/sim/link.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trace.h"
#include "tests/support/owned_request.h"
#include "tests/support/request_generator.h"

namespace florin::test {

// What the clients of a run share.
struct ClientWorld {
  const Scenario& scenario;
  RequestGenerator& generator;
  Exercises& exercises;
  Trace& trace;
  // Time passes until the request that was generated last is meant to be decided.
  std::function<void(u64 pause_ns)> pass_time;
  // A connection to the ledger, or null while there is none.
  std::function<std::shared_ptr<Link>()> connect;
  // A client learned what it must not see.
  std::function<void(std::string)> fail;
  bool faults = true;       // Links may be cut and stalled.
  u64 requests_left = 0;    // That may still be begun.
  u64 writes_accepted = 0;  // Answers to writes that were not refused, as clients received them.
  bool space_was_short = false;
  bool witness_refused = false;  // A server had not what a client had seen ...
  bool something_lost = false;   // ... and it should not.
};

class SimClient {
 public:
  SimClient(u64 seed, ClientWorld& world) : random_(seed), world_(world) {}

  // One thing: connects, sends a little, or receives a little.
  void step();
  // The server is gone, and the link with it.
  void lose_link();
  // Nothing is unanswered and nothing is to be asked again.
  bool idle() const { return unanswered_.empty() && retries_.empty() && unsent_.empty(); }
  // The place that the ledger told it last.
  Position seen() const { return witness_.position; }
  // Whether it knows the hash of the log there.
  bool knows_chain() const { return witness_.chain != 0; }
  // Asks nothing again.
  void forget_requests();
  // The changes that it was shown, following them from the beginning; and the place up to which.
  std::span<const history::Place> shown() const { return shown_; }
  history::Place shown_until() const { return shown_until_; }

 private:
  struct Sent {
    u64 number = 0;
    OwnedRequest request;
  };

  void open_link();
  void send();
  void encode_next();
  OwnedRequest ask_past();
  OwnedRequest follow_changes();
  OwnedRequest list_past(ledger::Operation operation);
  OwnedRequest statement();
  OwnedRequest balance_at();
  void take_changes(const protocol::Reply& reply);
  void take_page(const protocol::Reply& reply, ledger::Request& asked);
  void receive();
  bool take_frame();
  void take_reply(u64 number, std::span<const std::byte> frame);
  void take_error(u64 number, const protocol::Reply& reply);
  void retry_unanswered();
  void disturb_link();

  Random random_;
  ClientWorld& world_;
  std::shared_ptr<Link> link_;
  std::deque<Sent> unanswered_;
  std::deque<OwnedRequest> retries_;
  std::vector<std::byte> unsent_;
  protocol::ByteBuffer received_;
  protocol::Witness witness_;
  bool connected_before_ = false;
  u64 number_ = 0;
  u64 witness_number_ = 0;  // Of the request that presented it.
  u64 silent_steps_ = 0;    // Does not read for so long.
  bool following_ = false;  // Waits for a page of changes.
  std::vector<history::Place> shown_;
  history::Place shown_until_;
  std::deque<OwnedRequest> listings_;  // Pages that go on from the last.
};

}  // namespace florin::test
