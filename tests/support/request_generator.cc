// Which request comes next, and when. The events themselves are made in
// request_generator_events.cc, what is wrong with them in request_generator_mistakes.cc.
#include "tests/support/request_generator.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Operation;
using ledger::QueryFilter;
using ledger::Transfer;

namespace {

namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

// A bucket of the window that most velocity limits have, one minute.
constexpr u64 kBucketNs = 60 * kNsPerSecond / ledger::kVelocityBuckets;

// Ids that share a half with one another, to find comparisons of halves: in one of four it is the
// low half that all have in common.
u128 spread_id(u64 number) { return number % 4 == 0 ? make_u128(number, 1) : u128{number}; }

}  // namespace

RequestGenerator::RequestGenerator(u64 seed, GeneratorOptions options)
    : random_(seed), options_(options), last_ns_(options.start_ns) {
  CHECK(options_.ledgers > 0 && options_.request_events_max > 0);
  // Every ledger needs two accounts of each sort, or no transfer could be right.
  CHECK(options_.accounts >= 2 * options_.ledgers);
  CHECK(options_.huge_amounts == 0 || options_.huge_accounts >= 2 * options_.ledgers);
  for (u64 number = 1; number <= options_.accounts + options_.huge_accounts; ++number) {
    account_ids_.push_back(spread_id(number));
  }
  const bool imports = options_.imported_requests != 0 && percent(50);
  imports_left_ = imports ? static_cast<u32>(random_.between(3, 12)) : 0;
}

OwnedRequest RequestGenerator::next() {
  pause_ns_ = choose_pause();
  first_ns_ = last_ns_ + pause_ns_;
  OwnedRequest owned = next_request();
  pass_time(owned.request());
  return owned;
}

OwnedRequest RequestGenerator::next_request() {
  if (account_requests_.empty()) return create_first_accounts();
  if (imports_left_ > 0) {
    --imports_left_;
    return percent(35) ? import_accounts() : import_transfers();
  }
  if (percent(options_.account_requests)) return create_accounts();
  if (percent(options_.update_requests)) return update_accounts();
  if (percent(options_.retried_requests)) return retry_write();
  if (percent(options_.lookup_requests)) return lookup();
  if (percent(options_.query_requests)) return query();
  if (percent(options_.trial_balance_requests)) return get_trial_balance();
  if (percent(options_.ticks)) return OwnedRequest::tick();
  if (percent(options_.imported_requests)) {
    return percent(35) ? import_accounts() : import_transfers();
  }
  return create_transfers();
}

