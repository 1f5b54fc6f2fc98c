#include "history/run_file.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/prefetch.h"
#include "history/movement.h"
#include "history/store_keys.h"

namespace florin::history {

using ledger::ChangeKind;

Status RunFile::write_mark(const MarkRow& mark) {
  chunks_.clear();
  packs_.clear();
  Status written = write_index(mark);
  if (written) written = finish();
  if (!written) remove_files();
  return written;
}

Status RunFile::write(const OpenRun& run, MarkRow& mark) {
  chunks_ = run.chunks();
  packs_.clear();
  ids_.clear();
  consumed_.clear();
  MarkRow next = mark;
  next.mark = run.end();
  Status written = write_changes();
  if (written) written = write_ids(next.ids);
  if (written) written = write_entries(run.accounts());
  for (const ChunkView& chunk : chunks_) {
    for (const StatusLink& link : chunk.statuses) next.reversals += is_reversal(*link.change);
  }
  if (written) written = write_index(next);
  if (written) written = finish();
  chunks_.clear();  // They point into the run.
  if (!written) {
    remove_files();
    return written;
  }
  mark = next;
  return {};
}

Result<RowFile*> RunFile::file(Table table) {
  std::unique_ptr<RowFile>& file = files_[static_cast<usize>(table)];
  if (file == nullptr) {
    auto made = tables_.new_file(table);
    if (!made) return fail(made.error().code, made.error().message);
    file = std::move(*made);
  }
  return file.get();
}

Status RunFile::finish() {
  for (const auto& file : files_) {
    if (file != nullptr) RETURN_IF_ERROR(file->finish());
  }
  RETURN_IF_ERROR(tables_.ingest(files_));
  for (auto& file : files_) file.reset();
  return {};
}

void RunFile::remove_files() {
  for (auto& file : files_) {
    if (file == nullptr) continue;
    const std::string path = file->path();
    file.reset();
    std::error_code ignored;  // What stays is removed at the next start.
    std::filesystem::remove(path, ignored);
  }
}

Status RunFile::write_changes() {
  std::vector<const OtherChange*> events;
  usize transfers = 0;
  for (const ChunkView& chunk : chunks_) {
    for (const OtherChange& event : chunk.others) events.push_back(&event);
    transfers += chunk.transfers.size();
  }
  if (events.empty() && transfers == 0) return {};
  auto target = file(Table::Changes);
  RETURN_IF_ERROR(target);

  Pack pack;
  u32 transfers_in_pack = 0;
  const auto make_room = [&](const Place& place, u64 decided) -> Status {
    if (writer_.size() == pack_changes_) {
      RETURN_IF_ERROR(write_pack(**target, pack));
      writer_.begin();
    }
    if (writer_.size() == 0) {
      pack = {place, decided, false, 0, 0};
      transfers_in_pack = 0;
    }
    return {};
  };
  writer_.begin();
  usize event = 0;
  const auto add_events_before = [&](const Place& place) -> Status {
    for (; event < events.size() && events[event]->place < place; ++event) {
      RETURN_IF_ERROR(make_room(events[event]->place, events[event]->decided));
      writer_.add(*events[event]);
    }
    return {};
  };
  for (const ChunkView& chunk : chunks_) {
    for (const TransferChange& change : chunk.transfers) {
      RETURN_IF_ERROR(add_events_before(change.place));
      RETURN_IF_ERROR(make_room(change.place, change.decided));
      if (change.kind == ChangeKind::TransferCreated) {
        if (!pack.has_created) {
          pack.has_created = true;
          pack.number = change.number;
          pack.timestamp = change.transfer.timestamp;
        }
        ids_.push_back({change.transfer.id, static_cast<u32>(packs_.size()), transfers_in_pack});
      }
      writer_.add(change);
      ++transfers_in_pack;
    }
  }
  RETURN_IF_ERROR(add_events_before({~u64{0}, ~u32{0}}));
  return write_pack(**target, pack);
}

Status RunFile::write_pack(RowFile& file, const Pack& pack) {
  packs_.push_back(pack);
  return file.put(changes_key(pack.key).view(), writer_.finish());
}

Status RunFile::write_ids(IdRanges::List& ranges) {
  for (const ChunkView& chunk : chunks_) {
    for (const ConsumedId& consumed : chunk.consumed) {
      ids_.push_back({consumed.id, kConsumed, static_cast<u32>(consumed_.size())});
      consumed_.push_back(&consumed);
    }
  }
  if (ids_.empty()) return {};
  auto target = file(Table::Ids);
  RETURN_IF_ERROR(target);
  const auto by_id = [](const IdAt& left, const IdAt& right) { return left.id < right.id; };
  if (!std::is_sorted(ids_.begin(), ids_.end(), by_id)) std::sort(ids_.begin(), ids_.end(), by_id);
  std::vector<IdRow> rows;
  std::string value;
  for (usize index = 0; index < ids_.size(); ++index) {
    const IdAt& each = ids_[index];
    ranges.add(each.id);
    IdRow& row = rows.emplace_back();
    row.last_byte = static_cast<u8>(each.id);
    if (each.pack == kConsumed) {
      const ConsumedId& consumed = *consumed_[each.at];
      row.outcome = consumed.outcome;
      row.place = consumed.place;
      row.number = consumed.number;
    } else {
      row.place = packs_[each.pack].key;
      row.transfer = each.at;
    }
    if (index + 1 < ids_.size() && ids_[index + 1].id >> 8 == each.id >> 8) continue;
    value.clear();
    append_part(rows, value);
    rows.clear();
    RETURN_IF_ERROR((*target)->add_part(ids_key(each.id).view(), value));
  }
  return {};
}

// The links are put in order by account without comparing any two of them: each account has its
// place in the list, as long as it has entries.
Status RunFile::write_entries(std::span<const RunAccount> accounts) {
  if (accounts.empty()) return {};
  auto target = file(Table::Entries);
  RETURN_IF_ERROR(target);
  std::vector<u32> order(accounts.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](u32 left, u32 right) { return accounts[left].id < accounts[right].id; });
  std::vector<u32> next(accounts.size());
  u32 total = 0;
  for (const u32 account : order) {
    next[account] = total;
    total += accounts[account].entries;
  }
  entries_.resize(total);
  for (const ChunkView& chunk : chunks_) {
    for (const EntryLink& link : chunk.entries) entries_[next[link.account]++] = &link;
  }
  std::span<const EntryLink* const> rest = entries_;
  for (const u32 account : order) {
    const usize count = accounts[account].entries;
    RETURN_IF_ERROR(write_entries_of(**target, accounts[account].id, rest.first(count)));
    rest = rest.subspan(count);
  }
  return {};
}

