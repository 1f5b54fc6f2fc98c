#include "sinks/postgres_states.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/int128.h"
#include "sinks/postgres_rows.h"

namespace florin::sinks {

using ledger::AccountUpdate;
using ledger::ChangeEvent;
using ledger::ChangeKind;
namespace account_changes = ledger::account_changes;
namespace transfer_flags = ledger::transfer_flags;

namespace {

constexpr std::string_view kStagingSql =
    "CREATE TEMP TABLE staged_accounts (id numeric, position bigint, index integer, flags_set "
    "integer, flags_cleared integer, changes integer, closing boolean, closed_by numeric, "
    "user_data_128 numeric, user_data_64 numeric, user_data_32 bigint, overdraft_limit numeric, "
    "balance_limit numeric, transfer_limit numeric, velocity_window bigint, velocity_sum_limit "
    "numeric, velocity_count_limit bigint) ON COMMIT DELETE ROWS;"
    "CREATE TEMP TABLE staged_balances (account_id numeric, position bigint, logged_at "
    "timestamptz, index integer, ledger bigint, debits_pending numeric, debits_posted numeric, "
    "credits_pending numeric, credits_posted numeric) ON COMMIT DELETE ROWS";
constexpr u16 kStagedAccountColumns = 17;
constexpr u16 kStagedBalanceColumns = 9;

// So many changes ahead, the index and then the balances of a transfer's accounts are fetched.
constexpr usize kIndexAhead = 16;
constexpr usize kBalanceAhead = 8;

// Bits of `changes`: 16, 32, 64 set user data; 128 and 256 set and clear the first limit, and so
// on.
constexpr std::string_view kPatchAccountsSql =
    "UPDATE accounts a SET flags = (a.flags | s.flags_set) & ~s.flags_cleared, "
    "closed_by = CASE WHEN s.closing THEN s.closed_by ELSE a.closed_by END, "
    "user_data_128 = CASE WHEN s.changes & 16 <> 0 THEN s.user_data_128 ELSE a.user_data_128 END, "
    "user_data_64 = CASE WHEN s.changes & 32 <> 0 THEN s.user_data_64 ELSE a.user_data_64 END, "
    "user_data_32 = CASE WHEN s.changes & 64 <> 0 THEN s.user_data_32 ELSE a.user_data_32 END, "
    "overdraft_limit = CASE WHEN s.changes & 384 <> 0 THEN s.overdraft_limit ELSE "
    "a.overdraft_limit END, "
    "balance_limit = CASE WHEN s.changes & 1536 <> 0 THEN s.balance_limit ELSE a.balance_limit "
    "END, "
    "transfer_limit = CASE WHEN s.changes & 6144 <> 0 THEN s.transfer_limit ELSE a.transfer_limit "
    "END, "
    "velocity_window = CASE WHEN s.changes & 24576 <> 0 THEN s.velocity_window ELSE "
    "a.velocity_window END, "
    "velocity_sum_limit = CASE WHEN s.changes & 24576 <> 0 THEN s.velocity_sum_limit ELSE "
    "a.velocity_sum_limit END, "
    "velocity_count_limit = CASE WHEN s.changes & 24576 <> 0 THEN s.velocity_count_limit ELSE "
    "a.velocity_count_limit END, "
    "updated_position = s.position, updated_index = s.index "
    "FROM staged_accounts s WHERE a.id = s.id AND (a.updated_position IS NULL OR "
    "(a.updated_position, a.updated_index) < (s.position, s.index))";

constexpr std::string_view kNewerBalances =
    " ON CONFLICT (account_id) DO UPDATE SET position = excluded.position, logged_at = "
    "excluded.logged_at, index = excluded.index, debits_pending = excluded.debits_pending, "
    "debits_posted = excluded.debits_posted, credits_pending = excluded.credits_pending, "
    "credits_posted = excluded.credits_posted WHERE (balances.position, balances.index) < "
    "(excluded.position, excluded.index)";
constexpr std::string_view kBalanceColumns =
    "account_id, position, logged_at, index, ledger, debits_pending, debits_posted, "
    "credits_pending, credits_posted";

// What changes a thing takes away what was said of it before.
constexpr u32 kPairs[] = {
    account_changes::kFreezeDebits | account_changes::kUnfreezeDebits,
    account_changes::kFreezeCredits | account_changes::kUnfreezeCredits,
    account_changes::kSetOverdraftLimit | account_changes::kClearOverdraftLimit,
    account_changes::kSetBalanceLimit | account_changes::kClearBalanceLimit,
    account_changes::kSetTransferLimit | account_changes::kClearTransferLimit,
    account_changes::kSetVelocityLimit | account_changes::kClearVelocityLimit};

u32 merged_changes(u32 before, u32 change) {
  for (const u32 pair : kPairs) {
    if ((change & pair) != 0) before &= ~pair;
  }
  return before | change;
}

void merge_values(const AccountUpdate& from, AccountUpdate& into) {
  const auto has = [&](u32 bit) { return (from.changes & bit) != 0; };
  if (has(account_changes::kSetUserData128)) into.user_data_128 = from.user_data_128;
  if (has(account_changes::kSetUserData64)) into.user_data_64 = from.user_data_64;
  if (has(account_changes::kSetUserData32)) into.user_data_32 = from.user_data_32;
  if (has(account_changes::kSetOverdraftLimit)) into.overdraft_limit = from.overdraft_limit;
  if (has(account_changes::kSetBalanceLimit)) into.balance_limit = from.balance_limit;
  if (has(account_changes::kSetTransferLimit)) into.transfer_limit = from.transfer_limit;
  if (has(account_changes::kSetVelocityLimit)) {
    into.velocity_window = from.velocity_window;
    into.velocity_sum_limit = from.velocity_sum_limit;
    into.velocity_count_limit = from.velocity_count_limit;
  }
}

u32 flag_when(u32 changes, u32 bit, u16 flag) { return (changes & bit) != 0 ? flag : 0; }

// The limits of a staged account: what was not set is NULL, and counts where it was cleared.
void append_limits(const AccountUpdate& update, PostgresRowWriter& rows) {
  const auto set = [&](u32 bit, u128 value) {
    (update.changes & bit) != 0 ? rows.wide(value) : rows.null();
  };
  const bool velocity = (update.changes & account_changes::kSetVelocityLimit) != 0;
  set(account_changes::kSetOverdraftLimit, update.overdraft_limit);
  set(account_changes::kSetBalanceLimit, update.balance_limit);
  set(account_changes::kSetTransferLimit, update.transfer_limit);
  velocity ? rows.big(update.velocity_window) : rows.null();
  set(account_changes::kSetVelocityLimit, update.velocity_sum_limit);
  velocity ? rows.big(update.velocity_count_limit) : rows.null();
}

Status copy_staged(PostgresConnection& connection, const char* table,
                   const PostgresRowWriter& rows) {
  RETURN_IF_ERROR(connection.begin_copy(table));
  RETURN_IF_ERROR(connection.send(rows.bytes()));
  return connection.end_copy();
}

}  // namespace

Status PostgresStates::load(PostgresConnection& connection) {
  patches_.clear();
  balances_.clear();
  closings_.clear();
  const auto closed = connection.ask(
      "SELECT closed_by, id FROM accounts WHERE closed_by IS NOT NULL", {}, "list closed accounts");
  if (!closed) return tl::unexpected<Error>(closed.error());
  for (const std::vector<std::string>& row : *closed) {
    const auto hold_id = parse_u128(row[0]);
    const auto account_id = parse_u128(row[1]);
    if (!hold_id || !account_id) continue;
    // Which side it is does not matter for opening it again.
    Closing& closing = closings_[*hold_id];
    (closing.debit_account_id == 0 ? closing.debit_account_id : closing.credit_account_id) =
        *account_id;
  }
  return connection.run(std::string(kStagingSql), "create the temporary tables");
}

void PostgresStates::note(const exporter::ChangePage& page, usize at) {
  fetch_ahead(page, at);
  const ChangeEvent& event = page.events[at];
  switch (ChangeKind{event.kind}) {
    case ChangeKind::AccountCreated:
    case ChangeKind::TransferRefused: return;
    case ChangeKind::AccountUpdated:
      return note_update(event, page.account_changes[event.object].update);
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
      note_balances(event, page.transfers[event.object], page.balances[event.object]);
      return note_closing(event, page.transfers[event.object]);
  }
  CHECK(false);
}

void PostgresStates::note_update(const ChangeEvent& event, const AccountUpdate& update) {
  Patch& patch = patches_[update.account_id];
  merge_values(update, patch.update);
  patch.update.changes = merged_changes(patch.update.changes, update.changes);
  patch.place = std::max(patch.place, exporter::place_of(event));
}

void PostgresStates::fetch_ahead(const exporter::ChangePage& page, usize at) const {
  const auto for_both_sides = [&](usize ahead, const auto& fetch) {
    if (at + ahead >= page.events.size()) return;
    const ChangeEvent& event = page.events[at + ahead];
    const ChangeKind kind{event.kind};
    if (kind != ChangeKind::TransferCreated && kind != ChangeKind::HoldExpired) return;
    const ledger::Transfer& transfer = page.transfers[event.object];
    fetch(balances_.tag_of(transfer.debit_account_id));
    fetch(balances_.tag_of(transfer.credit_account_id));
  };
  for_both_sides(kIndexAhead, [&](u32 tag) { balances_.prefetch_index(tag); });
  for_both_sides(kBalanceAhead, [&](u32 tag) { balances_.prefetch_record(tag); });
}

void PostgresStates::note_balances(const ChangeEvent& event, const ledger::Transfer& transfer,
                                   const ledger::TransferBalances& balances) {
  const auto note_side = [&](u128 account_id, const u128* counters) {
    const u32 tag = balances_.tag_of(account_id);
    u32 slot = balances_.find(account_id, tag);
    if (slot == history::kNoSlot) {
      slot = balances_.add(Balance{}, tag);
      balances_.at(slot).account_id = account_id;
    }
    Balance& balance = balances_.at(slot);
    if (exporter::place_of(event) < balance.place) return;
    std::memcpy(std::begin(balance.counters), counters, sizeof balance.counters);
    balance.place = exporter::place_of(event);
    balance.logged_at = event.timestamp;
    balance.ledger = transfer.ledger;
  };
  note_side(transfer.debit_account_id, &balances.debit_account_debits_pending);
  note_side(transfer.credit_account_id, &balances.credit_account_debits_pending);
}

void PostgresStates::note_closing(const ChangeEvent& event, const ledger::Transfer& transfer) {
  if (ChangeKind{event.kind} == ChangeKind::HoldExpired) return end_closing(event, transfer.id);
  if ((transfer.flags & transfer_flags::kVoidPendingTransfer) != 0) {
    return end_closing(event, transfer.pending_id);
  }
  if ((transfer.flags & transfer_flags::kClosing) == 0) return;
  Closing& closing = closings_[transfer.id];
  if ((transfer.flags & transfer_flags::kClosingDebit) != 0) {
    closing.debit_account_id = transfer.debit_account_id;
    set_closed(event, transfer.debit_account_id, transfer.id);
  }
  if ((transfer.flags & transfer_flags::kClosingCredit) != 0) {
    closing.credit_account_id = transfer.credit_account_id;
    set_closed(event, transfer.credit_account_id, transfer.id);
  }
}

void PostgresStates::set_closed(const ChangeEvent& event, u128 account_id, u128 closed_by) {
  Patch& patch = patches_[account_id];
  patch.closing_changed = true;
  patch.closed_by = closed_by;
  patch.place = std::max(patch.place, exporter::place_of(event));
}

void PostgresStates::end_closing(const ChangeEvent& event, u128 hold_id) {
  const auto found = closings_.find(hold_id);
  if (found == closings_.end()) return;
  const Closing& closing = found->second;
  if (closing.debit_account_id != 0) set_closed(event, closing.debit_account_id, 0);
  if (closing.credit_account_id != 0) set_closed(event, closing.credit_account_id, 0);
  closings_.erase(found);
}

Status PostgresStates::write_accounts(PostgresConnection& connection) {
  if (patches_.empty()) return {};
  PostgresRowWriter rows;
  // By account, so that neighbours in the index of the table are met one after the other.
  std::vector<std::pair<u128, const Patch*>> sorted;
  for (const auto& [account_id, patch] : patches_) sorted.emplace_back(account_id, &patch);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [account_id, each] : sorted) {
    const Patch& patch = *each;
    const u32 changes = patch.update.changes;
    const u32 closed = patch.closing_changed ? ledger::account_flags::kClosed : 0;
    const u32 set =
        flag_when(changes, account_changes::kFreezeDebits, ledger::account_flags::kFrozenDebits) |
        flag_when(changes, account_changes::kFreezeCredits, ledger::account_flags::kFrozenCredits);
    const u32 cleared =
        flag_when(changes, account_changes::kUnfreezeDebits, ledger::account_flags::kFrozenDebits) |
        flag_when(changes, account_changes::kUnfreezeCredits,
                  ledger::account_flags::kFrozenCredits);
    rows.begin(kStagedAccountColumns);
    rows.wide(account_id);
    rows.big(patch.place.position);
    rows.integer(patch.place.index);
    rows.integer(set | (patch.closed_by != 0 ? closed : 0));
    rows.integer(cleared | (patch.closed_by == 0 ? closed : 0));
    rows.integer(changes);
    rows.truth(patch.closing_changed);
    rows.wide_or_null(patch.closed_by);
    rows.wide_or_null(patch.update.user_data_128);
    rows.wide_or_null(patch.update.user_data_64);
    rows.big_or_null(patch.update.user_data_32);
    append_limits(patch.update, rows);
  }
  RETURN_IF_ERROR(copy_staged(connection, "staged_accounts", rows));
  RETURN_IF_ERROR(connection.run(std::string(kPatchAccountsSql), "update the accounts"));
  patches_.clear();
  return {};
}

