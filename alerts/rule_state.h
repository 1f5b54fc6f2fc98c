// One rule at work: what it remembers, and what it finds in changes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "alerts/debit_window.h"
#include "alerts/recent_table.h"
#include "alerts/rule.h"
#include "alerts/state_bytes.h"
#include "base/types.h"
#include "engine/id_hash.h"
#include "exporter/change_page.h"

namespace florin::alerts {

// What an alert is about: part of its id, as one change may concern a rule on both its sides.
enum class Subject : u8 { Transfer, Debit, Credit };

// What a rule found about a change. Fields of other kinds of rules are zero.
struct Finding {
  u32 rule = 0;   // Index among the rules.
  u32 event = 0;  // Of the page.
  Subject subject = Subject::Transfer;
  u128 account = 0;  // Concerned; of a transfer that of its debit.
  // Balances, without their signs.
  u128 balance = 0;
  u128 balance_before = 0;
  bool is_negative = false;
  bool was_negative = false;
  // Debits, or refusals, within the window.
  u64 count = 0;
  u128 sum = 0;
  // The movement before this one, nanoseconds; the account was forgotten since, then it is the
  // latest that it can have been.
  u64 moved_before_ns = 0;
  bool was_forgotten = false;
};

// Belongs to one thread. What is found depends on the changes alone: the same ones in order, from
// the first one on, find the same.
class RuleState {
 public:
  // `rule` outlives it.
  RuleState(const Rule& rule, u32 index, engine::HashSeed seed);

  // What taking the changes [first, end) of the page looks at is fetched: some 32 at once.
  void fetch(const exporter::ChangePage& page, u32 first, u32 end);
  // Takes a change of the page, which must be the next one, and appends what it found.
  void take(const exporter::ChangePage& page, u32 event, std::vector<Finding>& found);

  // How many accounts or pairs it remembers.
  u32 tracked() const;
  void save(std::string& bytes) const;
  // Into a state that took nothing yet. False: no state of this rule.
  [[nodiscard]] bool load(StateReader& reader);

 private:
  bool takes(const ledger::Transfer& transfer) const;
  bool watches(u128 account) const;
  void take_transfer(const exporter::ChangePage& page, u32 event, std::vector<Finding>& found);
  void take_refusal(const exporter::ChangePage& page, u32 event, std::vector<Finding>& found);
  Finding& add_finding(const exporter::ChangePage& page, u32 event, Subject subject,
                       std::vector<Finding>& found) const;
  void check(const AmountAbove& rule, const exporter::ChangePage& page, u32 event,
             std::vector<Finding>& found) const;
  void check(const BalanceBelow& rule, const exporter::ChangePage& page, u32 event,
             std::vector<Finding>& found) const;
  void check(const ManyDebits& rule, const exporter::ChangePage& page, u32 event,
             std::vector<Finding>& found);
  void check(const NewCounterparty& rule, const exporter::ChangePage& page, u32 event,
             std::vector<Finding>& found);
  void check(const DormantAccount& rule, const exporter::ChangePage& page, u32 event,
             Subject subject, std::vector<Finding>& found);
  void check(const Refusal& rule, const exporter::ChangePage& page, u32 event,
             std::vector<Finding>& found);
  template <class IsTooMuch>
  const DebitWindow* add_to_window(const exporter::ChangePage& page, u32 event, u64 window_ns,
                                   IsTooMuch is_too_much);
  void take_account(const exporter::ChangePage& page, const ledger::ChangeEvent& event);
  u64& moved_at(u128 account);

  const Rule& rule_;
  const u32 index_;
  RecentTable<DebitWindow> windows_;  // ManyDebits and Refusal, by account.
  RecentTable<u64> times_;  // DormantAccount, by account: when it moved; NewCounterparty, by pair.
  u64 forgotten_moved_ns_ = 0;  // DormantAccount: the latest movement of those thrown out.
  std::vector<u128> ahead_;     // What `fetch` fetches.
};

// So many changes are best taken together.
inline constexpr u32 kChangesTogether = 32;

// Every rule takes the changes [first, end) of the page; appends what was found, in order of
// changes and then of rules.
void find_alerts(std::span<RuleState> rules, const exporter::ChangePage& page, u32 first, u32 end,
                 std::vector<Finding>& found);

}  // namespace florin::alerts
