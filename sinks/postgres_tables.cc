#include "sinks/postgres_tables.h"

#include <fmt/format.h>

#include "base/check.h"
#include "ledger/outcome.h"

namespace florin::sinks {

using ledger::AccountUpdate;
using ledger::ChangeEvent;
using ledger::ChangeKind;

namespace {

constexpr std::string_view kTransferColumns =
    "(position, logged_at, logged_ns, index, day, ledger, code, flags, id, debit_account_id, "
    "credit_account_id, amount, debit_account_debits_pending, debit_account_debits_posted, "
    "debit_account_credits_pending, debit_account_credits_posted, credit_account_debits_pending, "
    "credit_account_debits_posted, credit_account_credits_pending, credit_account_credits_posted, "
    "pending_id, timeout, released, remaining, pending_status, imported_ns, user_data_128, "
    "user_data_64, user_data_32)";
constexpr u16 kTransferColumnCount = 29;
constexpr std::string_view kRefusedColumns =
    "(position, logged_at, logged_ns, index, day, outcome, ledger, code, flags, id, "
    "debit_account_id, credit_account_id, amount, pending_id, timeout, user_data_128, "
    "user_data_64, user_data_32)";
constexpr u16 kRefusedColumnCount = 18;
constexpr std::string_view kAccountColumns =
    "(id, position, index, created_at, logged_ns, timestamp_ns, ledger, code, flags, "
    "user_data_128, user_data_64, user_data_32)";
constexpr u16 kAccountColumnCount = 12;
constexpr std::string_view kUpdateColumns =
    "(position, index, logged_at, logged_ns, update_id, account_id, changes, flags, "
    "user_data_128, user_data_64, user_data_32, overdraft_limit, balance_limit, transfer_limit, "
    "velocity_window, velocity_sum_limit, velocity_count_limit, reason, principal, trace_id)";
constexpr u16 kUpdateColumnCount = 20;

void append_account(const ChangeEvent& event, const ledger::Account& account,
                    PostgresRowWriter& rows) {
  rows.begin(kAccountColumnCount);
  rows.wide(account.id);
  rows.big(event.position);
  rows.integer(event.index);
  rows.moment(event.timestamp);
  rows.big(event.timestamp);
  rows.big(account.timestamp);
  rows.big(account.ledger);
  rows.integer(account.code);
  rows.integer(account.flags);
  rows.wide_or_null(account.user_data_128);
  rows.wide_or_null(account.user_data_64);
  rows.big_or_null(account.user_data_32);
}

void append_update(const ChangeEvent& event, const ledger::AccountChange& change,
                   PostgresRowWriter& rows) {
  const AccountUpdate& update = change.update;
  const auto set = [&](u32 bit, u128 value) {
    (update.changes & bit) != 0 ? rows.wide(value) : rows.null();
  };
  const bool velocity = (update.changes & ledger::account_changes::kSetVelocityLimit) != 0;
  rows.begin(kUpdateColumnCount);
  rows.big(event.position);
  rows.integer(event.index);
  rows.moment(event.timestamp);
  rows.big(event.timestamp);
  rows.wide(update.id);
  rows.wide(update.account_id);
  rows.integer(update.changes);
  rows.integer(update.flags);
  rows.wide_or_null(update.user_data_128);
  rows.wide_or_null(update.user_data_64);
  rows.big_or_null(update.user_data_32);
  set(ledger::account_changes::kSetOverdraftLimit, update.overdraft_limit);
  set(ledger::account_changes::kSetBalanceLimit, update.balance_limit);
  set(ledger::account_changes::kSetTransferLimit, update.transfer_limit);
  velocity ? rows.big(update.velocity_window) : rows.null();
  set(ledger::account_changes::kSetVelocityLimit, update.velocity_sum_limit);
  velocity ? rows.big(update.velocity_count_limit) : rows.null();
  rows.text(text_of_reason(update));
  rows.wide_or_null(change.principal);
  rows.wide_or_null(change.trace_id);
}

void append_transfer(const ChangeEvent& event, const ledger::Transfer& transfer,
                     const ledger::TransferBalances& balances, PostgresRowWriter& rows) {
  rows.begin(kTransferColumnCount);
  rows.big(event.position);
  rows.moment(event.timestamp);
  rows.big(event.timestamp);
  rows.integer(event.index);
  rows.day(event.timestamp);
  rows.big(transfer.ledger);
  rows.integer(transfer.code);
  rows.integer(transfer.flags);
  rows.wide(transfer.id);
  rows.wide(transfer.debit_account_id);
  rows.wide(transfer.credit_account_id);
  rows.wide(transfer.amount);
  rows.wide_or_null(balances.debit_account_debits_pending);
  rows.wide_or_null(balances.debit_account_debits_posted);
  rows.wide_or_null(balances.debit_account_credits_pending);
  rows.wide_or_null(balances.debit_account_credits_posted);
  rows.wide_or_null(balances.credit_account_debits_pending);
  rows.wide_or_null(balances.credit_account_debits_posted);
  rows.wide_or_null(balances.credit_account_credits_pending);
  rows.wide_or_null(balances.credit_account_credits_posted);
  rows.wide_or_null(transfer.pending_id);
  rows.big_or_null(transfer.timeout);
  rows.wide_or_null(event.released);
  rows.wide_or_null(event.remaining);
  event.pending_status == 0 ? rows.null() : rows.small(event.pending_status);
  transfer.timestamp == event.timestamp ? rows.null() : rows.big(transfer.timestamp);
  rows.wide_or_null(transfer.user_data_128);
  rows.wide_or_null(transfer.user_data_64);
  rows.big_or_null(transfer.user_data_32);
}

// As it was asked for, which may be anything.
void append_refused(const ChangeEvent& event, const ledger::Transfer& transfer,
                    PostgresRowWriter& rows) {
  rows.begin(kRefusedColumnCount);
  rows.big(event.position);
  rows.moment(event.timestamp);
  rows.big(event.timestamp);
  rows.integer(event.index);
  rows.day(event.timestamp);
  rows.text(name(ledger::TransferOutcome{event.outcome}));
  rows.big(transfer.ledger);
  rows.integer(transfer.code);
  rows.integer(transfer.flags);
  rows.wide(transfer.id);
  rows.wide(transfer.debit_account_id);
  rows.wide(transfer.credit_account_id);
  rows.wide(transfer.amount);
  rows.wide_or_null(transfer.pending_id);
  rows.big_or_null(transfer.timeout);
  rows.wide_or_null(transfer.user_data_128);
  rows.wide_or_null(transfer.user_data_64);
  rows.big_or_null(transfer.user_data_32);
}

// How many bytes the UTF-8 character at the beginning has; 0: there is none that PostgreSQL takes
// (RFC 3629, without U+0000).
usize character_bytes(std::string_view text) {
  const auto byte = [&](usize at) { return at < text.size() ? static_cast<u8>(text[at]) : u8{0}; };
  const u8 first = byte(0);
  if (first >= 0x01 && first <= 0x7f) return 1;
  u8 least = 0x80;
  u8 most = 0xbf;
  if (first == 0xe0) least = 0xa0;
  if (first == 0xed) most = 0x9f;
  if (first == 0xf0) least = 0x90;
  if (first == 0xf4) most = 0x8f;
  usize size = 0;
  if (first >= 0xc2 && first <= 0xdf) size = 2;
  if (first >= 0xe0 && first <= 0xef) size = 3;
  if (first >= 0xf0 && first <= 0xf4) size = 4;
  if (size == 0 || byte(1) < least || byte(1) > most) return 0;
  for (usize at = 2; at < size; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xbf) return 0;
  }
  return size;
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const usize size = character_bytes(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::string_view name(PostgresTable table) {
  switch (table) {
    case PostgresTable::Accounts: return "accounts";
    case PostgresTable::AccountUpdates: return "account_updates";
    case PostgresTable::Transfers: return "transfers";
    case PostgresTable::HoldExpiries: return "hold_expiries";
    case PostgresTable::RefusedTransfers: return "refused_transfers";
  }
  CHECK(false);
}

std::string_view columns(PostgresTable table) {
  switch (table) {
    case PostgresTable::Accounts: return kAccountColumns;
    case PostgresTable::AccountUpdates: return kUpdateColumns;
    case PostgresTable::Transfers:
    case PostgresTable::HoldExpiries: return kTransferColumns;
    case PostgresTable::RefusedTransfers: return kRefusedColumns;
  }
  CHECK(false);
}

PostgresTable table_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::AccountCreated: return PostgresTable::Accounts;
    case ChangeKind::AccountUpdated: return PostgresTable::AccountUpdates;
    case ChangeKind::TransferCreated: return PostgresTable::Transfers;
    case ChangeKind::HoldExpired: return PostgresTable::HoldExpiries;
    case ChangeKind::TransferRefused: return PostgresTable::RefusedTransfers;
  }
  CHECK(false);
}

void append_row(const exporter::ChangePage& page, const ChangeEvent& event,
                PostgresRowWriter& rows) {
  switch (ChangeKind{event.kind}) {
    case ChangeKind::AccountCreated:
      return append_account(event, page.accounts[event.object], rows);
    case ChangeKind::AccountUpdated:
      return append_update(event, page.account_changes[event.object], rows);
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
      return append_transfer(event, page.transfers[event.object], page.balances[event.object],
                             rows);
    case ChangeKind::TransferRefused:
      return append_refused(event, page.transfers[event.object], rows);
  }
  CHECK(false);
}

std::string text_of_reason(const AccountUpdate& update) {
  const usize length = std::min<usize>(update.reason_length, ledger::kReasonBytesMax);
  const std::string_view reason(std::begin(update.reason), length);
  if (is_text(reason)) return std::string(reason);
  std::string digits = "\\x";
  for (const char byte : reason) digits += fmt::format("{:02x}", static_cast<u8>(byte));
  return digits;
}

}  // namespace florin::sinks
