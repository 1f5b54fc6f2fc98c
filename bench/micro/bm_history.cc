// The history store by itself: what a transfer costs on its way in (append, write_run and its share
// of compaction, as processor time of the whole process), the bytes it takes, and how long
// questions take. FLORIN_HISTORY_TRANSFERS sets how many transfers are stored (default: 2 million),
// FLORIN_HISTORY_ACCOUNTS among how many accounts (10,000), FLORIN_HISTORY_RANDOM_IDS=1 draws ids
// at random, FLORIN_HISTORY_DIRECTORY where.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/random.h"
#include "history/rocks_store.h"

namespace {

using florin::Position;
using florin::u128;
using florin::u16;
using florin::u32;
using florin::u64;
using florin::usize;
namespace history = florin::history;
namespace ledger = florin::ledger;

u64 from_environment(const char* name, u64 otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

constexpr u64 kStart = 1'700'000'000'000'000'000;
constexpr u64 kPauseNs = 2'000'000;  // Between requests of kRequest transfers.
constexpr u64 kRequest = 8189;
constexpr u64 kRunChanges = 256 * 1024;

// Transfers between accounts drawn at random; every tenth is of the account 1, which becomes a long
// one.
class Source {
 public:
  explicit Source(u64 accounts, bool random_ids)
      : accounts_(accounts), random_ids_(random_ids), balances_(accounts + 1) {}

  void accounts(history::ChangeBatch& batch) {
    for (u64 id = 1; id <= accounts_; ++id) {
      history::OtherChange& event = batch.others.emplace_back();
      event.place = {++position_, 0};
      event.decided = ++time_;
      auto& account = event.what.emplace<ledger::Account>();
      account.id = id;
      account.ledger = 1;
      account.code = 1;
      account.timestamp = time_;
    }
    mark_.accounts = accounts_;
    end(batch);
  }

  void request(history::ChangeBatch& batch) {
    time_ += kPauseNs;
    for (u64 count = 0; count < kRequest; ++count) {
      history::TransferChange& change = batch.transfers.emplace_back();
      ledger::Transfer& transfer = change.transfer;
      const u64 debit = count % 10 == 0 ? 1 : 2 + random_.below(accounts_ - 1);
      u64 credit = 1 + random_.below(accounts_);
      if (credit == debit) credit = debit == 2 ? 3 : 2;
      transfer = {};
      transfer.id = random_ids_ ? random_.next_u128() : u128{mark_.created + 1};
      transfer.debit_account_id = debit;
      transfer.credit_account_id = credit;
      transfer.amount = 1 + random_.below(100'000);
      transfer.ledger = 1;
      transfer.code = 1;
      transfer.timestamp = ++time_;
      change.place = {++position_, 0};
      change.decided = time_;
      change.number = mark_.created++;
      balances_[debit][0] += transfer.amount;
      balances_[credit][1] += transfer.amount;
      change.balances = {};
      change.balances.debit_account_debits_posted = balances_[debit][0];
      change.balances.debit_account_credits_posted = balances_[debit][1];
      change.balances.credit_account_debits_posted = balances_[credit][0];
      change.balances.credit_account_credits_posted = balances_[credit][1];
    }
    end(batch);
  }

  u64 time() const { return time_; }

 private:
  void end(history::ChangeBatch& batch) {
    mark_.log.position = Position{position_};
    mark_.log.sequence += 1;
    mark_.last_timestamp = time_;
    batch.end = mark_;
  }

  const u64 accounts_;
  const bool random_ids_;
  florin::Random random_{42};
  std::vector<std::array<u64, 2>> balances_;
  history::Mark mark_;
  u64 position_ = 0;
  u64 time_ = kStart;
};

// A store with everything in it, made once.
class Filled {
 public:
  static Filled& get() {
    // Outlives every benchmark, since they ask the same store, which takes a while to fill.
    static Filled filled;
    return filled;
  }

  history::RocksStore& store() { return *store_; }
  u64 accounts() const { return accounts_; }
  u64 transfers() const { return transfers_; }
  u64 end_time() const { return source_.time(); }
  void count(benchmark::State& state) const {
    state.counters["transfers"] = static_cast<double>(transfers_);
    state.counters["bytes_each"] = bytes_each_;
    state.counters["append_cpu_ns"] = append_ns_;
    state.counters["all_cpu_ns"] = all_ns_;
    state.counters["wall_ns"] = wall_ns_;
    state.counters["files"] = static_cast<double>(store_->statistics().files);
  }

 private:
  Filled()
      : accounts_(from_environment("FLORIN_HISTORY_ACCOUNTS", 10'000)),
        transfers_(from_environment("FLORIN_HISTORY_TRANSFERS", 2'000'000)),
        source_(accounts_, from_environment("FLORIN_HISTORY_RANDOM_IDS", 0) != 0) {
    const char* const where = std::getenv("FLORIN_HISTORY_DIRECTORY");
    directory_ = where == nullptr ? "/tmp/florin_bm_history" : where;
    std::filesystem::remove_all(directory_);
    history::RocksOptions options;
    options.directory = directory_;
    options.ledger_id = 1;
    auto opened = history::RocksStore::open(options);
    if (!opened) std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    CHECK(opened.has_value());
    store_ = std::move(*opened);
    fill();
  }
  ~Filled() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  // Making the changes is not part of what is measured: it is timed apart and taken off.
  void fill() {
    std::atomic<bool> done{false};
    std::thread writer([&] {
      while (!done.load() || store_->statistics().runs_waiting > 0) {
        const auto written = store_->write_run();
        CHECK(written.has_value());
        if (*written == 0) std::this_thread::yield();
      }
    });
    const double processor = processor_seconds();
    const auto begin = std::chrono::steady_clock::now();
    double making = 0;
    double appending = 0;
    history::ChangeBatch batch;
    source_.accounts(batch);
    CHECK(store_->append(std::move(batch)).has_value());
    u64 made = 0;
    while (made < transfers_) {
      const auto start = thread_seconds();
      source_.request(batch);
      made += batch.transfers.size();
      const auto middle = thread_seconds();
      CHECK(store_->append(std::move(batch)).has_value());
      const auto end = thread_seconds();
      making += middle - start;
      appending += end - middle;
      if (store_->open_changes() < kRunChanges) continue;
      while (!store_->has_room()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      store_->seal();
    }
    store_->seal();
    done.store(true);
    writer.join();
    transfers_ = made;
    const double each = 1e9 / static_cast<double>(made);
    append_ns_ = appending * each;
    all_ns_ = (processor_seconds() - processor - making) * each;
    wall_ns_ =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * each;
    bytes_each_ = static_cast<double>(store_->statistics().disk_bytes) / static_cast<double>(made);
  }

  static double thread_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  const u64 accounts_;
  u64 transfers_;
  Source source_;
  std::string directory_;
  std::unique_ptr<history::RocksStore> store_;
  double append_ns_ = 0;
  double all_ns_ = 0;
  double wall_ns_ = 0;
  double bytes_each_ = 0;
};

void ask(history::RocksStore& store, ledger::Request& request) {
  request.position = store.readable();
  const auto answered = store.answer(request);
  if (!answered) std::fprintf(stderr, "%s\n", answered.error().message.c_str());
  CHECK(answered.has_value());
}

// The percentiles of what was measured, in microseconds.
void report(benchmark::State& state, std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  if (times.empty()) return;
  state.counters["p50_us"] = times[times.size() / 2] * 1e6;
  state.counters["p99_us"] = times[times.size() * 99 / 100] * 1e6;
}

template <class Work>
void measure(benchmark::State& state, Work&& work) {
  Filled& filled = Filled::get();
  std::vector<double> times;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    work(filled);
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  report(state, times);
}

void BM_store_and_disk(benchmark::State& state) {
  Filled& filled = Filled::get();
  for (auto _ : state) benchmark::DoNotOptimize(filled.store().statistics());
  filled.count(state);
}
BENCHMARK(BM_store_and_disk)->Iterations(1);

void BM_latest_20_of_an_account(benchmark::State& state) {
  florin::Random random(1);
  ledger::Request request;
  request.operation = ledger::Operation::GetAccountTransfers;
  measure(state, [&](Filled& filled) {
    request.filter = {};
    request.filter.account_id = 2 + random.below(filled.accounts() - 1);
    request.filter.limit = 20;
    request.filter.flags = ledger::QueryFilter::kNewestFirst;
    ask(filled.store(), request);
  });
}
BENCHMARK(BM_latest_20_of_an_account)->Iterations(2000)->Unit(benchmark::kMicrosecond);

// As much as 100,000 entries of the long account, page after page.
void BM_a_month_of_100000_entries(benchmark::State& state) {
  ledger::Request request;
  request.operation = ledger::Operation::GetAccountTransfers;
  u64 entries = 0;
  measure(state, [&](Filled& filled) {
    request.filter = {};
    request.filter.account_id = 1;
    request.filter.limit = ledger::kQueryLimitMax;
    entries = 0;
    do {
      ask(filled.store(), request);
      entries += request.transfers.size();
      request.filter.cursor = request.next_cursor;
    } while (request.more && entries < 100'000);
  });
  state.counters["entries"] = static_cast<double>(entries);
}
BENCHMARK(BM_a_month_of_100000_entries)->Iterations(20)->Unit(benchmark::kMillisecond);

void BM_balance_at_any_time(benchmark::State& state) {
  florin::Random random(2);
  alignas(16) u128 id = 0;
  ledger::Request request;
  request.operation = ledger::Operation::GetBalanceAt;
  request.events = reinterpret_cast<const std::byte*>(&id);
  request.event_count = 1;
  measure(state, [&](Filled& filled) {
    id = 1 + random.below(filled.accounts());
    request.filter = {};
    request.filter.timestamp_max = kStart + random.below(filled.end_time() - kStart);
    ask(filled.store(), request);
  });
}
BENCHMARK(BM_balance_at_any_time)->Iterations(2000)->Unit(benchmark::kMicrosecond);

// A tenth of the time: some 20 entries of an account, where there are 100 transfers to each.
void BM_statement(benchmark::State& state) {
  const bool holds = state.range(0) != 0;
  florin::Random random(5);
  ledger::Request request;
  request.operation = ledger::Operation::GetStatement;
  u64 entries = 0;
  u64 asked = 0;
  measure(state, [&](Filled& filled) {
    const u64 period = (filled.end_time() - kStart) / 10;
    request.filter = {};
    request.filter.account_id = 2 + random.below(filled.accounts() - 1);
    request.filter.timestamp_min = kStart + random.below(9 * period);
    request.filter.timestamp_max = request.filter.timestamp_min + period;
    request.filter.limit = ledger::kStatementLimitMax;
    request.filter.flags = holds ? ledger::QueryFilter::kHolds : u16{0};
    ask(filled.store(), request);
    entries += request.transfers.size();
    ++asked;
  });
  state.counters["entries"] = static_cast<double>(entries) / static_cast<double>(asked);
}
BENCHMARK(BM_statement)
    ->ArgName("holds")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(5000)
    ->Unit(benchmark::kMicrosecond);

void BM_page_of_changes(benchmark::State& state) {
  florin::Random random(3);
  ledger::Request request;
  request.operation = ledger::Operation::GetChangeEvents;
  measure(state, [&](Filled& filled) {
    request.filter = {};
    request.filter.limit = ledger::kChangeEventsLimitMax;
    request.filter.cursor.next = random.below(filled.transfers());
    ask(filled.store(), request);
  });
}
BENCHMARK(BM_page_of_changes)->Iterations(200)->Unit(benchmark::kMicrosecond);

// Ids of the past, some hundreds of a block; those never used among them fill gaps between ids.
void BM_find(benchmark::State& state) {
  const bool known = state.range(0) != 0;
  florin::Random random(4);
  std::vector<u128> ids(256);
  std::vector<florin::engine::PastTransfer> found(ids.size());
  measure(state, [&](Filled& filled) {
    for (u128& id : ids) {
      id = known ? u128{1 + random.below(filled.transfers())} : random.next_u128();
    }
    filled.store().find(ids, filled.store().readable(), found);
  });
  state.SetItemsProcessed(static_cast<florin::i64>(state.iterations() * ids.size()));
}
BENCHMARK(BM_find)->ArgName("known")->Arg(0)->Arg(1)->Iterations(200)->Unit(
    benchmark::kMicrosecond);

void BM_may_have(benchmark::State& state) {
  Filled& filled = Filled::get();
  u128 id = filled.transfers() + 1'000'000;
  for (auto _ : state) benchmark::DoNotOptimize(filled.store().may_have(++id));
}
BENCHMARK(BM_may_have);

}  // namespace
