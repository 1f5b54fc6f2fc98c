#include "history/store_view.h"

#include <algorithm>

#include "engine/hold_state.h"
#include "history/movement.h"
#include "history/store_keys.h"
#include "ledger/outcome.h"

namespace florin::history {

using ledger::PendingStatus;
using ledger::Transfer;
using ledger::TransferStatus;

namespace {

// The keys of the rows that the ids stand in, each once, and for each key where its ids begin in
// `asked`, which is put in order.
template <class MakeKey>
std::vector<Key> keys_of(auto& asked, std::vector<usize>& begins, MakeKey&& make_key) {
  std::sort(asked.begin(), asked.end(),
            [](const auto& left, const auto& right) { return left.id < right.id; });
  std::vector<Key> keys;
  for (usize index = 0; index < asked.size(); ++index) {
    if (index > 0 && asked[index - 1].id >> 8 == asked[index].id >> 8) continue;
    keys.push_back(make_key(asked[index].id));
    begins.push_back(index);
  }
  begins.push_back(asked.size());
  return keys;
}

void add(Aftermath& aftermath, bool reversal, PendingStatus status, u128 remaining) {
  if (reversal) {
    aftermath.reversed = true;
    return;
  }
  if (status != PendingStatus::None) aftermath.hold = status;
  aftermath.remaining = remaining;
}

}  // namespace

tl::unexpected<Error> StoreView::damaged(Table table, std::string_view key) {
  std::string text;
  for (const char byte : key) {
    constexpr const char* kDigits = "0123456789abcdef";
    text.push_back(kDigits[static_cast<u8>(byte) >> 4]);
    text.push_back(kDigits[static_cast<u8>(byte) & 15]);
  }
  return fail(ErrorCode::Corrupt, "history: the row " + text + " of the table '" +
                                      std::string(name(table)) + "' is missing or damaged");
}

bool StoreView::find_in_runs(u128 id, Position as_of, FoundId& found) const {
  for (const auto& run : runs_.runs) {
    if (const TransferChange* const created = run->find_created(id)) {
      if (created->place.position > as_of.value) return true;
      found.outcome = ledger::kCreated;
      found.place = created->place;
      found.number = created->number;
      found.created = *created;
      return true;
    }
    if (const ConsumedId* const consumed = run->find_consumed(id)) {
      if (consumed->place.position > as_of.value) return true;
      found.outcome = consumed->outcome;
      found.place = consumed->place;
      found.number = consumed->number;
      return true;
    }
  }
  return false;
}

Status StoreView::find(std::span<const u128> ids, Position as_of, std::span<FoundId> found) const {
  std::vector<Asked> asked;
  for (usize index = 0; index < ids.size(); ++index) {
    found[index] = FoundId{};
    if (!find_in_runs(ids[index], as_of, found[index])) asked.push_back({ids[index], index});
  }
  if (asked.empty()) return {};
  const u64 position_max = std::min(as_of.value, runs_.stored);
  std::vector<InPack> wanted;
  RETURN_IF_ERROR(find_rows(asked, position_max, found, wanted));
  return read_packs(wanted, position_max, found);
}

Status StoreView::find_rows(std::vector<Asked>& asked, u64 position_max, std::span<FoundId> found,
                            std::vector<InPack>& wanted) const {
  std::vector<usize> begins;
  const std::vector<Key> keys = keys_of(asked, begins, ids_key);
  std::vector<IdRow> rows;
  return tables_.get_many(Table::Ids, keys, [&](usize key, std::string_view value) -> Status {
    if (!read_parts(value, rows)) return damaged(Table::Ids, keys[key].view());
    for (usize at = begins[key]; at < begins[key + 1]; ++at) {
      const Asked& each = asked[at];
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const IdRow& candidate) {
        return candidate.last_byte == static_cast<u8>(each.id);
      });
      if (row == rows.end() || row->place.position > position_max) continue;
      if (row->outcome == 0) {
        wanted.push_back({row->place, row->transfer, each.index, each.id});
        continue;
      }
      FoundId& target = found[each.index];
      target.outcome = row->outcome;
      target.place = row->place;
      target.number = row->number;
    }
    return {};
  });
}

