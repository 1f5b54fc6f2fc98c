// The fields of accounts and transfers that an import sets, by the names that they have in JSON
// lines, and the names of flags. Counters are not among them: they follow from the transfers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::importer {

enum class Table : u8 { Accounts, Transfers };

// "accounts" or "transfers".
std::string_view name(Table table);

template <class Object>
struct Field {
  std::string_view name;
  u32 bits = 0;                                       // The widest value that it holds.
  void (*set)(Object& object, u128 value) = nullptr;  // The value must fit `bits`.
};

std::span<const Field<ledger::Account>> account_fields();
std::span<const Field<ledger::Transfer>> transfer_fields();

constexpr u128 largest_of_bits(u32 bits) { return bits == 128 ? kU128Max : (u128{1} << bits) - 1; }

// Names joined by '|', or a number of all bits. Nothing when a name is not known; "" is 0.
std::optional<u128> parse_flag_names(Table table, std::string_view text);
// "linked, pending, …", for messages.
std::string flag_names(Table table);

}  // namespace florin::importer
