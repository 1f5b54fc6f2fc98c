#include "exporter/change_filter.h"

#include <algorithm>

namespace florin::exporter {

namespace {

using ledger::ChangeEvent;
using ledger::ChangeKind;

template <class Values, class Value>
bool has(const Values& values, const Value& value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

bool wants_transfer(const ChangeFilter& filter, const ledger::Transfer& transfer) {
  return transfer.amount >= filter.amount_min && has(filter.ledgers, transfer.ledger) &&
         has(filter.codes, transfer.code) &&
         (has(filter.accounts, transfer.debit_account_id) ||
          has(filter.accounts, transfer.credit_account_id));
}

}  // namespace

bool wants(const ChangeFilter& filter, const ChangePage& page, const ChangeEvent& event) {
  const auto kind = static_cast<ChangeKind>(event.kind);
  if (!ledger::wants_kind(filter.kinds, kind)) return false;
  switch (kind) {
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
    case ChangeKind::TransferRefused: return wants_transfer(filter, page.transfers[event.object]);
    case ChangeKind::AccountCreated: {
      const ledger::Account& account = page.accounts[event.object];
      return has(filter.ledgers, account.ledger) && has(filter.codes, account.code) &&
             has(filter.accounts, account.id);
    }
    case ChangeKind::AccountUpdated:
      return has(filter.accounts, page.account_changes[event.object].update.account_id);
  }
  return false;
}

void copy_wanted(const ChangeFilter& filter, const ChangePage& page, ChangePage& wanted) {
  wanted.events.clear();
  wanted.transfers.clear();
  wanted.balances.clear();
  wanted.accounts.clear();
  wanted.account_changes.clear();
  wanted.next = page.next;
  wanted.last_logged_at = page.last_logged_at;
  for (const ChangeEvent& event : page.events) {
    if (wants(filter, page, event)) append_change(page, event, wanted);
  }
}

}  // namespace florin::exporter
