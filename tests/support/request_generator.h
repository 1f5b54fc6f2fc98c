// Seeded random requests for property tests: few accounts, so that events meet; amounts at the
// edges; chains broken everywhere; holds that expire before, between and in the middle of chains;
// limits that bite; retries, exact or with one field changed; bad shapes; reads in between.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "base/random.h"
#include "tests/support/owned_request.h"

namespace florin::test {

// Shares are in percent.
struct GeneratorOptions {
  u64 start_ns = 1'000'000'000'000;  // The ledger's last logged time before the first request.
  u32 accounts = 48;                 // How many accounts come to exist, most at once, others later.
  u32 huge_accounts = 9;             // So many more, for amounts that fill their counters.
  u32 ledgers = 3;                   // The accounts are spread over ledgers 1 … ledgers.
  u32 request_events_max = 24;       // At least 1; one request in four has a single event.
  u32 remembered_requests = 64;      // Of each kind: earlier writes, from which retries are taken.

  // Of the requests; the rest creates transfers.
  u32 account_requests = 8;
  u32 update_requests = 5;
  u32 retried_requests = 4;  // An earlier write, half of them with one field of one event changed,
                             // some cut off.
  u32 lookup_requests = 8;   // Of accounts, transfers or limits.
  u32 query_requests = 6;    // Of accounts, transfers or changes; see also observe().
  u32 trial_balance_requests = 2;
  u32 ticks = 2;
  u32 imported_requests = 3;  // Also: half of the runs begin with some.

  u32 impossible_cursors = 0;  // Of the queries: a cursor that no reply gave, which is refused.
  u32 dry_runs = 6;            // Of the requests that create transfers.
  u32 wanted_balances = 20;    // Of the same.
  u32 deadline_pauses = 30;    // Of the requests: the clock jumps to where a hold expires, to 1 ns
                               // before or after, or so that it does in the middle of the request.
  u32 long_pauses = 6;         // The same, to where buckets of velocity limits begin and end.

  u32 limited_accounts = 40;  // Of the accounts: half of them limit their debits, half credits.
  u32 barred_accounts = 4;    // Of the accounts: created closed or frozen.
  u32 chains = 6;             // Of the events: a chain begins, and goes on with each in 3 of 5.
  u32 open_chains = 4;        // Of the requests: the last event is flagged linked.
  u32 retried_events = 4;     // Of the events: copied from an earlier request, often to the end of
                              // their chain, half of them with a field changed.
  u32 reused_ids = 2;         // Of the events: a new one under an id that was sent before.
  u32 missing_accounts = 2;   // Of the events: one side, or the account, never exists.
  u32 wrong_ledgers = 2;      // Of the transfers: a side or the transfer is of another ledger.
  u32 bad_shapes = 3;         // Of the events: a field that the event's own shape forbids.
  u32 edge_amounts = 20;      // Of the transfers: 0, 1 or the like. Others are below 1,000.
  u32 huge_amounts = 4;       // Of the transfers: up to 2^128-1, between the huge accounts.

  // Of the transfers; the rest is plain.
  u32 pending = 20;
  u32 resolving = 18;  // Posts and voids, mostly of recent holds; some of them wrong.
  u32 reversals = 5;
  u32 balancing = 6;
  u32 closing = 4;     // Of the pending ones.
  u32 conditions = 5;  // One account or both have a condition.
};

// No reads, and holds that come due less often.
inline GeneratorOptions writes_only() {
  GeneratorOptions options;
  options.lookup_requests = 0;
  options.query_requests = 0;
  options.trial_balance_requests = 0;
  options.deadline_pauses = 20;
  return options;
}

// The same seed and options, and the same answers observed, give the same requests on every
// machine. The first request creates accounts. Filters and conditions are such as the ledger takes.
class RequestGenerator {
 public:
  explicit RequestGenerator(u64 seed, GeneratorOptions options = {});

  OwnedRequest next();

  // Of the request that next() gave last: how long after the last logged event its first event is
  // meant to be decided, at least 1 for a request that is logged, 0 for others. The generator
  // believes that all its requests are decided in order and at these times: others do no harm, but
  // meet fewer deadlines.
  u64 pause_ns() const { return pause_ns_; }
  // The time that results for its first event.
  Timestamp meant_time() const { return Timestamp{first_ns_}; }

  // Optional: tells an answer. Listings with more to come are then gone on with, what was refused
  // is rarely posted, voided or reversed, and pauses meet holds that are there.
  void observe(const ledger::Request& answered);

