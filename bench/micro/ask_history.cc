// Asks a running server about its past and shows how long that takes: `ask_history PORT
// [QUESTIONS]`. Accounts are drawn at random from those that the server has; times lie between the
// first transfer and the last. What is asked about should be much more than what the server's
// caches hold.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/histogram.h"
#include "client/client.h"

namespace florin::bench {
namespace {

class Questions {
 public:
  Questions(client::Client& client, u64 count) : client_(client), count_(count) {}

  bool prepare();
  void run();

 private:
  ledger::QueryFilter newest(u32 limit);
  void ask(const char* what, u64 count, const std::function<bool()>& question) const;
  u128 account() { return accounts_[random_.below(accounts_.size())].id; }
  Timestamp moment() { return Timestamp{random_.between(first_, last_)}; }
  bool ask_month();

  client::Client& client_;
  const u64 count_;
  Random random_{1};
  std::vector<ledger::Account> accounts_;
  std::vector<u128> ids_;  // Of transfers of the past.
  u64 first_ = 0;
  u64 last_ = 0;
};

bool Questions::prepare() {
  ledger::QueryFilter filter;
  filter.limit = ledger::kQueryLimitMax;
  const auto accounts = client_.query_accounts(filter);
  const auto oldest = client_.query_transfers(filter);
  filter.flags = ledger::QueryFilter::kNewestFirst;
  filter.limit = 1;
  const auto newest = client_.query_transfers(filter);
  if (!accounts || !oldest || !newest || accounts->accounts.empty() || newest->transfers.empty()) {
    return false;
  }
  accounts_ = accounts->accounts;
  for (const auto& found : oldest->transfers) ids_.push_back(found.transfer.id);
  first_ = oldest->transfers.front().transfer.timestamp;
  last_ = newest->transfers.front().transfer.timestamp;
  return true;
}

ledger::QueryFilter Questions::newest(u32 limit) {
  ledger::QueryFilter filter;
  filter.account_id = account();
  filter.limit = limit;
  filter.flags = ledger::QueryFilter::kNewestFirst;
  return filter;
}

void Questions::ask(const char* what, u64 count, const std::function<bool()>& question) const {
  Histogram times;
  u64 failed = 0;
  for (u64 each = 0; each < count; ++each) {
    const auto begin = std::chrono::steady_clock::now();
    failed += question() ? 0 : 1;
    times.record(static_cast<u64>((std::chrono::steady_clock::now() - begin).count()));
  }
  constexpr double kMicrosecond = 1e-3;
  std::printf("%-44s %8llu  p50 %9.0f us  p99 %9.0f us  max %9.0f us  failed %llu\n", what,
              static_cast<unsigned long long>(count),
              static_cast<double>(times.quantile(0.5)) * kMicrosecond,
              static_cast<double>(times.quantile(0.99)) * kMicrosecond,
              static_cast<double>(times.max()) * kMicrosecond,
              static_cast<unsigned long long>(failed));
}

// 100,000 entries of one account, or all that it has, in pages.
bool Questions::ask_month() {
  constexpr u64 kEntries = 100'000;
  ledger::QueryFilter filter = newest(ledger::kQueryLimitMax);
  for (u64 entries = 0; entries < kEntries;) {
    const auto page = client_.get_account_transfers(filter);
    if (!page) return false;
    entries += page->transfers.size();
    if (!page->more) break;
    filter.cursor = page->next_cursor;
  }
  return true;
}

void Questions::run() {
  ask("latest 20 transfers of an account", count_,
      [&] { return client_.get_account_transfers(newest(20)).has_value(); });
  ask("balance of an account at a past time", count_, [&] {
    const u128 ids[] = {account()};
    return client_.get_balance_at(ids, moment()).has_value();
  });
  ask("a statement of a tenth of the time", count_, [&] {
    ledger::QueryFilter filter;
    filter.account_id = account();
    filter.limit = ledger::kStatementLimitMax;
    filter.timestamp_min = moment().ns;
    filter.timestamp_max = filter.timestamp_min + (last_ - first_) / 10;
    return client_.get_statement(filter).has_value();
  });
  ask("an old transfer by its id", count_, [&] {
    const u128 ids[] = {ids_[random_.below(ids_.size())]};
    const auto found = client_.lookup_transfers(ids);
    return found && found->transfers[0].transfer.has_value();
  });
  ask("100,000 entries of an account, or all", 20, [&] { return ask_month(); });
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: ask_history PORT [QUESTIONS]\n");
    return 2;
  }
  client::ClientOptions options;
  options.port = static_cast<u16>(std::atoi(argv[1]));
  auto client = client::Client::connect(options, Random(1));
  if (!client) {
    std::fprintf(stderr, "ask_history: %s\n", client.error().message.c_str());
    return 1;
  }
  Questions questions(*client, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2'000);
  if (!questions.prepare()) {
    std::fprintf(stderr, "ask_history: the server has no accounts and transfers to ask about\n");
    return 1;
  }
  questions.run();
  return 0;
}

}  // namespace
}  // namespace florin::bench

int main(int argc, char** argv) { return florin::bench::run(argc, argv); }
