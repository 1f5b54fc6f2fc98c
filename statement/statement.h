// An account statement as every format prints it: what the account had before a period, every entry
// of it, what it had after. Made by StatementBuilder; formats only write down what stands here, so
// that they agree to the last digit. Conventions: ISO 20022 camt.053.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "history/change.h"

namespace florin::statement {

// A signed amount in minor units, as a customer sees it: credits count up.
struct Signed {
  u128 magnitude = 0;
  bool negative = false;  // A debit balance; never with a magnitude of 0.
  friend bool operator==(const Signed&, const Signed&) = default;
};

// A calendar day in the bank's time zone.
struct Day {
  u16 year = 0;
  u8 month = 0;  // From 1, as is the day.
  u8 day = 0;
  friend auto operator<=>(const Day&, const Day&) = default;
};

// Somebody whom the bank's reference files know; empty fields are not known.
struct Party {
  u128 account_id = 0;
  std::string name;
  std::string iban;                  // Without spaces; otherwise the account is named by its id.
  std::vector<std::string> address;  // Lines.
};

struct Bank {
  std::string name;
  std::string bic;  // 8 or 11 characters, or empty.
  std::vector<std::string> address;
};

// What a code of a transfer means, for people and for camt's BkTxCd.
struct TransactionKind {
  std::string text;                        // "Card payment".
  std::string domain, family, sub_family;  // "PMNT", "CCRD", "POSD"; all three, or none.
  std::string mt940;                       // Three characters behind the N of :61:, such as "TRF".
};

// A booked transfer, from the account's side.
struct Entry {
  u64 number = 0;  // Within the statement, from 1.
  u128 transfer_id = 0;
  history::Place place;  // Position in the log, and index: what an auditor looks for.
  u64 timestamp = 0;     // Nanoseconds.
  Day booked;            // Of the timestamp, in the bank's time zone; also the value date.
  u128 amount = 0;
  bool credit = false;         // To the account.
  bool reversal = false;       // It reverses an earlier transfer.
  u128 reverses_or_posts = 0;  // The original, or the hold that was captured; 0 = none.
  u16 code = 0;
  TransactionKind kind;
  Party counterparty;
  Signed balance;  // Booked, right after the entry.
  u128 user_data_128 = 0;
  u64 user_data_64 = 0;
  u32 user_data_32 = 0;
};

// A hold that is open at the end of the period.
struct Hold {
  u128 transfer_id = 0;
  u64 timestamp = 0;
  Day made;
  u64 expires_at = 0;   // Nanoseconds; 0 = never.
  u128 amount = 0;      // Still on hold.
  bool credit = false;  // Incoming.
  u16 code = 0;
  TransactionKind kind;
  Party counterparty;
};

// Entries of one side.
struct SideTotals {
  u64 count = 0;
  u128 sum = 0;
};

struct Statement {
  Bank bank;
  Party account;
  u32 ledger = 0;
  std::string currency;   // Of ISO 4217, or the bank's own name for the ledger.
  u32 decimals = 0;       // Of its minor unit.
  std::string time_zone;  // Such as "Europe/Berlin".

  // "2026-10", "2026", "2026-10-31" for regular periods; otherwise "2026-10-03/2026-10-17".
  std::string period;
  u64 first_ns = 0;  // The first moment of the period, and the last one; inclusive.
  u64 last_ns = 0;
  Day first_day;
  Day last_day;
  // Regular periods are numbered from that in which the account was opened, without gaps, empty
  // ones too; 0 = not a regular period.
  u64 number = 0;
  u64 number_in_year = 0;  // Likewise, from 1 in every calendar year (camt's ElctrncSeqNb).
  u64 created_at_ns = 0;   // First moment behind the period: the same however often it is made.
  std::string id;          // "101-2026-10", for names of files and camt's Stmt/Id.

  Signed opening;  // Booked.
  Signed closing;
  Signed available;  // At the end: booked, less outgoing holds.
  SideTotals credits;
  SideTotals debits;
  std::vector<Entry> entries;
  std::vector<Hold> holds;
};

}  // namespace florin::statement
