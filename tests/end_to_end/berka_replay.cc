#include "tests/end_to_end/berka_replay.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/core.h>

#include "cli/table.h"
#include "cli/value_text.h"
#include "ledger/operation.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {

namespace {

constexpr u64 kFirstCustomer = 1'000'000;  // Added to the bank's number.
constexpr u16 kCorrectionCode = BerkaReplay::kRoundingAccount;
constexpr i64 kRoundingMax = 20;

i64 balance_of(const ledger::Account& account) {
  return static_cast<i64>(account.credits_posted) - static_cast<i64>(account.debits_posted);
}

}  // namespace

u128 customer_id(u64 account) { return kFirstCustomer + account; }

ledger::Account bank_account(u128 id, u16 code) {
  ledger::Account account{};
  account.id = id;
  account.ledger = BerkaReplay::kLedger;
  account.code = code;
  return account;
}

ledger::Transfer between(u128 from, u128 to, u64 amount) {
  ledger::Transfer transfer{};
  transfer.debit_account_id = from;
  transfer.credit_account_id = to;
  transfer.amount = amount;
  transfer.ledger = BerkaReplay::kLedger;
  return transfer;
}

// Credit to a customer: the bank owes them more.
ledger::Transfer booking(const BankEntry& entry) {
  const u128 customer = customer_id(entry.account);
  const u128 other = static_cast<u8>(entry.settlement);
  ledger::Transfer transfer = entry.is_credit ? between(other, customer, entry.amount)
                                              : between(customer, other, entry.amount);
  transfer.id = entry.number;
  transfer.code = static_cast<u8>(entry.settlement);
  transfer.user_data_64 = entry.number;
  transfer.user_data_32 = entry.date;
  return transfer;
}

i64 change_of(const BankEntry& entry) {
  const i64 amount = static_cast<i64>(entry.amount);
  return entry.is_credit ? amount : -amount;
}

// How far the nearest recorded balance is above `balance`.
i64 nearest_difference(std::span<const BankEntry> entries, i64 balance) {
  i64 nearest = entries.front().balance - balance;
  for (const BankEntry& entry : entries) {
    const i64 difference = entry.balance - balance;
    if (std::abs(difference) < std::abs(nearest)) nearest = difference;
  }
  return nearest;
}

void count(std::span<const BankEntry> entries, i64 difference, u32 last_date, AccountDays& days) {
  const bool has_interest = std::any_of(entries.begin(), entries.end(), [](const BankEntry& entry) {
    return entry.settlement == Settlement::Interest ||
           entry.settlement == Settlement::PenaltyInterest;
  });
  days.total += 1;
  if (difference == 0) {
    days.equal += 1;
  } else if (std::abs(difference) <= kRoundingMax) {
    days.rounded += 1;
    days.rounded_with_interest += has_interest ? 1 : 0;
  } else {
    days.other += 1;
    days.other_on_last_date += entries.front().date == last_date ? 1 : 0;
  }
}

