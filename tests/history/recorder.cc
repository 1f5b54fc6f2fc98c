#include "tests/history/recorder.h"

#include <chrono>
#include <stdexcept>

#include "base/clock.h"
#include "client/channel.h"
#include "client/loop.h"
#include "tests/history/wire.h"

namespace florin::test {

namespace {

constexpr u64 kWaitNs = 20'000'000;
constexpr auto kFinalDeadline = std::chrono::seconds(60);

template <class Expected>
auto must(Expected expected) {
  if (!expected) throw std::runtime_error(expected.error().message);
  return std::move(*expected);
}

// One connection after the other, and the calls made over them. Belongs to one thread.
class Connection final : public client::ReplyHandler {
 public:
  Connection() : loop_(must(client::Loop::open())) {}

  void open(const client::Endpoint& server, u64 session, u32 in_flight) {
    channel_ = std::make_unique<client::Channel>(
        *loop_, server, *this, client::ChannelOptions{.requests_in_flight_max = in_flight});
    session_ = session;
  }
  bool is_open() const {
    return channel_ != nullptr && channel_->state() != client::Channel::State::Closed;
  }
  bool full() const { return channel_->full(); }
  u32 in_flight() const { return channel_->in_flight(); }

  void ask(OwnedRequest request) {
    const u64 number = calls_.size();
    calls_.push_back({std::move(request), session_, clock_.monotonic_ns(), kNeverCompleted,
                      CallEnd::Unknown, false});
    encode_request(calls_.back().asked.request(), number + 1, channel_->output());
    channel_->queued(number + 1, number);
  }
  void run_once() { loop_->run_once(kWaitNs); }
  // Leaves: whatever was sent may still happen.
  void leave() { channel_->abandon({ErrorCode::Disconnected, "the client left"}); }

  std::vector<Call>& calls() { return calls_; }
  // Calls that ended since the last time, by index.
  std::vector<usize> take_ended() { return std::exchange(ended_, {}); }

  void answered(u64 tag, const protocol::Reply& reply) override {
    Call& call = calls_[tag];
    call.completed_ns = clock_.monotonic_ns();
    take_reply(reply, call.asked.request());
    const bool refused = reply.refusal != ledger::RefusalCode::None;
    call.end = refused ? CallEnd::NotDone : CallEnd::Answered;
    ended_.push_back(tag);
  }
  void lost(u64 tag, const client::Loss& loss) override {
    calls_[tag].end = loss.may_have_arrived ? CallEnd::Unknown : CallEnd::NotDone;
    ended_.push_back(tag);
  }

 private:
  SystemClock clock_;
  std::unique_ptr<client::Loop> loop_;
  std::vector<Call> calls_;
  std::vector<usize> ended_;
  u64 session_ = 0;
  std::unique_ptr<client::Channel> channel_;
};

}  // namespace

class Recorder::Client {
 public:
  Client(Recorder& recorder, u32 index)
      : recorder_(recorder),
        random_(recorder.options_.seed * 1000 + index),
        workload_(random_.next(), index, recorder.options_.bank) {}

  void run() {
    u64 server_number = 0;
    while (const auto server = recorder_.wait_for_server(server_number)) {
      connection_.open(*server, recorder_.new_session(), recorder_.options_.in_flight);
      while (connection_.is_open() && !recorder_.stopping_) live();
      // A client that left comes back to the same server, if that is still there.
      if (left_) --server_number;
      left_ = false;
    }
    if (connection_.is_open()) connection_.leave();
  }

  std::vector<Call>& calls() { return connection_.calls(); }

 private:
  void live() {
    const u64 wanted = 1 + random_.below(recorder_.options_.in_flight);
    while (connection_.in_flight() < wanted && !connection_.full()) connection_.ask(next());
    if (random_.chance(1, recorder_.options_.disconnect_every)) {
      // Half of the time with the requests on their way, otherwise with none sent.
      if (random_.chance(1, 2)) connection_.run_once();
      left_ = connection_.is_open();
      if (left_) connection_.leave();
    } else {
      connection_.run_once();
    }
    for (const usize index : connection_.take_ended()) take(connection_.calls()[index]);
  }