Status PostgresStates::write_balances(PostgresConnection& connection) {
  if (balances_.size() == 0) return {};
  PostgresRowWriter rows;
  // By account, as above.
  std::vector<const Balance*> sorted;
  for (u32 slot = 0; slot < balances_.size(); ++slot) sorted.push_back(&balances_.at(slot));
  std::ranges::sort(sorted, {}, &Balance::account_id);
  for (const Balance* each : sorted) {
    const Balance& balance = *each;
    rows.begin(kStagedBalanceColumns);
    rows.wide(balance.account_id);
    rows.big(balance.place.position);
    rows.moment(balance.logged_at);
    rows.integer(balance.place.index);
    rows.big(balance.ledger);
    for (const u128 counter : balance.counters) rows.wide(counter);
  }
  RETURN_IF_ERROR(copy_staged(connection, "staged_balances", rows));
  const std::string columns(kBalanceColumns);
  RETURN_IF_ERROR(connection.run("INSERT INTO balances (" + columns + ") SELECT " + columns +
                                     " FROM staged_balances" + std::string(kNewerBalances),
                                 "update the balances"));
  balances_.clear();
  return {};
}

Status catch_up_balances(PostgresConnection& connection, const history::Place& from) {
  const std::string columns(kBalanceColumns);
  RETURN_IF_ERROR(connection.ask(
      "INSERT INTO balances (" + columns + ") SELECT DISTINCT ON (account_id) " + columns +
          " FROM entries WHERE position >= $1 AND (position > $1 OR index >= $2::int) ORDER BY "
          "account_id, position DESC, index DESC" +
          std::string(kNewerBalances),
      {std::to_string(from.position), std::to_string(from.index)}, "bring the balances up"));
  return {};
}

}  // namespace florin::sinks
