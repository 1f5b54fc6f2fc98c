#include "history/rocks_check.h"

#include <span>

#include "base/checksum.h"
#include "base/int128.h"
#include "history/movement.h"
#include "history/store_keys.h"
#include "history/store_view.h"
#include "ledger/outcome.h"

namespace florin::history {

using ledger::ChangeKind;

namespace {

constexpr u64 kProgressRows = 16'384;

// What the tables have to agree on, without padding.
struct EntryFact {
  u128 account;
  u128 transfer;
  u128 amount;
  u128 released;
  engine::Balances balances;
  u64 position;
  u64 index;
};
struct IdFact {
  u128 id;
  u64 position;  // Of the pack.
  u32 index;
  u32 transfer;
};
struct ConsumedFact {
  u128 id;
  u64 position;
  u32 index;
  u32 outcome;
};
struct StatusFact {
  u128 id;
  u128 remaining;
  u64 position;
  u32 index;
  u16 status;
  u16 reversed;
};
struct PackFact {
  u64 kind;
  u64 value;  // A time or a number.
  u64 position;
  u64 index;
};
struct AccountFact {
  u128 id;
  u64 timestamp;
  u64 position;
  u64 index;
  u32 ledger;
  u32 code;
};

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorCode::Corrupt, "the history is wrong: " + what);
}

std::string text(const Place& place) {
  return std::to_string(place.position) + "." + std::to_string(place.index);
}

std::string expected(u64 found, u64 wanted) {
  return std::to_string(found) + ", expected " + std::to_string(wanted);
}

}  // namespace

template <class Fact>
void RocksChecker::Facts::add(const Fact& fact) {
  static_assert(std::has_unique_object_representations_v<Fact>);
  sum += checksum64(std::as_bytes(std::span(&fact, 1)));
  ++count;
}

Result<RocksCheck> RocksChecker::run() {
  RETURN_IF_ERROR(tables_.verify_checksums());
  RETURN_IF_ERROR(scan_changes());
  RETURN_IF_ERROR(scan_entries());
  RETURN_IF_ERROR(scan_ids());
  RETURN_IF_ERROR(scan_index());
  RETURN_IF_ERROR(compare());
  return found_;
}

Status RocksChecker::scan(Table table,
                          const std::function<Status(std::string_view, std::string_view)>& row) {
  RowCursor cursor = tables_.cursor(table, true);
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    RETURN_IF_ERROR(row(cursor.key(), cursor.value()));
    if (++rows_ % kProgressRows == 0 && progress_) progress_(rows_);
  }
  return cursor.status();
}

Status RocksChecker::scan_changes() {
  return scan(Table::Changes, [&](std::string_view key, std::string_view value) -> Status {
    if (key.size() != kPlaceKeyBytes) return StoreView::damaged(Table::Changes, key);
    const Place first = key_place(key, 0);
    if (!counts(first)) return {};
    if (!read_pack(value, 0, pack_)) return StoreView::damaged(Table::Changes, key);
    return scan_pack(first);
  });
}

Status RocksChecker::scan_pack(const Place& key) {
  usize event = 0;
  bool is_first = true;
  bool has_created = false;
  const auto pass = [&](const Place& place, u64 decided) -> Status {
    if (has_place_ && !(place_ < place)) {
      return wrong("the change " + text(place) + " stands behind " + text(place_));
    }
    if (is_first) {
      if (place != key) return wrong("the pack " + text(key) + " begins with " + text(place));
      changes_packs_.add(PackFact{kDecidedRow, decided, key.position, key.index});
    }
    is_first = false;
    place_ = place;
    has_place_ = true;
    return {};
  };
  const auto pass_events_before = [&](const Place& place) -> Status {
    for (; event < pack_.others.size() && pack_.others[event].place < place; ++event) {
      RETURN_IF_ERROR(pass(pack_.others[event].place, pack_.others[event].decided));
      scan_other(pack_.others[event]);
    }
    return {};
  };
  for (u32 index = 0; index < pack_.transfers.size(); ++index) {
    const TransferChange& change = pack_.transfers[index];
    RETURN_IF_ERROR(pass_events_before(change.place));
    RETURN_IF_ERROR(pass(change.place, change.decided));
    add_entry_fact(changes_entries_, change, false);
    add_entry_fact(changes_entries_, change, true);
    if (const u128 concerned = concerned_by(change); concerned != 0) {
      changes_statuses_.add(StatusFact{concerned, change.remaining, change.place.position,
                                       change.place.index, static_cast<u16>(change.hold_status),
                                       static_cast<u16>(is_reversal(change) ? 1 : 0)});
    }
    if (change.kind != ChangeKind::TransferCreated) {
      ++found_.expiries;
      continue;
    }
    if (change.number != found_.transfers) {
      return wrong("the transfer at " + text(change.place) + " has the number " +
                   expected(change.number, found_.transfers));
    }
    ++found_.transfers;
    changes_ids_.add(IdFact{change.transfer.id, key.position, key.index, index});
    if (has_created) continue;
    has_created = true;
    changes_packs_.add(PackFact{kNumberRow, change.number, key.position, key.index});
    changes_packs_.add(PackFact{kTimestampRow, change.transfer.timestamp, key.position, key.index});
  }
  return pass_events_before({~u64{0}, ~u32{0}});
}

