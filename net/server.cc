// The network thread: one io_context of Boost.Asio per server, used by one thread without locks,
// for accepting, timers and waiting; epoll for what happens to connections. Other threads reach it
// through two queues and a doorbell only.
#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <concurrentqueue/concurrentqueue.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "net/connection.h"
#include "net/watched_descriptor.h"

namespace florin::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// What one step does at most of each kind, so that replies do not wait for reads without end.
constexpr usize kHandlersPerStep = 256;
// While connections keep a step busy, all else is looked at every so many steps.
constexpr u32 kBusyStepsPerLook = 16;
constexpr usize kRepliesPerStep = 4096;
constexpr usize kReplyBatch = 64;
constexpr usize kRepliesAhead = 8;  // Fetched into the cache so many before their turn.
// Refused connections that are told why; further ones are closed without a word.
constexpr usize kRefusedConnectionsMax = 64;
constexpr u64 kTickNsMax = 1'000'000'000;
constexpr u64 kTickNsMin = 5'000'000;

// The way in of one more thread that answers: a lane of its own in the queue of replies.
class Outbox final : public ledger::ReplySink {
 public:
  Outbox(moodycamel::ConcurrentQueue<ledger::Request*>& replies, Doorbell& bell)
      : replies_(replies), producer_(replies), bell_(bell) {}
  void deliver(ledger::Request* request) override { CHECK(replies_.enqueue(producer_, request)); }
  void flush() override { bell_.ring(); }

 private:
  moodycamel::ConcurrentQueue<ledger::Request*>& replies_;
  moodycamel::ProducerToken producer_;
  Doorbell& bell_;
};

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& given, ledger::RequestQueue& queue, ServerVoice voice)
      : options(given),
        memory(given.session.frame_bytes_max),
        context{.session = {.memory = memory,
                            .queue = queue,
                            .channel = given.channel,
                            .limits = given.session,
                            .voice = std::move(voice)},
                .options = options,
                .counters = {},
                .readiness = {},
                .touched = {},
                .now_ns = 0},
        acceptor(io),
        timer(io),
        bell_watch(io, bell.descriptor()),
        ready_watch(io, context.readiness.descriptor()) {
    context.now_ns = clock.monotonic_ns();
    tick_ns =
        std::clamp(std::min(given.frame_deadline_ns, given.linger_ns) / 4, kTickNsMin, kTickNsMax);
    schedule_tick();
  }

  ~Impl() {
    int accepted = -1;
    while (sockets.try_dequeue(accepted)) close(accepted);
  }

  // Until something happens, or so many nanoseconds have passed.
  void wait(u64 sleep_ns_max) {
    if (sleep_ns_max == ~u64{0}) {
      io.run_one();
    } else {
      io.run_one_for(std::chrono::nanoseconds(sleep_ns_max));
    }
  }
  Status listen(const std::string& host, u16 port);
  void accept();
  void on_accepted(tcp::socket socket);
  void adopt(int socket);
  void hand_over(int socket);
  usize take_sockets();
  usize take_events();
  usize take_replies();
  void take_orders();
  void service_touched();
  void schedule_tick();
  void tick();

  const ServerOptions options;
  SystemClock clock;
  SessionMemory memory;
  // The hint says that one thread uses it: no locks within.
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  ConnectionContext context;
  std::vector<Connection*> serviced;  // Empty but while they are.
  u32 busy_steps = 0;
  std::vector<std::unique_ptr<Connection>> connections;
  tcp::acceptor acceptor;
  u16 port = 0;
  bool accepting = false;  // An accept is pending.
  std::vector<Server*> servers;
  usize next_server = 0;
  asio::steady_timer timer;
  u64 tick_ns = kTickNsMax;
  bool draining = false;

  // From other threads.
  Doorbell bell;
  WatchedDescriptor bell_watch;
  WatchedDescriptor ready_watch;
  std::vector<std::unique_ptr<WatchedDescriptor>> watched;
  moodycamel::ConcurrentQueue<ledger::Request*> replies;
  moodycamel::ProducerToken reply_producer{replies};
  moodycamel::ConsumerToken reply_consumer{replies};
  std::vector<std::unique_ptr<Outbox>> outboxes;
  moodycamel::ConcurrentQueue<int> sockets;  // Accepted by another server, to be served by this.
  // Orders are published by the bell: no other memory depends on them.
  std::atomic<bool> woken{false};
  std::atomic<bool> stop_ordered{false};
  std::atomic<bool> drain_ordered{false};
  std::atomic<bool> is_drained{false};
  Counter connections_open;
  Counter connections_accepted;
  Counter connections_refused;
};

