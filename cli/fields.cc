// The two tables of fields and the two of flags.
#include "cli/fields.h"

namespace florin::cli {

namespace {

using ledger::Account;
using ledger::Transfer;

template <auto Member>
struct Access;

template <class Object, class Value, Value Object::*Member>
struct Access<Member> {
  static u128 get(const Object& object) { return object.*Member; }
  static void set(Object& object, u128 value) { object.*Member = static_cast<Value>(value); }
  static constexpr Field<Object> field(std::string_view name, std::string_view meaning) {
    return {name, sizeof(Value) * 8, &get, &set, meaning};
  }
};

constexpr Field<Account> kAccountFields[] = {
    Access<&Account::id>::field("id", "unique among accounts, chosen by you; not 0"),
    Access<&Account::debits_pending>::field("debits_pending", "kept by the engine"),
    Access<&Account::debits_posted>::field("debits_posted", "kept by the engine"),
    Access<&Account::credits_pending>::field("credits_pending", "kept by the engine"),
    Access<&Account::credits_posted>::field("credits_posted", "kept by the engine"),
    Access<&Account::user_data_128>::field("user_data_128", "your own"),
    Access<&Account::user_data_64>::field("user_data_64", "your own"),
    Access<&Account::user_data_32>::field("user_data_32", "your own"),
    Access<&Account::reserved>::field("reserved", "zero"),
    Access<&Account::ledger>::field("ledger", "currency or asset; not 0"),
    Access<&Account::code>::field("code", "type in the chart of accounts; not 0"),
    Access<&Account::flags>::field("flags", "names joined by |, or a number"),
    Access<&Account::timestamp>::field("timestamp", "set by the engine"),
};

constexpr Field<Transfer> kTransferFields[] = {
    Access<&Transfer::id>::field("id", "takes effect at most once, for ever; not 0"),
    Access<&Transfer::debit_account_id>::field("debit_account_id", "the account debited"),
    Access<&Transfer::credit_account_id>::field("credit_account_id", "the account credited"),
    Access<&Transfer::amount>::field("amount", "in the ledger's minor unit, such as cents"),
    Access<&Transfer::pending_id>::field("pending_id", "the transfer that this one resolves"),
    Access<&Transfer::user_data_128>::field("user_data_128", "your own"),
    Access<&Transfer::user_data_64>::field("user_data_64", "your own"),
    Access<&Transfer::user_data_32>::field("user_data_32", "your own"),
    Access<&Transfer::timeout>::field("timeout", "seconds, of a pending transfer"),
    Access<&Transfer::ledger>::field("ledger", "that of both accounts; not 0"),
    Access<&Transfer::code>::field("code", "why it was made; not 0"),
    Access<&Transfer::flags>::field("flags", "names joined by |, or a number"),
    Access<&Transfer::timestamp>::field("timestamp", "set by the engine"),
};

constexpr FlagName kAccountFlags[] = {
    {"linked", ledger::account_flags::kLinked, "takes effect only together with the next event"},
    {"debits_must_not_exceed_credits", ledger::account_flags::kDebitsMustNotExceedCredits,
     "cannot be overdrawn (a customer's account)"},
    {"credits_must_not_exceed_debits", ledger::account_flags::kCreditsMustNotExceedDebits,
     "the mirror image (cash in hand)"},
    {"history", ledger::account_flags::kHistory, "accepted; history is kept for all accounts"},
    {"imported", ledger::account_flags::kImported, "brings its own timestamp"},
    {"closed", ledger::account_flags::kClosed, "refuses everything but voids"},
    {"frozen_debits", ledger::account_flags::kFrozenDebits, "refuses debits"},
    {"frozen_credits", ledger::account_flags::kFrozenCredits, "refuses credits"},
};

constexpr FlagName kTransferFlags[] = {
    {"linked", ledger::transfer_flags::kLinked, "takes effect only together with the next event"},
    {"pending", ledger::transfer_flags::kPending, "holds the amount until posted or voided"},
    {"post_pending_transfer", ledger::transfer_flags::kPostPendingTransfer, "takes what was held"},
    {"void_pending_transfer", ledger::transfer_flags::kVoidPendingTransfer, "releases the hold"},
    {"balancing_debit", ledger::transfer_flags::kBalancingDebit, "at most what the debtor has"},
    {"balancing_credit", ledger::transfer_flags::kBalancingCredit, "at most what is owed"},
    {"closing_debit", ledger::transfer_flags::kClosingDebit, "closes the debited account"},
    {"closing_credit", ledger::transfer_flags::kClosingCredit, "closes the credited account"},
    {"imported", ledger::transfer_flags::kImported, "brings its own timestamp"},
    {"capture_partial", ledger::transfer_flags::kCapturePartial, "keeps the rest of a hold"},
};

}  // namespace

template <>
std::span<const Field<Account>> fields<Account>() {
  return kAccountFields;
}

template <>
std::span<const Field<Transfer>> fields<Transfer>() {
  return kTransferFields;
}

template <>
std::span<const FlagName> flag_names<Account>() {
  return kAccountFlags;
}

template <>
std::span<const FlagName> flag_names<Transfer>() {
  return kTransferFlags;
}

}  // namespace florin::cli
