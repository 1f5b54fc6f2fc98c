#include "cli/recorded_books.h"

#include "base/check.h"

namespace florin::cli {

namespace flags = ledger::transfer_flags;
using ledger::PendingStatus;

RecordedBooks::RecordedBooks(const LoadPlan& plan, const std::vector<StreamRecord>& streams)
    : plan_(plan), counters_(plan.accounts().size()) {
  std::vector<ledger::Transfer> events;
  for (const StreamRecord& stream : streams) {
    hold_of_.clear();
    for (const RequestRecord& request : stream.requests) {
      if (request.state == RequestState::Absent) continue;
      plan_.make_request(request.planned, events);
      for (usize i = 0; i < events.size(); ++i) {
        const EventRecord& record = stream.events[request.planned.first + i];
        if (record.outcome == ledger::TransferOutcome::Created) add(events[i]);
      }
    }
  }
}

void RecordedBooks::add(const ledger::Transfer& event) {
  if ((event.flags & flags::kResolves) != 0) return resolve(event);
  Counters& debited = counters_[LoadPlan::account_index(event.debit_account_id)];
  Counters& credited = counters_[LoadPlan::account_index(event.credit_account_id)];
  if ((event.flags & flags::kPending) == 0) {
    debited.debits_posted += event.amount;
    credited.credits_posted += event.amount;
    return;
  }
  debited.debits_pending += event.amount;
  credited.credits_pending += event.amount;
  hold_of_[LoadPlan::transfer_number(event.id)] = holds_.size();
  holds_.push_back({event, event.amount, PendingStatus::Pending});
}

// Nothing happens if the record says that a post was created whose hold was not: the look-ups find
// that, and the sums differ.
void RecordedBooks::resolve(const ledger::Transfer& event) {
  const auto found = hold_of_.find(LoadPlan::transfer_number(event.pending_id));
  if (found == hold_of_.end()) return;
  RecordedHold& hold = holds_[found->second];
  const bool voids = (event.flags & flags::kVoidPendingTransfer) != 0;
  const u128 asked = event.amount == ledger::kAmountMax ? hold.remaining : event.amount;
  const u128 captured = voids ? 0 : asked;
  const bool closes =
      voids || (event.flags & flags::kCapturePartial) == 0 || captured == hold.remaining;
  counters_[LoadPlan::account_index(hold.event.debit_account_id)].debits_posted += captured;
  counters_[LoadPlan::account_index(hold.event.credit_account_id)].credits_posted += captured;
  const u128 released = closes ? hold.remaining : captured;
  release(hold.event, released);
  hold.remaining -= released;
  if (closes) hold.status = voids ? PendingStatus::Voided : PendingStatus::Posted;
}

void RecordedBooks::release(const ledger::Transfer& event, u128 amount) {
  counters_[LoadPlan::account_index(event.debit_account_id)].debits_pending -= amount;
  counters_[LoadPlan::account_index(event.credit_account_id)].credits_pending -= amount;
}

void RecordedBooks::expire(usize hold) {
  CHECK(holds_[hold].status == PendingStatus::Pending);
  release(holds_[hold].event, holds_[hold].remaining);
  holds_[hold].remaining = 0;
  holds_[hold].status = PendingStatus::Expired;
}

}  // namespace florin::cli
