#include "tests/support/ledger_table_books.h"

#include <cstring>

#include "tests/support/ledger_table_line.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Transfer;

namespace {

template <class Value>
bool same_bytes(const Value& left, const Value& right) {
  return std::memcmp(&left, &right, sizeof(Value)) == 0;
}

template <class Object>
std::optional<u64> time_in(const std::map<u128, Object>& objects, u128 id) {
  const auto found = objects.find(id);
  if (found == objects.end()) return std::nullopt;
  return found->second.timestamp;
}

template <class Field>
void inherit(Field& field, Field original) {
  if (field == 0) field = original;
}

}  // namespace

u64 stored_timestamp(const Account& event, u64 timestamp) {
  return (event.flags & ledger::account_flags::kImported) != 0 ? event.timestamp : timestamp;
}
u64 stored_timestamp(const Transfer& event, u64 timestamp) {
  return (event.flags & ledger::transfer_flags::kImported) != 0 ? event.timestamp : timestamp;
}
u64 stored_timestamp(const AccountUpdate&, u64 timestamp) { return timestamp; }

void TableBooks::add(const Account& event, u64 timestamp) {
  Account& stored = accounts_[event.id] = event;
  stored.timestamp = stored_timestamp(event, timestamp);
}

void TableBooks::add(const Transfer& event, u64 timestamp) {
  using namespace ledger::transfer_flags;
  Transfer& stored = transfers_[event.id] = event;
  stored.timestamp = stored_timestamp(event, timestamp);
  const auto earlier = transfers_.find(event.pending_id);
  if ((event.flags & kNamesEarlier) == 0 || earlier == transfers_.end()) return;

  const Transfer& original = earlier->second;
  const bool all = event.amount == ledger::kAmountMax || (event.flags & kVoidPendingTransfer) != 0;
  if (all) stored.amount = original.amount;
  if ((event.flags & kResolves) == 0) return;
  inherit(stored.debit_account_id, original.debit_account_id);
  inherit(stored.credit_account_id, original.credit_account_id);
  inherit(stored.user_data_128, original.user_data_128);
  inherit(stored.user_data_64, original.user_data_64);
  inherit(stored.user_data_32, original.user_data_32);
  inherit(stored.ledger, original.ledger);
  inherit(stored.code, original.code);
}

void TableBooks::add(const AccountUpdate& event, u64 timestamp) {
  using namespace ledger::account_changes;
  AccountUpdate& stored = updates_[event.id] = event;
  stored.timestamp = timestamp;
  Account& account = accounts_[event.account_id];
  const auto set_flag = [&](u32 change, u16 flag, bool value) {
    if ((event.changes & change) == 0) return;
    account.flags = static_cast<u16>(value ? account.flags | flag : account.flags & ~flag);
  };
  set_flag(kFreezeDebits, ledger::account_flags::kFrozenDebits, true);
  set_flag(kUnfreezeDebits, ledger::account_flags::kFrozenDebits, false);
  set_flag(kFreezeCredits, ledger::account_flags::kFrozenCredits, true);
  set_flag(kUnfreezeCredits, ledger::account_flags::kFrozenCredits, false);
  if ((event.changes & kSetUserData128) != 0) account.user_data_128 = event.user_data_128;
  if ((event.changes & kSetUserData64) != 0) account.user_data_64 = event.user_data_64;
  if ((event.changes & kSetUserData32) != 0) account.user_data_32 = event.user_data_32;
}

bool TableBooks::matches(Account account) const {
  const auto found = accounts_.find(account.id);
  if (found == accounts_.end()) return false;
  account.debits_pending = account.debits_posted = 0;
  account.credits_pending = account.credits_posted = 0;
  constexpr u16 kClosed = ledger::account_flags::kClosed;
  account.flags = static_cast<u16>((account.flags & ~kClosed) | (found->second.flags & kClosed));
  return same_bytes(account, found->second);
}

bool TableBooks::matches(const Transfer& transfer) const {
  const auto found = transfers_.find(transfer.id);
  return found != transfers_.end() && same_bytes(transfer, found->second);
}

bool TableBooks::matches(const AccountUpdate& update) const {
  const auto found = updates_.find(update.id);
  return found != updates_.end() && same_bytes(update, found->second);
}

std::optional<u64> TableBooks::time_of(const Account& event) const {
  return time_in(accounts_, event.id);
}
std::optional<u64> TableBooks::time_of(const Transfer& event) const {
  return time_in(transfers_, event.id);
}
std::optional<u64> TableBooks::time_of(const AccountUpdate& event) const {
  return time_in(updates_, event.id);
}

std::optional<u64> TableBooks::time_of(std::string_view word) const {
  const Result<u128> id = parse_number(word);
  if (!id) return std::nullopt;
  if (word.starts_with('A')) return time_in(accounts_, *id);
  if (word.starts_with('T')) return time_in(transfers_, *id);
  return time_in(updates_, *id);
}

}  // namespace florin::test
