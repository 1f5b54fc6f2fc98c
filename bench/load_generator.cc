// The loop of the load generator.
#include "bench/load_generator.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <sys/prctl.h>

#include "base/check.h"
#include "ledger/outcome.h"
#include "protocol/messages.h"

namespace florin::bench {
namespace {

constexpr u64 kConnectDeadlineNs = 20 * kNsPerSecond;
constexpr usize kConnectingMax = 64;  // At once, so that the server's backlog suffices.
constexpr u64 kStallNs = 60 * kNsPerSecond;
constexpr u64 kProgressNs = kNsPerSecond / 5;
constexpr u64 kObserveNs = kNsPerSecond / 200;
// A wake-up writes about this much before it looks for answers, so that the first of several large
// requests is on its way while the next is written.
constexpr u64 kIssueBytesPerPass = 256 * kKiB;
// The kernel may oversleep this much; its default of 50 us would blur an open loop.
constexpr unsigned long kTimerSlackNs = 1000;

}  // namespace

LoadGenerator::Lane::Lane(u32 connection_count, u32 in_flight_each, u32 transfers_each)
    : connections(connection_count),
      in_flight(in_flight_each),
      batch(transfers_each),
      free(usize{connection_count} * in_flight_each) {}

LoadGenerator::LoadGenerator(const LoadOptions& options, client::Loop& loop, Workload& workload)
    : options_(options),
      loop_(loop),
      workload_(workload),
      batches_(options.connections, options.in_flight, options.batch),
      singles_(options.singles, 1, 1),
      in_flight_(options.connections * options.in_flight + options.singles) {
  CHECK(check_load(options).has_value());
  CHECK(options.connections >= 1 && options.connections <= kConnectionsMax);
  CHECK(options.in_flight >= 1 && options.in_flight <= kInFlightMax);
  CHECK(options.batch >= 1 && options.batch <= ledger::kRequestEventsMax);
  open_lane(batches_, 0);
  open_lane(singles_, options.connections);
}

void LoadGenerator::open_lane(Lane& lane, u32 first_channel) {
  lane.first_channel = first_channel;
  lane.first_slot = static_cast<u32>(slots_.size());
  slots_.resize(slots_.size() + usize{lane.connections} * lane.in_flight);
  for (u32 turn = 0; turn < lane.in_flight; ++turn) {
    for (u32 connection = 0; connection < lane.connections; ++connection) {
      lane.free.put(lane.first_slot + connection * lane.in_flight + turn);
    }
  }
}

Status LoadGenerator::connect(const client::Endpoint& endpoint) {
  const usize wanted = usize{batches_.connections} + singles_.connections;
  while (channels_.size() < wanted) {
    const usize count = std::min<usize>(channels_.size() + kConnectingMax, wanted);
    while (channels_.size() < count) {
      const Lane& lane = channels_.size() < batches_.connections ? batches_ : singles_;
      client::ReplyHandler& handler = *this;
      channels_.push_back(std::make_unique<client::Channel>(
          loop_, endpoint, handler,
          client::ChannelOptions{.requests_in_flight_max = lane.in_flight * 2}));
    }
    RETURN_IF_ERROR(await_connections(count));
  }
  return {};
}

Status LoadGenerator::await_connections(usize count) {
  const u64 deadline_ns = clock_.monotonic_ns() + kConnectDeadlineNs;
  for (usize index = 0; index < count; ++index) {
    const client::Channel& channel = *channels_[index];
    while (channel.state() == client::Channel::State::Connecting) {
      const u64 now_ns = clock_.monotonic_ns();
      if (now_ns >= deadline_ns) return fail(ErrorCode::Timeout, "a connection was not accepted");
      loop_.run_once(deadline_ns - now_ns);
    }
    if (channel.state() == client::Channel::State::Closed) {
      return tl::unexpected(channel.error());
    }
  }
  return {};
}

Status LoadGenerator::run_singles_alone(const Progress& progress) {
  if (options_.singles_alone == 0) return {};
  begin_phase(true);
  RETURN_IF_ERROR(run_phase(progress));
  result_.singles_alone_elapsed_ns = std::exchange(result_.elapsed_ns, 0);
  result_.transfers = 0;
  result_.requests = 0;
  return {};
}

Result<LoadResult> LoadGenerator::run(const Progress& progress) {
  if (options_.rate > 0) prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  begin_phase(false);
  if (observer_ != nullptr) observer_->begun(begin_ns_);
  RETURN_IF_ERROR(run_phase(progress));
  return result_;
}

void LoadGenerator::begin_phase(bool singles_alone) {
  singles_alone_ = singles_alone;
  sent_end_ = singles_alone ? options_.singles_alone : options_.transfers;
  begin_ns_ = clock_.monotonic_ns();
  last_answer_ns_ = begin_ns_;
}

Status LoadGenerator::run_phase(const Progress& progress) {
  u64 next_progress_ns = begin_ns_ + kProgressNs;
  while (!finished() && !failure_) {
    const u64 now_ns = clock_.monotonic_ns();
    issue_what_is_due(now_ns);
    loop_.run_once(wait_ns(now_ns));
    check_for_stall(now_ns);
    observe(now_ns);
    if (now_ns >= next_progress_ns) {
      result_.elapsed_ns = now_ns - begin_ns_;
      progress(result_);
      next_progress_ns = now_ns + kProgressNs;
    }
  }
  if (failure_) return tl::unexpected(*failure_);
  result_.elapsed_ns = last_answer_ns_ - begin_ns_;
  progress(result_);
  return {};
}

void LoadGenerator::observe(u64 now_ns) {
  if (observer_ == nullptr || singles_alone_ || failure_) return;
  if (const Status status = observer_->step(now_ns); !status) failure_ = status.error();
}

u64 LoadGenerator::due_ns() const {
  if (options_.rate == 0) return 0;
  return begin_ns_ + static_cast<u64>(u128{sent_} * kNsPerSecond / options_.rate);
}

u32 LoadGenerator::next_events(const Lane& lane) const {
  return static_cast<u32>(std::min<u64>(lane.batch, sent_end_ - sent_));
}

bool LoadGenerator::waits_for_answers() const {
  const u64 end = sent_ + next_events(batches_);
  const u64 needed = std::min(workload_.plan().must_be_answered(end), sent_);
  return in_flight_.answered_before(sent_) < needed;
}

void LoadGenerator::issue_what_is_due(u64 now_ns) {
  issue_singles();
  if (!singles_alone_) issue_batches(now_ns);
}

void LoadGenerator::issue_singles() {
  while (!all_sent() && !singles_.free.empty() && !failure_) {
    issue(singles_).begin_ns = clock_.monotonic_ns();
  }
}

void LoadGenerator::issue_batches(u64 now_ns) {
  const u64 request_bytes = u64{options_.batch} * sizeof(ledger::Transfer);
  u64 bytes = 0;
  while (!all_sent() && !batches_.free.empty() && bytes < kIssueBytesPerPass && !failure_) {
    const u64 due = due_ns();
    if (due > now_ns || waits_for_answers()) return;
    Slot& slot = issue(batches_);
    slot.begin_ns = options_.rate == 0 ? clock_.monotonic_ns() : due;
    bytes += request_bytes;
  }
}

LoadGenerator::Slot& LoadGenerator::issue(Lane& lane) {
  const u32 slot_index = lane.free.take();
  Slot& slot = slots_[slot_index];
  const u32 connection = (slot_index - lane.first_slot) / lane.in_flight;
  client::Channel& channel = *channels_[lane.first_channel + connection];
  slot.events = next_events(lane);
  const u64 number = u64{slot_index} + 1;
  const protocol::OpenRequest open =
      protocol::open_request(ledger::Operation::CreateTransfers, {.number = number, .trace_id = 0},
                             slot.events, channel.output());
  auto* transfers = reinterpret_cast<ledger::Transfer*>(open.events);
  for (u32 index = 0; index < slot.events; ++index) {
    workload_.next(transfers[index]);
  }
  protocol::seal_request(open, channel.output());
  channel.queued(number, slot_index);
  in_flight_.sent(slot_index, sent_);
  sent_ += slot.events;
  return slot;
}

// How long to wait for the network: not at all when more can be sent now.
u64 LoadGenerator::wait_ns(u64 now_ns) const {
  const u64 longest = observer_ == nullptr ? kProgressNs : kObserveNs;
  if (all_sent() || singles_alone_ || batches_.free.empty() || waits_for_answers()) return longest;
  const u64 due = due_ns();
  return due <= now_ns ? 0 : std::min(due - now_ns, longest);
}

void LoadGenerator::answered(u64 tag, const protocol::Reply& reply) {
  const Slot& slot = slots_[tag];
  if (reply.kind == protocol::ReplyKind::Error) {
    failure_ =
        Error{ErrorCode::Refused, fmt::format("the server refused a request: {} ({})",
                                              reply.refusal_message, ledger::name(reply.refusal))};
  } else if (reply.kind != protocol::ReplyKind::Write || reply.event_count != slot.events) {
    failure_ = Error{ErrorCode::Protocol, "a reply does not fit its request"};
  } else if (!reply.exceptions.empty()) {
    report_exception(reply.exceptions.front());
  } else {
    result_.position = std::max(result_.position, reply.position);
    record(tag);
    in_flight_.answered(static_cast<u32>(tag));
    lane_of(tag).free.put(static_cast<u32>(tag));
  }
}

void LoadGenerator::record(u64 slot_index) {
  const Slot& slot = slots_[slot_index];
  last_answer_ns_ = clock_.monotonic_ns();
  const u64 latency_ns = last_answer_ns_ - slot.begin_ns;
  latency_of(slot_index).record(latency_ns);
  answered_ += slot.events;
  result_.transfers += slot.events;
  ++result_.requests;
  if (observer_ != nullptr && !singles_alone_) {
    observer_->answered(last_answer_ns_, latency_ns, slot.events);
  }
}

Histogram& LoadGenerator::latency_of(u64 slot) {
  if (!is_single(slot)) return result_.latency_ns;
  return singles_alone_ ? result_.singles_alone_ns : result_.singles_beside_ns;
}

void LoadGenerator::report_exception(const ledger::EventResult& exception) {
  const auto outcome = ledger::transfer_outcome(exception.outcome);
  failure_ = Error{ErrorCode::Refused,
                   fmt::format("a transfer was answered {} where created was expected",
                               outcome ? ledger::name(*outcome) : "with an unknown outcome")};
}

void LoadGenerator::lost(u64, const client::Loss& loss) {
  if (!failure_) failure_ = loss.error;
}

void LoadGenerator::check_for_stall(u64 now_ns) {
  if (batches_.free.size() + singles_.free.size() == slots_.size()) {
    last_answer_ns_ = std::max(last_answer_ns_, now_ns);
  } else if (now_ns > last_answer_ns_ + kStallNs && !failure_) {
    failure_ = Error{ErrorCode::Timeout,
                     fmt::format("no answer came for {} s, {} of {} transfers being answered",
                                 kStallNs / kNsPerSecond, answered_, options_.transfers)};
  }
}

}  // namespace florin::bench
