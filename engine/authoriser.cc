// Requests, chains and dry runs. What a single event does is said in the rules.
#include "engine/authoriser.h"

#include <type_traits>

#include "base/check.h"
#include "base/prefetch.h"
#include "engine/paging.h"
#include "engine/planted.h"
#include "engine/queries.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::AccountUpdate;
using ledger::Operation;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::UpdateOutcome;

namespace {

// How many items ahead the state of their accounts is fetched into the cache.
constexpr u32 kStateAhead = 12;
// A post leads from the mark of its pending transfer to the hold, and from there to the accounts:
// each is fetched when the one before is there.
constexpr u32 kMarkAhead = 12;
constexpr u32 kHoldAhead = 8;
constexpr u32 kHoldAccountsAhead = 4;
// The same of the limits of an account that is debited.
constexpr u32 kLimitNumberAhead = 24;
constexpr u32 kLimitAhead = 16;
constexpr u32 kWindowAhead = 8;

// What the kinds of event have in common, for the handling of chains.
template <class Event>
struct Kind;

template <>
struct Kind<Account> {
  using Outcome = AccountOutcome;
  static constexpr u16 kLinked = ledger::account_flags::kLinked;
  static const Account& event(const Block& block, u32 item) { return block.account(item); }
};

template <>
struct Kind<Transfer> {
  using Outcome = TransferOutcome;
  static constexpr u16 kLinked = ledger::transfer_flags::kLinked;
  static const Transfer& event(const Block& block, u32 item) { return block.transfer(item); }
};

template <>
struct Kind<AccountUpdate> {
  using Outcome = UpdateOutcome;
  static constexpr u16 kLinked = AccountUpdate::kLinked;
  static const AccountUpdate& event(const Block& block, u32 item) { return block.update(item); }
};

// The same numbers in all lists of outcomes.
constexpr u8 kFailedWithChain = static_cast<u8>(TransferOutcome::LinkedEventFailed);
constexpr u8 kChainOpen = static_cast<u8>(TransferOutcome::LinkedEventChainOpen);
static_assert(kFailedWithChain == static_cast<u8>(AccountOutcome::LinkedEventFailed));
static_assert(kFailedWithChain == static_cast<u8>(UpdateOutcome::LinkedEventFailed));
static_assert(kChainOpen == static_cast<u8>(AccountOutcome::LinkedEventChainOpen));
static_assert(kChainOpen == static_cast<u8>(UpdateOutcome::LinkedEventChainOpen));

bool names_earlier(const ItemWork& work) {
  return (work.flags & ledger::transfer_flags::kNamesEarlier) != 0;
}

template <class Event>
bool is_linked(const Block& block, u32 item) {
  return (Kind<Event>::event(block, item).flags & Kind<Event>::kLinked) != 0;
}

}  // namespace

std::span<const ledger::Condition> Authoriser::ConditionCursor::of(u32 index) {
  if (rest_.empty()) [[likely]]
    return {};
  while (!rest_.empty() && rest_.front().index < index) rest_ = rest_.subspan(1);
  usize count = 0;
  while (count < rest_.size() && rest_[count].index == index) ++count;
  return rest_.first(count);
}

template <>
u8 Authoriser::decide<Account>(Block& block, const BlockRequest& request, ConditionCursor&,
                               u32 item, bool) {
  return static_cast<u8>(accounts_.create(block, item, request));
}

template <>
u8 Authoriser::decide<AccountUpdate>(Block& block, const BlockRequest& request, ConditionCursor&,
                                     u32 item, bool in_chain) {
  return static_cast<u8>(accounts_.update(block, item, request, in_chain));
}

template <>
u8 Authoriser::decide<Transfer>(Block& block, const BlockRequest& request,
                                ConditionCursor& conditions, u32 item, bool in_chain) {
  const u32 index = item - request.first_item;
  TransferItem at_turn{item, request.timestamp_of(item), request.imported, conditions.of(index),
                       nullptr};
  if (!request.request->balances.empty()) at_turn.balances = &request.request->balances[index];
  return static_cast<u8>(transfers_.decide(block, at_turn, in_chain));
}

template <>
u8 Authoriser::existing<Account>(const Block& block, u32 item) const {
  return static_cast<u8>(accounts_.existing_account(block, item));
}

template <>
u8 Authoriser::existing<AccountUpdate>(const Block& block, u32 item) const {
  return static_cast<u8>(accounts_.existing_update(block.update(item)));
}

template <>
u8 Authoriser::existing<Transfer>(const Block& block, u32 item) const {
  return static_cast<u8>(transfers_.existing(block, item));
}

template <>
void Authoriser::consume<Account>(Block&, const BlockRequest&, const EventFailure&) {}