// Listening.

Status Server::Impl::listen(const std::string& host, u16 wanted_port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("cannot listen on \"{}\": expected a numeric address or localhost", host));
  }
  const tcp::endpoint endpoint(address, wanted_port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port = acceptor.local_endpoint(error).port();
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
    return fail_errno(error.value(), fmt::format("listen on {} port {}", host, wanted_port));
  }
  accept();
  return {};
}

void Server::Impl::accept() {
  accepting = true;
  acceptor.async_accept(io, [this](const error_code& error, tcp::socket socket) {
    accepting = false;
    if (!acceptor.is_open()) return;
    // Out of descriptors or memory: the tick tries again.
    if (error && error != asio::error::connection_aborted) return;
    if (!error) on_accepted(std::move(socket));
    accept();
  });
}

void Server::Impl::on_accepted(tcp::socket socket) {
  Server* const target = servers.empty() ? nullptr : servers[next_server++ % servers.size()];
  error_code error;
  const int descriptor = socket.release(error);
  if (error) return;
  if (target == nullptr || target->impl_.get() == this) {
    adopt(descriptor);
  } else {
    target->impl_->hand_over(descriptor);
  }
}

void Server::Impl::hand_over(int socket) {
  sockets.enqueue(socket);
  bell.ring();
}

void Server::Impl::adopt(int socket) {
  const bool refused = connections.size() >= options.connections_max;
  connections_accepted.add(1);
  if (refused) connections_refused.add(1);
  if (connections.size() >= options.connections_max + kRefusedConnectionsMax) {
    close(socket);
    return;
  }
  connections.push_back(std::make_unique<Connection>(context, socket));
  connections_open.add(1);
  Connection& connection = *connections.back();
  if (refused) {
    connection.session().refuse(
        ledger::RefusalCode::TooManyConnections,
        fmt::format("all {} connections are taken", options.connections_max));
  }
  if (draining) connection.session().shut_down();
  connection.touch();
}

// The work of a step.

usize Server::Impl::take_sockets() {
  usize taken = 0;
  int accepted = -1;
  while (sockets.try_dequeue(accepted)) {
    ++taken;
    adopt(accepted);
  }
  return taken;
}

// What happened to connections, and at times to all else.
usize Server::Impl::take_events() {
  const usize ready = context.readiness.poll();
  if (ready != 0 && ++busy_steps % kBusyStepsPerLook != 0) return ready;
  usize handlers = 0;
  while (handlers < kHandlersPerStep && io.poll_one() > 0) ++handlers;
  return ready + handlers;
}

usize Server::Impl::take_replies() {
  usize taken = 0;
  ledger::Request* batch[kReplyBatch];
  while (taken < kRepliesPerStep) {
    const usize count = replies.try_dequeue_bulk(reply_consumer, batch, kReplyBatch);
    if (count == 0) break;
    taken += count;
    for (usize i = 0; i < count; ++i) {
      if (i + kRepliesAhead < count) ledger::fetch_small(*batch[i + kRepliesAhead]);
      static_cast<Connection*>(batch[i]->owner)->take_answer(batch[i]);
    }
  }
  return taken;
}

void Server::Impl::take_orders() {
  const bool drain_now = drain_ordered.load(std::memory_order_relaxed);
  if ((drain_now || stop_ordered.load(std::memory_order_relaxed)) && acceptor.is_open()) {
    error_code ignored;
    acceptor.close(ignored);
  }
  if (!drain_now) return;
  if (!draining) {
    draining = true;
    for (auto& connection : connections) {
      connection->session().shut_down();
      connection->touch();
    }
  }
  // Whoever sees it may rely on everything that was done before.
  is_drained.store(connections.empty(), std::memory_order_release);
}

