// Lives a real bank's days in a Florin server and compares every account's balance at the end of
// each of its days with the bank's own record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/client.h"
#include "tests/end_to_end/berka_bank.h"

namespace florin::test {

// An account-day is an account and a date on which it has transactions. The bank recorded a balance
// after each of them, but not their order within the day, so a balance at the end of the day agrees
// when it is one of those recorded; otherwise it is compared with the nearest of them.
struct AccountDays {
  u64 total = 0;
  u64 equal = 0;
  u64 rounded = 0;                // Off by 0.10 or 0.20 crowns: the bank's own rounding.
  u64 rounded_with_interest = 0;  // Of these: with interest or penalty interest that day.
  u64 other = 0;                  // Off by more.
  u64 other_on_last_date = 0;     // Of these: on the last date of the file.
  friend bool operator==(const AccountDays&, const AccountDays&) = default;
};

struct BerkaFigures {
  u64 entries = 0;
  u64 customers = 0;
  u64 dates = 0;
  u64 overdrawn_entries = 0;  // The bank recorded a negative balance.
  u64 overdrawn_days = 0;     // The ledger's balance was negative at the end.
  AccountDays by_ledger;      // The server's balances.
  AccountDays by_arithmetic;  // Previous recorded balance plus the day's transactions, without it.
  u64 corrections = 0;
  u64 corrected_hellers = 0;  // Sum of their amounts.
  u64 booked_hellers = 0;     // Sum of the file's amounts.
  double seconds = 0;
};

// A customer's account.
u128 customer_id(u64 account);
// An account of the ledger, with the code that says what it settles, or that of customers.
ledger::Account bank_account(u128 id, u16 code);
inline constexpr u16 kCustomerCode = 100;
// What the bank did, as a transfer.
ledger::Transfer booking(const BankEntry& entry);
// How far the nearest recorded balance is above `balance`.
i64 nearest_difference(std::span<const BankEntry> entries, i64 balance);
// By how much the entry changes its account's balance.
i64 change_of(const BankEntry& entry);
// From one account to the other, in the bank's ledger.
ledger::Transfer between(u128 from, u128 to, u64 amount);
// Counts a day of an account, given how far it is off.
void count(std::span<const BankEntry> entries, i64 difference, u32 last_date, AccountDays& days);

class BerkaReplay {
 public:
  static constexpr u32 kLedger = 203;  // The number of the Czech crown in ISO 4217.
  static constexpr u64 kRoundingAccount = 6;

  // Both must outlive the object.
  BerkaReplay(client::Client& client, const std::vector<BankEntry>& entries)
      : client_(client), entries_(entries) {}

  // Creates the accounts and books everything. After a day that does not agree, the difference is
  // booked against `rounding differences`, so that the next day begins with the bank's balance.
  // Throws when an event is refused.
  void run();
  const BerkaFigures& figures() const { return figures_; }

  // Compares all that a server has at the end with the file: every customer's balance, what each
  // settlement account moved, and the trial balance. Fails the test where they differ.
  void expect_books_balance(client::Client& client) const;

 private:
  using Day = std::span<const BankEntry>;

  void create_accounts();
  void live(Day day);
  void book(const std::vector<ledger::Transfer>& transfers);
  std::map<u64, i64> balances(client::Client& client, const std::vector<u64>& accounts) const;
  void compare(Day entries_of_account, i64 balance, std::vector<ledger::Transfer>& corrections);
  ledger::Transfer correction(u64 account, i64 difference, u32 date);

  client::Client& client_;
  const std::vector<BankEntry>& entries_;
  std::map<u64, i64> recorded_;  // The bank's balance of each customer so far.
  BerkaFigures figures_;
};

// The figures as a table.
std::string to_table(const BerkaFigures& figures);

}  // namespace florin::test