template <>
void Authoriser::consume<AccountUpdate>(Block& block, const BlockRequest&,
                                        const EventFailure& failure) {
  const auto outcome = static_cast<UpdateOutcome>(failure.outcome);
  if (ledger::is_transient(outcome)) accounts_.consume(block.update(failure.item), outcome);
}

template <>
void Authoriser::consume<Transfer>(Block& block, const BlockRequest& request,
                                   const EventFailure& failure) {
  const auto outcome = static_cast<TransferOutcome>(failure.outcome);
  if (!ledger::is_transient(outcome) || planted(Defect::TransientKeepsIdInChain)) return;
  transfers_.consume(block, {failure.item, failure.timestamp, request.imported, {}, nullptr},
                     outcome);
}

template <>
u64 Authoriser::original_timestamp<Account>(const Block& block, u32 item) const {
  return tables_.account_timestamps[block.work[item].debit];
}

template <>
u64 Authoriser::original_timestamp<AccountUpdate>(const Block& block, u32 item) const {
  return books_.updates.find(block.update(item).id)->update.timestamp;
}

template <>
u64 Authoriser::original_timestamp<Transfer>(const Block& block, u32 item) const {
  return tables_.transfers[block.work[item].transfer].timestamp;
}

void Authoriser::authorise(Block& block, u32 lists) {
  begin_block(block, lists);
  for (const BlockRequest& request : block.requests) {
    if (request.dry_run) {
      try_out(block, request);
    } else {
      authorise_request(block, request);
      if (request.request->is_logged()) {
        books_.last_time = request.timestamp_of(request.first_item + request.item_count - 1);
      }
    }
  }
  end_block(block);
}

// What came back from the past is there before anything of the block is decided.
void Authoriser::begin_block(Block& block, u32 lists) {
  books_.block = &block;
  holds_until_ = 0;
  block.begin_effects(lists);
  books_.window.position = block.position_after().value;
  for (u32 list = 0; list < lists; ++list) {
    for (const Revived& revived : block.revived(list)) books_.take_back(revived);
  }
}

void Authoriser::end_block(Block& block) {
  if (books_.window.follows_history) books_.note_decisions();
  block.accounts_after = books_.accounts_count;
  block.transfers_after = books_.transfers_count;
  block.transfers_in_memory_after = books_.in_memory();
  block.updates_after = books_.updates.id_count();
  block.deadline_after = books_.holds.next_deadline();
  publish();
}

void Authoriser::publish() {
  accounts_used_.store(books_.accounts_count, std::memory_order_release);
  transfers_used_.store(books_.transfers_count, std::memory_order_release);
  transfers_in_memory_.store(books_.in_memory(), std::memory_order_release);
  updates_used_.store(books_.updates.id_count(), std::memory_order_release);
  next_deadline_.store(books_.holds.next_deadline(), std::memory_order_release);
  books_.window.publish();
}

// Decides as if it were to happen, and takes everything back. The outcomes are in the answer by
// then; for the owners no event of it was created.
void Authoriser::try_out(Block& block, const BlockRequest& request) {
  const usize scope = books_.undo.begin();
  authorise_request(block, request);
  if (planted(Defect::DryRunLeavesTrace)) return books_.undo.end();
  books_.roll_back(scope);
  for (u32 item = request.first_item; item < request.first_item + request.item_count; ++item) {
    block.outcomes[item] = 0;
  }
}

void Authoriser::authorise_request(Block& block, const BlockRequest& request) {
  switch (request.operation) {
    case Operation::CreateAccounts: authorise_events<Account>(block, request); break;
    case Operation::CreateTransfers: authorise_events<Transfer>(block, request); break;
    case Operation::UpdateAccounts: authorise_events<AccountUpdate>(block, request); break;
    case Operation::Tick: expire_due(request, request.first_item); break;
    case Operation::LookupTransfers: read_transfers(block, request); break;
    case Operation::LookupLimits: read_limits(block, request); break;
    case Operation::QueryTransfers: query_transfers(books_, *request.request); break;
    case Operation::GetAccountChanges: get_account_changes(books_, *request.request); break;
    case Operation::QueryAccounts:
      if (check_cursor(*request.request, books_.accounts_count)) {
        request.request->next_cursor.as_of =
            page_as_of(request.request->filter, books_.accounts_count);
      }
      break;
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetBalanceAt:
    case Operation::GetChangeEvents:
    case Operation::GetStatement: request.request->needs_history = true; break;
    case Operation::LookupAccounts:
    case Operation::GetTrialBalance: break;
  }
}

// Only what was decided before this place in the order is seen; of what memory does not have,
// history tells.
void Authoriser::read_transfers(Block& block, const BlockRequest& request) {
  for (u32 index = 0; index < request.item_count; ++index) {
    const u32 item = request.first_item + index;
    const auto status = transfer_status(books_, block.work[item].transfer);
    request.request->transfer_statuses[index] = status;
    block.outcomes[item] = status.outcome;
    if (status.outcome == 0 && past_ != nullptr && past_->may_have(block.id(item)) &&
        !planted(Defect::WindowLookupForgets)) {
      request.request->needs_history = true;
    }
  }
}

