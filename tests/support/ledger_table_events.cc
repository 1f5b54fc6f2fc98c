#include "tests/support/ledger_table_events.h"

#include <array>
#include <cstring>
#include <span>

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Condition;
using ledger::PendingStatus;
using ledger::QueryFilter;
using ledger::Transfer;

namespace {

// In the order of their bits.
constexpr auto kAccountFlags = std::to_array<std::string_view>(
    {"linked", "debits_must_not_exceed_credits", "credits_must_not_exceed_debits", "history",
     "imported", "closed", "frozen_debits", "frozen_credits"});
constexpr auto kTransferFlags = std::to_array<std::string_view>(
    {"linked", "pending", "post_pending_transfer", "void_pending_transfer", "balancing_debit",
     "balancing_credit", "closing_debit", "closing_credit", "imported", "capture_partial",
     "reversal"});
constexpr auto kUpdateFlags = std::to_array<std::string_view>({"linked"});
constexpr auto kPendingStatuses =
    std::to_array<std::string_view>({"none", "pending", "posted", "voided", "expired"});

// Changes that a word alone names. Those with a value are named by its key.
struct ChangeWord {
  std::string_view name;
  u32 change;
};
constexpr ChangeWord kChangeWords[] = {
    {"freeze_debits", ledger::account_changes::kFreezeDebits},
    {"unfreeze_debits", ledger::account_changes::kUnfreezeDebits},
    {"freeze_credits", ledger::account_changes::kFreezeCredits},
    {"unfreeze_credits", ledger::account_changes::kUnfreezeCredits},
    {"clear_overdraft_limit", ledger::account_changes::kClearOverdraftLimit},
    {"clear_balance_limit", ledger::account_changes::kClearBalanceLimit},
    {"clear_transfer_limit", ledger::account_changes::kClearTransferLimit},
    {"clear_velocity_limit", ledger::account_changes::kClearVelocityLimit},
};

std::optional<usize> place_of(std::string_view name, std::span<const std::string_view> names) {
  for (usize place = 0; place < names.size(); ++place) {
    if (names[place] == name) return place;
  }
  return std::nullopt;
}

std::optional<u16> flag_named(std::string_view name, std::span<const std::string_view> names) {
  const std::optional<usize> bit = place_of(name, names);
  if (!bit) return std::nullopt;
  return static_cast<u16>(1u << *bit);
}

// Stores the value if the field can hold it.
template <class Field>
bool store(Field& field, u128 value) {
  if (value > static_cast<Field>(~Field{0})) return false;
  field = static_cast<Field>(value);
  return true;
}

template <class Event>
bool set_flag_bit(Event& event, u128 bit) {
  if (bit >= 16) return false;
  event.flags |= static_cast<u16>(1u << static_cast<u32>(bit));
  return true;
}

// The fields that accounts and transfers both have.
template <class Event>
bool set_shared_field(Event& event, std::string_view key, u128 value) {
  if (key == "ud128") return store(event.user_data_128, value);
  if (key == "ud64") return store(event.user_data_64, value);
  if (key == "ud32") return store(event.user_data_32, value);
  if (key == "ledger") return store(event.ledger, value);
  if (key == "code") return store(event.code, value);
  if (key == "timestamp") return store(event.timestamp, value);
  if (key == "flag_bit") return set_flag_bit(event, value);
  return false;
}

bool set_field(Account& account, std::string_view key, u128 value) {
  if (key == "reserved") return store(account.reserved, value);
  if (key == "dp") return store(account.debits_pending, value);
  if (key == "dpo") return store(account.debits_posted, value);
  if (key == "cp") return store(account.credits_pending, value);
  if (key == "cpo") return store(account.credits_posted, value);
  return set_shared_field(account, key, value);
}

bool set_field(Transfer& transfer, std::string_view key, u128 value) {
  if (key == "amount") return store(transfer.amount, value);
  if (key == "debit") return store(transfer.debit_account_id, value);
  if (key == "credit") return store(transfer.credit_account_id, value);
  if (key == "pending_id") return store(transfer.pending_id, value);
  if (key == "timeout") return store(transfer.timeout, value);
  return set_shared_field(transfer, key, value);
}

// A part of a velocity limit; those that are not named limit nothing.
bool set_velocity(AccountUpdate& update, std::string_view key, u128 value) {
  using namespace ledger::account_changes;
  if ((update.changes & kSetVelocityLimit) == 0) {
    update.changes |= kSetVelocityLimit;
    update.velocity_sum_limit = kU128Max;
    update.velocity_count_limit = ~u32{0};
    update.velocity_window = ledger::kVelocityWindowMin;
  }
  if (key == "velocity_sum") return store(update.velocity_sum_limit, value);
  if (key == "velocity_count") return store(update.velocity_count_limit, value);
  return key == "velocity_window" && store(update.velocity_window, value);
}

template <class Field>
bool change(AccountUpdate& update, u32 bit, Field& field, u128 value) {
  update.changes |= bit;
  return store(field, value);
}

bool set_field(AccountUpdate& update, std::string_view key, u128 value) {
  using namespace ledger::account_changes;
  if (key == "ud128") return change(update, kSetUserData128, update.user_data_128, value);
  if (key == "ud64") return change(update, kSetUserData64, update.user_data_64, value);
  if (key == "ud32") return change(update, kSetUserData32, update.user_data_32, value);
  if (key == "overdraft_limit") {
    return change(update, kSetOverdraftLimit, update.overdraft_limit, value);
  }
  if (key == "balance_limit") return change(update, kSetBalanceLimit, update.balance_limit, value);
  if (key == "transfer_limit") {
    return change(update, kSetTransferLimit, update.transfer_limit, value);
  }
  if (key.starts_with("velocity_")) return set_velocity(update, key, value);
  if (key == "changes") return store(update.changes, value);
  if (key == "reserved") return store(update.reserved, value);
  if (key == "timestamp") return store(update.timestamp, value);
  if (key == "reason_length") return store(update.reason_length, value);
  if (key == "flag_bit") return set_flag_bit(update, value);
  return false;
}

bool set_word(Account& account, std::string_view word) {
  const std::optional<u16> flag = account_flag(word);
  account.flags |= flag.value_or(0);
  return flag.has_value();
}

bool set_word(Transfer& transfer, std::string_view word) {
  const std::optional<u16> flag = transfer_flag(word);
  transfer.flags |= flag.value_or(0);
  return flag.has_value();
}

bool set_word(AccountUpdate& update, std::string_view word) {
  for (const ChangeWord& each : kChangeWords) {
    if (each.name != word) continue;
    update.changes |= each.change;
    return true;
  }
  const std::optional<u16> flag = flag_named(word, kUpdateFlags);
  update.flags |= flag.value_or(0);
  return flag.has_value();
}

void set_reason(AccountUpdate& update, std::string_view reason) {
  std::memset(update.reason, 0, sizeof(update.reason));
  std::memcpy(update.reason, reason.data(), std::min(reason.size(), sizeof(update.reason)));
  update.reason_length = static_cast<u16>(reason.size());
}

// A number; a timestamp may also be written as a time since the epoch.
Result<u128> parse_value(const TablePair& pair) {
  const Result<u128> number = parse_number(pair.value);
  if (number || pair.key != "timestamp") return number;
  const Result<u64> time = parse_time(
      pair.value, [](auto) { return std::nullopt; }, 0);
  if (!time) return tl::unexpected<Error>(time.error());
  return *time;
}

// The words of one event. Conditions are read by parse_conditions, reasons here.
template <class Event>
Status set_fields(Event& event, const TableLine& line, usize first) {
  for (usize index = first; index < line.words.size(); ++index) {
    const std::string_view word = line.words[index];
    if (word.find_first_of("<>") != std::string_view::npos) continue;
    const TablePair pair = cut_pair(word);
    if (pair.key == word) {
      if (!set_word(event, word)) return not_understood("not a flag", word);
      continue;
    }
    if constexpr (std::is_same_v<Event, AccountUpdate>) {
      if (pair.key == "reason") {
        set_reason(event, pair.value);
        continue;
      }
    }
    const Result<u128> value = parse_value(pair);
    if (!value) return tl::unexpected<Error>(value.error());
    if (!set_field(event, pair.key, *value)) {
      return not_understood("no such field, or too large for it", word);
    }
  }
  return {};
}

// The ids at the head of a line, of which `names` says what they are.
template <usize count>
Status parse_ids(const TableLine& line, const std::array<u128*, count>& ids,
                 std::string_view expected) {
  usize next = 0;
  for (u128* id : ids) {
    if (next < line.words.size() && line.words[next] == "->" && next > 0) ++next;
    const Result<u128> parsed =
        next < line.words.size() ? parse_number(line.words[next++]) : parse_number("");
    if (!parsed) return not_understood(expected, line.text);
    *id = *parsed;
  }
  return {};
}

// A post or a void names only its hold: the rest is inherited.
Result<Transfer> parse_resolving(const TableLine& line) {
  Transfer transfer{};
  const bool posts = line.kind == "post";
  RETURN_IF_ERROR((parse_ids<2>(line, {&transfer.id, &transfer.pending_id},
                                "expected: post T2 T1 … -> outcome")));
  transfer.flags = posts ? ledger::transfer_flags::kPostPendingTransfer
                         : ledger::transfer_flags::kVoidPendingTransfer;
  transfer.amount = posts ? ledger::kAmountMax : 0;
  RETURN_IF_ERROR(set_fields(transfer, line, 2));
  return transfer;
}

Result<Transfer> parse_reversing(const TableLine& line) {
  Transfer transfer{};
  if (line.words.size() < 5 || line.words[3] != "->") {
    return not_understood("expected: reverse T2 T1 A2 -> A1 … -> outcome", line.text);
  }
  RETURN_IF_ERROR((parse_ids<4>(
      line,
      {&transfer.id, &transfer.pending_id, &transfer.debit_account_id, &transfer.credit_account_id},
      "not an id")));
  transfer.flags = ledger::transfer_flags::kReversal;
  transfer.amount = ledger::kAmountMax;
  transfer.ledger = 1;
  transfer.code = 1;
  RETURN_IF_ERROR(set_fields(transfer, line, 5));
  return transfer;
}

bool set_filter_word(QueryFilter& filter, std::string_view word) {
  if (word == "debits") return filter.flags |= QueryFilter::kDebits, true;
  if (word == "credits") return filter.flags |= QueryFilter::kCredits, true;
  if (word == "newest_first") return filter.flags |= QueryFilter::kNewestFirst, true;
  return false;
}

bool set_filter_number(QueryFilter& filter, std::string_view key, u128 value) {
  if (key == "account") return store(filter.account_id, value);
  if (key == "ud128") return store(filter.user_data_128, value);
  if (key == "ud64") return store(filter.user_data_64, value);
  if (key == "ud32") return store(filter.user_data_32, value);
  if (key == "amount_min") return store(filter.amount_min, value);
  if (key == "amount_max") return store(filter.amount_max, value);
  if (key == "ledger") return store(filter.ledger, value);
  if (key == "code") return store(filter.code, value);
  if (key == "limit") return store(filter.limit, value);
  if (key == "next") return store(filter.cursor.next, value);
  if (key == "as_of") return store(filter.cursor.as_of, value);
  return false;
}

Status set_filter_pair(QueryFilter& filter, const TableLine& line, const TablePair& pair,
                       const FilterContext& context) {
  if (pair.key == "timestamp_min" || pair.key == "timestamp_max") {
    const Result<u64> time = parse_time(pair.value, context.time_of, context.last_logged);
    if (!time) return tl::unexpected<Error>(time.error());
    (pair.key == "timestamp_min" ? filter.timestamp_min : filter.timestamp_max) = *time;
    return {};
  }
  if (pair.key == "status") {
    const std::optional<PendingStatus> status = pending_status(pair.value);
    if (!status) return not_understood("not a pending status", pair.value);
    filter.pending_status = static_cast<u8>(*status);
    return {};
  }
  if (pair.key == "has") {
    const std::optional<u16> flag =
        line.kind == "query_accounts" ? account_flag(pair.value) : transfer_flag(pair.value);
    if (!flag) return not_understood("not a flag", pair.value);
    filter.object_flags |= *flag;
    return {};
  }
  const Result<u128> number = parse_number(pair.value);
  if (!number || !set_filter_number(filter, pair.key, *number)) {
    return not_understood("no such condition", pair.key);
  }
  return {};
}

}  // namespace