void BerkaReplay::run() {
  const auto begin = std::chrono::steady_clock::now();
  create_accounts();
  const Day all = entries_;
  for (usize first = 0; first < all.size();) {
    usize end = first;
    while (end < all.size() && all[end].date == all[first].date) ++end;
    live(all.subspan(first, end - first));
    first = end;
  }
  figures_.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void BerkaReplay::create_accounts() {
  std::vector<ledger::Account> accounts;
  const auto add = [&](u128 id, u16 code) { accounts.push_back(bank_account(id, code)); };
  for (const Settlement settlement : kSettlements) {
    add(static_cast<u8>(settlement), static_cast<u8>(settlement));
  }
  add(kRoundingAccount, kCorrectionCode);
  std::set<u64> customers;
  for (const BankEntry& entry : entries_) customers.insert(entry.account);
  for (const u64 customer : customers) add(customer_id(customer), kCustomerCode);
  figures_.customers = customers.size();
  for (usize first = 0; first < accounts.size(); first += ledger::kRequestEventsMax) {
    const usize size = std::min<usize>(ledger::kRequestEventsMax, accounts.size() - first);
    const auto answer = must(client_.create_accounts(std::span(accounts).subspan(first, size)));
    for (const auto& result : answer.results) {
      if (result.outcome != ledger::AccountOutcome::Created) {
        throw std::runtime_error(std::string(ledger::name(result.outcome)));
      }
    }
  }
}

// Books a date, then compares every account that moved.
void BerkaReplay::live(Day day) {
  std::vector<ledger::Transfer> transfers;
  std::map<u64, std::vector<BankEntry>> by_account;
  for (const BankEntry& entry : day) {
    transfers.push_back(booking(entry));
    by_account[entry.account].push_back(entry);
    figures_.booked_hellers += entry.amount;
    figures_.overdrawn_entries += entry.balance < 0 ? 1 : 0;
  }
  book(transfers);
  figures_.entries += day.size();
  figures_.dates += 1;

  std::vector<u64> moved;
  for (const auto& [account, entries] : by_account) moved.push_back(account);
  std::vector<ledger::Transfer> corrections;
  for (const auto& [account, balance] : balances(client_, moved)) {
    compare(by_account[account], balance, corrections);
  }
  if (corrections.empty()) return;
  book(corrections);
  for (const auto& [account, balance] : balances(client_, moved)) {
    if (balance != recorded_[account]) throw std::runtime_error("a correction did not correct");
  }
}

void BerkaReplay::book(const std::vector<ledger::Transfer>& transfers) {
  for (usize first = 0; first < transfers.size(); first += ledger::kRequestEventsMax) {
    const usize size = std::min<usize>(ledger::kRequestEventsMax, transfers.size() - first);
    const auto answer = must(client_.create_transfers(std::span(transfers).subspan(first, size)));
    for (const auto& result : answer.results) {
      if (result.outcome != ledger::TransferOutcome::Created) {
        throw std::runtime_error(std::string(ledger::name(result.outcome)));
      }
    }
  }
}

std::map<u64, i64> BerkaReplay::balances(client::Client& client,
                                         const std::vector<u64>& accounts) const {
  std::map<u64, i64> found;
  for (usize first = 0; first < accounts.size(); first += ledger::kRequestEventsMax) {
    std::vector<u128> ids;
    const usize end = std::min<usize>(first + ledger::kRequestEventsMax, accounts.size());
    for (usize index = first; index < end; ++index) ids.push_back(customer_id(accounts[index]));
    const client::Accounts answer = must(client.lookup_accounts(ids));
    for (usize index = first; index < end; ++index) {
      found[accounts[index]] = balance_of(answer.accounts[index - first].value());
    }
  }
  return found;
}

void BerkaReplay::compare(Day entries, i64 balance, std::vector<ledger::Transfer>& corrections) {
  const u64 account = entries.front().account;
  const u32 last_date = entries_.back().date;
  const i64 difference = nearest_difference(entries, balance);
  count(entries, difference, last_date, figures_.by_ledger);
  figures_.overdrawn_days += balance < 0 ? 1 : 0;

  i64 expected = recorded_[account];
  for (const BankEntry& entry : entries) expected += change_of(entry);
  const i64 expected_difference = nearest_difference(entries, expected);
  count(entries, expected_difference, last_date, figures_.by_arithmetic);
  recorded_[account] = expected + expected_difference;

  if (difference == 0) return;
  corrections.push_back(correction(account, difference, entries.front().date));
}

ledger::Transfer BerkaReplay::correction(u64 account, i64 difference, u32 date) {
  const u64 amount = static_cast<u64>(std::abs(difference));
  ledger::Transfer transfer = difference > 0
                                  ? between(kRoundingAccount, customer_id(account), amount)
                                  : between(customer_id(account), kRoundingAccount, amount);
  figures_.corrections += 1;
  figures_.corrected_hellers += amount;
  transfer.id = make_u128(1, figures_.corrections);  // Apart from the bank's numbers.
  transfer.code = kCorrectionCode;
  transfer.user_data_32 = date;
  return transfer;
}

void BerkaReplay::expect_books_balance(client::Client& client) const {
  std::vector<u64> customers;
  for (const auto& [account, balance] : recorded_) customers.push_back(account);
  EXPECT_EQ(balances(client, customers), recorded_);

  std::map<Settlement, std::pair<u128, u128>> moved;  // Debits and credits, from the file.
  for (const BankEntry& entry : entries_) {
    auto& [debits, credits] = moved[entry.settlement];
    (entry.is_credit ? debits : credits) += entry.amount;
  }
  for (const Settlement settlement : kSettlements) {
    const u128 ids[] = {static_cast<u8>(settlement)};
    const ledger::Account account = must(client.lookup_accounts(ids)).accounts[0].value();
    EXPECT_TRUE(account.debits_posted == moved[settlement].first);
    EXPECT_TRUE(account.credits_posted == moved[settlement].second);
  }

  const client::TrialBalance answer = must(client.get_trial_balance({0, 10}));
  ASSERT_EQ(answer.lines.size(), 1u);
  EXPECT_EQ(answer.lines[0].ledger, kLedger);
  ledger::WideSum total;
  total.add(u128{figures_.booked_hellers} + figures_.corrected_hellers);
  EXPECT_EQ(answer.lines[0].debits_posted, total);
  EXPECT_EQ(answer.lines[0].credits_posted, total);
  EXPECT_EQ(answer.lines[0].accounts, figures_.customers + std::size(kSettlements) + 1);
}

std::string to_table(const BerkaFigures& figures) {
  using cli::Align;
  const auto number = [](u64 value) { return cli::with_thousands(u128{value}); };
  cli::Table days({{"account-days", Align::Left},
                   {"by the ledger", Align::Right},
                   {"by arithmetic", Align::Right}});
  const auto row = [&](const char* name, u64 AccountDays::*field) {
    days.add({name, number(figures.by_ledger.*field), number(figures.by_arithmetic.*field)});
  };
  row("in total", &AccountDays::total);
  row("equal to the bank's record", &AccountDays::equal);
  row("off by 0.10 or 0.20", &AccountDays::rounded);
  row("  of these with interest that day", &AccountDays::rounded_with_interest);
  row("off by more", &AccountDays::other);
  row("  of these on the last date", &AccountDays::other_on_last_date);
  const auto crowns = [&](u64 hellers) {
    return fmt::format("{}.{:02}", number(hellers / 100), hellers % 100);
  };
  return fmt::format(
      "{} transactions of {} customers on {} dates, CZK {}, in {:.2f} s\n"
      "{} transactions and {} ends of a day with an overdraft\n"
      "{} corrections, CZK {}\n\n{}",
      number(figures.entries), number(figures.customers), number(figures.dates),
      crowns(figures.booked_hellers), figures.seconds, number(figures.overdrawn_entries),
      number(figures.overdrawn_days), number(figures.corrections),
      crowns(figures.corrected_hellers), days.render(cli::Colour::Never));
}

}  // namespace florin::test