void Authoriser::read_limits(Block& block, const BlockRequest& request) {
  for (u32 index = 0; index < request.item_count; ++index) {
    const u32 item = request.first_item + index;
    const u32 account = block.work[item].debit;
    if (!books_.account_exists(account)) continue;
    ledger::AccountLimits& answer = request.request->limits[index];
    answer = books_.limits.describe(account, request.timestamp);
    answer.account_id = block.id(item);
  }
}

template <class Event>
void Authoriser::prefetch_ahead(const Block& block, u32 item) {
  if constexpr (std::is_same_v<Event, Transfer>) {
    if (books_.limits.any()) [[unlikely]]
      prefetch_limits(block, item);
    // Where one post is ahead there are more, and those between.
    const u32 mark_ahead = item + kMarkAhead;
    if (mark_ahead < block.item_count() && names_earlier(block.work[mark_ahead])) {
      holds_until_ = mark_ahead;
    }
    if (item <= holds_until_) prefetch_hold(block, item);
  }
  const u32 ahead = item + kStateAhead;
  if (ahead >= block.item_count()) return;
  const ItemWork& work = block.work[ahead];
  if ((work.flags & ledger::transfer_flags::kPending) != 0 && work.transfer != kNoSlot) {
    prefetch_line(&books_.holds.mark(work.transfer));
  }
  if (work.debit != kNoSlot) prefetch_line(&tables_.account_states[work.debit]);
  if (work.credit != kNoSlot) prefetch_line(&tables_.account_states[work.credit]);
}

void Authoriser::prefetch_limits(const Block& block, u32 item) const {
  const auto debit = [&](u32 ahead) {
    return ahead < block.item_count() ? block.work[ahead].debit : kNoSlot;
  };
  if (const u32 slot = debit(item + kLimitNumberAhead); slot != kNoSlot) {
    prefetch_line(&tables_.account_limits[slot]);
  }
  if (const u32 slot = debit(item + kLimitAhead); slot != kNoSlot) {
    books_.limits.prefetch_limits(slot);
  }
  if (const u32 slot = debit(item + kWindowAhead); slot != kNoSlot) {
    books_.limits.prefetch_window(slot);
  }
}

void Authoriser::prefetch_hold(const Block& block, u32 item) const {
  const auto earlier = [&](u32 ahead) {
    const bool names = ahead < block.item_count() && names_earlier(block.work[ahead]);
    return names ? block.earlier[ahead] : kNoSlot;
  };
  if (const u32 slot = earlier(item + kMarkAhead); slot != kNoSlot) {
    prefetch_line(&books_.holds.mark(slot));
    prefetch_line(&tables_.transfer_states[slot]);
    prefetch_object(tables_.transfers[slot]);
  }
  if (const u32 slot = earlier(item + kHoldAhead); slot != kNoSlot) {
    const u32 hold = books_.holds.mark(slot).hold;
    if (hold != 0) prefetch_line(&books_.holds.hold(hold - 1));
  }
  if (const u32 slot = earlier(item + kHoldAccountsAhead); slot != kNoSlot) {
    const u32 number = books_.holds.mark(slot).hold;
    if (number == 0) return;
    const HoldState& hold = books_.holds.hold(number - 1);
    prefetch_line(&tables_.account_states[hold.debit_account]);
    prefetch_line(&tables_.account_states[hold.credit_account]);
  }
}

void Authoriser::expire_due(const BlockRequest& request, u32 item) {
  const u64 now = request.timestamp_of(item);
  if (books_.holds.next_deadline() <= now && !request.dry_run) [[unlikely]]
    transfers_.expire_due(item, now);
}

bool Authoriser::is_ordinary(const BlockRequest& request) {
  return !request.dry_run && !request.imported && request.request->condition_count == 0 &&
         !request.request->wants_balances;
}

template <class Event>
void Authoriser::authorise_events(Block& block, const BlockRequest& request) {
  const u32 end = request.first_item + request.item_count;
  ConditionCursor conditions(*request.request);
  const bool ordinary = is_ordinary(request);
  u32 item = request.first_item;
  while (item < end) {
    if (!is_linked<Event>(block, item)) [[likely]] {
      prefetch_ahead<Event>(block, item);
      expire_due(request, item);
      if constexpr (std::is_same_v<Event, Transfer>) {
        if (ordinary && transfers_.move_plainly(block, item, request.timestamp_of(item)))
            [[likely]] {
          block.outcomes[item] = ledger::kCreated;
          ++item;
          continue;
        }
      }
      record_outcome<Event>(block, request, item,
                            decide<Event>(block, request, conditions, item, false));
      ++item;
      continue;
    }
    Chain chain{item, item, false};
    while (chain.last < end && is_linked<Event>(block, chain.last)) ++chain.last;
    chain.open = chain.last == end;
    if (!chain.open) ++chain.last;
    authorise_chain<Event>(block, request, conditions, chain);
    item = chain.last;
  }
}

