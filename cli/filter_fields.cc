// The tables of filters.
#include "base/check.h"
#include "cli/field_access.h"
#include "cli/fields.h"

namespace florin::cli {

namespace {

using ledger::QueryFilter;
using ledger::TrialBalanceFilter;

u128 get_cursor(const QueryFilter& filter) {
  return make_u128(filter.cursor.next, filter.cursor.as_of);
}

void set_cursor(QueryFilter& filter, u128 value) {
  filter.cursor = {high_half(value), low_half(value)};
}

// Those of all queries first, then those of objects, then those of transfers.
constexpr Field<QueryFilter> kFilterFields[] = {
    Access<&QueryFilter::timestamp_min>::field("timestamp_min", "the first moment, inclusive",
                                               FieldForm::Time),
    Access<&QueryFilter::timestamp_max>::field("timestamp_max", "the last moment, inclusive",
                                               FieldForm::LastTime),
    Access<&QueryFilter::limit>::field("limit", "objects in a page; left out = 100"),
    {"cursor", 128, get_cursor, set_cursor, "where to go on: what the page before gave",
     FieldForm::Cursor},
    Access<&QueryFilter::account_id>::field("account_id", "the account changed, or on one side"),
    Access<&QueryFilter::user_data_128>::field("user_data_128", "your own; 0 = any"),
    Access<&QueryFilter::user_data_64>::field("user_data_64", "your own; 0 = any"),
    Access<&QueryFilter::user_data_32>::field("user_data_32", "your own; 0 = any"),
    Access<&QueryFilter::ledger>::field("ledger", "0 = any", FieldForm::Ledger),
    Access<&QueryFilter::code>::field("code", "0 = any"),
    Access<&QueryFilter::object_flags>::field("object_flags", "only objects with all of these",
                                              FieldForm::Flags),
    Access<&QueryFilter::amount_min>::field("amount_min", "inclusive", FieldForm::Amount),
    Access<&QueryFilter::amount_max>::field("amount_max", "inclusive; 0 = any", FieldForm::Amount),
    Access<&QueryFilter::pending_status>::field(
        "pending_status", "pending, posted, voided or expired", FieldForm::PendingStatus),
};

// Accounts are not found by their id.
constexpr Field<QueryFilter> kAccountFilterFields[] = {
    kFilterFields[0], kFilterFields[1], kFilterFields[2], kFilterFields[3], kFilterFields[5],
    kFilterFields[6], kFilterFields[7], kFilterFields[8], kFilterFields[9], kFilterFields[10],
};
static_assert(kFilterFields[4].name == "account_id" && kFilterFields[10].name == "object_flags");
constexpr usize kChangeFilterFields = 5;

constexpr FlagName kFilterWords[] = {
    {"newest_first", QueryFilter::kNewestFirst, "the latest first"},
    {"debits", QueryFilter::kDebits, "only where account_id is debited"},
    {"credits", QueryFilter::kCredits, "only where account_id is credited"},
};

QueryFilter blank_filter() {
  QueryFilter filter;
  filter.limit = kQueryLimitDefault;
  return filter;
}

Schema<QueryFilter> make_filter_schema(std::span<const Field<QueryFilter>> fields,
                                       std::span<const FlagName> flags,
                                       std::span<const FlagName> words) {
  Schema<QueryFilter> known{fields, flags, words};
  known.set_word = [](QueryFilter& filter, u32 bit) { filter.flags |= static_cast<u16>(bit); };
  known.blank = blank_filter;
  return known;
}

constexpr Field<TrialBalanceFilter> kTrialBalanceFields[] = {
    Access<&TrialBalanceFilter::ledger_min>::field("ledger_min", "the first ledger to tell of",
                                                   FieldForm::Ledger),
    Access<&TrialBalanceFilter::limit>::field("limit", "how many ledgers; 1 to 8189"),
};

TrialBalanceFilter blank_trial_balance() {
  return {.ledger_min = 0, .limit = ledger::kTrialBalanceLinesMax};
}

}  // namespace

template <>
const Schema<TrialBalanceFilter>& schema<TrialBalanceFilter>() {
  static const Schema<TrialBalanceFilter> known{
      kTrialBalanceFields, {}, {}, nullptr, blank_trial_balance};
  return known;
}

const Schema<QueryFilter>& filter_schema(CommandKind kind) {
  static const Schema<QueryFilter> accounts = make_filter_schema(
      kAccountFilterFields, schema<ledger::Account>().flags, std::span(kFilterWords).first<1>());
  static const Schema<QueryFilter> transfers =
      make_filter_schema(kFilterFields, schema<ledger::Transfer>().flags, kFilterWords);
  static const Schema<QueryFilter> changed =
      make_filter_schema(std::span(kFilterFields).first<kChangeFilterFields>(), {},
                         std::span(kFilterWords).first<1>());
  if (kind == CommandKind::QueryAccounts) return accounts;
  if (kind == CommandKind::QueryTransfers) return transfers;
  CHECK(kind == CommandKind::GetAccountChanges);
  return changed;
}

}  // namespace florin::cli
