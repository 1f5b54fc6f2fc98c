// What the tables accounts and balances show as it is now: collected while changes are delivered,
// the last state of each account once, and written at a commit.
#pragma once

#include <unordered_map>

#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "history/id_records.h"
#include "sinks/postgres_connection.h"

namespace florin::sinks {

// Belongs to one thread.
class PostgresStates {
 public:
  // Forgets everything, asks which holds keep accounts closed, and makes the temporary tables that
  // writing needs.
  Status load(PostgresConnection& connection);
  // Takes what a change means for its accounts, and fetches memory for those that follow it in the
  // page.
  void note(const exporter::ChangePage& page, usize at);

  // Within the transaction that is open.
  Status write_accounts(PostgresConnection& connection);
  Status write_balances(PostgresConnection& connection);
  usize balances_waiting() const { return balances_.size(); }

 private:
  struct IdHash {
    usize operator()(u128 id) const {
      return (low_half(id) ^ (high_half(id) * 0x9e37'79b9'7f4a'7c15)) * 0xbf58'476d'1ce4'e5b9;
    }
  };
  // What changed in an account since the last commit: the last value of each thing.
  struct Patch {
    ledger::AccountUpdate update = {};
    bool closing_changed = false;
    u128 closed_by = 0;  // 0: open.
    history::Place place;
  };
  struct Balance {
    u128 account_id = 0;
    u128 counters[4] = {};  // Debits pending, posted; credits pending, posted.
    history::Place place;
    u64 logged_at = 0;
    u32 ledger = 0;
  };
  static constexpr u128 id_of(const Balance& balance) { return balance.account_id; }
  // The accounts that a hold keeps closed; 0: none on that side.
  struct Closing {
    u128 debit_account_id = 0;
    u128 credit_account_id = 0;
  };

  void note_update(const ledger::ChangeEvent& event, const ledger::AccountUpdate& update);
  void fetch_ahead(const exporter::ChangePage& page, usize at) const;
  void note_balances(const ledger::ChangeEvent& event, const ledger::Transfer& transfer,
                     const ledger::TransferBalances& balances);
  void note_closing(const ledger::ChangeEvent& event, const ledger::Transfer& transfer);
  void set_closed(const ledger::ChangeEvent& event, u128 account_id, u128 closed_by);
  void end_closing(const ledger::ChangeEvent& event, u128 hold_id);

  std::unordered_map<u128, Patch, IdHash> patches_;
  // Each transfer is looked up in here twice, in no order: it has to be fast when it is large.
  history::IdRecords<Balance, 256, id_of> balances_{
      engine::HashSeed{entropy_seed(), entropy_seed()}};
  std::unordered_map<u128, Closing, IdHash> closings_;  // By id of the hold: few, all the time.
};

// Brings balances up to what the tables of transfers and expiries have from this place on: for what
// a process had collected when it ended.
Status catch_up_balances(PostgresConnection& connection, const history::Place& from);

}  // namespace florin::sinks
