#include "importer/fields.h"

#include "base/int128.h"

namespace florin::importer {

using ledger::Account;
using ledger::Transfer;

namespace {

template <auto member, class Object>
void set_member(Object& object, u128 value) {
  using Value = std::remove_reference_t<decltype(object.*member)>;
  object.*member = static_cast<Value>(value);
}

template <auto member>
void set_of_account(Account& account, u128 value) {
  set_member<member>(account, value);
}

template <auto member>
void set_of_transfer(Transfer& transfer, u128 value) {
  set_member<member>(transfer, value);
}

constexpr Field<Account> kAccountFields[] = {
    {"id", 128, set_of_account<&Account::id>},
    {"user_data_128", 128, set_of_account<&Account::user_data_128>},
    {"user_data_64", 64, set_of_account<&Account::user_data_64>},
    {"user_data_32", 32, set_of_account<&Account::user_data_32>},
    {"ledger", 32, set_of_account<&Account::ledger>},
    {"code", 16, set_of_account<&Account::code>},
    {"flags", 16, set_of_account<&Account::flags>},
    {"timestamp", 64, set_of_account<&Account::timestamp>},
};

constexpr Field<Transfer> kTransferFields[] = {
    {"id", 128, set_of_transfer<&Transfer::id>},
    {"debit_account_id", 128, set_of_transfer<&Transfer::debit_account_id>},
    {"credit_account_id", 128, set_of_transfer<&Transfer::credit_account_id>},
    {"amount", 128, set_of_transfer<&Transfer::amount>},
    {"pending_id", 128, set_of_transfer<&Transfer::pending_id>},
    {"user_data_128", 128, set_of_transfer<&Transfer::user_data_128>},
    {"user_data_64", 64, set_of_transfer<&Transfer::user_data_64>},
    {"user_data_32", 32, set_of_transfer<&Transfer::user_data_32>},
    {"timeout", 32, set_of_transfer<&Transfer::timeout>},
    {"ledger", 32, set_of_transfer<&Transfer::ledger>},
    {"code", 16, set_of_transfer<&Transfer::code>},
    {"flags", 16, set_of_transfer<&Transfer::flags>},
    {"timestamp", 64, set_of_transfer<&Transfer::timestamp>},
};

// By bit.
constexpr std::string_view kAccountFlags[] = {"linked",
                                              "debits_must_not_exceed_credits",
                                              "credits_must_not_exceed_debits",
                                              "history",
                                              "imported",
                                              "closed",
                                              "frozen_debits",
                                              "frozen_credits"};
constexpr std::string_view kTransferFlags[] = {"linked",
                                               "pending",
                                               "post_pending_transfer",
                                               "void_pending_transfer",
                                               "balancing_debit",
                                               "balancing_credit",
                                               "closing_debit",
                                               "closing_credit",
                                               "imported",
                                               "capture_partial",
                                               "reversal"};

std::span<const std::string_view> flags_of(Table table) {
  if (table == Table::Accounts) return kAccountFlags;
  return kTransferFlags;
}

std::optional<u128> flag_bit(Table table, std::string_view text) {
  const std::span<const std::string_view> known = flags_of(table);
  for (usize bit = 0; bit < known.size(); ++bit) {
    if (known[bit] == text) return u128{1} << bit;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Table table) {
  switch (table) {
    case Table::Accounts: return "accounts";
    case Table::Transfers: return "transfers";
  }
  return "";
}

std::span<const Field<Account>> account_fields() { return kAccountFields; }
std::span<const Field<Transfer>> transfer_fields() { return kTransferFields; }

std::optional<u128> parse_flag_names(Table table, std::string_view text) {
  if (text.empty()) return u128{0};
  if (const auto number = parse_u128(text)) return number;
  u128 bits = 0;
  while (true) {
    const usize end = text.find('|');
    const auto bit = flag_bit(table, text.substr(0, end));
    if (!bit) return std::nullopt;
    bits |= *bit;
    if (end == std::string_view::npos) return bits;
    text.remove_prefix(end + 1);
  }
}

std::string flag_names(Table table) {
  std::string names;
  for (const std::string_view flag : flags_of(table)) {
    if (!names.empty()) names += ", ";
    names += flag;
  }
  return names;
}

}  // namespace florin::importer