bool is_transfer_line(std::string_view kind) {
  return kind == "transfer" || kind == "post" || kind == "void" || kind == "reverse";
}

std::optional<u16> account_flag(std::string_view name) { return flag_named(name, kAccountFlags); }
std::optional<u16> transfer_flag(std::string_view name) { return flag_named(name, kTransferFlags); }

std::optional<PendingStatus> pending_status(std::string_view name) {
  const std::optional<usize> place = place_of(name, kPendingStatuses);
  if (!place) return std::nullopt;
  return static_cast<PendingStatus>(*place);
}

Result<Account> parse_account(const TableLine& line) {
  Account account{};
  account.ledger = 1;
  account.code = 1;
  RETURN_IF_ERROR((parse_ids<1>(line, {&account.id}, "expected an account's id")));
  RETURN_IF_ERROR(set_fields(account, line, 1));
  return account;
}

Result<Transfer> parse_transfer(const TableLine& line) {
  if (line.kind == "post" || line.kind == "void") return parse_resolving(line);
  if (line.kind == "reverse") return parse_reversing(line);
  if (line.words.size() < 4 || line.words[2] != "->") {
    return not_understood("expected: transfer T1 A1 -> A2 … -> outcome", line.text);
  }
  Transfer transfer{};
  transfer.amount = 1;
  transfer.ledger = 1;
  transfer.code = 1;
  RETURN_IF_ERROR((parse_ids<3>(
      line, {&transfer.id, &transfer.debit_account_id, &transfer.credit_account_id}, "not an id")));
  RETURN_IF_ERROR(set_fields(transfer, line, 4));
  return transfer;
}

