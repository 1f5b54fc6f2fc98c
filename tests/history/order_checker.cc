#include "tests/history/order_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/int128.h"
#include "tests/history/account_lists.h"
#include "tests/history/cycles.h"

namespace florin::test {

namespace {

using ledger::Operation;
using ledger::Request;

// How far a list was: at least `lowest` entries, at most `highest`.
struct Versions {
  u32 lowest = 0;
  u32 highest = 0;
};

// A first page of an account's transfers, newest first, with nothing left out of it.
bool reads_list(const ledger::QueryFilter& filter) {
  ledger::QueryFilter plain;
  plain.account_id = filter.account_id;
  plain.limit = filter.limit;
  plain.flags = ledger::QueryFilter::kNewestFirst;
  return filter.account_id != 0 && filter.flags == plain.flags && filter.cursor == plain.cursor &&
         filter.user_data_128 == 0 && filter.user_data_64 == 0 && filter.user_data_32 == 0 &&
         filter.amount_min == 0 && filter.amount_max == 0 && filter.timestamp_min == 0 &&
         filter.timestamp_max == 0 && filter.ledger == 0 && filter.code == 0 &&
         filter.object_flags == 0 && filter.pending_status == 0;
}

class OrderChecker {
 public:
  explicit OrderChecker(const History& history) : history_(history), lists_(history, violations_) {}

  std::vector<Violation> run() {
    if (!violations_.empty()) return std::move(violations_);  // No lists to go by.
    for (const auto& [account, list] : lists_.all()) add_overwrites(list);
    for (u32 index = 0; index < history_.calls.size(); ++index) look_at(index);
    if (!violations_.empty()) return std::move(violations_);
    const u32 nodes = add_time();
    for (const Cycle& cycle : find_cycles(nodes, edges_)) report(cycle);
    return std::move(violations_);
  }

 private:
  void add_edge(u32 from, u32 to, EdgeKind kind) {
    if (from != to && from != kNobody && to != kNobody) edges_.push_back({from, to, kind});
  }

  void add_overwrites(const AccountList& list) {
    for (usize at = 1; at < list.writers.size(); ++at) {
      add_edge(list.writers[at - 1], list.writers[at], EdgeKind::WriteWrite);
    }
  }

  void look_at(u32 index) {
    const Call& call = history_.calls[index];
    if (call.end != CallEnd::Answered) return;
    const Request& request = call.asked.request();
    switch (request.operation) {
      case Operation::CreateTransfers: return look_at_balances(call);
      case Operation::LookupAccounts: return look_at_accounts(index, request);
      case Operation::LookupTransfers: return look_at_transfers(index, request);
      case Operation::QueryTransfers:
        if (reads_list(request.filter)) look_at_list(index, request);
        return;
      case Operation::GetTrialBalance: return look_at_totals(call);
      case Operation::CreateAccounts:
      case Operation::UpdateAccounts:
      case Operation::LookupLimits:
      case Operation::QueryAccounts:
      case Operation::GetAccountChanges:
      case Operation::GetAccountTransfers:
      case Operation::GetAccountBalances:
      case Operation::GetBalanceAt:
      case Operation::GetChangeEvents:
      case Operation::GetStatement:
      case Operation::Tick: return;
    }
  }

  // The reader saw the list at one of these lengths.
  void saw(u32 reader, const AccountList& list, Versions versions) {
    const auto writer = [&](u32 at) { return list.writers[at]; };
    const bool has_last = versions.lowest > 0;
    const bool has_next = versions.highest < list.writers.size();
    if (has_last && has_next && writer(versions.lowest - 1) == writer(versions.highest)) {
      violations_.push_back(
          {Anomaly::IntermediateRead, describe(history_.calls[reader]) + " saw a part of " +
                                          describe(history_.calls[writer(versions.highest)])});
      return;
    }
    if (has_last) add_edge(writer(versions.lowest - 1), reader, EdgeKind::WriteRead);
    if (has_next) add_edge(reader, writer(versions.highest), EdgeKind::ReadWrite);
  }

  void look_at_list(u32 index, const Request& request) {
    static const AccountList kEmpty;
    const AccountList* const found = lists_.find(request.filter.account_id);
    const AccountList& list = found == nullptr ? kEmpty : *found;
    u32 length = 0;
    for (usize at = 0; at < request.transfers.size(); ++at) {
      const u128 id = request.transfers[at].id;
      const u32 place = lists_.place_of(request.filter.account_id, id);
      if (place == kNobody) {
        violations_.push_back({lists_.name_of_stranger(id), "transfer " + to_decimal(id) + " in " +
                                                                describe(history_.calls[index])});
        return;
      }
      if (at == 0) length = place + 1;
      if (place + 1 + at != length) {
        violations_.push_back(
            {Anomaly::IncompatibleOrder,
             fmt::format("transfer {} is entry {} of account {}, not {}, in {}", to_decimal(id), at,
                         to_decimal(request.filter.account_id), length - 1 - place,
                         describe(history_.calls[index]))});
        return;
      }
    }
    if (request.transfers.empty() && request.more) return;  // It tells nothing.
    saw(index, list, {length, length});
  }