Status RunFile::write_entries_of(RowFile& file, u128 account,
                                 std::span<const EntryLink* const> entries) {
  // The lines of a change are fetched ahead: its entries are far apart.
  constexpr usize kAhead = 6;
  // `entries` is part of `entries_`, so what is behind it may be looked at.
  const EntryLink* const* const end = entries_.data() + entries_.size();
  for (usize first = 0; first < entries.size(); first += pack_changes_) {
    const usize count = std::min<usize>(pack_changes_, entries.size() - first);
    writer_.begin(account);
    for (usize index = first; index < first + count; ++index) {
      const EntryLink* const* const entry = &entries[index];
      if (end - entry > static_cast<std::ptrdiff_t>(2 * kAhead)) {
        prefetch_line(entry[2 * kAhead]);
        prefetch_object(*entry[kAhead]->change);
      }
      writer_.add(*(*entry)->change);
    }
    const Key key = entries_key(account, entries[first]->change->place);
    RETURN_IF_ERROR(file.put(key.view(), writer_.finish()));
  }
  return {};
}

// The kinds of rows in the order of their first bytes.
Status RunFile::write_index(const MarkRow& mark) {
  auto target = file(Table::Index);
  RETURN_IF_ERROR(target);
  RETURN_IF_ERROR(write_accounts(**target));
  RETURN_IF_ERROR(write_packs(**target, kDecidedRow));
  RETURN_IF_ERROR((*target)->put(mark_key().view(), encode(mark)));
  RETURN_IF_ERROR(write_packs(**target, kNumberRow));
  RETURN_IF_ERROR(write_statuses(**target));
  return write_packs(**target, kTimestampRow);
}

Status RunFile::write_accounts(RowFile& file) {
  std::vector<const OtherChange*> created;
  for (const ChunkView& chunk : chunks_) {
    for (const u32 index : chunk.accounts) created.push_back(&chunk.others[index]);
  }
  std::sort(created.begin(), created.end(), [](const OtherChange* left, const OtherChange* right) {
    return left->created()->id < right->created()->id;
  });
  for (const OtherChange* const event : created) {
    const ledger::Account& account = *event->created();
    const AccountRow row{event->place, account.timestamp, account.ledger, account.code};
    RETURN_IF_ERROR(file.put(account_key(account.id).view(), encode(row)));
  }
  return {};
}

Status RunFile::write_packs(RowFile& file, char kind) {
  for (const Pack& pack : packs_) {
    const Key value = changes_key(pack.key);
    if (kind == kDecidedRow) {
      RETURN_IF_ERROR(file.put(decided_key(pack.decided, pack.key).view(), {}));
    } else if (pack.has_created) {
      const Key key = kind == kNumberRow ? number_key(pack.number) : timestamp_key(pack.timestamp);
      RETURN_IF_ERROR(file.put(key.view(), value.view()));
    }
  }
  return {};
}

Status RunFile::write_statuses(RowFile& file) {
  struct Concerned {
    u128 id = 0;
    const TransferChange* change = nullptr;
  };
  std::vector<Concerned> all;
  for (const ChunkView& chunk : chunks_) {
    for (const StatusLink& link : chunk.statuses) {
      all.push_back({concerned_by(*link.change), link.change});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Concerned& left, const Concerned& right) {
    return left.id < right.id;
  });
  std::vector<StatusRow> rows;
  std::string value;
  for (usize index = 0; index < all.size(); ++index) {
    const u128 id = all[index].id;
    const TransferChange& change = *all[index].change;
    rows.push_back({static_cast<u8>(id), is_reversal(change), change.hold_status, change.place,
                    change.remaining});
    if (index + 1 < all.size() && all[index + 1].id >> 8 == id >> 8) continue;
    value.clear();
    append_part(rows, value);
    rows.clear();
    RETURN_IF_ERROR(file.add_part(status_key(id).view(), value));
  }
  return {};
}

}  // namespace florin::history
