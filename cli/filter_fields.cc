// The tables of filters.
#include "base/check.h"
#include "base/int128.h"
#include "cli/field_access.h"
#include "cli/fields.h"
#include "cli/value_parser.h"
#include "ledger/change_event.h"

namespace florin::cli {

namespace {

using ledger::QueryFilter;
using ledger::TrialBalanceFilter;

bool set_cursor(QueryFilter& filter, std::string_view text) {
  const auto cursor = parse_cursor(text);
  if (cursor) filter.cursor = *cursor;
  return cursor.has_value();
}

// A position is the place of the first change of its event.
bool set_from(QueryFilter& filter, std::string_view text) {
  const auto position = parse_u128(text);
  if (!position || high_half(*position) != 0) return set_cursor(filter, text);
  filter.cursor = {.next = low_half(*position)};
  return true;
}

constexpr Field<QueryFilter> text_field(std::string_view name, std::string_view meaning,
                                        bool (*set)(QueryFilter&, std::string_view)) {
  return {.name = name, .meaning = meaning, .form = FieldForm::Cursor, .set_text = set};
}

// Those of all queries first, then those of objects, then those of transfers.
constexpr Field<QueryFilter> kFilterFields[] = {
    Access<&QueryFilter::timestamp_min>::field("timestamp_min", "the first moment, inclusive",
                                               FieldForm::Time),
    Access<&QueryFilter::timestamp_max>::field("timestamp_max", "the last moment, inclusive",
                                               FieldForm::LastTime),
    Access<&QueryFilter::limit>::field("limit", "objects in a page; left out = 100"),
    text_field("cursor", "a cursor that an answer has given, such as 100:250", set_cursor),
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

// Of changes of the ledger.
constexpr Field<QueryFilter> kEventFilterFields[] = {
    text_field("from", "a position, or a cursor that an answer has given, such as 1000:0:2",
               set_from),
    kFilterFields[2],
    kFilterFields[4],
    kFilterFields[8],
    kFilterFields[9],
    Access<&QueryFilter::kinds>::field("kinds", "names joined by |; left out = all but refused",
                                       FieldForm::Flags),
    Access<&QueryFilter::wait_ms>::field("wait_ms", "how long to wait for the first; up to 60000"),
};
static_assert(kFilterFields[2].name == "limit" && kFilterFields[9].name == "code");

constexpr FlagName of_kind(ledger::ChangeKind kind, std::string_view meaning) {
  return {ledger::name(kind), 1U << static_cast<u32>(kind), meaning};
}

constexpr FlagName kChangeKinds[] = {
    of_kind(ledger::ChangeKind::AccountCreated, "a new account"),
    of_kind(ledger::ChangeKind::AccountUpdated, "what update_accounts changed"),
    of_kind(ledger::ChangeKind::TransferCreated, "a new transfer"),
    of_kind(ledger::ChangeKind::HoldExpired, "a hold whose time was over"),
    of_kind(ledger::ChangeKind::TransferRefused, "a transfer that was refused"),
};

constexpr FlagName kFilterWords[] = {
    {"newest_first", QueryFilter::kNewestFirst, "the latest first"},
    {"debits", QueryFilter::kDebits, "only where account_id is debited"},
    {"credits", QueryFilter::kCredits, "only where account_id is credited"},
};

constexpr FlagName kStatementWords[] = {
    {"holds", QueryFilter::kHolds, "what was on hold at the end, in place of the entries"},
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

std::span<const FlagName> change_kind_names() { return kChangeKinds; }

const Schema<QueryFilter>& filter_schema(CommandKind kind) {
  static const Schema<QueryFilter> accounts = make_filter_schema(
      kAccountFilterFields, schema<ledger::Account>().flags, std::span(kFilterWords).first<1>());
  static const Schema<QueryFilter> transfers =
      make_filter_schema(kFilterFields, schema<ledger::Transfer>().flags, kFilterWords);
  static const Schema<QueryFilter> changed =
      make_filter_schema(std::span(kFilterFields).first<kChangeFilterFields>(), {},
                         std::span(kFilterWords).first<1>());
  static const Schema<QueryFilter> events =
      make_filter_schema(kEventFilterFields, kChangeKinds, {});
  static const Schema<QueryFilter> statement = make_filter_schema(
      std::span(kFilterFields).first<kChangeFilterFields>(), {}, kStatementWords);
  switch (kind) {
    case CommandKind::QueryAccounts: return accounts;
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountTransfers: return transfers;
    case CommandKind::GetAccountChanges:
    case CommandKind::GetAccountBalances: return changed;
    case CommandKind::GetChangeEvents: return events;
    case CommandKind::GetStatement: return statement;
    case CommandKind::CreateAccounts:
    case CommandKind::CreateTransfers:
    case CommandKind::ReverseTransfers:
    case CommandKind::UpdateAccounts:
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers:
    case CommandKind::LookupLimits:
    case CommandKind::GetTrialBalance:
    case CommandKind::GetBalanceAt:
    case CommandKind::Ping:
    case CommandKind::Snapshot:
    case CommandKind::Witness: break;
  }
  CHECK(false);
}

}  // namespace florin::cli
