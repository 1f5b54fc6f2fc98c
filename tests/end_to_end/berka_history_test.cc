// The real bank's transactions imported with their own dates, and its balances asked back from
// history, day by day: docs/berka.md.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <fmt/core.h>

#include "cli/table.h"
#include "tests/end_to_end/berka_replay.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

constexpr u64 kDayNs = 86'400 * kNsPerSecond;
constexpr u64 kFirstCorrection = 1'000'000'000;  // Ids behind all of the bank's own.

u64 midnight(u32 date) {
  using namespace std::chrono;
  const year_month_day calendar(year(static_cast<int>(date / 10'000)), month(date / 100 % 100),
                                std::chrono::day(date % 100));
  return static_cast<u64>(
      duration_cast<nanoseconds>(sys_days(calendar).time_since_epoch()).count());
}

// What the bank's books are made of, in the order of time: its own entries within their day, one
// nanosecond apart from midnight on; what corrects a day's rounding in its last second.
class ImportedBank {
 public:
  explicit ImportedBank(const std::vector<BankEntry>& entries);

  struct AccountDay {
    u64 account;
    u32 date;
    std::span<const BankEntry> entries;
    i64 uncorrected;  // The balance at the end of the day by arithmetic, before the correction.
    i64 recorded;     // The bank's, the nearest of those that it recorded.
  };
  const std::vector<ledger::Transfer>& transfers() const { return transfers_; }
  const std::vector<AccountDay>& days() const { return days_; }
  std::vector<ledger::Account> accounts() const;
  u64 corrections() const { return corrections_; }
  u32 last_date() const { return last_date_; }

 private:
  void add_date(std::span<const BankEntry> entries);
  void add_day(std::span<const BankEntry> entries, std::vector<ledger::Transfer>& corrections);
  void correct(const AccountDay& day, std::vector<ledger::Transfer>& corrections);

  std::map<u64, std::map<u32, std::vector<BankEntry>>> by_account_;
  std::map<u64, i64> recorded_;
  std::vector<ledger::Transfer> transfers_;
  std::vector<AccountDay> days_;
  u64 corrections_ = 0;
  u32 last_date_ = 0;
};

ImportedBank::ImportedBank(const std::vector<BankEntry>& entries) {
  last_date_ = entries.back().date;
  for (const BankEntry& entry : entries) by_account_[entry.account][entry.date].push_back(entry);
  const std::span<const BankEntry> all = entries;
  for (usize first = 0; first < all.size();) {
    usize end = first;
    while (end < all.size() && all[end].date == all[first].date) ++end;
    add_date(all.subspan(first, end - first));
    first = end;
  }
}

void ImportedBank::add_date(std::span<const BankEntry> entries) {
  const u32 date = entries.front().date;
  u64 timestamp = midnight(date);
  std::map<u64, bool> moved;
  for (const BankEntry& entry : entries) {
    ledger::Transfer transfer = booking(entry);
    transfer.flags = ledger::transfer_flags::kImported;
    transfer.timestamp = ++timestamp;
    transfers_.push_back(transfer);
    moved[entry.account] = true;
  }
  std::vector<ledger::Transfer> corrections;
  for (const auto& [account, unused] : moved) add_day(by_account_[account][date], corrections);
  timestamp = midnight(date) + kDayNs - kNsPerSecond;
  for (ledger::Transfer& correction : corrections) {
    correction.timestamp = ++timestamp;
    transfers_.push_back(correction);
  }
}

void ImportedBank::add_day(std::span<const BankEntry> entries,
                           std::vector<ledger::Transfer>& corrections) {
  AccountDay day{entries.front().account, entries.front().date, entries, 0, 0};
  i64& recorded = recorded_[day.account];
  day.uncorrected = recorded;
  for (const BankEntry& entry : entries) day.uncorrected += change_of(entry);
  recorded = day.uncorrected + nearest_difference(entries, day.uncorrected);
  day.recorded = recorded;
  if (day.recorded != day.uncorrected) correct(day, corrections);
  days_.push_back(day);
}

void ImportedBank::correct(const AccountDay& day, std::vector<ledger::Transfer>& corrections) {
  const i64 missing = day.recorded - day.uncorrected;
  const u128 customer = customer_id(day.account);
  const auto amount = static_cast<u64>(std::abs(missing));
  ledger::Transfer transfer = missing > 0
                                  ? between(BerkaReplay::kRoundingAccount, customer, amount)
                                  : between(customer, BerkaReplay::kRoundingAccount, amount);
  transfer.id = kFirstCorrection + corrections_++;
  transfer.code = BerkaReplay::kRoundingAccount;
  transfer.user_data_32 = day.date;
  transfer.flags = ledger::transfer_flags::kImported;
  corrections.push_back(transfer);
}

std::vector<ledger::Account> ImportedBank::accounts() const {
  std::vector<ledger::Account> accounts;
  u64 timestamp = midnight(transfers_.front().user_data_32) - kDayNs;
  const auto add = [&](u128 id, u16 code) {
    accounts.push_back(bank_account(id, code));
    accounts.back().flags = ledger::account_flags::kImported;
    accounts.back().timestamp = ++timestamp;
  };
  for (const Settlement settlement : kSettlements) {
    add(static_cast<u8>(settlement), static_cast<u8>(settlement));
  }
  add(BerkaReplay::kRoundingAccount, BerkaReplay::kRoundingAccount);
  for (const auto& [account, unused] : by_account_) add(customer_id(account), kCustomerCode);
  return accounts;
}

template <class Object, class Create>
void import(const std::vector<Object>& objects, Create&& create) {
  for (usize first = 0; first < objects.size(); first += ledger::kRequestEventsMax) {
    const usize size = std::min<usize>(ledger::kRequestEventsMax, objects.size() - first);
    const auto answer = must(create(std::span(objects).subspan(first, size)));
    for (usize index = 0; index < answer.results.size(); ++index) {
      const auto outcome = answer.results[index].outcome;
      if (ledger::name(outcome) != "created") {
        throw std::runtime_error(fmt::format("event {}: {}", first + index, ledger::name(outcome)));
      }
    }
  }
}

// The balances of the days' accounts, each at so long after its midnight.
std::vector<i64> balances_at(client::Client& client,
                             const std::vector<ImportedBank::AccountDay>& days,
                             u64 after_midnight) {
  std::vector<i64> balances;
  for (usize first = 0; first < days.size();) {
    const u32 date = days[first].date;
    std::vector<u128> ids;
    for (usize index = first; index < days.size() && days[index].date == date; ++index) {
      ids.push_back(customer_id(days[index].account));
    }
    const auto answer =
        must(client.get_balance_at(ids, Timestamp{midnight(date) + after_midnight}));
    for (const auto& balance : answer.balances) {
      if (!balance) throw std::runtime_error("an account was not there");
      balances.push_back(static_cast<i64>(balance->credits_posted) -
                         static_cast<i64>(balance->debits_posted));
    }
    first += ids.size();
  }
  return balances;
}

struct HistoryFigures {
  AccountDays uncorrected;  // Before the corrections of the day's last second.
  u64 corrected_equal = 0;  // After them: the bank's own balance.
  double seconds = 0;
};

HistoryFigures ask_every_day(client::Client& client, const ImportedBank& bank) {
  HistoryFigures figures;
  const auto begin = std::chrono::steady_clock::now();
  const auto before = balances_at(client, bank.days(), kDayNs - kNsPerSecond);
  const auto after = balances_at(client, bank.days(), kDayNs - 1);
  figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (usize index = 0; index < bank.days().size(); ++index) {
    const ImportedBank::AccountDay& day = bank.days()[index];
    EXPECT_EQ(before[index], day.uncorrected) << day.account << " on " << day.date;
    count(day.entries, nearest_difference(day.entries, before[index]), bank.last_date(),
          figures.uncorrected);
    figures.corrected_equal += after[index] == day.recorded ? 1 : 0;
  }
  return figures;
}

class BerkaHistory : public ServerTest {};

TEST_F(BerkaHistory, tells_the_bank_s_own_balance_of_every_account_and_day) {
  const char* directory = std::getenv("FLORIN_BERKA_DIR");
  const std::string path = std::string(directory == nullptr ? "" : directory) + "/trans.asc";
  if (directory == nullptr || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "FLORIN_BERKA_DIR does not name a directory with trans.asc; see docs/berka.md";
  }
  const std::vector<BankEntry> entries = must(read_bank_entries(path));
  const ImportedBank bank(entries);
  // Memory for less than all: most of the bank is in history alone.
  const Arguments small = {"--accounts-max", "10000", "--transfers-max", "40000"};
  start(small);
  client::Client client = connect();
  import(bank.accounts(), [&](auto accounts) { return client.create_accounts(accounts);
});
  import(bank.transfers(), [&](auto transfers) { return client.create_transfers(transfers);
  }  // namespace
);
const HistoryFigures figures = ask_every_day(client, bank);
const AccountDays& days = figures.uncorrected;
std::printf(
    "%zu transactions imported; %zu account-days asked twice in %.1f s: %zu equal, %zu off by "
    "0.10 or 0.20, %zu by more; %zu equal after %zu corrections\n",
    static_cast<usize>(entries.size()), static_cast<usize>(days.total), figures.seconds,
    static_cast<usize>(days.equal), static_cast<usize>(days.rounded),
    static_cast<usize>(days.other), static_cast<usize>(figures.corrected_equal),
    static_cast<usize>(bank.corrections()));
EXPECT_EQ(figures.corrected_equal, days.total);
EXPECT_EQ(days.total - days.equal, bank.corrections());
EXPECT_EQ(days.other, days.other_on_last_date);
constexpr usize kExcerptEntries = 49'102;
if (entries.size() == kExcerptEntries) {
  EXPECT_EQ(days, (AccountDays{39'960, 37'703, 2'229, 2'151, 28, 28}));
}

// The first transaction of all left memory long ago, and is known all the same.
const auto again = must(client.create_transfers(std::span(bank.transfers()).first(1)));
ASSERT_EQ(again.results.size(), 1u);
EXPECT_EQ(again.results[0].outcome, ledger::TransferOutcome::Exists);

server().kill_now();
start({"--accounts-max", "10000", "--transfers-max", "40000", "--mode", "parallel", "--partitions",
       "3"});
client::Client after_crash = connect();
const HistoryFigures same = ask_every_day(after_crash, bank);
EXPECT_EQ(same.uncorrected, days);
EXPECT_EQ(same.corrected_equal, days.total);
}  // namespace florin::test

}  // namespace
}  // namespace florin::test
