// A load for Redis that redis-benchmark cannot make: every transfer has an id of its own. One
// thread keeps a fixed number of requests in flight on each of its connections, and writes what it
// measured as JSON. Usage: redis_load PORT CLIENTS IN_FLIGHT SECONDS SCRIPT_SHA SEED
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t kAccounts = 10'000;
constexpr std::uint64_t kAmountMax = 1000;
constexpr std::uint64_t kFirstId = 1000;  // Those below are for probes.
constexpr int kEventsMax = 64;
constexpr int kSilenceMsMax = 30'000;
constexpr std::size_t kReadBytes = 64 * 1024;

struct Options {
  int port;
  std::size_t clients;
  std::size_t in_flight;
  double seconds;
  std::string sha;
  std::uint64_t seed;
};

struct Connection {
  int fd = -1;
  std::string unread;  // The beginning of an answer whose end is yet to come.
  std::string unsent;
  std::deque<std::uint64_t> sent_ns;  // When each request in flight was sent, the oldest first.
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "redis_load: %s\n", what.c_str());
  std::exit(1);
}

std::uint64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die("cannot connect to port " + std::to_string(port));
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void append_argument(std::string& to, const std::string& argument) {
  to += '$' + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), random_(options.seed), connections_(options.clients) {
    append_argument(head_, "EVALSHA");
    append_argument(head_, options.sha);
    append_argument(head_, "3");
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].fd = connect_to(options.port);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
    }
  }

  void run() {
    start_ns_ = now_ns();
    deadline_ns_ = start_ns_ + static_cast<std::uint64_t>(options_.seconds * 1e9);
    for (Connection& connection : connections_) send(connection, options_.in_flight);
    while (in_flight_ > 0) step();
    end_ns_ = now_ns();
  }

  void print() {
    std::sort(latencies_ns_.begin(), latencies_ns_.end());
    const double seconds = static_cast<double>(end_ns_ - start_ns_) / 1e9;
    std::printf("{\"transfers\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
                latencies_ns_.size(), seconds, percentile_us(50), percentile_us(99));
  }

 private:
  void step() {
    epoll_event events[kEventsMax];
    const int count = epoll_wait(epoll_, events, kEventsMax, kSilenceMsMax);
    if (count <= 0) die("no answer within " + std::to_string(kSilenceMsMax) + " ms");
    for (int i = 0; i < count; ++i) receive(connections_[events[i].data.u64]);
  }

  void receive(Connection& connection) {
    const std::size_t before = connection.unread.size();
    connection.unread.resize(before + kReadBytes);
    const ssize_t got = read(connection.fd, connection.unread.data() + before, kReadBytes);
    if (got <= 0) die("the server closed a connection");
    connection.unread.resize(before + static_cast<std::size_t>(got));
    const std::size_t answered = take_answers(connection);
    if (now_ns() < deadline_ns_) send(connection, answered);
  }

  // Each answer is ":0", created; anything else fails the run.
  std::size_t take_answers(Connection& connection) {
    const std::uint64_t now = now_ns();
    std::size_t begin = 0;
    std::size_t answered = 0;
    while (true) {
      const std::size_t end = connection.unread.find("\r\n", begin);
      if (end == std::string::npos) break;
      const std::string answer = connection.unread.substr(begin, end - begin);
      if (answer != ":0") die("expected the answer :0, got " + answer);
      latencies_ns_.push_back(now - connection.sent_ns.front());
      connection.sent_ns.pop_front();
      begin = end + 2;
      ++answered;
    }
    connection.unread.erase(0, begin);
    in_flight_ -= answered;
    return answered;
  }

  void send(Connection& connection, std::size_t count) {
    connection.unsent.clear();
    for (std::size_t i = 0; i < count; ++i) append_transfer(connection.unsent);
    std::size_t written = 0;
    connection.sent_ns.insert(connection.sent_ns.end(), count, now_ns());
    in_flight_ += count;
    while (written < connection.unsent.size()) {
      const ssize_t got = write(connection.fd, connection.unsent.data() + written,
                                connection.unsent.size() - written);
      if (got <= 0) die("cannot write to the server");
      written += static_cast<std::size_t>(got);
    }
  }

  void append_transfer(std::string& to) {
    const std::uint64_t debit = random_() % kAccounts;
    const std::uint64_t credit = (debit + 1 + random_() % (kAccounts - 1)) % kAccounts;
    to += "*7\r\n";
    to += head_;
    append_argument(to, "t:" + std::to_string(next_id_++));
    append_argument(to, "a:" + std::to_string(debit + 1));
    append_argument(to, "a:" + std::to_string(credit + 1));
    append_argument(to, std::to_string(1 + random_() % kAmountMax));
  }

  // Nearest rank.
  double percentile_us(std::size_t percent) const {
    if (latencies_ns_.empty()) die("nothing was answered");
    const std::size_t rank = (latencies_ns_.size() * percent + 99) / 100;
    return static_cast<double>(latencies_ns_[rank - 1]) / 1e3;
  }

  Options options_;
  std::mt19937_64 random_;
  std::string head_;
  std::vector<Connection> connections_;
  std::vector<std::uint64_t> latencies_ns_;
  int epoll_ = -1;
  std::size_t in_flight_ = 0;
  std::uint64_t next_id_ = kFirstId;
  std::uint64_t start_ns_ = 0;
  std::uint64_t deadline_ns_ = 0;
  std::uint64_t end_ns_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 7) die("usage: redis_load PORT CLIENTS IN_FLIGHT SECONDS SCRIPT_SHA SEED");
  Load load({.port = std::atoi(arguments[1]),
             .clients = std::strtoull(arguments[2], nullptr, 10),
             .in_flight = std::strtoull(arguments[3], nullptr, 10),
             .seconds = std::strtod(arguments[4], nullptr),
             .sha = arguments[5],
             .seed = std::strtoull(arguments[6], nullptr, 10)});
  load.run();
  load.print();
  return 0;
}