  // Every transfer id that was sent as a new one, in that order; the same of updates; and every
  // account id that may come to exist. For comparing ledgers at the end.
  const std::vector<u128>& transfer_ids() const { return transfer_ids_; }
  const std::vector<u128>& update_ids() const { return update_ids_; }
  const std::vector<u128>& account_ids() const { return account_ids_; }

 private:
  // A page that goes on from the last.
  struct Listing {
    ledger::Operation operation;
    ledger::QueryFilter filter;
  };

  OwnedRequest next_request();
  OwnedRequest create_first_accounts();
  OwnedRequest create_accounts();
  OwnedRequest create_transfers();
  OwnedRequest update_accounts();
  OwnedRequest import_accounts();
  OwnedRequest import_transfers();
  OwnedRequest retry_write();
  OwnedRequest lookup();
  OwnedRequest query();
  OwnedRequest get_trial_balance();
  OwnedRequest with_extras(std::span<const ledger::Transfer> events);

  // Time.
  u64 choose_pause();
  u64 pause_until(u64 target_ns, u64 otherwise) const;
  void pass_time(const ledger::Request& request);
  void observe_transfers(const ledger::Request& answered);
  template <class Event>
  void give_past_timestamps(std::vector<Event>& events, u64 after_ns, u16 imported_flag);

  bool append_where_a_hold_expires(std::vector<ledger::Transfer>& events);

  usize event_count();
  ledger::Account account(usize place) const;
  ledger::Account new_account();
  ledger::Transfer new_transfer();
  ledger::Transfer plain_transfer();
  ledger::Transfer huge_transfer();
  ledger::Transfer resolving_transfer(const ledger::Transfer& hold);
  ledger::Transfer reversing_transfer();
  ledger::AccountUpdate new_update();
  void set_limits(ledger::AccountUpdate& update, usize place);
  void make_pending(ledger::Transfer& transfer);
  // Posts, voids and reversals of it may follow.
  void remember(const ledger::Transfer& transfer);
  void forget(u128 transfer_id);
  std::vector<ledger::Condition> conditions(usize transfers);
  ledger::Condition condition(usize index, ledger::Condition::Side side);
  u128 new_id(std::vector<u128>& ids, u64 base);
  u128 any_id(const std::vector<u128>& ids);
  u128 any_account_id();
  // An account in the ledger of the one at `place`, other than it.
  usize partner(usize place);
  u128 amount();
  void misplace(ledger::Transfer& transfer);

  // One field is another than it was; the same is said in other words, mostly; one field is what no
  // event may have.
  void change_field(ledger::Account& account);
  void change_field(ledger::Transfer& transfer);
  void change_field(ledger::AccountUpdate& update);
  void say_otherwise(ledger::Transfer& transfer);
  void spoil(ledger::Account& account);
  void spoil(ledger::Transfer& transfer);
  void spoil(ledger::AccountUpdate& update);
  template <class Event>
  bool append_retried(std::vector<Event>& events, const std::deque<std::vector<Event>>& remembered);
  template <class Event>
  std::vector<Event> retried(const std::deque<std::vector<Event>>& remembered);
  template <class Event>
  void finish(std::vector<Event>& events, std::deque<std::vector<Event>>& remembered);

  bool percent(u32 share) { return random_.chance(share, 100); }

  Random random_;
  GeneratorOptions options_;
  u32 imports_left_;               // Requests at the beginning that are imported.
  u64 last_ns_;                    // Of the last event, if all went as meant.
  u64 first_ns_ = 0;               // Of the request in the making.
  u64 pause_ns_ = 0;               // Before it.
  u64 accounts_ns_ = 0;            // No stored account is later ...
  u64 transfers_ns_ = 0;           // ... and no transfer.
  std::deque<u64> recent_ns_;      // One event of each of the last requests.
  std::map<u64, u128> deadlines_;  // Those still to come, with the hold.
  std::map<u128, u64> account_timestamps_;
  std::vector<u128> account_ids_;  // Those of the huge accounts stand at the end.
  std::vector<u128> transfer_ids_;
  std::vector<u128> update_ids_;
  std::deque<usize> velocity_places_;   // Accounts that lately got a velocity limit.
  std::deque<ledger::Transfer> holds_;  // The last that were asked for.
  std::deque<ledger::Transfer> moves_;  // The same of what may be reversed, with their accounts;
                                        // the amount is 2^128-1 where it is not known.
  std::deque<Listing> listings_;
  std::deque<std::vector<ledger::Account>> account_requests_;
  std::deque<std::vector<ledger::Transfer>> transfer_requests_;
  std::deque<std::vector<ledger::AccountUpdate>> update_requests_;
};

}  // namespace florin::test
