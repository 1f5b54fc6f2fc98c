// How many transfers a second go through the PostgreSQL sink into a real server, and where the time
// goes: `postgres_throughput [TRANSFERS] [ACCOUNTS] [CONNECTION]`. Without a connection it starts a
// server of its own, with fsync and with the settings that docs/postgres.md recommends. Transfers
// are in memory before, plain ones between accounts drawn at random, with random ids.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "base/random.h"
#include "sinks/postgres_sink.h"
#include "tests/sinks/postgres_server.h"

namespace florin::test {
namespace {

constexpr usize kPageTransfers = 2'048;
constexpr usize kPages = 256;
constexpr u64 kCommitTransfers = 100'000;  // As the driver has it.
constexpr u64 kStartNs = 1'793'491'200'000'000'000;
constexpr u64 kTransferNs = 3'333;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds(int who) {
  rusage usage = {};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Pages that are given out again and again, each time with the places and times that follow.
class Transfers {
 public:
  explicit Transfers(u64 accounts) : accounts_(accounts) {
    for (exporter::ChangePage& page : pages_) make(page);
  }
  const exporter::ChangePage& next() {
    exporter::ChangePage& page = pages_[page_++ % kPages];
    for (usize at = 0; at < kPageTransfers; ++at) {
      ledger::ChangeEvent& event = page.events[at];
      event.position = ++position_;
      event.timestamp = kStartNs + position_ * kTransferNs;
      page.transfers[at].timestamp = event.timestamp;
      page.transfers[at].id = make_u128(random_.next(), random_.next());
    }
    page.next = exporter::place_after(page.events.back());
    return page;
  }

 private:
  void make(exporter::ChangePage& page) {
    for (usize at = 0; at < kPageTransfers; ++at) {
      ledger::ChangeEvent& event = page.events.emplace_back();
      event.kind = static_cast<u8>(ledger::ChangeKind::TransferCreated);
      event.object = static_cast<u32>(at);
      ledger::Transfer& made = page.transfers.emplace_back();
      made = {};
      made.debit_account_id = 1 + random_.below(accounts_);
      made.credit_account_id = 1 + random_.below(accounts_);
      made.amount = random_.below(1'000'000);
      made.ledger = 978;
      made.code = 1;
      ledger::TransferBalances& after = page.balances.emplace_back();
      after.debit_account_debits_posted = random_.below(u64{1} << 40);
      after.debit_account_credits_posted = random_.below(u64{1} << 40);
      after.credit_account_debits_posted = random_.below(u64{1} << 40);
      after.credit_account_credits_posted = random_.below(u64{1} << 40);
    }
  }

  const u64 accounts_;
  Random random_{1};
  std::vector<exporter::ChangePage> pages_{kPages};
  usize page_ = 0;
  u64 position_ = 0;
};

struct Times {
  double deliver = 0;
  double commit = 0;
  double indexes = 0;  // After the last commit.
  double own_cpu = 0;
};

[[noreturn]] void give_up(const std::string& message) {
  std::fprintf(stderr, "postgres_throughput: %s\n", message.c_str());
  std::exit(1);
}

// Encoding alone, into memory.
double encode_ns(Transfers& transfers) {
  sinks::PostgresRowWriter rows;
  const auto begin = std::chrono::steady_clock::now();
  for (usize page = 0; page < kPages; ++page) {
    rows.clear();
    const exporter::ChangePage& changes = transfers.next();
    for (const auto& event : changes.events) append_row(changes, event, rows);
  }
  return seconds_since(begin) * 1e9 / static_cast<double>(kPages * kPageTransfers);
}

Times deliver(sinks::PostgresSink& sink, Transfers& transfers, u64 count) {
  Times times;
  const double cpu_before = cpu_seconds(RUSAGE_SELF);
  u64 uncommitted = 0;
  for (u64 done = 0; done < count; done += kPageTransfers) {
    const exporter::ChangePage& page = transfers.next();
    auto begin = std::chrono::steady_clock::now();
    if (const auto taken = sink.deliver(page, 0); !taken) give_up(taken.error().message);
    times.deliver += seconds_since(begin);
    uncommitted += kPageTransfers;
    if (uncommitted < kCommitTransfers && done + kPageTransfers < count) continue;
    uncommitted = 0;
    begin = std::chrono::steady_clock::now();
    const auto& last = page.events.back();
    const Status committed = sink.commit({page.next, exporter::place_of(last), last.timestamp});
    if (!committed) give_up(committed.error().message);
    times.commit += seconds_since(begin);
  }
  times.own_cpu = cpu_seconds(RUSAGE_SELF) - cpu_before;
  const auto begin = std::chrono::steady_clock::now();
  if (Status rested = sink.rest({}); !rested) give_up(rested.error().message);
  while (!sink.indexes_are_built()) {
    if (Status step = sink.build_indexes(); !step) give_up(step.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  times.indexes = seconds_since(begin);
  return times;
}

void run(u64 count, u64 accounts, const std::string& given) {
  std::unique_ptr<PostgresServer> server;
  std::string connection = given;
  if (given.empty()) {
    auto started =
        PostgresServer::start({"max_wal_size=8GB", "shared_buffers=1GB", "wal_compression=off"});
    if (!started) give_up(started.error().message);
    server = std::move(*started);
    connection = server->connection();
  }
  SystemClock clock;
  sinks::PostgresSinkOptions options;
  options.settings.connection = connection;
  Transfers transfers(accounts);
  const double encoding = encode_ns(transfers);
  sinks::PostgresSink sink(options, clock);
  if (const auto stand = sink.open(); !stand) give_up(stand.error().message);
  const Times times = deliver(sink, transfers, count);
  const double each = 1e6 / static_cast<double>(count);
  const double seconds = times.deliver + times.commit;
  std::printf("%llu transfers, %llu accounts: %.0f transfers/s, %.0f with the indexes built\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(accounts),
              static_cast<double>(count) / seconds,
              static_cast<double>(count) / (seconds + times.indexes));
  std::printf("us a transfer: %.2f deliver, %.2f commit, %.2f indexes afterwards; ",
              times.deliver * each, times.commit * each, times.indexes * each);
  std::printf("CPU: %.2f this process, of that %.2f encoding", times.own_cpu * each,
              encoding * 1e-3);
  server.reset();
  std::printf("; %.2f the server\n", cpu_seconds(RUSAGE_CHILDREN) * each);
}

}  // namespace
}  // namespace florin::test

int main(int count, char** values) {
  const auto number = [&](int at, florin::u64 fallback) {
    return count > at ? std::strtoull(values[at], nullptr, 10) : fallback;
  };
  constexpr florin::u64 kTransfers = 5'000'000;
  constexpr florin::u64 kAccounts = 100'000;
  florin::test::run(number(1, kTransfers), number(2, kAccounts), count > 3 ? values[3] : "");
}