  void take(const Call& call) {
    const ledger::Request& request = call.asked.request();
    if (call.end == CallEnd::Answered) {
      workload_.observe(request);
      ++recorder_.answered_;
    } else if (request.is_logged()) {
      retries_.push_back(workload_.retry(request));
    }
  }

  OwnedRequest next() {
    if (retries_.empty()) return workload_.next();
    OwnedRequest retry = std::move(retries_.back());
    retries_.pop_back();
    return retry;
  }

  Recorder& recorder_;
  Random random_;
  BankWorkload workload_;
  Connection connection_;
  std::vector<OwnedRequest> retries_;
  bool left_ = false;
};

Recorder::Recorder(const RecorderOptions& options) : options_(options) {}

Recorder::~Recorder() { stop(); }

void Recorder::create_accounts(const client::Endpoint& server) {
  std::vector<OwnedRequest> requests;
  requests.push_back(BankWorkload::create_accounts(options_.bank));
  ask_finally(server, std::move(requests));
  for (Call& call : history_.calls) call.final_read = false;
}

void Recorder::start() {
  for (u32 index = 0; index < options_.clients; ++index) {
    clients_.push_back(std::make_unique<Client>(*this, index));
    threads_.emplace_back([client = clients_.back().get()] { client->run(); });
  }
}

void Recorder::serve_at(const client::Endpoint& server) {
  const std::lock_guard lock(mutex_);
  server_ = server;
  ++server_number_;
  changed_.notify_all();
}

std::optional<client::Endpoint> Recorder::wait_for_server(u64& number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || server_number_ > number; });
  if (stopping_) return std::nullopt;
  number = server_number_;
  return server_;
}

void Recorder::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const std::unique_ptr<Client>& client : clients_) {
    std::move(client->calls().begin(), client->calls().end(), std::back_inserter(history_.calls));
  }
  clients_.clear();
}

void Recorder::ask_finally(const client::Endpoint& server, std::vector<OwnedRequest> requests) {
  Connection connection;
  connection.open(server, new_session(), 1);
  const auto end = std::chrono::steady_clock::now() + kFinalDeadline;
  for (OwnedRequest& request : requests) {
    const bool lists = request.request().event_count == 0;
    for (bool more = true; more;) {
      connection.ask(request.ask_again());
      const Call& call = connection.calls().back();
      while (call.end == CallEnd::Unknown && connection.is_open() &&
             std::chrono::steady_clock::now() < end) {
        connection.run_once();
      }
      if (call.end != CallEnd::Answered) throw std::runtime_error("no answer: " + describe(call));
      more = lists && call.asked.request().more;
      request.request().filter.cursor = call.asked.request().next_cursor;
    }
  }
  for (Call& call : connection.calls()) {
    call.final_read = true;
    history_.calls.push_back(std::move(call));
  }
}

void Recorder::read_all(const client::Endpoint& server) {
  std::vector<OwnedRequest> requests;
  const std::vector<u128> accounts = BankWorkload::account_ids(options_.bank);
  requests.push_back(OwnedRequest::lookup_accounts(accounts));
  ledger::QueryFilter filter;
  filter.limit = ledger::kQueryLimitMax;
  requests.push_back(OwnedRequest::query_transfers(filter));
  for (const u128 account : accounts) {
    filter.account_id = account;
    requests.push_back(OwnedRequest::query_transfers(filter));
  }
  filter = {};
  filter.limit = ledger::kAccountChangesLimitMax;
  requests.push_back(OwnedRequest::get_account_changes(filter));
  requests.push_back(OwnedRequest::get_trial_balance({0, 10}));
  requests.push_back(OwnedRequest::lookup_accounts(accounts));
  ask_finally(server, std::move(requests));
}

}  // namespace florin::test
