#include "tests/history/account_lists.h"

#include <algorithm>

#include "base/int128.h"

namespace florin::test {

namespace {

using ledger::Operation;
using ledger::Request;

bool lists_everything(const Call& call) {
  const Request& request = call.asked.request();
  const u16 newest_first = ledger::QueryFilter::kNewestFirst;
  return call.final_read && call.end == CallEnd::Answered &&
         request.operation == Operation::QueryTransfers && request.filter.account_id == 0 &&
         (request.filter.flags & newest_first) == 0;
}

bool is_plain_or_posts(const ledger::Transfer& transfer) {
  constexpr u16 kNotPosted =
      ledger::transfer_flags::kPending | ledger::transfer_flags::kVoidPendingTransfer;
  return (transfer.flags & kNotPosted) == 0;
}

}  // namespace

AccountLists::AccountLists(const History& history, std::vector<Violation>& violations)
    : history_(history), happened_(history.calls.size()) {
  list_final_transfers(violations);
  find_writers(violations);
  make_lists();
}

void AccountLists::list_final_transfers(std::vector<Violation>& violations) {
  std::vector<const Call*> pages;
  usize count = 0;
  for (const Call& call : history_.calls) {
    if (!lists_everything(call)) continue;
    pages.push_back(&call);
    count += call.asked.request().transfers.size();
  }
  std::sort(pages.begin(), pages.end(), [](const Call* left, const Call* right) {
    return left->invoked_ns < right->invoked_ns;
  });
  transfers_.reserve(count);
  known_.reserve(count);
  for (const Call* page : pages) {
    for (const ledger::Transfer& transfer : page->asked.request().transfers) {
      if (!known_.emplace(transfer.id, Known{static_cast<u32>(transfers_.size())}).second) {
        violations.push_back({Anomaly::DuplicateEffect, "transfer " + to_decimal(transfer.id) +
                                                            " is listed twice at the end"});
        continue;
      }
      transfers_.push_back(transfer);
    }
  }
}

void AccountLists::take_answered(const Call& call, u32 index, std::vector<Violation>& violations) {
  const Request& request = call.asked.request();
  const auto events = request.transfer_events();
  usize exception = 0;
  happened_[index] = true;
  for (u32 at = 0; at < events.size(); ++at) {
    if (exception < request.exceptions.size() && request.exceptions[exception].index == at) {
      ++exception;
      continue;
    }
    const auto found = known_.find(events[at].id);
    if (found == known_.end()) {
      violations.push_back({Anomaly::LostUpdate, "transfer " + to_decimal(events[at].id) +
                                                     " is not there at the end, created by " +
                                                     describe(call)});
    } else if (found->second.writer != kNobody) {
      violations.push_back(
          {Anomaly::DuplicateEffect,
           "transfer " + to_decimal(events[at].id) + " was created twice, by " + describe(call)});
    } else {
      found->second.writer = index;
    }
  }
}

// The first event says when all of them were decided.
void AccountLists::take_cut_off(const Call& call, u32 index) {
  const auto events = call.asked.request().transfer_events();
  const auto first = known_.find(events[0].id);
  happened_[index] = first != known_.end();
  if (!happened_[index]) return;
  const u64 first_time = transfers_[first->second.order].timestamp;
  for (u32 at = 0; at < events.size(); ++at) {
    const auto found = known_.find(events[at].id);
    if (found == known_.end()) continue;
    if (transfers_[found->second.order].timestamp == first_time + at) found->second.writer = index;
  }
}

void AccountLists::find_writers(std::vector<Violation>& violations) {
  for (u32 index = 0; index < history_.calls.size(); ++index) {
    const Call& call = history_.calls[index];
    const Request& request = call.asked.request();
    if (request.operation != Operation::CreateTransfers || request.dry_run) continue;
    if (call.end == CallEnd::Answered) take_answered(call, index, violations);
    if (call.end == CallEnd::Unknown) take_cut_off(call, index);
  }
  for (const ledger::Transfer& transfer : transfers_) {
    if (writer_of(transfer.id) != kNobody) continue;
    violations.push_back(
        {asked(transfer.id) ? Anomaly::RefusedEffect : Anomaly::PhantomEffect,
         "transfer " + to_decimal(transfer.id) + " is there at the end, and no call created it"});
  }
}

u32 AccountLists::append(u128 account, const ledger::Transfer& transfer, u32 writer, bool debit) {
  AccountList& list = lists_[account];
  list.writers.push_back(writer);
  Posted posted = list.posted.back();
  const u128 amount = is_plain_or_posts(transfer) ? transfer.amount : 0;
  (debit ? posted.debits : posted.credits) += amount;
  list.posted.push_back(posted);
  return static_cast<u32>(list.writers.size() - 1);
}

void AccountLists::make_lists() {
  for (const ledger::Transfer& transfer : transfers_) {
    Known& known = known_.at(transfer.id);
    known.debit_place = append(transfer.debit_account_id, transfer, known.writer, true);
    known.credit_place = append(transfer.credit_account_id, transfer, known.writer, false);
  }
}

const AccountList* AccountLists::find(u128 account) const {
  const auto found = lists_.find(account);
  return found == lists_.end() ? nullptr : &found->second;
}

u32 AccountLists::place_of(u128 account, u128 transfer) const {
  const auto found = known_.find(transfer);
  if (found == known_.end()) return kNobody;
  const ledger::Transfer& stored = transfers_[found->second.order];
  if (stored.debit_account_id == account) return found->second.debit_place;
  return stored.credit_account_id == account ? found->second.credit_place : kNobody;
}

u32 AccountLists::writer_of(u128 transfer) const {
  const auto found = known_.find(transfer);
  return found == known_.end() ? kNobody : found->second.writer;
}

bool AccountLists::asked(u128 transfer) const {
  return std::ranges::any_of(history_.calls, [&](const Call& call) {
    const Request& request = call.asked.request();
    return request.operation == Operation::CreateTransfers &&
           std::ranges::any_of(request.transfer_events(),
                               [&](const ledger::Transfer& event) { return event.id == transfer; });
  });
}

Anomaly AccountLists::name_of_stranger(u128 transfer) const {
  return asked(transfer) ? Anomaly::AbortedRead : Anomaly::PhantomEffect;
}

}  // namespace florin::test