// Most requests follow closely, and leave some room for imported events between them.
u64 RequestGenerator::choose_pause() {
  const u64 usual = percent(50) ? random_.between(1, 50) : random_.between(1, 5'000);
  if (!deadlines_.empty() && percent(options_.deadline_pauses)) {
    // One of the next few deadlines: exactly, or 1 ns off, or in the middle of the request.
    auto deadline = deadlines_.begin();
    for (u64 skip = random_.below(3); skip > 0 && std::next(deadline) != deadlines_.end(); --skip) {
      ++deadline;
    }
    const u64 target = deadline->first + 1 - random_.below(3);
    if (percent(40)) return pause_until(target, usual);
    return pause_until(target - random_.below(options_.request_events_max), usual);
  }
  if (percent(options_.long_pauses)) {
    const u64 buckets = percent(10) ? 64 : random_.between(1, 4);
    const u64 edge = (last_ns_ / kBucketNs + buckets) * kBucketNs;
    return pause_until(edge + 1 - random_.below(3), usual);
  }
  return usual;
}

u64 RequestGenerator::pause_until(u64 target_ns, u64 otherwise) const {
  return target_ns > last_ns_ ? target_ns - last_ns_ : otherwise;
}

// What the request means for those to come, if it is decided when it is meant to be.
void RequestGenerator::pass_time(const ledger::Request& request) {
  if (!request.is_logged()) {
    pause_ns_ = 0;
    first_ns_ = last_ns_;
    if (request.dry_run) {
      for (const Transfer& event : request.transfer_events()) forget(event.id);
    }
    return;
  }
  last_ns_ = first_ns_ + request.event_count - 1;
  recent_ns_.push_back(first_ns_ + random_.below(request.event_count));
  if (recent_ns_.size() > 30) recent_ns_.pop_front();
  if (request.operation == Operation::CreateAccounts) {
    for (usize index = 0; index < request.event_count; ++index) {
      const Account& event = request.account_events()[index];
      const bool imported = (event.flags & account_flags::kImported) != 0;
      const bool usable = event.timestamp < first_ns_;
      accounts_ns_ = std::max(accounts_ns_, imported && usable ? event.timestamp : last_ns_);
      account_timestamps_.emplace(event.id, imported ? event.timestamp : first_ns_ + index);
    }
  }
  if (request.operation == Operation::CreateTransfers) {
    for (usize index = 0; index < request.event_count; ++index) {
      const Transfer& event = request.transfer_events()[index];
      const bool imported = (event.flags & transfer_flags::kImported) != 0;
      const bool usable = event.timestamp < first_ns_;
      transfers_ns_ = std::max(transfers_ns_, imported && usable ? event.timestamp : last_ns_);
      const bool pending = (event.flags & transfer_flags::kPending) != 0;
      const bool soon = event.timeout > 0 && event.timeout < 1000;
      if (!pending || !soon) continue;
      deadlines_[first_ns_ + index + event.timeout * kNsPerSecond] = event.id;
    }
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= last_ns_) {
    forget(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
  }
}

void RequestGenerator::observe(const ledger::Request& answered) {
  if (answered.operation == Operation::CreateTransfers) observe_transfers(answered);
  const bool listing = answered.operation == Operation::QueryAccounts ||
                       answered.operation == Operation::QueryTransfers ||
                       answered.operation == Operation::GetAccountChanges;
  if (!listing || !answered.more || answered.refusal != ledger::RefusalCode::None) return;
  listings_.push_back({answered.operation, answered.filter});
  listings_.back().filter.cursor = answered.next_cursor;
  if (listings_.size() > 20) listings_.pop_front();
}

void RequestGenerator::observe_transfers(const ledger::Request& answered) {
  std::set<usize> refused;
  for (const ledger::EventResult& result : answered.exceptions) {
    refused.insert(result.index);
    if (result.outcome == static_cast<u32>(ledger::TransferOutcome::Exists)) continue;
    const u128 id = answered.transfer_events()[result.index].id;
    forget(id);
    std::erase_if(deadlines_, [&](const auto& each) { return each.second == id; });
  }
  if (answered.dry_run) return;
  for (usize index = 0; index < answered.event_count; ++index) {
    const Transfer& event = answered.transfer_events()[index];
    const bool closes = (event.flags & transfer_flags::kResolves) != 0 &&
                        (event.flags & transfer_flags::kCapturePartial) == 0;
    if (!closes || refused.contains(index)) continue;
    if (percent(70)) forget(event.pending_id);
    std::erase_if(deadlines_, [&](const auto& each) { return each.second == event.pending_id; });
  }
}

usize RequestGenerator::event_count() {
  return percent(25) ? 1 : random_.between(1, options_.request_events_max);
}

OwnedRequest RequestGenerator::create_first_accounts() {
  std::vector<Account> events;
  for (usize place = 0; place < account_ids_.size(); ++place) {
    if (place % 5 != 3) events.push_back(account(place));
  }
  // Accounts and transfers are spread over the same time, so that some transfers come before the
  // accounts that they name.
  if (imports_left_ > 0) {
    give_past_timestamps(events, first_ns_ - first_ns_ / 4, account_flags::kImported);
  }
  account_requests_.push_back(events);
  return OwnedRequest::create_accounts(events);
}

OwnedRequest RequestGenerator::create_accounts() {
  std::vector<Account> events;
  const usize count = event_count();
  while (events.size() < count) {
    if (!append_retried(events, account_requests_)) events.push_back(new_account());
  }
  finish(events, account_requests_);
  return OwnedRequest::create_accounts(events);
}

OwnedRequest RequestGenerator::create_transfers() {
  std::vector<Transfer> events;
  const usize count = event_count();
  while (events.size() < count) {
    if (append_retried(events, transfer_requests_)) continue;
    if (append_where_a_hold_expires(events)) continue;
    events.push_back(percent(options_.huge_amounts) ? huge_transfer() : new_transfer());
    if (percent(options_.bad_shapes)) spoil(events.back());
    remember(events.back());
  }
  finish(events, transfer_requests_);
  return with_extras(events);
}

// Where a hold is due at the next event or the one after: something for or against it, often in a
// chain. Answers whether it is.
bool RequestGenerator::append_where_a_hold_expires(std::vector<Transfer>& events) {
  const u64 now_ns = first_ns_ + events.size();
  const auto due = deadlines_.lower_bound(now_ns);
  if (due == deadlines_.end() || due->first > now_ns + 1 || !percent(60)) return false;
  const auto hold = std::ranges::find(holds_, due->second, &Transfer::id);
  if (hold == holds_.end()) return false;
  for (usize before = 0; before < std::min<usize>(events.size(), random_.below(3)); ++before) {
    events[events.size() - 1 - before].flags |= transfer_flags::kLinked;
  }
  events.push_back(resolving_transfer(*hold));
  remember(events.back());
  return true;
}

// A request of these transfers, with what may travel beside them.
OwnedRequest RequestGenerator::with_extras(std::span<const Transfer> events) {
  OwnedRequest owned = OwnedRequest::create_transfers(events, conditions(events.size()));
  owned.request().dry_run = percent(options_.dry_runs);
  owned.request().wants_balances = percent(options_.wanted_balances);
  return owned;
}

OwnedRequest RequestGenerator::update_accounts() {
  std::vector<AccountUpdate> events;
  const usize count = percent(60) ? 1 : random_.between(1, 6);
  while (events.size() < count) {
    if (append_retried(events, update_requests_)) continue;
    events.push_back(new_update());
    // There are few updates.
    if (percent(4 * options_.bad_shapes)) spoil(events.back());
  }
  finish(events, update_requests_);
  OwnedRequest owned = OwnedRequest::update_accounts(events);
  owned.request().trace_id = percent(50) ? random_.next_u128() : 0;
  owned.request().principal = random_.below(3);
  return owned;
}

// Flags all events imported, with times between `after_ns` and the request's own; now and then one
// that does not fit, or is not flagged.
template <class Event>
void RequestGenerator::give_past_timestamps(std::vector<Event>& events, u64 after_ns,
                                            u16 imported_flag) {
  u64 timestamp = after_ns;
  const u64 room = first_ns_ > after_ns ? first_ns_ - after_ns : 0;
  const u64 step = std::max<u64>(room / (events.size() + 1), 1);
  for (Event& event : events) {
    const u64 before = timestamp;
    timestamp += random_.between(1, step);
    event.flags |= imported_flag;
    event.timestamp = timestamp;
    if (!percent(6)) continue;
    if (percent(25)) event.flags &= static_cast<u16>(~imported_flag);
    event.timestamp = pick<u64>(random_, {0, after_ns, before, before, timestamp - 1, first_ns_,
                                          (u64{1} << 63) - 1, u64{1} << 63, ~u64{0}});
  }
}

OwnedRequest RequestGenerator::import_accounts() {
  std::vector<Account> events(event_count());
  for (Account& event : events) event = new_account();
  give_past_timestamps(events, accounts_ns_, account_flags::kImported);
  finish(events, account_requests_);
  return OwnedRequest::create_accounts(events);
}

OwnedRequest RequestGenerator::import_transfers() {
  std::vector<Transfer> events;
  const usize count = transfers_ns_ == 0 ? options_.request_events_max : event_count();
  while (events.size() < count) {
    events.push_back(percent(options_.huge_amounts) ? huge_transfer() : new_transfer());
    if (!percent(10)) events.back().timeout = 0;
    if (percent(options_.bad_shapes)) spoil(events.back());
    remember(events.back());
  }
  // The first ones begin before the accounts do, and a quarter of the others does not heed them.
  u64 after = percent(25) ? transfers_ns_ : std::max(transfers_ns_, accounts_ns_);
  if (transfers_ns_ == 0) after = first_ns_ - first_ns_ / 3;
  give_past_timestamps(events, after, transfer_flags::kImported);
  const Transfer& first = events.front();
  const u128 side = percent(50) ? first.debit_account_id : first.credit_account_id;
  const auto account = account_timestamps_.find(side);
  const bool known = account != account_timestamps_.end() && account->second > transfers_ns_;
  if (known && percent(30)) events.front().timestamp = account->second + random_.below(2);
  finish(events, transfer_requests_);
  return with_extras(events);
}

// Copies an event of an earlier request, or from it to the end of its chain. Answers whether it
// did.
template <class Event>
bool RequestGenerator::append_retried(std::vector<Event>& events,
                                      const std::deque<std::vector<Event>>& remembered) {
  if (remembered.empty() || !percent(options_.retried_events)) return false;
  const std::vector<Event>& earlier = remembered[random_.below(remembered.size())];
  usize place = random_.below(earlier.size());
  const usize first = events.size();
  events.push_back(earlier[place]);
  const bool whole = percent(50);
  while (whole && (earlier[place].flags & transfer_flags::kLinked) && place + 1 < earlier.size()) {
    events.push_back(earlier[++place]);
  }
  if (percent(50)) change_field(events[first + random_.below(events.size() - first)]);
  return true;
}

// Links some events into chains, and remembers the request.
template <class Event>
void RequestGenerator::finish(std::vector<Event>& events,
                              std::deque<std::vector<Event>>& remembered) {
  static_assert(transfer_flags::kLinked == account_flags::kLinked);
  static_assert(transfer_flags::kLinked == AccountUpdate::kLinked);
  bool inside = false;
  for (Event& event : events) {
    inside = percent(inside ? 60 : options_.chains);
    if (inside) event.flags |= transfer_flags::kLinked;
  }
  events.back().flags &= static_cast<u16>(~transfer_flags::kLinked);
  if (percent(options_.open_chains)) events.back().flags |= transfer_flags::kLinked;
  remembered.push_back(events);
  if (remembered.size() > options_.remembered_requests) remembered.pop_front();
}

template <class Event>
std::vector<Event> RequestGenerator::retried(const std::deque<std::vector<Event>>& remembered) {
  std::vector<Event> events = remembered[random_.below(remembered.size())];
  // Cut off, it may end in the middle of a chain that exists.
  if (options_.open_chains != 0 && percent(15)) events.resize(random_.between(1, events.size()));
  if (percent(50)) change_field(events[random_.below(events.size())]);
  return events;
}

OwnedRequest RequestGenerator::retry_write() {
  const u64 kind = random_.below(10);
  if (kind < 2 && !update_requests_.empty()) {
    return OwnedRequest::update_accounts(retried(update_requests_));
  }
  if (kind < 4 || transfer_requests_.empty()) {
    return OwnedRequest::create_accounts(retried(account_requests_));
  }
  return with_extras(retried(transfer_requests_));
}

OwnedRequest RequestGenerator::lookup() {
  std::vector<u128> ids(event_count());
  const u64 kind = random_.below(10);
  for (u128& id : ids) id = kind < 4 ? any_id(transfer_ids_) : any_account_id();
  if (kind < 4) return OwnedRequest::lookup_transfers(ids);
  if (kind < 7) return OwnedRequest::lookup_accounts(ids);
  for (usize index = 0; index < std::min(ids.size(), velocity_places_.size()); ++index) {
    ids[index] = account_ids_[velocity_places_[index]];
  }
  return OwnedRequest::lookup_limits(ids);
}

OwnedRequest RequestGenerator::get_trial_balance() {
  const u32 ledger_min = static_cast<u32>(random_.below(options_.ledgers + 2));
  const u32 limit = static_cast<u32>(random_.between(1, options_.ledgers + 1));
  return OwnedRequest::get_trial_balance({ledger_min, limit});
}

u128 RequestGenerator::new_id(std::vector<u128>& ids, u64 base) {
  if (!ids.empty() && percent(options_.reused_ids)) return any_id(ids);
  ids.push_back(spread_id(base + ids.size() + 1));
  return ids.back();
}

u128 RequestGenerator::any_id(const std::vector<u128>& ids) {
  if (ids.empty() || percent(5)) return pick<u128>(random_, {0, 5'000'000'000, kU128Max});
  // Half of them recent.
  const usize size = ids.size();
  const usize recent = percent(50) && size > 50 ? 50 : size;
  return ids[size - 1 - random_.below(recent)];
}

u128 RequestGenerator::any_account_id() {
  if (percent(5)) return pick<u128>(random_, {0, 5'000'000'000, make_u128(5, 2), kU128Max});
  return account_ids_[random_.below(account_ids_.size())];
}

}  // namespace florin::test
