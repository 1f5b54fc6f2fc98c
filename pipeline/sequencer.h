// The one order: takes requests from all connections, gives each its place, position and
// timestamps, and forms blocks. Greedy: a block is what is waiting when there is room for one.
// Fair: sources take turns, small requests have a share of every block that large ones cannot take,
// and a request that found no room begins the next block.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <concurrentqueue/concurrentqueue.h>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/slot.h"
#include "pipeline/window_driver.h"

namespace florin::pipeline {

// Where the order stands: after recovery, and after each block.
struct OrderState {
  Position position;
  u64 last_timestamp = 0;  // Nanoseconds.
};

inline constexpr u64 kNeverDue = ~u64{0};

// `submit` is for any network thread; everything else belongs to the core thread.
class Sequencer {
 public:
  Sequencer(const Limits& limits, engine::Engine& engine, Clock& clock, ledger::ReplySink& sink,
            u32 channels, OrderState start);

  void submit(u32 channel, ledger::Request* request);

  // Takes what was submitted into the lines of its sources; returns how many requests.
  usize take_submitted();
  bool has_waiting() const { return first_waiting_ != nullptr; }
  // Bytes of log that the waiting requests will take.
  u64 waiting_bytes() const { return waiting_bytes_; }
  // When the next hold expires as things stand when all that was ordered is decided, or kNoDeadline
  // while that is not known.
  void set_deadline(u64 deadline_ns) { deadline_ = deadline_ns; }
  // Whether the log has room for a tick, whatever is said of writes: on a full disk it still may.
  void allow_ticks(bool allowed) { ticks_allowed_ = allowed; }
  // Whether a hold has come due that no ordered request releases: time for a tick.
  bool tick_due() const { return tick_due_in() == 0; }
  // How long until that may be, kNeverDue when no hold has a deadline. Nanoseconds.
  u64 tick_due_in() const;

  // Where one thread executes block after block, small requests would wait for the large ones of
  // their block: every other block of such a mixture is of small ones alone.
  void let_small_go_first() { small_go_first_ = true; }
  // Whether the last block was such a one, and the large ones are waiting.
  bool small_went_first() const { return small_went_first_; }

  // Fills an empty slot with waiting requests and orders them; with a tick if one is due and no
  // write lets time pass. Requests that cannot be ordered are refused. Returns whether the slot has
  // any.
  bool form(Slot& slot);
  // The slot's requests are about to be answered: what they reserved and did not use is free again.
  void release(const Slot& slot);

  // With history: what becomes of transfers that do not fit into the window; it may change between
  // calls of `form`. Null: they never will.
  void set_window(const WindowFinding* finding) { window_ = finding; }
  // Whether the window had no room for transfers when the last block was formed, and somebody is
  // still waiting.
  bool starved() const { return starved_ && has_waiting(); }
  // Ids that the blocks in flight may bring into memory, at most: new ones, and with history those
  // of the past that they name. Dry runs are among them, as they bring back the same.
  u64 transfers_in_flight() const { return transfers_in_flight_; }
  // How many requests were refused as the window was full.
  u64 window_refusals() const { return window_refusals_; }

  // Why writes are refused at the moment, None when they are not; and why all requests are.
  void refuse_writes(ledger::RefusalCode code, std::string message);
  void refuse_all(ledger::RefusalCode code, std::string message);

  const OrderState& order() const { return order_; }

 private:
  using Queue = moodycamel::ConcurrentQueue<ledger::Request*>;
  enum class Share : u8 { Small, Any };
  // Objects of the kind that a request brings into memory: there for good, in flight, at most.
  struct Room {
    u64 used;
    u64 in_flight;
    u64 most;
    u64 left_beside(u64 others) const { return most > others ? most - others : 0; }
    std::string_view objects;  // What they are called.
    std::string_view option;   // What gives more room.
  };

  // Lets every waiting source add its first request, in turns, until none can.
  void fill(Slot& slot, Share share, u64 now);
  ledger::RequestSource* first_large() const;
  void take_passed_over(Slot& slot, u64 now);
  bool take_turn(Slot& slot, Share share, u64 now);
  void fetch_ahead() const;
  bool is_small(u64 bytes) const { return bytes <= limits_.small_request_bytes_max; }
  void count_waiting(const ledger::Request& request, bool comes);
  bool fits(const Slot& slot, const ledger::Request& request, Share share);
  bool needs_room(const ledger::Request& request) const;
  bool has_room(const ledger::Request& request);
  void keep_room(Slot& slot, const ledger::Request& request);
  Room room_for(const ledger::Request& request) const;
  // How many objects the request may bring into memory, or more if so many are free.
  u64 objects_of(const ledger::Request& request, u64 free) const;
  void order_request(Slot& slot, ledger::Request* request, u64 now);
  void order_write(Slot& slot, ledger::Request* request, u64 now);
  void order_tick(Slot& slot);
  u64& in_flight(ledger::Operation operation);
  // Refuses the request if it cannot be ordered.
  bool refuse_if_needed(ledger::Request* request);
  bool refuse_beyond_room(ledger::Request* request);
  void refuse(ledger::Request* request, ledger::RefusalCode code, const std::string& message);

  void push_waiting(ledger::RequestSource* source);
  ledger::RequestSource* pop_waiting();
  void bring_to_front(ledger::RequestSource* source);

  const Limits limits_;
  engine::Engine& engine_;
  Clock& clock_;
  ledger::ReplySink& sink_;
  Queue queue_;
  std::vector<std::unique_ptr<moodycamel::ProducerToken>> producers_;  // By channel.
  moodycamel::ConsumerToken consumer_;
  std::vector<ledger::Request*> taken_;

  // Sources with waiting requests, in the order of their turns.
  ledger::RequestSource* first_waiting_ = nullptr;
  ledger::RequestSource* last_waiting_ = nullptr;
  u64 waiting_sources_ = 0;
  u64 waiting_bytes_ = 0;
  u64 waiting_large_ = 0;  // Requests.
  // The first source for whose request the last block had no room: it begins the next one, so that
  // a large request is not passed over for ever by small ones.
  ledger::RequestSource* passed_over_ = nullptr;

  OrderState order_;
  u64 large_bytes_ = 0;  // Of the block being formed.
  u64 small_bytes_ = 0;
  bool small_go_first_ = false;
  bool small_went_first_ = false;
  u64 accounts_in_flight_ = 0;   // Events that may still create one.
  u64 transfers_in_flight_ = 0;  // Ids: see above.
  u64 updates_in_flight_ = 0;
  const WindowFinding* window_ = nullptr;
  bool starved_ = false;       // Transfers found no room while the last block was formed: ...
  bool room_awaited_ = false;  // ... and wait for it.
  u64 window_refusals_ = 0;
  u64 no_limit_ = 0;  // What ticks count towards.
  u64 deadline_ = engine::kNoDeadline;
  ledger::Request tick_;
  bool ticks_allowed_ = true;
  bool tick_in_flight_ = false;
  bool tick_passed_over_ = false;  // The last block was full of reads: it begins the next one.
  ledger::RefusalCode write_refusal_ = ledger::RefusalCode::None;
  std::string write_refusal_message_;
  ledger::RefusalCode refusal_ = ledger::RefusalCode::None;
  std::string refusal_message_;
};

}  // namespace florin::pipeline