void RocksChecker::scan_other(const OtherChange& change) {
  const Place& place = change.place;
  if (const RefusedTransfer* const refused = change.refused()) {
    ++found_.refusals;
    const auto outcome = ledger::transfer_outcome(refused->outcome);
    if (!outcome || !ledger::is_transient(*outcome)) return;
    changes_consumed_.add(
        ConsumedFact{refused->transfer.id, place.position, place.index, refused->outcome});
    return;
  }
  ++found_.account_events;
  const ledger::Account* const account = change.created();
  if (account == nullptr) return;
  ++accounts_;
  changes_accounts_.add(AccountFact{account->id, account->timestamp, place.position, place.index,
                                    account->ledger, account->code});
}

void RocksChecker::add_entry_fact(Facts& facts, const TransferChange& change, bool credit) {
  const ledger::Transfer& transfer = change.transfer;
  facts.add(EntryFact{credit ? transfer.credit_account_id : transfer.debit_account_id, transfer.id,
                      transfer.amount, change.released, balances_of(change, credit),
                      change.place.position, change.place.index});
}

Status RocksChecker::scan_entries() {
  has_place_ = false;
  return scan(Table::Entries, [&](std::string_view key, std::string_view value) -> Status {
    if (key.size() != kEntryKeyBytes) return StoreView::damaged(Table::Entries, key);
    const u128 account = key_u128(key, 0);
    const Place first = key_place(key, 16);
    if (!counts(first)) return {};
    if (!read_pack(value, account, pack_) || pack_.transfers.empty() ||
        pack_.transfers.front().place != first) {
      return StoreView::damaged(Table::Entries, key);
    }
    for (const TransferChange& change : pack_.transfers) {
      RETURN_IF_ERROR(scan_entry(change, account));
    }
    return {};
  });
}

// The counters of an account begin with zero, and follow from each change to the next.
Status RocksChecker::scan_entry(const TransferChange& change, u128 account) {
  if (account != account_) {
    account_ = account;
    balances_ = {};
  } else if (!(place_ < change.place)) {
    return wrong("the entry " + text(change.place) + " of the account " + to_decimal(account) +
                 " stands behind " + text(place_));
  }
  const bool credit = change.transfer.credit_account_id == account;
  balances_ = moved(balances_, change, credit);
  if (balances_ != balances_of(change, credit)) {
    return wrong("the balances of the account " + to_decimal(account) + " at " +
                 text(change.place) + " do not follow from those before");
  }
  place_ = change.place;
  add_entry_fact(entries_, change, credit);
  ++found_.entries;
  return {};
}

