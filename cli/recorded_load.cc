// A thread and a blocking client for each connection; each writes only its own record.
#include "cli/recorded_load.h"

#include <fmt/core.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/int128.h"

namespace florin::cli {

namespace {

using ledger::TransferOutcome;

constexpr usize kProblemsShown = 10;
constexpr u64 kRequestsPerUpdate = 16;

std::string describe(const ledger::Transfer& transfer) {
  return fmt::format("transfer {}", florin::to_decimal(transfer.id));
}

// A transient refusal consumed the id; a final one is found again.
bool is_right_retry(const EventRecord& record, bool chained, const client::TransferResult& answer) {
  if (record.outcome == TransferOutcome::Created) {
    return answer.outcome == TransferOutcome::Exists && answer.timestamp == record.timestamp;
  }
  const bool accepted =
      answer.outcome == TransferOutcome::Created || answer.outcome == TransferOutcome::Exists;
  if (chained || !ledger::is_transient(record.outcome)) return !accepted;
  return answer.outcome == TransferOutcome::IdAlreadyFailed;
}

}  // namespace

void Problems::add(std::string problem) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (first_.size() < kProblemsShown) first_.push_back(std::move(problem));
}

u64 Problems::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::vector<std::string> Problems::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

client::ClientOptions client_options(const std::string& host, u16 port, u64 deadline_ms) {
  client::ClientOptions options;
  options.host = host;
  options.port = port;
  options.deadline = std::chrono::milliseconds(deadline_ms);
  return options;
}

void record_answer(const RequestRecord& request, const client::TransferResults& answer,
                   StreamRecord& stream) {
  CHECK(answer.results.size() == request.planned.count);
  for (u32 i = 0; i < request.planned.count; ++i) {
    const client::TransferResult& result = answer.results[i];
    // The client sends a request again when a connection breaks: `exists` is then its own.
    const bool created = result.outcome == TransferOutcome::Exists;
    stream.events[request.planned.first + i] = {
        result.timestamp, created ? TransferOutcome::Created : result.outcome};
  }
}

void check_retry(const std::vector<ledger::Transfer>& events, const RequestRecord& request,
                 const client::TransferResults& answer, const StreamRecord& stream,
                 Problems& problems) {
  for (usize i = 0; i < events.size(); ++i) {
    const EventRecord& record = stream.events[request.planned.first + i];
    if (is_right_retry(record, in_chain(events, i), answer.results[i])) continue;
    problems.add(fmt::format("{} answered {} at {}, and {} at {} when sent again",
                             describe(events[i]), ledger::name(record.outcome), record.timestamp.ns,
                             ledger::name(answer.results[i].outcome),
                             answer.results[i].timestamp.ns));
  }
}

RecordedLoad::RecordedLoad(const LoadOptions& options)
    : options_(options),
      plan_(options.seed, options.accounts),
      random_(options.seed),
      streams_(options.connections),
      latencies_(std::make_unique<bench::Histogram>()) {}

RecordedLoad::~RecordedLoad() { stop(); }

Status RecordedLoad::create_accounts(client::Client& client) {
  const auto answer = client.create_accounts(plan_.accounts());
  if (!answer) return fail(answer.error().code, answer.error().message);
  for (const client::AccountResult& result : answer->results) {
    if (result.outcome != ledger::AccountOutcome::Created &&
        result.outcome != ledger::AccountOutcome::Exists) {
      return fail(ErrorCode::Refused,
                  fmt::format("an account was answered {}", ledger::name(result.outcome)));
    }
  }
  return {};
}

void RecordedLoad::start(const std::string& host, u16 port) {
  CHECK(threads_.empty());
  stopping_.store(false, std::memory_order_relaxed);
  for (u32 stream = 0; stream < options_.connections; ++stream) {
    threads_.emplace_back([this, stream, host, port, random = Random(random_.next())]() mutable {
      run_stream(stream, random, host, port);
    });
  }
}

void RecordedLoad::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  threads_.clear();  // Joins.
}