void Server::Impl::service_touched() {
  if (context.touched.empty()) return;
  bool any_gone = false;
  // Those that may have more to read touch themselves anew, for the next time.
  std::swap(context.touched, serviced);
  for (Connection* const connection : serviced) {
    connection->service();
    any_gone = any_gone || connection->gone();
  }
  serviced.clear();
  if (!any_gone) return;
  connections_open.subtract(
      std::erase_if(connections, [](const auto& connection) { return connection->gone(); }));
}

void Server::Impl::schedule_tick() {
  timer.expires_after(std::chrono::nanoseconds(tick_ns));
  timer.async_wait([this](const error_code& error) {
    if (!error) tick();
  });
}

void Server::Impl::tick() {
  context.now_ns = clock.monotonic_ns();
  for (auto& connection : connections) connection->enforce_deadlines();
  if (acceptor.is_open() && !accepting) accept();
  schedule_tick();
}

// The public face.

ServerOptions server_options(const Limits& limits, u32 channel) {
  ServerOptions options;
  options.channel = channel;
  options.connections_max = limits.connections_max;
  options.session = session_limits(limits);
  return options;
}

Server::Server(const ServerOptions& options, ledger::RequestQueue& queue, ServerVoice voice)
    : impl_(std::make_unique<Impl>(options, queue, std::move(voice))) {}

Server::~Server() = default;

Status Server::listen(const std::string& host, u16 port) { return impl_->listen(host, port); }

u16 Server::port() const { return impl_->port; }

void Server::share_with(std::vector<Server*> servers) { impl_->servers = std::move(servers); }

usize Server::step() {
  impl_->context.now_ns = impl_->clock.monotonic_ns();
  // Answers first: whoever gets one may be waiting for nothing else.
  const usize replies = impl_->take_replies();
  impl_->service_touched();
  const usize work = replies + impl_->take_events() + impl_->take_sockets();
  impl_->take_orders();
  impl_->service_touched();
  return work + impl_->context.touched.size();
}

void Server::park(u64 sleep_ns_max) {
  impl_->bell_watch.arm([this] { impl_->bell.clear(); });
  impl_->ready_watch.arm([] {});
  for (auto& descriptor : impl_->watched) descriptor->arm([] {});
  impl_->bell.arm();
  const bool was_drained = drained();
  // Armed before this last look: whoever publishes something after it rings.
  const usize found = impl_->take_sockets() + impl_->take_replies();
  impl_->take_orders();
  impl_->service_touched();
  const bool woken = impl_->woken.exchange(false, std::memory_order_relaxed);
  const bool more = !impl_->context.touched.empty();
  const bool news = found != 0 || more || woken || drained() != was_drained;
  if (!news) impl_->wait(sleep_ns_max);
  impl_->bell.disarm();
}

void Server::wake() {
  impl_->woken.store(true, std::memory_order_relaxed);
  impl_->bell.ring();
}

void Server::watch(int descriptor) {
  impl_->watched.push_back(std::make_unique<WatchedDescriptor>(impl_->io, descriptor));
}

void Server::deliver(ledger::Request* request) {
  CHECK(impl_->replies.enqueue(impl_->reply_producer, request));
}

void Server::flush() { impl_->bell.ring(); }

ledger::ReplySink& Server::add_outbox() {
  impl_->outboxes.push_back(std::make_unique<Outbox>(impl_->replies, impl_->bell));
  return *impl_->outboxes.back();
}

void Server::stop_accepting() {
  impl_->stop_ordered.store(true, std::memory_order_relaxed);
  impl_->bell.ring();
}

void Server::drain() {
  impl_->drain_ordered.store(true, std::memory_order_relaxed);
  impl_->bell.ring();
}

bool Server::drained() const { return impl_->is_drained.load(std::memory_order_acquire); }

ServerCounters Server::counters() const {
  const ConnectionCounters& shared = impl_->context.counters;
  return {.connections_open = impl_->connections_open.value(),
          .connections_accepted = impl_->connections_accepted.value(),
          .connections_refused = impl_->connections_refused.value(),
          .bytes_received = shared.bytes_received.value(),
          .bytes_sent = shared.bytes_sent.value(),
          .frames_received = shared.frames_received.value(),
          .frames_sent = shared.frames_sent.value()};
}

}  // namespace florin::net