Result<AccountUpdate> parse_update(const TableLine& line) {
  AccountUpdate update{};
  set_reason(update, "test");
  RETURN_IF_ERROR((
      parse_ids<2>(line, {&update.id, &update.account_id}, "expected: update U1 A1 … -> outcome")));
  RETURN_IF_ERROR(set_fields(update, line, 2));
  return update;
}

Result<std::vector<Condition>> parse_conditions(const TableLine& line, u32 index) {
  Condition both[2];
  for (const std::string_view word : line.words) {
    const usize sign = word.find_first_of("<>");
    if (sign == std::string_view::npos || word == "->") continue;
    const std::string_view side = word.substr(0, sign);
    if ((side != "debit" && side != "credit") || word.substr(sign + 1, 1) != "=") {
      return not_understood("expected a condition such as debit>=0", word);
    }
    const Result<u128> bound = parse_signed(word.substr(sign + 2));
    if (!bound) return tl::unexpected<Error>(bound.error());
    Condition& condition = both[side == "debit" ? 0 : 1];
    (word[sign] == '>' ? condition.minimum : condition.maximum) = *bound;
    condition.bounds |= word[sign] == '>' ? Condition::kAtLeast : Condition::kAtMost;
  }
  std::vector<Condition> conditions;
  for (u16 side = 1; side <= 2; ++side) {
    Condition& condition = both[side - 1];
    condition.index = index;
    condition.side = side;
    if (condition.bounds != 0) conditions.push_back(condition);
  }
  return conditions;
}

Result<QueryFilter> parse_filter(const TableLine& line, const FilterContext& context) {
  QueryFilter filter;
  for (const std::string_view word : line.words) {
    const TablePair pair = cut_pair(word);
    if (word == "continue") {
      filter.cursor = context.next;
    } else if (pair.key == word) {
      if (!set_filter_word(filter, word)) return not_understood("no such condition", word);
    } else {
      RETURN_IF_ERROR(set_filter_pair(filter, line, pair, context));
    }
  }
  return filter;
}

}  // namespace florin::test
