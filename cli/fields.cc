// The tables of accounts, transfers and reversals.
#include "cli/fields.h"

#include "cli/field_access.h"

namespace florin::cli {

namespace {

using client::Reversal;
using ledger::Account;
using ledger::Transfer;

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
    Access<&Account::ledger>::field("ledger", "currency or asset; not 0", FieldForm::Ledger),
    Access<&Account::code>::field("code", "type in the chart of accounts; not 0"),
    Access<&Account::flags>::field("flags", "names joined by |, or a number", FieldForm::Flags),
    Access<&Account::timestamp>::field("timestamp", "set by the engine; of an imported one, given",
                                       FieldForm::Time),
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

constexpr Field<Transfer> kTransferFields[] = {
    Access<&Transfer::id>::field("id", "takes effect at most once, for ever; not 0"),
    Access<&Transfer::debit_account_id>::field("debit_account_id", "the account debited"),
    Access<&Transfer::credit_account_id>::field("credit_account_id", "the account credited"),
    Access<&Transfer::amount>::field("amount", "in the ledger's minor unit, such as cents",
                                     FieldForm::Amount),
    Access<&Transfer::pending_id>::field("pending_id", "the transfer that it resolves or reverses"),
    Access<&Transfer::user_data_128>::field("user_data_128", "your own"),
    Access<&Transfer::user_data_64>::field("user_data_64", "your own"),
    Access<&Transfer::user_data_32>::field("user_data_32", "your own"),
    Access<&Transfer::timeout>::field("timeout", "seconds, of a pending transfer; 0 = never"),
    Access<&Transfer::ledger>::field("ledger", "that of both accounts; not 0", FieldForm::Ledger),
    Access<&Transfer::code>::field("code", "why it was made; not 0"),
    Access<&Transfer::flags>::field("flags", "names joined by |, or a number", FieldForm::Flags),
    Access<&Transfer::timestamp>::field("timestamp", "set by the engine; of an imported one, given",
                                        FieldForm::Time),
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
    {"reversal", ledger::transfer_flags::kReversal, "takes back the transfer pending_id"},
};

constexpr Field<Reversal> kReversalFields[] = {
    Access<&Reversal::id>::field("id", "of the new transfer that takes the other one back"),
    Access<&Reversal::original_id>::field("original_id", "the transfer that is taken back"),
    Access<&Reversal::user_data_128>::field("user_data_128", "your own"),
    Access<&Reversal::user_data_64>::field("user_data_64", "your own"),
    Access<&Reversal::user_data_32>::field("user_data_32", "your own"),
    Access<&Reversal::code>::field("code", "why it was made; not 0"),
};

using ledger::Condition;

constexpr BoundName kBounds[] = {
    {"debit_at_least", Condition::Side::Debit, Condition::kAtLeast,
     "of the debit account's available balance after it; may be negative"},
    {"debit_at_most", Condition::Side::Debit, Condition::kAtMost, "likewise"},
    {"credit_at_least", Condition::Side::Credit, Condition::kAtLeast, "of the credit account's"},
    {"credit_at_most", Condition::Side::Credit, Condition::kAtMost, "likewise"},
};

constexpr FlagName kTransferWords[] = {
    {"dry_run", kDryRun, "tells what would happen, and changes nothing"},
    {"balances", kBalances, "answers with the balances right after each event"},
};

}  // namespace

template <>
const Schema<Account>& schema<Account>() {
  static const Schema<Account> known{kAccountFields, kAccountFlags, {}};
  return known;
}

template <>
const Schema<Transfer>& schema<Transfer>() {
  static const Schema<Transfer> known{kTransferFields, kTransferFlags, {}};
  return known;
}

template <>
const Schema<Reversal>& schema<Reversal>() {
  static const Schema<Reversal> known{kReversalFields, {}, {}};
  return known;
}

std::span<const BoundName> bound_names() { return kBounds; }

std::span<const FlagName> transfer_words() { return kTransferWords; }

}  // namespace florin::cli
