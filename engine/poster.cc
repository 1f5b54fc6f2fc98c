#include "engine/poster.h"

#include <map>

#include "base/check.h"

namespace florin::engine {

using ledger::AccountOutcome;
using ledger::Operation;
using ledger::Transfer;
using ledger::TransferOutcome;

namespace {

constexpr u32 kRecordAhead = 12;

constexpr u8 kTransferCreated = static_cast<u8>(TransferOutcome::Created);
constexpr u8 kAccountCreated = static_cast<u8>(AccountOutcome::Created);

}  // namespace

void Poster::post_all(Block& block) {
  PartitionTotals& totals = tables_.partitions[0]->totals;
  u32 trial_balance = 0;
  for (const BlockRequest& request : block.requests) {
    const u32 last = request.first_item + request.item_count;
    switch (request.operation) {
      case Operation::CreateTransfers: post_transfers(block, request); break;
      case Operation::CreateAccounts:
        for (u32 item = request.first_item; item < last; ++item) {
          open_account(block, request, item, totals);
        }
        break;
      case Operation::LookupAccounts:
        for (u32 item = request.first_item; item < last; ++item) {
          read_account(block, request, item);
        }
        break;
      case Operation::LookupTransfers:
        for (u32 item = request.first_item; item < last; ++item) {
          read_transfer(block, request, item);
        }
        break;
      case Operation::GetTrialBalance:
        for (u32 partition = 0; partition < tables_.partitions.size(); ++partition) {
          collect_totals(block, request, trial_balance, partition);
        }
        ++trial_balance;
        break;
    }
  }
}

void Poster::post_partition(Block& block, u32 partition, u32 slices) {
  PartitionTotals& totals = tables_.partitions[partition]->totals;
  u32 trial_balance = 0;
  u32 slice = 0;
  usize index = 0;
  for (const BlockRequest& request : block.requests) {
    if (request.operation == Operation::GetTrialBalance) {
      collect_totals(block, request, trial_balance, partition);
      ++trial_balance;
      continue;
    }
    const u32 last = request.first_item + request.item_count;
    while (slice < slices) {
      const std::vector<RoleEntry>& entries = block.roles(slice, partition);
      if (index == entries.size()) {
        ++slice;
        index = 0;
        continue;
      }
      if (entries[index].item >= last) break;
      post_entry(block, request, entries[index], totals);
      ++index;
    }
  }
}

void Poster::post_entry(Block& block, const BlockRequest& request, const RoleEntry& entry,
                        PartitionTotals& totals) {
  const u32 item = entry.item;
  const bool created = block.outcomes[item] == kTransferCreated;
  switch (entry.role) {
    case Role::Debit:
      if (created) book_debit(block.transfer(item), block.work[item].debit, totals);
      break;
    case Role::Credit:
      if (created) book_credit(block.transfer(item), block.work[item].credit, totals);
      break;
    case Role::TransferId:
      if (!created) release_transfer(block, item);
      break;
    case Role::NewAccount: open_account(block, request, item, totals); break;
    case Role::ReadAccount: read_account(block, request, item); break;
    case Role::ReadTransfer: read_transfer(block, request, item); break;
  }
}

void Poster::post_transfers(Block& block, const BlockRequest& request) {
  PartitionTotals& totals = tables_.partitions[0]->totals;
  const u32 last = request.first_item + request.item_count;
  for (u32 item = request.first_item; item < last; ++item) {
    const u32 ahead = item + kRecordAhead;
    if (ahead < last) {
      const ItemWork& work = block.work[ahead];
      if (work.debit != kNoSlot) {
        __builtin_prefetch(&tables_.accounts[work.debit].debits_posted, 1);
      }
      if (work.credit != kNoSlot) {
        __builtin_prefetch(&tables_.accounts[work.credit].credits_posted, 1);
      }
    }
    const ItemWork& work = block.work[item];
    if (block.outcomes[item] == kTransferCreated) [[likely]] {
      book_debit(block.transfer(item), work.debit, totals);
      book_credit(block.transfer(item), work.credit, totals);
    } else {
      release_transfer(block, item);
    }
  }
}

void Poster::book_debit(const Transfer& transfer, u32 slot, PartitionTotals& totals) {
  tables_.accounts[slot].debits_posted += transfer.amount;
  totals.of(transfer.ledger).debits_posted.add(transfer.amount);
}

void Poster::book_credit(const Transfer& transfer, u32 slot, PartitionTotals& totals) {
  tables_.accounts[slot].credits_posted += transfer.amount;
  totals.of(transfer.ledger).credits_posted.add(transfer.amount);
}

void Poster::open_account(const Block& block, const BlockRequest& request, u32 item,
                          PartitionTotals& totals) {
  if (block.outcomes[item] != kAccountCreated) {
    release_account(block, item);
    return;
  }
  ledger::Account& record = tables_.accounts[block.work[item].debit];
  record.timestamp = request.timestamp_of(item);
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
  request.request->transfer_outcomes[index] = outcome;
  const bool created = outcome == kTransferCreated;
  request.request->transfers[index] =
      created ? tables_.transfers[block.work[item].transfer] : Transfer{};
}

void Poster::release_account(const Block& block, u32 item) {
  const u32 slot = block.work[item].debit;
  if (slot == kNoSlot || tables_.account_references[slot] != block.stamp(item)) return;
  if (tables_.accounts[slot].timestamp != 0) return;  // Whoever created it was posted before.
  const IdHash hash = tables_.seed.hash(block.account(item).id);
  tables_.account_index.erase(hash, slot);
  tables_.partition_of(hash).account_slots.give_back(slot);
}

void Poster::release_transfer(const Block& block, u32 item) {
  const u32 slot = block.work[item].transfer;
  if (slot == kNoSlot || tables_.transfer_references[slot] != block.stamp(item)) return;
  if (tables_.transfer_states[slot] != 0) return;
  const IdHash hash = tables_.seed.hash(block.transfer(item).id);
  tables_.transfer_index.erase(hash, slot);
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
    request.more_totals = request.more_totals || part.more;
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
      request.more_totals = true;
      break;
    }
    request.totals.push_back(total);
  }
}

}  // namespace

void merge_trial_balances(Block& block, u32 partitions) {
  u32 trial_balance = 0;
  for (const BlockRequest& request : block.requests) {
    if (request.operation != Operation::GetTrialBalance) continue;
    merge_trial_balance(block, *request.request, trial_balance, partitions);
    ++trial_balance;
  }
}

}  // namespace florin::engine
