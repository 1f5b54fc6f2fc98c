#include "engine/poster.h"

#include <map>

#include "base/check.h"
#include "base/prefetch.h"
#include "engine/planted.h"
#include "engine/queries.h"

namespace florin::engine {

using ledger::AccountOutcome;
using ledger::Operation;
using ledger::Transfer;
using ledger::TransferOutcome;
namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

namespace {

constexpr u32 kPostedRecordAhead = 12;
constexpr std::ptrdiff_t kEffectsAhead = 8;

// What an update changes in the record that look-ups show.
void update_account(ledger::Account& account, const ledger::AccountUpdate& update) {
  namespace changes = ledger::account_changes;
  if ((update.changes & changes::kSetUserData128) != 0) {
    account.user_data_128 = update.user_data_128;
  }
  if ((update.changes & changes::kSetUserData64) != 0) account.user_data_64 = update.user_data_64;
  if ((update.changes & changes::kSetUserData32) != 0) account.user_data_32 = update.user_data_32;
  if ((update.changes & changes::kFreezeDebits) != 0) account.flags |= account_flags::kFrozenDebits;
  if ((update.changes & changes::kFreezeCredits) != 0) {
    account.flags |= account_flags::kFrozenCredits;
  }
  if ((update.changes & changes::kUnfreezeDebits) != 0) {
    account.flags &= static_cast<u16>(~account_flags::kFrozenDebits);
  }
  if ((update.changes & changes::kUnfreezeCredits) != 0) {
    account.flags &= static_cast<u16>(~account_flags::kFrozenCredits);
  }
}

// The parts of answers that a partition collects are numbered within their block.
struct PartNumbers {
  u32 trial_balance = 0;
  u32 query = 0;
};

}  // namespace

Poster::EffectCursor Poster::effects_of(Block& block, u32 list) {
  const std::vector<Effect>& effects = block.effects(list);
  return {effects.data(), effects.data() + effects.size()};
}

void Poster::post_all(Block& block) {
  const auto partitions = static_cast<u32>(tables_.partitions.size());
  PartitionTotals& totals = tables_.partitions[0]->totals;
  EffectCursor effects = effects_of(block, 0);
  PartNumbers parts;
  for (const BlockRequest& request : block.requests) {
    if (request.first_item != 0) apply_effects(block, effects, request.first_item - 1, totals);
    if (request.operation == Operation::GetTrialBalance) {
      for (u32 partition = 0; partition < partitions; ++partition) {
        collect_totals(block, request, parts.trial_balance, partition);
      }
      ++parts.trial_balance;
    } else if (request.operation == Operation::QueryAccounts) {
      for (u32 partition = 0; partition < partitions; ++partition) {
        query_accounts_part(tables_, *request.request, partition,
                            block.query_part(parts.query, partition));
      }
      ++parts.query;
    } else {
      post_items(block, request, effects);
    }
  }
  apply_effects(block, effects, block.item_count(), totals);
}

void Poster::post_items(Block& block, const BlockRequest& request, EffectCursor& effects) {
  if (request.operation == Operation::CreateTransfers) {
    post_transfers(block, request, effects);
    return;
  }
  PartitionTotals& totals = tables_.partitions[0]->totals;
  const u32 last = request.first_item + request.item_count;
  for (u32 item = request.first_item; item < last; ++item) {
    apply_effects(block, effects, item, totals);
    switch (request.operation) {
      case Operation::CreateAccounts: open_account(block, request, item, totals); break;
      case Operation::LookupAccounts: read_account(block, request, item); break;
      case Operation::LookupTransfers: read_transfer(block, request, item); break;
      case Operation::CreateTransfers:
      case Operation::UpdateAccounts:
      case Operation::LookupLimits:
      case Operation::GetTrialBalance:
      case Operation::QueryAccounts:
      case Operation::QueryTransfers:
      case Operation::GetAccountChanges:
      case Operation::GetAccountTransfers:
      case Operation::GetAccountBalances:
      case Operation::GetBalanceAt:
      case Operation::GetChangeEvents:
      case Operation::GetStatement:
      case Operation::Tick: break;
    }
  }
}

class Poster::RoleCursor {
 public:
  RoleCursor(Block& block, u32 partition, u32 slices, std::vector<RoleEntry> RoleLists::*list)
      : block_(block), partition_(partition), slices_(slices), list_(list) {
    enter();
  }

  // The next entry of an item below `last`, or null.
  const RoleEntry* next(u32 last) {
    while (at_ == end_) {
      if (slice_ + 1 == slices_) return nullptr;
      ++slice_;
      enter();
    }
    return at_->item < last ? at_ : nullptr;
  }
  void advance() { ++at_; }
  // The one that comes so many entries later, or the next where the slice ends before.
  const RoleEntry& ahead(std::ptrdiff_t count) const {
    return end_ - at_ > count ? at_[count] : *at_;
  }

