// Booking of the model.
#include "bench/expected_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "bench/workload.h"

namespace florin::bench {
namespace {

using ledger::PendingStatus;
using ledger::Transfer;

constexpr u64 kSampleMax = 1000;

// One out of each of `kSampleMax` equal parts of `count`, ascending; all if there are no more.
std::vector<u64> draw_sample(u64 count, Random& random) {
  const u64 size = std::min(count, kSampleMax);
  std::vector<u64> sample(size);
  for (u64 part = 0; part < size; ++part) {
    const u64 first = static_cast<u64>(u128{part} * count / size);
    const u64 end = static_cast<u64>((u128{part} + 1) * count / size);
    sample[part] = random.between(first, end - 1);
  }
  return sample;
}

class Model {
 public:
  explicit Model(const LoadOptions& options)
      : workload_(options.workload, options.send_plan()), sampled_(options.workload.accounts) {
    Random random(options.workload.seed);
    for (const u64 index : draw_sample(options.workload.accounts, random)) {
      sampled_[index] = true;
      state_.accounts[index] = {};
    }
    sample_ = draw_sample(options.transfers, random);
  }

  void book_next();
  // The state after what was booked.
  ExpectedState finish();

 private:
  // A hold of which something is left.
  struct OpenHold {
    Transfer transfer;
    u128 remaining = 0;
  };

  void resolve(const PlannedTransfer& planned, Transfer& event);
  void keep_if_sampled(u64 index, const PlannedTransfer& planned, const Transfer& stored);
  ExpectedCounters* counters_of(u128 account_id);
  void move_pending(const Transfer& hold, u128 added, u128 released);
  void move_posted(const Transfer& stored);

  Workload workload_;
  std::vector<bool> sampled_;                  // Accounts.
  std::vector<u64> sample_;                    // Transfers: their places.
  std::unordered_map<u64, OpenHold> open_;     // By the place of the hold.
  std::unordered_map<u64, usize> kept_holds_;  // Where in the sample, by the place of the hold.
  ExpectedState state_;
};

void Model::book_next() {
  const u64 index = workload_.drawn();
  const PlannedTransfer planned = workload_.plan().at(index);
  Transfer transfer;
  workload_.next(transfer);
  switch (planned.step) {
    case Step::Plain:
    case Step::Linked:
    case Step::Balancing: move_posted(transfer); break;
    case Step::Hold:
      open_[index] = {transfer, transfer.amount};
      move_pending(transfer, transfer.amount, 0);
      break;
    case Step::Post:
    case Step::Capture:
    case Step::Void: resolve(planned, transfer); break;
  }
  keep_if_sampled(index, planned, transfer);
}

// Makes of the event what is stored of it.
void Model::resolve(const PlannedTransfer& planned, Transfer& event) {
  const auto found = open_.find(planned.hold);
  CHECK(found != open_.end());
  OpenHold& open = found->second;
  event.debit_account_id = open.transfer.debit_account_id;
  event.credit_account_id = open.transfer.credit_account_id;
  event.ledger = open.transfer.ledger;
  event.code = open.transfer.code;
  if (planned.step == Step::Void) event.amount = open.transfer.amount;
  if (planned.step == Step::Post) event.amount = open.remaining;
  const u128 released = planned.step == Step::Capture ? event.amount : open.remaining;
  CHECK(released <= open.remaining);
  move_pending(open.transfer, 0, released);
  if (planned.step != Step::Void) move_posted(event);
  open.remaining -= released;
  if (planned.step == Step::Capture) return;
  open_.erase(found);
  if (const auto kept = kept_holds_.find(planned.hold); kept != kept_holds_.end()) {
    state_.transfers[kept->second].pending_status =
        planned.step == Step::Void ? PendingStatus::Voided : PendingStatus::Posted;
  }
}

void Model::keep_if_sampled(u64 index, const PlannedTransfer& planned, const Transfer& stored) {
  const usize entry = state_.transfers.size();
  if (entry == sample_.size() || sample_[entry] != index) return;
  state_.transfers.push_back({.stored = stored});
  if (planned.step != Step::Hold) return;
  kept_holds_[index] = entry;
  state_.transfers.back().pending_status = PendingStatus::Pending;
}

// Null when the account is not in the sample.
ExpectedCounters* Model::counters_of(u128 account_id) {
  const u64 index = Workload::account_index(account_id);
  return sampled_[index] ? &state_.accounts[index] : nullptr;
}

void Model::move_pending(const Transfer& hold, u128 added, u128 released) {
  if (ExpectedCounters* debit = counters_of(hold.debit_account_id)) {
    debit->debits_pending += added - released;
  }
  if (ExpectedCounters* credit = counters_of(hold.credit_account_id)) {
    credit->credits_pending += added - released;
  }
}

void Model::move_posted(const Transfer& stored) {
  state_.posted.add(stored.amount);
  if (ExpectedCounters* debit = counters_of(stored.debit_account_id)) {
    debit->debits_posted += stored.amount;
  }
  if (ExpectedCounters* credit = counters_of(stored.credit_account_id)) {
    credit->credits_posted += stored.amount;
  }
}

ExpectedState Model::finish() {
  for (const auto& [index, open] : open_) {
    state_.pending.add(open.remaining);
    if (const auto kept = kept_holds_.find(index); kept != kept_holds_.end()) {
      state_.transfers[kept->second].remaining = open.remaining;
    }
  }
  return std::move(state_);
}

}  // namespace

ExpectedState expected_state(const LoadOptions& options) {
  Model model(options);
  for (u64 drawn = 0; drawn < options.transfers; ++drawn) model.book_next();
  return model.finish();
}

}  // namespace florin::bench