Status StoreView::read_packs(std::vector<InPack>& wanted, u64 position_max,
                             std::span<FoundId> found) const {
  std::sort(wanted.begin(), wanted.end(),
            [](const InPack& left, const InPack& right) { return left.pack < right.pack; });
  std::vector<Key> keys;
  std::vector<usize> begins;
  for (usize index = 0; index < wanted.size(); ++index) {
    if (index > 0 && wanted[index - 1].pack == wanted[index].pack) continue;
    keys.push_back(changes_key(wanted[index].pack));
    begins.push_back(index);
  }
  begins.push_back(wanted.size());
  usize packs = 0;
  Pack pack;
  const auto read = [&](usize key, std::string_view value) -> Status {
    ++packs;
    if (!read_pack(value, 0, pack)) return damaged(Table::Changes, keys[key].view());
    for (usize at = begins[key]; at < begins[key + 1]; ++at) {
      const InPack& each = wanted[at];
      if (each.transfer >= pack.transfers.size() ||
          pack.transfers[each.transfer].transfer.id != each.id) {
        return damaged(Table::Ids, ids_key(each.id).view());
      }
      const TransferChange& created = pack.transfers[each.transfer];
      if (created.place.position > position_max) continue;
      FoundId& target = found[each.index];
      target.outcome = ledger::kCreated;
      target.place = created.place;
      target.number = created.number;
      target.created = created;
    }
    return {};
  };
  RETURN_IF_ERROR(tables_.get_many(Table::Changes, keys, read));
  // Nothing is ever taken away, so what an id points at is there.
  if (packs != keys.size()) return damaged(Table::Changes, "");
  return {};
}

Status StoreView::aftermath_in_tables(std::vector<Asked>& asked, u64 position_max,
                                      std::span<Aftermath> aftermath) const {
  std::vector<usize> begins;
  const std::vector<Key> keys = keys_of(asked, begins, status_key);
  std::vector<StatusRow> rows;
  return tables_.get_many(Table::Index, keys, [&](usize key, std::string_view value) -> Status {
    if (!read_parts(value, rows)) return damaged(Table::Index, keys[key].view());
    for (usize at = begins[key]; at < begins[key + 1]; ++at) {
      for (const StatusRow& row : rows) {  // Of each id, in the order of their places.
        if (row.last_byte != static_cast<u8>(asked[at].id)) continue;
        if (row.place.position > position_max) break;
        add(aftermath[asked[at].index], row.reversed, row.status, row.remaining);
      }
    }
    return {};
  });
}

void StoreView::aftermath_in_runs(u128 id, Position as_of, Aftermath& aftermath) const {
  std::vector<const TransferChange*> changes;
  for (const auto& run : runs_.runs) {
    changes.clear();
    for (const StatusLink* link = run->newest_status(id); link != nullptr; link = link->previous) {
      if (link->change->place.position <= as_of.value) changes.push_back(link->change);
    }
    for (usize index = changes.size(); index-- > 0;) {
      const TransferChange& change = *changes[index];
      add(aftermath, is_reversal(change), change.hold_status, change.remaining);
    }
  }
}

Status StoreView::statuses(std::span<const Transfer* const> transfers, Position as_of,
                           std::span<TransferStatus> statuses) const {
  const auto is_hold = [](const Transfer& transfer) {
    return (transfer.flags & ledger::transfer_flags::kPending) != 0;
  };
  std::vector<Asked> asked;
  for (usize index = 0; index < transfers.size(); ++index) {
    if (is_hold(*transfers[index]) || has_reversals_)
      asked.push_back({transfers[index]->id, index});
  }
  std::vector<Aftermath> aftermath(transfers.size());
  if (!asked.empty()) {
    const u64 position_max = std::min(as_of.value, runs_.stored);
    RETURN_IF_ERROR(aftermath_in_tables(asked, position_max, aftermath));
    for (const Asked& each : asked) aftermath_in_runs(each.id, as_of, aftermath[each.index]);
  }
  for (usize index = 0; index < transfers.size(); ++index) {
    const Transfer& transfer = *transfers[index];
    const Aftermath& after = aftermath[index];
    TransferStatus& status = statuses[index];
    status = TransferStatus{};
    status.outcome = ledger::kCreated;
    status.reversed = after.reversed ? 1 : 0;
    if (!is_hold(transfer)) continue;
    const bool touched = after.hold != PendingStatus::None;
    const PendingStatus hold = touched ? after.hold : PendingStatus::Pending;
    status.pending_status = static_cast<u8>(hold);
    if (hold != PendingStatus::Pending) continue;
    status.remaining = touched ? after.remaining : transfer.amount;
    if (transfer.timeout == 0) continue;
    status.expires_at = low_half(engine::hold_deadline(transfer.timestamp, transfer.timeout));
  }
  return {};
}

Result<std::optional<AccountRow>> StoreView::account(u128 id, Position as_of) const {
  std::optional<AccountRow> row;
  for (const auto& run : runs_.runs) {
    const OtherChange* const event = run->find_account(id);
    if (event == nullptr) continue;
    const ledger::Account& account = *event->created();
    row = AccountRow{event->place, account.timestamp, account.ledger, account.code};
  }
  if (!row.has_value()) {
    auto value = tables_.get(Table::Index, account_key(id));
    if (!value) return fail(value.error().code, value.error().message);
    if (value->has_value()) {
      row.emplace();
      if (!decode(**value, *row)) return damaged(Table::Index, account_key(id).view());
      if (row->place.position > runs_.stored) row.reset();
    }
  }
  if (row.has_value() && row->place.position > as_of.value) row.reset();
  return row;
}

}  // namespace florin::history
