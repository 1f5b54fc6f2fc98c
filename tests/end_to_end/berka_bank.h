// The transactions of a real bank, made public for the PKDD'99 Discovery Challenge, as its file
// `trans.asc` tells them. docs/berka.md describes the file and what is done with it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::test {

// Where the other side of a transaction is booked. The numbers are ids and codes of accounts.
enum class Settlement : u8 {
  Cash = 1,
  OtherBanks = 2,
  Fees = 3,
  Interest = 4,
  PenaltyInterest = 5,
};

inline constexpr Settlement kSettlements[] = {Settlement::Cash, Settlement::OtherBanks,
                                              Settlement::Fees, Settlement::Interest,
                                              Settlement::PenaltyInterest};

// One line of the file. Amounts are in hellers, a hundredth of a crown.
struct BankEntry {
  u64 number = 0;   // The bank's own, unique.
  u64 account = 0;  // The customer's.
  u32 date = 0;     // 19930105 is 5 January 1993.
  bool is_credit = false;
  Settlement settlement = Settlement::Cash;
  u64 amount = 0;
  i64 balance = 0;  // The bank's record of the balance after it, in its own order of the day.
};

// The amount in hellers; it must have exactly two decimals.
Result<i64> parse_hellers(std::string_view text);
// The line without its newline.
Result<BankEntry> parse_bank_entry(std::string_view line);
// In the order of the file, which must be that of the dates.
Result<std::vector<BankEntry>> read_bank_entries(const std::string& path);

}  // namespace florin::test