  void look_at_accounts(u32 index, const Request& request) {
    for (const ledger::Account& account : request.accounts) {
      const AccountList* const list = account.id == 0 ? nullptr : lists_.find(account.id);
      if (list == nullptr) continue;
      const Posted posted{account.debits_posted, account.credits_posted};
      const auto sum = [](const Posted& each) { return each.debits + each.credits; };
      const auto less = [&](const Posted& left, const Posted& right) {
        return sum(left) < sum(right);
      };
      const auto [begin, end] =
          std::equal_range(list->posted.begin(), list->posted.end(), posted, less);
      if (begin == end || !(*begin == posted)) {
        violations_.push_back(
            {Anomaly::WrongBalance,
             fmt::format("account {} never had {} of posted debits and {} of posted credits, in {}",
                         to_decimal(account.id), to_decimal(posted.debits),
                         to_decimal(posted.credits), describe(history_.calls[index]))});
        continue;
      }
      const auto place = [&](auto at) { return static_cast<u32>(at - list->posted.begin()); };
      saw(index, *list, {place(begin), place(end - 1)});
    }
  }

  void look_at_transfers(u32 index, const Request& request) {
    const usize count = std::min<usize>(request.transfers.size(), request.event_count);
    for (usize at = 0; at < count; ++at) {
      const u128 id = request.ids()[at];
      const bool found = request.transfers[at].id != 0;
      const u32 writer = lists_.writer_of(id);
      if (found && writer == kNobody) {
        violations_.push_back({lists_.name_of_stranger(id), "transfer " + to_decimal(id) + " in " +
                                                                describe(history_.calls[index])});
      }
      if (found) add_edge(writer, index, EdgeKind::WriteRead);
      if (!found) add_edge(index, writer, EdgeKind::ReadWrite);
    }
  }

  // Balances that a reply brings are those right after each of its transfers.
  void look_at_balances(const Call& call) {
    const Request& request = call.asked.request();
    const auto events = request.transfer_events();
    for (usize at = 0; at < request.balances.size(); ++at) {
      const ledger::TransferBalances& told = request.balances[at];
      const u128 id = events[at].id;
      if (told.debit_account_debits_posted + told.debit_account_debits_pending == 0) continue;
      compare(call, events[at].debit_account_id, id,
              {told.debit_account_debits_posted, told.debit_account_credits_posted});
      compare(call, events[at].credit_account_id, id,
              {told.credit_account_debits_posted, told.credit_account_credits_posted});
    }
  }

  void compare(const Call& call, u128 account, u128 transfer, const Posted& told) {
    const u32 place = lists_.place_of(account, transfer);
    if (place == kNobody || lists_.find(account)->posted[place + 1] == told) return;
    violations_.push_back({Anomaly::WrongBalance,
                           fmt::format("account {} after transfer {} in {}", to_decimal(account),
                                       to_decimal(transfer), describe(call))});
  }

  void look_at_totals(const Call& call) {
    for (const ledger::LedgerTotals& totals : call.asked.request().totals) {
      if (totals.debits_posted == totals.credits_posted &&
          totals.debits_pending == totals.credits_pending) {
        continue;
      }
      violations_.push_back(
          {Anomaly::WrongTotals, fmt::format("debits are not credits in ledger {}, in {}",
                                             totals.ledger, describe(call))});
    }
  }

  // Nodes behind those of the calls stand for moments: all that had completed by then leads to one,
  // and it leads to the next and to all that was invoked later. Returns how many nodes there are.
  u32 add_time() {
    struct Moment {
      u64 time_ns;
      bool completion;  // At the same time, invocations come first: they do not follow.
      u32 call;
    };
    std::vector<Moment> moments;
    for (u32 index = 0; index < history_.calls.size(); ++index) {
      const Call& call = history_.calls[index];
      const bool counts = call.end == CallEnd::Answered || lists_.happened(index);
      if (!counts) continue;
      moments.push_back({call.invoked_ns, false, index});
      if (call.completed_ns != kNeverCompleted) moments.push_back({call.completed_ns, true, index});
    }
    std::sort(moments.begin(), moments.end(), [](const Moment& left, const Moment& right) {
      return std::pair(left.time_ns, left.completion) < std::pair(right.time_ns, right.completion);
    });
    u32 nodes = static_cast<u32>(history_.calls.size());
    u32 last = kNobody;
    for (const Moment& moment : moments) {
      if (!moment.completion) {
        add_edge(last, moment.call, EdgeKind::RealTime);
        continue;
      }
      add_edge(last, nodes, EdgeKind::RealTime);
      add_edge(moment.call, nodes, EdgeKind::RealTime);
      last = nodes++;
    }
    return nodes;
  }

  void report(const Cycle& cycle) {
    constexpr usize kShown = 6;
    std::string calls;
    usize shown = 0;
    for (const u32 node : cycle.nodes) {
      if (node >= history_.calls.size() || shown == kShown) continue;
      ++shown;
      calls += (calls.empty() ? "" : ", before ") + describe(history_.calls[node]);
    }
    violations_.push_back({cycle.anomaly, calls + ", before the first"});
  }

  const History& history_;
  std::vector<Violation> violations_;
  AccountLists lists_;
  std::vector<Edge> edges_;
};

}  // namespace

std::vector<Violation> check_by_orders(const History& history) {
  return OrderChecker(history).run();
}

}  // namespace florin::test