void RecordedLoad::run_stream(u32 stream, Random random, const std::string& host, u16 port) {
  auto client = client::Client::connect(client_options(host, port, options_.deadline_ms),
                                        Random(random.next()));
  if (!client) {
    if (!stopping_.load(std::memory_order_relaxed) && !options_.early_end_expected) {
      problems_.add(fmt::format("cannot connect: {}", client.error().message));
    }
    return;
  }
  while (!stopping_.load(std::memory_order_relaxed) && send_next(stream, random, *client)) {
  }
}

bool RecordedLoad::send_next(u32 stream, Random& random, client::Client& client) {
  if (random.chance(1, kRequestsPerUpdate)) return send_update(stream, client);
  return send_transfers(stream, random, client);
}

bool RecordedLoad::is_expected_refusal(const client::ClientError& error) const {
  return options_.full_disk_expected && error.code == ErrorCode::Refused &&
         error.refusal == ledger::RefusalCode::NoSpace;
}

bool RecordedLoad::can_go_on(const client::ClientError& error) {
  if (error.code != ErrorCode::Refused) return true;
  if (is_expected_refusal(error)) {
    refused_for_space_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  problems_.add(error.message);
  return false;
}

bool RecordedLoad::send_update(u32 stream, client::Client& client) {
  StreamRecord& record = streams_[stream];
  const ledger::AccountUpdate update = plan_.make_update(stream, record.updates.size());
  UpdateRecord sent;
  const auto answer = client.update_accounts({&update, 1});
  if (answer) {
    const client::UpdateResult& result = answer->results[0];
    if (result.outcome != ledger::UpdateOutcome::Created &&
        result.outcome != ledger::UpdateOutcome::Exists) {
      problems_.add(fmt::format("update {} was answered {}", florin::to_decimal(update.id),
                                ledger::name(result.outcome)));
    }
    sent = {RequestState::Acknowledged, result.timestamp};
  } else if (answer.error().effect == client::ClientError::Effect::DidNotHappen) {
    sent.state = RequestState::Absent;
  }
  record.updates.push_back(sent);
  return answer || can_go_on(answer.error());
}

bool RecordedLoad::send_transfers(u32 stream, Random& random, client::Client& client) {
  StreamRecord& record = streams_[stream];
  const u32 count =
      random.chance(1, 4) ? 1 : static_cast<u32>(random.between(1, options_.request_events_max));
  if (record.events.size() + count > options_.transfers_max / options_.connections) return false;
  RequestRecord request{{stream, count, record.events.size()}, RequestState::Unknown, false};
  record.events.resize(record.events.size() + count);
  std::vector<ledger::Transfer> events;
  plan_.make_request(request.planned, events);

  SystemClock clock;
  const u64 begin = clock.monotonic_ns();
  const auto answer = client.create_transfers(events);
  if (answer) {
    note_latency(clock.monotonic_ns() - begin, count);
    request.state = RequestState::Acknowledged;
    record_answer(request, *answer, record);
  } else if (answer.error().effect == client::ClientError::Effect::DidNotHappen) {
    request.state = RequestState::Absent;
  }
  if (!answer && is_expected_refusal(answer.error())) {
    record.events.resize(request.planned.first);  // Never ordered: its ids are as good as new.
    return can_go_on(answer.error());
  }
  record.requests.push_back(request);
  if (!answer) return can_go_on(answer.error());
  if (!random.chance(1, 20)) return true;
  const auto again = client.create_transfers(events);
  if (again) {
    check_retry(events, request, *again, record, problems_);
    retried_.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

void RecordedLoad::note_latency(u64 latency_ns, u32 transfers) {
  acknowledged_.fetch_add(transfers, std::memory_order_relaxed);
  const std::lock_guard lock(figures_mutex_);
  latencies_->record(latency_ns);
  figures_.transfers += transfers;
  figures_.requests += 1;
}

LoadFigures RecordedLoad::take_figures() {
  const std::lock_guard lock(figures_mutex_);
  LoadFigures figures = figures_;
  figures.latency_ns_p50 = latencies_->quantile(0.5);
  figures.latency_ns_p99 = latencies_->quantile(0.99);
  figures_ = {};
  *latencies_ = bench::Histogram();
  return figures;
}

}  // namespace florin::cli
