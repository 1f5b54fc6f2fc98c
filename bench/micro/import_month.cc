// Fills a running server with a month of a bank: `import_month PORT [ACCOUNTS] [TRANSFERS]` imports
// accounts that were opened in September 2026, and transfers among them, drawn at random, that are
// spread over October 2026. What statements of that month are measured with (docs/statements.md);
// the ledger must be empty.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "client/client.h"

namespace florin::bench {
namespace {

constexpr u64 kEventsAtOnce = 8'000;
constexpr u64 kSeptember = 1'789'430'400'000'000'000;  // 2026-09-15, UTC.
constexpr u64 kOctober = 1'790'812'800'000'000'000;    // 2026-10-01, UTC.
constexpr u64 kMonthNs = u64{31} * 86'400 * kNsPerSecond;
constexpr u32 kLedger = 978;

class Month {
 public:
  Month(client::Client& client, u64 accounts, u64 transfers)
      : client_(client), accounts_(accounts), transfers_(transfers) {}

  bool import() {
    for (u64 first = 0; first < accounts_; first += kEventsAtOnce) {
      if (!import_accounts(first, std::min(kEventsAtOnce, accounts_ - first))) return false;
    }
    for (u64 first = 0; first < transfers_; first += kEventsAtOnce) {
      if (!import_transfers(first, std::min(kEventsAtOnce, transfers_ - first))) return false;
    }
    return true;
  }

 private:
  bool import_accounts(u64 first, u64 count) {
    std::vector<ledger::Account> events(count);
    for (u64 index = 0; index < count; ++index) {
      ledger::Account& account = events[index];
      account = {};
      account.id = first + index + 1;
      account.ledger = kLedger;
      account.code = 1;
      account.flags = ledger::account_flags::kImported;
      account.timestamp = kSeptember + first + index;
    }
    const auto made = client_.create_accounts(events);
    return made && made->results.back().outcome == ledger::AccountOutcome::Created;
  }

  bool import_transfers(u64 first, u64 count) {
    std::vector<ledger::Transfer> events(count);
    for (u64 index = 0; index < count; ++index) {
      const u64 debit = random_.below(accounts_);
      const u64 credit = (debit + 1 + random_.below(accounts_ - 1)) % accounts_;
      ledger::Transfer& transfer = events[index];
      transfer = {};
      transfer.id = first + index + 1;
      transfer.debit_account_id = debit + 1;
      transfer.credit_account_id = credit + 1;
      transfer.amount = 1 + random_.below(100'000);
      transfer.ledger = kLedger;
      transfer.code = static_cast<u16>(10 + random_.below(5));
      transfer.flags = ledger::transfer_flags::kImported;
      transfer.timestamp = kOctober + static_cast<u64>(u128{first + index} * kMonthNs / transfers_);
    }
    const auto made = client_.create_transfers(events);
    return made && made->results.back().outcome == ledger::TransferOutcome::Created;
  }

  client::Client& client_;
  const u64 accounts_;
  const u64 transfers_;
  Random random_{1};
};

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: import_month PORT [ACCOUNTS] [TRANSFERS]\n");
    return 2;
  }
  client::ClientOptions options;
  options.port = static_cast<u16>(std::atoi(argv[1]));
  auto client = client::Client::connect(options, Random(1));
  if (!client) {
    std::fprintf(stderr, "import_month: %s\n", client.error().message.c_str());
    return 1;
  }
  const u64 accounts = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200'000;
  const u64 transfers = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'000'000;
  if (accounts < 2 || transfers == 0 || !Month(*client, accounts, transfers).import()) {
    std::fprintf(stderr,
                 "import_month: the server did not take it; expected an empty ledger with "
                 "room for it, and at least 2 accounts\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace florin::bench

int main(int argc, char** argv) { return florin::bench::run(argc, argv); }