 private:
  void enter() {
    const std::vector<RoleEntry>& entries = block_.roles(slice_, partition_).*list_;
    at_ = entries.data();
    end_ = at_ + entries.size();
  }

  Block& block_;
  u32 partition_;
  u32 slices_;
  std::vector<RoleEntry> RoleLists::*list_;
  u32 slice_ = 0;
  const RoleEntry* at_ = nullptr;
  const RoleEntry* end_ = nullptr;
};

struct Poster::RoleCursors {
  RoleCursors(Block& block, u32 partition, u32 slices)
      : debits(block, partition, slices, &RoleLists::debits),
        credits(block, partition, slices, &RoleLists::credits),
        others(block, partition, slices, &RoleLists::others) {}

  RoleCursor debits;
  RoleCursor credits;
  RoleCursor others;
};

void Poster::post_partition(Block& block, u32 partition, u32 slices) {
  PartitionTotals& totals = tables_.partitions[partition]->totals;
  EffectCursor effects = effects_of(block, partition);
  RoleCursors cursors(block, partition, slices);
  PartNumbers parts;
  for (const BlockRequest& request : block.requests) {
    if (request.first_item != 0) apply_effects(block, effects, request.first_item - 1, totals);
    if (request.operation == Operation::GetTrialBalance) {
      collect_totals(block, request, parts.trial_balance, partition);
      ++parts.trial_balance;
      continue;
    }
    if (request.operation == Operation::QueryAccounts) {
      query_accounts_part(tables_, *request.request, partition,
                          block.query_part(parts.query, partition));
      ++parts.query;
      continue;
    }
    const u32 last = request.first_item + request.item_count;
    if (request.operation == Operation::CreateTransfers && !effects.due(last)) {
      post_lists(block, request, cursors, last, totals);
    } else {
      post_in_order(block, request, cursors, last, effects, totals);
    }
  }
  apply_effects(block, effects, block.item_count(), totals);
}

// Nothing comes between these transfers that would see, or change, what they come to together.
void Poster::post_lists(Block& block, const BlockRequest& request, RoleCursors& cursors, u32 last,
                        PartitionTotals& totals) {
  for (; const RoleEntry* entry = cursors.debits.next(last); cursors.debits.advance()) {
    const u32 ahead = block.work[cursors.debits.ahead(kPostedRecordAhead).item].debit;
    if (ahead != kNoSlot) prefetch_line(&tables_.accounts[ahead].debits_posted);
    if (block.outcomes[entry->item] == ledger::kCreated) book_debit(block, entry->item, totals);
  }
  for (; const RoleEntry* entry = cursors.credits.next(last); cursors.credits.advance()) {
    const u32 ahead = block.work[cursors.credits.ahead(kPostedRecordAhead).item].credit;
    if (ahead != kNoSlot) prefetch_line(&tables_.accounts[ahead].credits_posted);
    if (block.outcomes[entry->item] == ledger::kCreated) book_credit(block, entry->item, totals);
  }
  for (; const RoleEntry* entry = cursors.others.next(last); cursors.others.advance()) {
    post_entry(block, request, *entry, totals);
  }
}

void Poster::post_in_order(Block& block, const BlockRequest& request, RoleCursors& cursors,
                           u32 last, EffectCursor& effects, PartitionTotals& totals) {
  while (true) {
    RoleCursor* first = nullptr;
    u32 item = last;
    for (RoleCursor* cursor : {&cursors.debits, &cursors.credits, &cursors.others}) {
      const RoleEntry* entry = cursor->next(item);
      if (entry == nullptr) continue;
      first = cursor;
      item = entry->item;
    }
    if (first == nullptr) return;
    apply_effects(block, effects, item, totals);
    post_entry(block, request, *first->next(last), totals);
    first->advance();
  }
}

void Poster::apply_effects(const Block& block, EffectCursor& cursor, u32 item,
                           PartitionTotals& totals) {
  for (; cursor.due(item); ++cursor.next) {
    if (cursor.end - cursor.next > kEffectsAhead) {
      const ledger::Account& ahead = tables_.accounts[cursor.next[kEffectsAhead].account];
      prefetch_line(&ahead.debits_pending);
      prefetch_line(&ahead.ledger);
    }
    apply(block, *cursor.next, totals);
  }
}

void Poster::apply(const Block& block, const Effect& effect, PartitionTotals& totals) {
  ledger::Account& account = tables_.accounts[effect.account];
  ledger::LedgerTotals& total = totals.of(account.ledger);
  switch (effect.kind) {
    case Effect::Kind::Debit:
      account.debits_pending -= effect.released;
      account.debits_posted += effect.posted;
      total.debits_pending.subtract(effect.released);
      total.debits_posted.add(effect.posted);
      break;
    case Effect::Kind::Credit:
      account.credits_pending -= effect.released;
      account.credits_posted += effect.posted;
      total.credits_pending.subtract(effect.released);
      total.credits_posted.add(effect.posted);
      break;
    case Effect::Kind::Update: update_account(account, block.update(effect.item)); break;
  }
  if (effect.opens) account.flags &= static_cast<u16>(~account_flags::kClosed);
}

void Poster::post_entry(Block& block, const BlockRequest& request, const RoleEntry& entry,
                        PartitionTotals& totals) {
  const u32 item = entry.item;
  const bool created = block.outcomes[item] == ledger::kCreated;
  switch (entry.role) {
    case Role::Debit:
      if (created) book_debit(block, item, totals);
      break;
    case Role::Credit:
      if (created) book_credit(block, item, totals);
      break;
    case Role::TransferId:
      if (!created) release_transfer(block, item);
      break;
    case Role::NewAccount: open_account(block, request, item, totals); break;
    case Role::ReadAccount: read_account(block, request, item); break;
    case Role::ReadTransfer: read_transfer(block, request, item); break;
    case Role::EarlierTransfer:
    case Role::FindAccount: break;
  }
}

inline void Poster::book_plain_debit(const Transfer& transfer, u32 slot, PartitionTotals& totals) {
  tables_.accounts[slot].debits_posted += transfer.amount;
  totals.of(transfer.ledger).debits_posted.add(transfer.amount);
}

inline void Poster::book_plain_credit(const Transfer& transfer, u32 slot, PartitionTotals& totals) {
  tables_.accounts[slot].credits_posted += transfer.amount;
  if (planted(Defect::TotalsOfOneSide)) return;
  totals.of(transfer.ledger).credits_posted.add(transfer.amount);
}

void Poster::post_transfers(Block& block, const BlockRequest& request, EffectCursor& effects) {
  PartitionTotals& totals = tables_.partitions[0]->totals;
  const u32 last = request.first_item + request.item_count;
  for (u32 item = request.first_item; item < last; ++item) {
    const u32 ahead = item + kPostedRecordAhead;
    if (ahead < block.item_count()) {
      const ItemWork& work = block.work[ahead];
      if (work.debit != kNoSlot) {
        prefetch_line(&tables_.accounts[work.debit].debits_posted);
      }
      if (work.credit != kNoSlot) {
        prefetch_line(&tables_.accounts[work.credit].credits_posted);
      }
    }
    if (effects.due(item)) [[unlikely]]
      apply_effects(block, effects, item, totals);
    const ItemWork& work = block.work[item];
    if (block.outcomes[item] != ledger::kCreated) {
      release_transfer(block, item);
    } else if (work.flags <= transfer_flags::kLinked) [[likely]] {
      book_plain_debit(block.transfer(item), work.debit, totals);
      book_plain_credit(block.transfer(item), work.credit, totals);
    } else if ((work.flags & transfer_flags::kResolves) == 0) {
      book_debit(block, item, totals);
      book_credit(block, item, totals);
    }
  }
}

// The actual amount of a transfer with flags is what the authoriser has stored.
void Poster::book_debit(const Block& block, u32 item, PartitionTotals& totals) {
  const ItemWork& work = block.work[item];
  const Transfer& transfer = block.transfer(item);
  if (work.flags <= transfer_flags::kLinked) return book_plain_debit(transfer, work.debit, totals);
  ledger::Account& account = tables_.accounts[work.debit];
  ledger::LedgerTotals& total = totals.of(transfer.ledger);
  const u128 amount = tables_.transfers[work.transfer].amount;
  const bool pending = (work.flags & transfer_flags::kPending) != 0;
  (pending ? account.debits_pending : account.debits_posted) += amount;
  (pending ? total.debits_pending : total.debits_posted).add(amount);
  if ((work.flags & transfer_flags::kClosingDebit) != 0) account.flags |= account_flags::kClosed;
}

void Poster::book_credit(const Block& block, u32 item, PartitionTotals& totals) {
  const ItemWork& work = block.work[item];
  const Transfer& transfer = block.transfer(item);
  if (work.flags <= transfer_flags::kLinked) {
    return book_plain_credit(transfer, work.credit, totals);
  }
  ledger::Account& account = tables_.accounts[work.credit];
  ledger::LedgerTotals& total = totals.of(transfer.ledger);
  const u128 amount = tables_.transfers[work.transfer].amount;
  const bool pending = (work.flags & transfer_flags::kPending) != 0;
  (pending ? account.credits_pending : account.credits_posted) += amount;
  (pending ? total.credits_pending : total.credits_posted).add(amount);
  if ((work.flags & transfer_flags::kClosingCredit) != 0) account.flags |= account_flags::kClosed;
}

void Poster::open_account(const Block& block, const BlockRequest& request, u32 item,
                          PartitionTotals& totals) {
  if (block.outcomes[item] != ledger::kCreated) {
    release_account(block, item);
    return;
  }
  ledger::Account& record = tables_.accounts[block.work[item].debit];
  record.timestamp =
      stored_timestamp(block.account(item), request.imported, request.timestamp_of(item));
  ++totals.of(record.ledger).accounts;
}

void Poster::read_account(const Block& block, const BlockRequest& request, u32 item) const {
  ledger::Account& answer = request.request->accounts[item - request.first_item];
  const u32 slot = block.work[item].debit;
  const bool exists = slot != kNoSlot && tables_.accounts[slot].timestamp != 0;
  answer = exists ? tables_.accounts[slot] : ledger::Account{};
}

void Poster::read_transfer(const Block& block, const BlockRequest& request, u32 item) const {
  const u32 index = item - request.first_item;
  const u8 outcome = block.outcomes[item];
  const bool created = outcome == ledger::kCreated;
  request.request->transfers[index] =
      created ? tables_.transfers[block.work[item].transfer] : Transfer{};
}

void Poster::release_account(const Block& block, u32 item) {
  const u32 slot = block.work[item].debit;
  if (slot == kNoSlot) return;
  if (tables_.account_references[slot] != block.stamp(item) &&
      !planted(Defect::AccountSlotReturnedEarly)) {
    return;
  }
  if (tables_.accounts[slot].timestamp != 0) return;  // Whoever created it was posted before.
  const IdHash hash = tables_.seed.hash(block.account(item).id);
  tables_.account_index.erase(hash, slot);
  if (planted(Defect::AccountSlotLost)) return;
  tables_.partition_of(hash).account_slots.give_back(slot);
}

void Poster::release_transfer(const Block& block, u32 item) {
  const u32 slot = block.work[item].transfer;
  if (slot == kNoSlot) return;
  if (tables_.transfer_references[slot] != block.stamp(item) &&
      !planted(Defect::TransferSlotReturnedEarly)) {
    return;
  }
  if (tables_.transfer_states[slot] != 0) return;
  const IdHash hash = tables_.seed.hash(block.transfer(item).id);
  tables_.transfer_index.erase(hash, slot);
  if (planted(Defect::TransferSlotLost)) return;
  tables_.partition_of(hash).transfer_slots.give_back(slot);
}

void Poster::collect_totals(Block& block, const BlockRequest& request, u32 trial_balance,
                            u32 partition) const {
  const ledger::TrialBalanceFilter& filter = request.request->trial_balance_filter;
  const auto& all = tables_.partitions[partition]->totals.all();
  TotalsPart& part = block.totals_part(trial_balance, partition);
  part.lines.clear();
  part.more = false;
  for (auto line = all.lower_bound(filter.ledger_min); line != all.end(); ++line) {
    if (part.lines.size() == filter.limit) {
      part.more = true;
      return;
    }
    part.lines.push_back(line->second);
  }
}

namespace {

void merge_trial_balance(Block& block, ledger::Request& request, u32 trial_balance,
                         u32 partitions) {
  std::map<u32, ledger::LedgerTotals> merged;
  for (u32 partition = 0; partition < partitions; ++partition) {
    const TotalsPart& part = block.totals_part(trial_balance, partition);
    request.more = request.more || part.more;
    for (const ledger::LedgerTotals& line : part.lines) {
      ledger::LedgerTotals& total = merged[line.ledger];
      total.ledger = line.ledger;
      total.accounts += line.accounts;
      total.debits_pending.add(line.debits_pending);
      total.debits_posted.add(line.debits_posted);
      total.credits_pending.add(line.credits_pending);
      total.credits_posted.add(line.credits_posted);
    }
  }
  for (const auto& [ledger, total] : merged) {
    if (request.totals.size() == request.trial_balance_filter.limit) {
      request.more = true;
      break;
    }
    request.totals.push_back(total);
  }
}

}  // namespace

void merge_parts(const Tables& tables, Block& block) {
  const auto partitions = static_cast<u32>(tables.partitions.size());
  PartNumbers parts;
  for (const BlockRequest& request : block.requests) {
    if (request.operation == Operation::GetTrialBalance) {
      merge_trial_balance(block, *request.request, parts.trial_balance, partitions);
      ++parts.trial_balance;
    }
    if (request.operation == Operation::QueryAccounts) {
      merge_query_accounts(tables, block, *request.request, parts.query, partitions);
      ++parts.query;
    }
  }
}

}  // namespace florin::engine
