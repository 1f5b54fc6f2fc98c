#include "history/statement_query.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "history/account_walk.h"
#include "history/balance_at.h"
#include "history/change_walk.h"
#include "history/movement.h"
#include "history/store_keys.h"

namespace florin::history {

using ledger::AccountBalance;
using ledger::QueryCursor;
using ledger::QueryFilter;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferStatus;

namespace {

// Statuses are looked up for so many holds at once.
constexpr usize kHoldsTogether = 16;

constexpr u16 kMovesNothingPosted =
    ledger::transfer_flags::kPending | ledger::transfer_flags::kVoidPendingTransfer;

bool is_entry(const TransferChange& change) {
  return change.kind == ledger::ChangeKind::TransferCreated &&
         (change.transfer.flags & kMovesNothingPosted) == 0;
}

bool opens_hold(const TransferChange& change) {
  return change.kind == ledger::ChangeKind::TransferCreated &&
         (change.transfer.flags & ledger::transfer_flags::kPending) != 0;
}

// Everything after the change that made this balance; from the beginning if none did.
Place behind(const AccountBalance& balance) {
  if (balance.position == 0) return {};
  return {balance.position, balance.index + 1};
}

// The account as it was created.
Result<ledger::Account> created_account(const StoreView& view, u128 id, const Place& place) {
  for (const auto& run : view.runs()) {
    if (const OtherChange* const event = run->find_account(id)) return *event->created();
  }
  ChangeWalk walk(view);
  RETURN_IF_ERROR(walk.seek(place));
  const auto others = walk.valid() ? walk.others() : std::span<const OtherChange>();
  const auto found = std::find_if(others.begin(), others.end(), [&](const OtherChange& event) {
    return event.created() != nullptr && event.created()->id == id;
  });
  if (found == others.end()) {
    return StoreView::damaged(Table::Changes, changes_key(place).view());
  }
  return *found->created();
}

// One page of a statement.
class StatementPage {
 public:
  StatementPage(const StoreView& view, Request& request)
      : view_(view),
        request_(request),
        filter_(request.filter),
        first_page_(filter_.cursor == QueryCursor{}),
        as_of_{first_page_ ? request.position.value : filter_.cursor.as_of},
        holds_((filter_.flags & QueryFilter::kHolds) != 0) {}

  Status fill() {
    request_.next_cursor = filter_.cursor;
    request_.next_cursor.as_of = as_of_.value;
    request_.more = false;
    const auto account = view_.account(filter_.account_id, as_of_);
    RETURN_IF_ERROR(account);
    const bool exists = account->has_value() && (*account)->timestamp <= filter_.timestamp_max;
    if (!exists) return {};
    const Result<bool> near = walk_back((*account)->ledger);
    RETURN_IF_ERROR(near);
    if (!*near) RETURN_IF_ERROR(find_ends((*account)->ledger));
    RETURN_IF_ERROR(add_ends((*account)->place));
    if (holds_) return add_holds();
    if (!*near) return add_entries();
    add_near_entries();
    return {};
  }

 private:
  struct Entry {
    Transfer transfer;
    AccountBalance after;
  };
  struct Candidate {
    Transfer transfer;
    Place place;
  };

  // Most statements are short: from the end of the period back to its beginning, one walk finds
  // both balances and all entries. False: there is more than a page between them, or this is not
  // the first page.
  Result<bool> walk_back(u32 ledger) {
    if (!first_page_) return false;
    opening_ = closing_ = no_balance(filter_.account_id, ledger);
    auto range = places_of_time(view_, 0, filter_.timestamp_max);
    RETURN_IF_ERROR(range);
    range->last = std::min(range->last, Place{as_of_.value + 1, 0});
    AccountWalk walk(view_, filter_.account_id, *range, true);
    for (u32 passed = 0; passed <= filter_.limit;) {
      const auto found = walk.next();
      RETURN_IF_ERROR(found);
      if (*found == nullptr) return true;
      const TransferChange& change = **found;
      if (time_of(change) > filter_.timestamp_max) continue;
      const AccountBalance after = balance_of(change, filter_.account_id);
      if (closing_.position == 0) closing_ = after;
      if (time_of(change) < filter_.timestamp_min) {
        opening_ = after;
        return true;
      }
      ++passed;
      if (is_entry(change) && !holds_) near_entries_.push_back({change.transfer, after});
    }
    return false;
  }

  // What the account had at the beginning and at the end of the period.
  Status find_ends(u32 ledger) {
    const auto opening =
        balance_at(view_, filter_.account_id, ledger, Timestamp{filter_.timestamp_min - 1}, as_of_);
    RETURN_IF_ERROR(opening);
    const auto closing =
        balance_at(view_, filter_.account_id, ledger, Timestamp{filter_.timestamp_max}, as_of_);
    RETURN_IF_ERROR(closing);
    opening_ = *opening;
    closing_ = *closing;
    return {};
  }

