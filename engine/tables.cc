#include "engine/tables.h"

#include <algorithm>
#include <string>

#include "base/random.h"

namespace florin::engine {

namespace {

// Slots that must exist so that `used_max` objects fit whatever the partitions hold back: each has
// a chunk in use, and gave back at most what was in flight. One more chunk is being gathered of
// what leaves memory.
u64 slots_for(u64 used_max, const TablesOptions& options) {
  const u64 held_back = options.items_in_flight_max + 2 * kSlotChunk;
  return round_up(used_max + held_back * options.partitions + kSlotChunk, kSlotChunk);
}

Status reserve_accounts(Tables& tables, u64 slots) {
  RETURN_IF_ERROR(tables.accounts.reserve(slots));
  RETURN_IF_ERROR(tables.account_states.reserve(slots));
  RETURN_IF_ERROR(tables.account_timestamps.reserve(slots));
  RETURN_IF_ERROR(tables.account_references.reserve(slots));
  RETURN_IF_ERROR(tables.account_limits.reserve(slots));
  RETURN_IF_ERROR(tables.accounts_by_creation.reserve(slots));
  RETURN_IF_ERROR(tables.account_index.reserve(slots, tables.options.partitions));
  return tables.account_source.reserve(slots);
}

Status reserve_transfers(Tables& tables, u64 slots) {
  RETURN_IF_ERROR(tables.transfers.reserve(slots));
  RETURN_IF_ERROR(tables.transfer_states.reserve(slots));
  RETURN_IF_ERROR(tables.transfer_references.reserve(slots));
  RETURN_IF_ERROR(tables.transfer_marks.reserve(slots));
  RETURN_IF_ERROR(tables.marked_chunks.reserve(round_up(slots, kSlotChunk) / kSlotChunk));
  RETURN_IF_ERROR(tables.transfers_by_creation.reserve(slots));
  RETURN_IF_ERROR(tables.transfers_failed.reserve(slots));
  RETURN_IF_ERROR(tables.holds.reserve(slots));
  RETURN_IF_ERROR(tables.transfer_index.reserve(
      slots, tables.options.partitions, std::min(tables.options.transfers_expected, slots)));
  return tables.transfer_source.reserve(slots);
}

}  // namespace

Result<std::unique_ptr<Tables>> Tables::create(const TablesOptions& options) {
  if (options.partitions < 1 || options.partitions > kVirtualSlots) {
    return fail(ErrorCode::InvalidArgument, "partitions is " + std::to_string(options.partitions) +
                                                "; expected 1 to " + std::to_string(kVirtualSlots));
  }
  const u64 account_slots = slots_for(options.accounts_max, options);
  // Beside each item's own id it may bring back an earlier one, which nobody has made room for.
  const u64 transfer_slots =
      slots_for(options.transfers_max + options.items_in_flight_max, options);
  if (account_slots >= IdIndex::kSlotsMax || transfer_slots >= IdIndex::kSlotsMax) {
    return fail(ErrorCode::InvalidArgument,
                "accounts_max and transfers_max must each stay below 2.14 billion, with " +
                    std::to_string(slots_for(0, options)) + " slots of reserve");
  }
  auto tables = std::make_unique<Tables>();
  tables->options = options;
  Random random(options.hash_seed);
  tables->seed = HashSeed{random.next() | 1, random.next() | 1};
  RETURN_IF_ERROR(reserve_accounts(*tables, account_slots));
  RETURN_IF_ERROR(reserve_transfers(*tables, transfer_slots));
  const usize returned_max = options.items_in_flight_max;
  for (u32 index = 0; index < options.partitions; ++index) {
    tables->partitions.push_back(
        std::make_unique<Partition>(tables->account_source, tables->transfer_source, returned_max));
  }
  return tables;
}

void Tables::touch(u64 accounts_expected, u64 transfers_expected) const {
  // What is in flight exists once, whichever partitions it falls into.
  const u64 beside = options.items_in_flight_max + u64{2} * kSlotChunk * options.partitions;
  const u64 account_slots = std::min(accounts_expected + beside, accounts.size());
  accounts.touch(0, account_slots);
  account_states.touch(0, account_slots);
  account_timestamps.touch(0, account_slots);
  account_references.touch(0, account_slots);
  accounts_by_creation.touch(0, std::min(accounts_expected, accounts_by_creation.size()));
  account_index.touch(accounts_expected);
  const u64 transfer_slots = std::min(transfers_expected + beside, transfers.size());
  transfers.touch(0, transfer_slots);
  transfer_states.touch(0, transfer_slots);
  transfer_references.touch(0, transfer_slots);
  transfer_marks.touch(0, transfer_slots);
  transfers_by_creation.touch(0, std::min(transfers_expected, transfers_by_creation.size()));
  transfer_index.touch(transfers_expected);
}

}  // namespace florin::engine
