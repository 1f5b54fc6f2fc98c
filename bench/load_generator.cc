// The loop of the load generator.
#include "bench/load_generator.h"

#include <algorithm>

#include <fmt/core.h>
#include <sys/prctl.h>

#include "base/check.h"
#include "ledger/outcome.h"
#include "protocol/messages.h"

namespace florin::bench {
namespace {

constexpr u64 kNsPerSecond = 1'000'000'000;
constexpr u64 kConnectDeadlineNs = 20 * kNsPerSecond;
constexpr usize kConnectingMax = 64;  // At once, so that the server's backlog suffices.
constexpr u64 kStallNs = 60 * kNsPerSecond;
constexpr u64 kProgressNs = kNsPerSecond / 5;
// A wake-up writes about this much before it looks for answers, so that the first of several large
// requests is on its way while the next is written.
constexpr u64 kIssueBytesPerPass = 256 * kKiB;
// The kernel may oversleep this much; its default of 50 us would blur an open loop.
constexpr unsigned long kTimerSlackNs = 1000;

}  // namespace

LoadGenerator::LoadGenerator(const LoadOptions& options, client::Loop& loop, Workload& workload)
    : options_(options),
      loop_(loop),
      workload_(workload),
      in_flight_(options.connections * options.in_flight) {
  CHECK(options.connections >= 1 && options.connections <= kConnectionsMax);
  CHECK(options.in_flight >= 1 && options.in_flight <= kInFlightMax);
  CHECK(options.batch >= 1 && options.batch <= ledger::kRequestEventsMax);
  slots_.resize(u64{options.connections} * options.in_flight);
  free_slots_.resize(slots_.size());
  for (u32 turn = 0; turn < options.in_flight; ++turn) {
    for (u32 connection = 0; connection < options.connections; ++connection) {
      return_slot(connection * options.in_flight + turn);
    }
  }
}

Status LoadGenerator::connect(const client::Endpoint& endpoint) {
  const client::ChannelOptions channel_options{.requests_in_flight_max = options_.in_flight * 2};
  while (channels_.size() < options_.connections) {
    const usize count = std::min<usize>(channels_.size() + kConnectingMax, options_.connections);
    while (channels_.size() < count) {
      client::ReplyHandler& handler = *this;
      channels_.push_back(
          std::make_unique<client::Channel>(loop_, endpoint, handler, channel_options));
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

Result<LoadResult> LoadGenerator::run(const Progress& progress) {
  if (options_.rate > 0) prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  begin_ns_ = clock_.monotonic_ns();
  last_answer_ns_ = begin_ns_;
  u64 next_progress_ns = begin_ns_ + kProgressNs;
  while (!finished() && !failure_) {
    const u64 now_ns = clock_.monotonic_ns();
    issue_what_is_due(now_ns);
    loop_.run_once(wait_ns(now_ns));
    check_for_stall(now_ns);
    if (now_ns >= next_progress_ns) {
      result_.elapsed_ns = now_ns - begin_ns_;
      progress(result_);
      next_progress_ns = now_ns + kProgressNs;
    }
  }
  if (failure_) return tl::unexpected(*failure_);
  result_.elapsed_ns = last_answer_ns_ - begin_ns_;
  progress(result_);
  return result_;
}

u64 LoadGenerator::due_ns() const {
  if (options_.rate == 0) return 0;
  return begin_ns_ + static_cast<u64>(u128{sent_} * kNsPerSecond / options_.rate);
}

u32 LoadGenerator::next_events() const {
  return static_cast<u32>(std::min<u64>(options_.batch, options_.transfers - sent_));
}

bool LoadGenerator::waits_for_answers() const {
  const u64 needed = std::min(workload_.plan().must_be_answered(sent_ + next_events()), sent_);
  return in_flight_.answered_before(sent_) < needed;
}

void LoadGenerator::issue_what_is_due(u64 now_ns) {
  const u64 request_bytes = u64{options_.batch} * sizeof(ledger::Transfer);
  u64 bytes = 0;
  while (!all_sent() && free_head_ < free_tail_ && bytes < kIssueBytesPerPass && !failure_) {
    const u64 due = due_ns();
    if (due > now_ns || waits_for_answers()) return;
    Slot& slot = issue(take_slot());
    slot.begin_ns = options_.rate == 0 ? clock_.monotonic_ns() : due;
    bytes += request_bytes;
  }
}

LoadGenerator::Slot& LoadGenerator::issue(u32 slot_index) {
  Slot& slot = slots_[slot_index];
  client::Channel& channel = *channels_[slot_index / options_.in_flight];
  slot.events = next_events();
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
  if (all_sent() || free_head_ == free_tail_ || waits_for_answers()) return kProgressNs;
  const u64 due = due_ns();
  return due <= now_ns ? 0 : std::min(due - now_ns, kProgressNs);
}

void LoadGenerator::answered(u64 tag, const protocol::Reply& reply) {
  Slot& slot = slots_[tag];
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
    record(slot);
    in_flight_.answered(static_cast<u32>(tag));
    return_slot(static_cast<u32>(tag));
  }
}

void LoadGenerator::record(Slot& slot) {
  last_answer_ns_ = clock_.monotonic_ns();
  result_.latency_ns.record(last_answer_ns_ - slot.begin_ns);
  result_.transfers += slot.events;
  ++result_.requests;
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
  if (free_tail_ - free_head_ == slots_.size()) {
    last_answer_ns_ = std::max(last_answer_ns_, now_ns);
  } else if (now_ns > last_answer_ns_ + kStallNs && !failure_) {
    failure_ = Error{ErrorCode::Timeout,
                     fmt::format("no answer came for {} s, {} of {} transfers being answered",
                                 kStallNs / kNsPerSecond, result_.transfers, options_.transfers)};
  }
}

u32 LoadGenerator::take_slot() {
  CHECK(free_head_ < free_tail_);
  return free_slots_[free_head_++ % free_slots_.size()];
}

void LoadGenerator::return_slot(u32 slot) {
  CHECK(free_tail_ - free_head_ < free_slots_.size());
  free_slots_[free_tail_++ % free_slots_.size()] = slot;
}

}  // namespace florin::bench
