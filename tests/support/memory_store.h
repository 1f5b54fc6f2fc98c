// History a second time, plainly: everything that was appended in vectors, every question answered
// by looking at all of it. It is slow and obviously right, judges the store made of files, and is
// what the simulator's servers keep their past in.
//
// What it holds to be right where ledger/query.h leaves room:
// - A change of an account has the time of its transfer (an imported one's is its own), an expiry
//   that of its event. Get_balance_at shows the last change, by place, that is not later than
//   asked.
// - Get_account_transfers lists created transfers, get_account_balances expiries of holds as well;
//   both look at either kind, so that a page examines the same entries.
// - Get_statement has the balances that get_balance_at would show; its holds are those by which
//   something was on hold right after the change that the closing balance shows. It looks at all
//   there is, however much that is.
// - What became of holds and originals is shown, and filtered by, as of the page's own position;
//   which entries there are, as of the first page's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/account_state.h"
#include "history/store.h"

namespace florin::test {

// A defect that a test plants in the store, so that one sees whether it would be found.
enum class StoreLie : u8 {
  None,
  BelievesBeyondAsOf,     // Ids and states from beyond the place that was asked about.
  ForgetsConsumedIds,     // One of three ids that refusals consumed is not found.
  ForgetsReversals,       // Originals are found as if nobody had reversed them.
  MistakesClosings,       // Posted and expired holds are found as if they were voided.
  LosesLastRun,           // A crash loses the newest written run, and keeps its mark.
  CallsUnwrittenDurable,  // What was appended counts as durable.
  SkipsChanges,           // A page of changes leaves out what stands behind its cursor.
  RepeatsChanges,         // A page of changes shows once more what stood before its cursor.
  ShowsLaterBalances,     // Balances at a time are those one change later.
};

struct MemoryStoreOptions {
  u32 runs_waiting_max = 2;  // Sealed runs that may wait to be written.
  StoreLie lie = StoreLie::None;
};

// Any thread, under one mutex. What is appended is checked against what is there: places ascend,
// numbers have no gaps, balances follow from those before. A batch that does not fit is refused
// with an error (Corrupt) that says why; a store that lies checks nothing.
class MemoryStore final : public history::Store {
 public:
  explicit MemoryStore(const MemoryStoreOptions& options = {}) : options_(options) {}

  Status append(history::ChangeBatch&& batch) override;
  bool has_room() const override;
  u64 open_changes() const override;
  void seal() override;
  Result<u64> write_run() override;
  Result<history::KnownAccount> known_account(u128 id) override;
  Result<history::KnownHold> known_hold(u128 id) override;
  Position readable() const override;
  history::Mark durable() const override;
  Status answer(ledger::Request& request) override;
  Result<std::vector<history::ListedAccount>> list_accounts(u128 after, u32 limit,
                                                            Position as_of) override;
  bool may_have(u128 id) const override;
  void find(std::span<const u128> ids, Position as_of,
            std::span<engine::PastTransfer> found) override;

  // The same contents, written and not, without failures to come.
  std::unique_ptr<MemoryStore> copy() const;
  // The process ended: what was not written is gone. Nobody else uses the store meanwhile.
  void crash();
  // The next so many calls fail with this error and change nothing.
  void fail_writes(u32 times, ErrorCode code);
  void fail_appends(u32 times, ErrorCode code);
  void fail_answers(u32 times, ErrorCode code);
  // What a test looks at.
  void set_lie(StoreLie lie);
  std::vector<history::TransferChange> transfers() const;
  // Those of the event at this position.
  std::vector<history::TransferChange> transfers_at(Position position) const;
  std::vector<history::OtherChange> others() const;
  std::vector<history::ConsumedId> consumed() const;
  history::Mark batch_end() const;  // Of the last batch.
  u64 ids_found() const;            // By find(), over all calls.

 private:
  struct Failure {
    u32 times = 0;
    ErrorCode code = ErrorCode::Io;
  };
  struct Run {
    usize batches = 0;  // Of all, how many end with it.
    u64 changes = 0;
  };
  // What is known of an id, by index in the lists.
  struct Known {
    std::optional<usize> created;
    std::optional<usize> consumed;
    std::vector<usize> later;  // Transfers and expiries that concern it as hold or original.
  };
  struct Account {
    ledger::Account creation;
    engine::Balances balances{};
    std::vector<usize> entries;  // Indexes in transfers_ of its changes.
  };

  std::string check(const history::ChangeBatch& batch) const;
  void keep(const history::ChangeBatch& batch);
  void keep(const history::TransferChange& change);
  ledger::TransferStatus status_of(u128 id, Position as_of) const;
  engine::PastTransfer past_of(u128 id, Position as_of) const;

  void lookup_transfers(ledger::Request& request) const;
  void query_transfers(ledger::Request& request) const;
  void list_account(ledger::Request& request) const;
  void get_balance_at(ledger::Request& request) const;
  void get_change_events(ledger::Request& request) const;
  void get_statement(ledger::Request& request) const;
  bool is_open_hold(const history::TransferChange& change, Position at) const;
  void add_event(const history::TransferChange& change, ledger::Request& request) const;
  void add_event(const history::OtherChange& change, ledger::Request& request) const;
  static void add_refusal(const history::OtherChange& change, ledger::Request& request);
  std::span<const usize> entries_of(u128 account) const;
  ledger::AccountBalance balance_at(u128 account, u64 time, Position as_of) const;

  MemoryStoreOptions options_;
  mutable std::mutex mutex_;
  Failure write_failure_;
  Failure append_failure_;
  Failure answer_failure_;
  u64 ids_found_ = 0;

  // The truth; what follows is made of it.
  std::vector<history::ChangeBatch> batches_;
  std::deque<Run> sealed_;  // Oldest first, not written.
  Run written_;
  Run written_before_;  // Without the newest run.
  u64 open_changes_ = 0;
  history::Mark durable_;

  // Ascending by place.
  std::vector<history::TransferChange> transfers_;
  std::vector<history::OtherChange> others_;
  std::vector<history::ConsumedId> consumed_;
  std::vector<usize> created_;  // The transfers of them that were created then.
  std::map<u128, Known> ids_;
  std::map<u128, Account> by_account_;
  history::Mark readable_;
};

}  // namespace florin::test