  // The account, which was created at this place, and its balances at both ends.
  Status add_ends(const Place& created) {
    auto account = created_account(view_, filter_.account_id, created);
    RETURN_IF_ERROR(account);
    account->debits_pending = closing_.debits_pending;
    account->debits_posted = closing_.debits_posted;
    account->credits_pending = closing_.credits_pending;
    account->credits_posted = closing_.credits_posted;
    request_.accounts.push_back(*account);
    request_.account_balances.push_back(opening_);
    request_.account_balances.push_back(closing_);
    debits_held_ = closing_.debits_pending;
    credits_held_ = closing_.credits_pending;
    return {};
  }

  void add_entry(const Transfer& transfer, const AccountBalance& after) {
    request_.transfers.push_back(transfer);
    request_.account_balances.push_back(after);
    go_on_from({after.position, after.index + 1});
  }

  void add_near_entries() {
    for (usize index = near_entries_.size(); index-- > 0;) {
      add_entry(near_entries_[index].transfer, near_entries_[index].after);
    }
  }

  // Oldest first. Looks behind a full page for one entry more, so that `more` is true only if there
  // is one, or if too much was looked at to tell.
  Status add_entries() {
    PlaceRange range{behind(opening_), behind(closing_)};
    if (!first_page_) range.first = std::max(range.first, cursor_place());
    if (range.first >= range.last) return {};
    AccountWalk walk(view_, filter_.account_id, range, false);
    for (u32 examined = 0;; ++examined) {
      const auto found = walk.next();
      RETURN_IF_ERROR(found);
      if (*found == nullptr) return {};
      const TransferChange& change = **found;
      if (examined == ledger::kQueryExaminedMax) {
        go_on_from(change.place);
        request_.more = true;
        return {};
      }
      if (!is_entry(change)) continue;
      request_.more = is_full();
      if (request_.more) return {};
      add_entry(change.transfer, balance_of(change, filter_.account_id));
    }
  }

  // Newest first, until all that was on hold is found. A later page does not know how much the
  // earlier ones found: it ends where nothing was on hold.
  Status add_holds() {
    PlaceRange range{{}, behind(closing_)};
    if (!first_page_) range.last = std::min(range.last, cursor_place());
    if (is_found()) return {};
    AccountWalk walk(view_, filter_.account_id, range, true);
    Place last;
    for (u32 examined = 0; !done_; ++examined) {
      const auto found = walk.next();
      RETURN_IF_ERROR(found);
      if (*found == nullptr || holds_nothing(**found)) return decide_holds();
      if (examined == ledger::kQueryExaminedMax) {
        RETURN_IF_ERROR(decide_holds());
        if (done_) return {};
        go_on_from(last);
        request_.more = true;
        return {};
      }
      last = (*found)->place;
      if (opens_hold(**found)) candidates_.push_back({(*found)->transfer, last});
      if (candidates_.size() == kHoldsTogether) RETURN_IF_ERROR(decide_holds());
    }
    return {};
  }

  // Takes the candidates that were open at the end of the period.
  Status decide_holds() {
    std::vector<const Transfer*> transfers;
    for (const Candidate& candidate : candidates_) transfers.push_back(&candidate.transfer);
    std::vector<TransferStatus> statuses(candidates_.size());
    RETURN_IF_ERROR(view_.statuses(transfers, Position{closing_.position}, statuses));
    for (usize index = 0; index < statuses.size() && !done_; ++index) {
      if (statuses[index].remaining == 0) continue;
      request_.more = is_full();
      done_ = request_.more;
      if (!done_) take(candidates_[index], statuses[index]);
    }
    candidates_.clear();
    return {};
  }

  void take(const Candidate& hold, const TransferStatus& status) {
    request_.transfers.push_back(hold.transfer);
    request_.transfer_statuses.push_back(status);
    go_on_from(hold.place);
    const bool debited = hold.transfer.debit_account_id == filter_.account_id;
    (debited ? debits_held_ : credits_held_) -= status.remaining;
    done_ = is_found();
  }

  // Whether the page has all that was on hold.
  bool is_found() const { return first_page_ && debits_held_ == 0 && credits_held_ == 0; }

  // Whether nothing was on hold right after it: then no hold from before it stayed open.
  bool holds_nothing(const TransferChange& change) const {
    const AccountBalance balance = balance_of(change, filter_.account_id);
    return balance.debits_pending == 0 && balance.credits_pending == 0;
  }

  Place cursor_place() const {
    return {filter_.cursor.next, static_cast<u32>(filter_.cursor.index)};
  }
  bool is_full() const { return request_.transfers.size() == filter_.limit; }
  void go_on_from(const Place& place) {
    request_.next_cursor.next = place.position;
    request_.next_cursor.index = place.index;
  }

  const StoreView& view_;
  Request& request_;
  const QueryFilter& filter_;
  const bool first_page_;
  const Position as_of_;
  const bool holds_;
  AccountBalance opening_;
  AccountBalance closing_;
  std::vector<Entry> near_entries_;  // All of a short statement, newest first.

  // Of pages of holds.
  std::vector<Candidate> candidates_;  // Whose status is not known yet.
  u128 debits_held_ = 0;               // On hold at the end, and not found yet.
  u128 credits_held_ = 0;
  bool done_ = false;
};

}  // namespace

Status get_statement(const StoreView& view, Request& request) {
  return StatementPage(view, request).fill();
}

}  // namespace florin::history