template <class Event>
void Authoriser::authorise_chain(Block& block, const BlockRequest& request,
                                 ConditionCursor& conditions, Chain chain) {
  using Outcome = typename Kind<Event>::Outcome;
  if (!chain.open && !planted(Defect::ChainRetryInParts) &&
      repeats_whole_chain<Event>(block, chain)) {
    for (u32 item = chain.first; item < chain.last; ++item) {
      record_outcome<Event>(block, request, item, static_cast<u8>(Outcome::Exists));
    }
    expire_due(request, chain.last - 1);
    return;
  }
  expire_due(request, chain.first);  // Not to be undone: it was due before the chain began.
  const usize scope = books_.undo.begin();
  const EventFailure failure = decide_chain<Event>(block, request, conditions, chain);
  if (failure.item == chain.last) {
    books_.undo.end();
    for (u32 item = chain.first; item < chain.last; ++item) {
      record_outcome<Event>(block, request, item, ledger::kCreated);
    }
    return;
  }
  books_.roll_back(scope);
  // What came due meanwhile was rolled back with the rest: it expires now, from what it had before.
  if (!planted(Defect::ExpiryLostWithChain)) expire_due(request, chain.last - 1);
  break_chain<Event>(block, request, chain, failure);
  // Only now: the rollback must not give back what a transient refusal consumes.
  consume<Event>(block, request, failure);
}

template <class Event>
Authoriser::EventFailure Authoriser::decide_chain(Block& block, const BlockRequest& request,
                                                  ConditionCursor& conditions, Chain chain) {
  using Outcome = typename Kind<Event>::Outcome;
  for (u32 item = chain.first; item < chain.last; ++item) {
    prefetch_ahead<Event>(block, item);
    expire_due(request, item);
    const bool ends_open = chain.open && item + 1 == chain.last;
    const u8 outcome =
        ends_open ? kChainOpen : decide<Event>(block, request, conditions, item, true);
    if (outcome == ledger::kCreated) continue;
    // Read now: the original may be an earlier member, which is about to be undone.
    const bool exists = outcome == static_cast<u8>(Outcome::Exists);
    return {item, outcome,
            exists ? original_timestamp<Event>(block, item) : request.timestamp_of(item)};
  }
  return {chain.last, 0, 0};
}

template <class Event>
bool Authoriser::repeats_whole_chain(const Block& block, Chain chain) const {
  using Outcome = typename Kind<Event>::Outcome;
  for (u32 item = chain.first; item < chain.last; ++item) {
    const auto shape = static_cast<Outcome>(block.work[item].shape);
    if (shape != Outcome::Undecided && ledger::precedes_exists(shape) &&
        !planted(Defect::ChainRetryWithoutShape)) {
      return false;
    }
    if (existing<Event>(block, item) != static_cast<u8>(Outcome::Exists)) return false;
  }
  return true;
}

template <class Event>
void Authoriser::record_outcome(Block& block, const BlockRequest& request, u32 item, u8 outcome) {
  using Outcome = typename Kind<Event>::Outcome;
  block.outcomes[item] = outcome;
  if (outcome == ledger::kCreated) [[likely]]
    return;
  const bool exists =
      outcome == static_cast<u8>(Outcome::Exists) && !planted(Defect::ExistsAnswersNow);
  const u64 timestamp =
      exists ? original_timestamp<Event>(block, item) : request.timestamp_of(item);
  request.request->exceptions.push_back({timestamp, item - request.first_item, outcome});
}

template <class Event>
void Authoriser::break_chain(Block& block, const BlockRequest& request, Chain chain,
                             const EventFailure& failure) {
  for (u32 item = chain.first; item < chain.last; ++item) {
    const u32 index = item - request.first_item;
    const bool ends_open = chain.open && item + 1 == chain.last;
    ledger::EventResult result{request.timestamp_of(item), index,
                               ends_open ? kChainOpen : kFailedWithChain};
    if (item == failure.item) {
      result.outcome = failure.outcome;
      result.timestamp = failure.timestamp;
    }
    block.outcomes[item] = static_cast<u8>(result.outcome);
    request.request->exceptions.push_back(result);
    if (!request.request->balances.empty() && !planted(Defect::BalancesOfBrokenChain)) {
      request.request->balances[index] = {};
    }
  }
}

}  // namespace florin::engine
