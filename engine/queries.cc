#include "engine/queries.h"

#include <algorithm>
#include <string>

#include "engine/paging.h"
#include "engine/transfer_rules.h"

namespace florin::engine {

using ledger::Account;
using ledger::QueryFilter;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferStatus;

namespace {

bool fits(u128 wanted, u128 value) { return wanted == 0 || wanted == value; }

template <class Object>
bool fits_object(const QueryFilter& filter, const Object& object) {
  return fits(filter.user_data_128, object.user_data_128) &&
         fits(filter.user_data_64, object.user_data_64) &&
         fits(filter.user_data_32, object.user_data_32) && fits(filter.ledger, object.ledger) &&
         fits(filter.code, object.code) &&
         (object.flags & filter.object_flags) == filter.object_flags;
}

bool fits_account(const QueryFilter& filter, const Transfer& transfer) {
  if (filter.account_id == 0) return true;
  constexpr u16 kBoth = QueryFilter::kDebits | QueryFilter::kCredits;
  const u16 sides = (filter.flags & kBoth) == 0 ? kBoth : filter.flags;
  return ((sides & QueryFilter::kDebits) != 0 && transfer.debit_account_id == filter.account_id) ||
         ((sides & QueryFilter::kCredits) != 0 && transfer.credit_account_id == filter.account_id);
}

bool fits_amount(const QueryFilter& filter, u128 amount) {
  return amount >= filter.amount_min && (filter.amount_max == 0 || amount <= filter.amount_max);
}

// Examines the numbers of the page until `take(number)` has taken as many as the limit allows.
template <class Take>
void fill_page(const PageRange& range, Request& request, Take&& take) {
  request.next_cursor = range.cursor_at_end();
  u32 taken = 0;
  for (u64 step = 0; step < range.size(); ++step) {
    const u64 number = range.at(step);
    if (!take(number) || ++taken < request.filter.limit) continue;
    request.next_cursor = range.cursor_after(number);
    break;
  }
  request.more = range.more(request.next_cursor);
}

}  // namespace

bool check_cursor(Request& request, u64 count) {
  if (request.filter.cursor.as_of <= count) return true;
  request.refusal = ledger::RefusalCode::InvalidFilter;
  request.refusal_message = "cursor.as_of is " + std::to_string(request.filter.cursor.as_of) +
                            "; expected a cursor that a reply has given, at most " +
                            std::to_string(count);
  return false;
}

void query_transfers(const Books& books, Request& request) {
  if (!check_cursor(request, books.transfers_created)) return;
  const Tables& tables = books.tables;
  const auto slot_of = [&](u64 number) { return tables.created_slot(number); };
  const QueryFilter& filter = request.filter;
  const PageRange range = page_range(
      filter, page_as_of(filter, books.transfers_created),
      [&](u64 number) { return tables.transfers[slot_of(number)].timestamp; },
      planted(Defect::WindowPageForgets) ? 0 : books.first_created);
  if (range.needs_older) {
    request.needs_history = true;
    return;
  }
  fill_page(range, request, [&](u64 number) {
    const u32 slot = slot_of(number);
    const Transfer& transfer = tables.transfers[slot];
    if (!fits_object(filter, transfer) || !fits_account(filter, transfer) ||
        !fits_amount(filter, transfer.amount)) {
      return false;
    }
    const TransferStatus status = transfer_status(books, slot);
    if (!fits(filter.pending_status, status.pending_status)) return false;
    request.transfers.push_back(transfer);
    request.transfer_statuses.push_back(status);
    return true;
  });
}

void get_account_changes(const Books& books, Request& request) {
  const auto& changes = books.updates.changes();
  if (!check_cursor(request, changes.size())) return;
  const QueryFilter& filter = request.filter;
  const PageRange range = page_range(filter, page_as_of(filter, changes.size()),
                                     [&](u64 number) { return changes[number].update.timestamp; });
  fill_page(range, request, [&](u64 number) {
    if (!fits(filter.account_id, changes[number].update.account_id)) return false;
    request.changes.push_back(changes[number]);
    return true;
  });
}

namespace {

PageRange account_range(const Tables& tables, const Request& request) {
  return page_range(request.filter, request.next_cursor.as_of, [&](u64 number) {
    return tables.account_timestamps[tables.accounts_by_creation[number]];
  });
}

}  // namespace

void query_accounts_part(const Tables& tables, const Request& request, u32 partition,
                         QueryPart& part) {
  part.lines.clear();
  if (request.refusal != ledger::RefusalCode::None) return;
  const auto partitions = static_cast<u32>(tables.partitions.size());
  const PageRange range = account_range(tables, request);
  for (u64 step = 0; step < range.size() && part.lines.size() < request.filter.limit; ++step) {
    const u64 number = range.at(step);
    const Account& account = tables.accounts[tables.accounts_by_creation[number]];
    if (partition_of(virtual_slot(account.id), partitions) != partition) continue;
    if (fits_object(request.filter, account)) part.lines.push_back({number, account});
  }
}

void merge_query_accounts(const Tables& tables, Block& block, Request& request, u32 query,
                          u32 partitions) {
  if (request.refusal != ledger::RefusalCode::None) return;
  std::vector<QueryPart::Line> lines;
  for (u32 partition = 0; partition < partitions; ++partition) {
    const QueryPart& part = block.query_part(query, partition);
    lines.insert(lines.end(), part.lines.begin(), part.lines.end());
  }
  const PageRange range = account_range(tables, request);
  std::sort(lines.begin(), lines.end(), [&](const auto& left, const auto& right) {
    return range.newest_first ? left.number > right.number : left.number < right.number;
  });
  const usize taken = std::min<usize>(lines.size(), request.filter.limit);
  for (usize index = 0; index < taken; ++index) request.accounts.push_back(lines[index].account);
  request.next_cursor = taken == request.filter.limit ? range.cursor_after(lines[taken - 1].number)
                                                      : range.cursor_at_end();
  request.more = range.more(request.next_cursor);
}

}  // namespace florin::engine
