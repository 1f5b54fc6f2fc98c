#include "history/page_filler.h"

#include <algorithm>

#include "history/movement.h"

namespace florin::history {

using ledger::QueryFilter;
using ledger::Transfer;
using ledger::TransferStatus;

namespace {

constexpr usize kTogetherMin = 16;
constexpr usize kTogetherMax = 256;

bool fits_side(const QueryFilter& filter, const Transfer& transfer) {
  if (filter.account_id == 0) return true;
  constexpr u16 kBoth = QueryFilter::kDebits | QueryFilter::kCredits;
  const u16 sides = (filter.flags & kBoth) == 0 ? kBoth : filter.flags;
  return ((sides & QueryFilter::kDebits) != 0 && transfer.debit_account_id == filter.account_id) ||
         ((sides & QueryFilter::kCredits) != 0 && transfer.credit_account_id == filter.account_id);
}

}  // namespace

PageFiller::PageFiller(const StoreView& view, ledger::Request& request, bool balances)
    : view_(view),
      request_(request),
      filter_(request.filter),
      balances_(balances),
      together_(std::clamp<usize>(filter_.limit, kTogetherMin, kTogetherMax)),
      candidates_(together_) {}

bool PageFiller::fits(const TransferChange& change) const {
  const Transfer& transfer = change.transfer;
  const bool lists = balances_ || change.kind == ledger::ChangeKind::TransferCreated;
  return lists && ledger::wants(filter_.user_data_128, transfer.user_data_128) &&
         ledger::wants(filter_.user_data_64, transfer.user_data_64) &&
         ledger::wants(filter_.user_data_32, transfer.user_data_32) &&
         ledger::wants(filter_.ledger, transfer.ledger) &&
         ledger::wants(filter_.code, transfer.code) &&
         (transfer.flags & filter_.object_flags) == filter_.object_flags &&
         fits_side(filter_, transfer) && transfer.amount >= filter_.amount_min &&
         (filter_.amount_max == 0 || transfer.amount <= filter_.amount_max);
}

bool PageFiller::is_full() const {
  return taken_ == filter_.limit || examined_ == ledger::kQueryExaminedMax;
}

Result<bool> PageFiller::add(const Place& key, const TransferChange& change) {
  if (more_) return false;
  if (is_full()) {
    more_ = true;
    return false;
  }
  Candidate& candidate = candidates_[waiting_++];
  candidate.key = key;
  candidate.fits = fits(change);
  if (candidate.fits) candidate.change = change;
  if (waiting_ == together_) RETURN_IF_ERROR(decide());
  return !more_;
}

Status PageFiller::finish() { return decide(); }

Status PageFiller::decide() {
  std::vector<const Transfer*> transfers;
  for (usize index = 0; index < waiting_; ++index) {
    if (candidates_[index].fits) transfers.push_back(&candidates_[index].change.transfer);
  }
  std::vector<TransferStatus> statuses(transfers.size());
  if (!balances_ || filter_.pending_status != 0) {
    RETURN_IF_ERROR(view_.statuses(transfers, Position{request_.position}, statuses));
  }
  usize fitting = 0;
  for (usize index = 0; index < waiting_; ++index) {
    if (is_full()) {
      more_ = true;
      break;
    }
    const Candidate& candidate = candidates_[index];
    ++examined_;
    last_ = candidate.key;
    if (!candidate.fits) continue;
    const TransferStatus& status = statuses[fitting++];
    if (ledger::wants(filter_.pending_status, status.pending_status))
      take(candidate.change, status);
  }
  waiting_ = 0;
  return {};
}

void PageFiller::take(const TransferChange& change, const TransferStatus& status) {
  ++taken_;
  if (!balances_) {
    request_.transfers.push_back(change.transfer);
    request_.transfer_statuses.push_back(status);
    return;
  }
  request_.account_balances.push_back(balance_of(change, filter_.account_id));
}

}  // namespace florin::history