Status RocksChecker::scan_ids() {
  std::vector<IdRow> rows;
  return scan(Table::Ids, [&](std::string_view key, std::string_view value) -> Status {
    if (key.size() != kGroupKeyBytes || !read_parts(value, rows)) {
      return StoreView::damaged(Table::Ids, key);
    }
    const u128 group = make_u128(key_u64(key, 0), key_u64(key, 8, 7) << 8);
    for (const IdRow& row : rows) {
      if (!counts(row.place)) continue;
      if (row.outcome != 0) {
        ++found_.ids_consumed;
        consumed_sum_ += row.number;
        if (row.place.position > refusals_after_) {
          consumed_.add(ConsumedFact{group + row.last_byte, row.place.position, row.place.index,
                                     row.outcome});
        }
        continue;
      }
      ++found_.ids_created;
      ids_.add(IdFact{group + row.last_byte, row.place.position, row.place.index, row.transfer});
    }
    return {};
  });
}

Status RocksChecker::scan_index() {
  return scan(Table::Index, [&](std::string_view key, std::string_view value) {
    return scan_index_row(key, value);
  });
}

Status RocksChecker::scan_index_row(std::string_view key, std::string_view value) {
  const char kind = key.front();
  if (kind == kMarkRow) return {};
  if (kind == kAccountRow && key.size() == 17) {
    AccountRow row;
    if (!decode(value, row)) return StoreView::damaged(Table::Index, key);
    if (!counts(row.place)) return {};
    account_rows_.add(AccountFact{key_u128(key, 1), row.timestamp, row.place.position,
                                  row.place.index, row.ledger, row.code});
    return {};
  }
  if (kind == kStatusRow && key.size() == 1 + kGroupKeyBytes) {
    std::vector<StatusRow> rows;
    if (!read_parts(value, rows)) return StoreView::damaged(Table::Index, key);
    const u128 group = make_u128(key_u64(key, 1), key_u64(key, 9, 7) << 8);
    for (const StatusRow& row : rows) {
      if (!counts(row.place)) continue;
      statuses_.add(StatusFact{group + row.last_byte, row.remaining, row.place.position,
                               row.place.index, static_cast<u16>(row.status),
                               static_cast<u16>(row.reversed ? 1 : 0)});
    }
    return {};
  }
  const bool by_time = kind == kDecidedRow && key.size() == 9 + kPlaceKeyBytes;
  const bool by_first = (kind == kNumberRow || kind == kTimestampRow) && key.size() == 9 &&
                        value.size() == kPlaceKeyBytes;
  if (!by_time && !by_first) return StoreView::damaged(Table::Index, key);
  const Place place = by_time ? key_place(key, 9) : key_place(value, 0);
  if (!counts(place)) return {};
  packs_.add(PackFact{static_cast<u64>(kind), key_u64(key, 1), place.position, place.index});
  return {};
}

Status RocksChecker::compare() const {
  const auto differ = [](const char* what, const Facts& found, const Facts& wanted) {
    return wrong(std::string(what) +
                 " are not those of the changes: " + expected(found.count, wanted.count) +
                 (found.count == wanted.count ? " but with other contents" : ""));
  };
  if (entries_ != changes_entries_) return differ("the entries", entries_, changes_entries_);
  if (ids_ != changes_ids_) return differ("the ids", ids_, changes_ids_);
  if (consumed_ != changes_consumed_) {
    return differ("the consumed ids", consumed_, changes_consumed_);
  }
  if (statuses_ != changes_statuses_) return differ("the statuses", statuses_, changes_statuses_);
  if (packs_ != changes_packs_)
    return differ("the rows of times and numbers", packs_, changes_packs_);
  if (account_rows_ != changes_accounts_) {
    return differ("the accounts", account_rows_, changes_accounts_);
  }
  if (found_.transfers != mark_.created) {
    return wrong("transfers: " + expected(found_.transfers, mark_.created));
  }
  if (accounts_ != mark_.accounts) return wrong("accounts: " + expected(accounts_, mark_.accounts));
  // Numbered from 0 without gaps: their sum says so, whatever their order.
  const u64 consumed = mark_.consumed;
  const u64 sum = consumed == 0 ? 0 : low_half(u128{consumed} * (consumed - 1) / 2);
  if (found_.ids_consumed != consumed || consumed_sum_ != sum) {
    return wrong("consumed ids: " + expected(found_.ids_consumed, consumed));
  }
  return {};
}

Result<RocksCheck> RocksStore::check(const std::function<void(u64 rows)>& progress) {
  return RocksChecker(*tables_, durable(), refusals_after(), progress).run();
}

}  // namespace florin::history
