#include "tests/alerts/made_pages.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace florin::test {

using exporter::ChangePage;
using ledger::ChangeEvent;
using ledger::ChangeKind;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

MadePages::Account& MadePages::account(u128 id) {
  const auto found =
      std::ranges::find_if(accounts_, [&](const Account& each) { return each.id == id; });
  CHECK(found != accounts_.end());
  return *found;
}

ChangeEvent& MadePages::add_event(ChangePage& page, ChangeKind kind) {
  ChangeEvent& event = page.events.emplace_back();
  event.position = ++position_;
  event.timestamp = ++now_ns_;
  event.kind = static_cast<u8>(kind);
  page.next = exporter::place_after(event);
  return event;
}

void MadePages::add_account(ChangePage& page, u128 id, u32 ledger) {
  ChangeEvent& event = add_event(page, ChangeKind::AccountCreated);
  ledger::Account created{};
  created.id = id;
  created.ledger = ledger;
  created.code = 10;
  created.timestamp = event.timestamp;
  event.object = static_cast<u32>(page.accounts.size());
  page.accounts.push_back(created);
  accounts_.push_back({id, ledger, {}});
}

void MadePages::add_moved(ChangePage& page, const Transfer& transfer, ChangeKind kind, u128 pending,
                          u128 posted, u128 released) {
  ChangeEvent& event = add_event(page, kind);
  event.released = released;
  event.object = static_cast<u32>(page.transfers.size());
  page.transfers.push_back(transfer);
  if (kind == ChangeKind::TransferCreated) page.transfers.back().timestamp = event.timestamp;
  Account& debit = account(transfer.debit_account_id);
  Account& credit = account(transfer.credit_account_id);
  debit.balances[0] += pending - released;
  debit.balances[1] += posted;
  credit.balances[2] += pending - released;
  credit.balances[3] += posted;
  ledger::TransferBalances& balances = page.balances.emplace_back();
  std::memcpy(&balances.debit_account_debits_pending, debit.balances.data(),
              sizeof(engine::Balances));
  std::memcpy(&balances.credit_account_debits_pending, credit.balances.data(),
              sizeof(engine::Balances));
}

void MadePages::add_transfer(ChangePage& page, u128 debit, u128 credit, u128 amount, u16 set,
                             u16 code) {
  Transfer transfer{};
  transfer.id = ++transfers_;
  transfer.debit_account_id = debit;
  transfer.credit_account_id = credit;
  transfer.amount = amount;
  transfer.ledger = account(debit).ledger;
  transfer.code = code;
  transfer.flags = set;
  const bool holds = (set & flags::kPending) != 0;
  if (holds) holds_.push_back(transfer);
  add_moved(page, transfer, ChangeKind::TransferCreated, holds ? amount : 0, holds ? 0 : amount, 0);
}

Transfer MadePages::take_hold() {
  CHECK(!holds_.empty());
  const Transfer hold = holds_.front();
  holds_.erase(holds_.begin());
  return hold;
}

void MadePages::add_post(ChangePage& page, u128 amount) {
  const Transfer hold = take_hold();
  Transfer post = hold;
  post.id = ++transfers_;
  post.pending_id = hold.id;
  post.amount = amount;
  post.flags = flags::kPostPendingTransfer;
  add_moved(page, post, ChangeKind::TransferCreated, 0, amount, hold.amount);
}

void MadePages::add_void(ChangePage& page) {
  const Transfer hold = take_hold();
  Transfer voided = hold;
  voided.id = ++transfers_;
  voided.pending_id = hold.id;
  voided.flags = flags::kVoidPendingTransfer;
  add_moved(page, voided, ChangeKind::TransferCreated, 0, 0, hold.amount);
}

void MadePages::add_expiry(ChangePage& page) {
  const Transfer hold = take_hold();
  add_moved(page, hold, ChangeKind::HoldExpired, 0, 0, hold.amount);
}

void MadePages::add_refused(ChangePage& page, const Transfer& transfer,
                            ledger::TransferOutcome outcome) {
  ChangeEvent& event = add_event(page, ChangeKind::TransferRefused);
  event.outcome = static_cast<u8>(outcome);
  event.object = static_cast<u32>(page.transfers.size());
  page.transfers.push_back(transfer);
  page.balances.emplace_back();
}

// Ids of accounts that are not there, ledgers that nobody uses, amounts that stand for all.
void MadePages::add_any_refused(ChangePage& page) {
  const ledger::TransferOutcome outcomes[] = {
      ledger::TransferOutcome::LinkedEventFailed, ledger::TransferOutcome::DebitAccountNotFound,
      ledger::TransferOutcome::DebitAccountFrozen, ledger::TransferOutcome::ExceedsCredits};
  Transfer transfer{};
  transfer.id = random_.below(transfers_ + 1);
  transfer.debit_account_id = random_.below(accounts + 2);
  transfer.credit_account_id = random_.below(accounts + 2);
  transfer.amount = random_.chance(1, 10) ? kU128Max : random_.below(amount_max);
  transfer.pending_id = random_.below(3);
  transfer.ledger = random_.chance(1, 10) ? 0 : 978;
  transfer.code = static_cast<u16>(random_.below(4));
  transfer.flags = static_cast<u16>(random_.below(0x10000));
  add_refused(page, transfer, pick(random_, outcomes));
}

void MadePages::add_any(ChangePage& page) {
  now_ns_ += random_.below(step_ns_max);
  if (random_.chance(1, 4)) return add_any_refused(page);
  const u64 debit = 1 + random_.below(accounts);
  const u64 credit = 1 + (debit + random_.below(accounts - 1)) % accounts;
  const u64 what = random_.below(10);
  if (!holds_.empty() && what < 3) {
    if (what == 0) add_post(page, random_.below(static_cast<u64>(holds_.front().amount) + 1));
    if (what == 1) add_void(page);
    if (what == 2) add_expiry(page);
    return;
  }
  const u16 set = what >= 8 ? flags::kPending : u16{0};
  add_transfer(page, debit, credit, random_.below(amount_max), set,
               static_cast<u16>(1 + random_.below(3)));
}

ChangePage MadePages::next(u32 changes) {
  ChangePage page;
  for (u32 each = 0; each < changes; ++each) {
    if (accounts_.size() < accounts) {
      add_account(page, accounts_.size() + 1);
    } else {
      add_any(page);
    }
  }
  return page;
}

}  // namespace florin::test
