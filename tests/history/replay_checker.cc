#include "tests/history/replay_checker.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <fmt/format.h>

#include "base/int128.h"
#include "tests/support/answers.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

namespace {

using ledger::Operation;
using ledger::Request;

constexpr usize kViolationsMax = 20;

template <class Object>
bool listed_twice(const std::vector<Object>& objects) {
  std::unordered_set<u128, U128Hash> seen;
  return std::ranges::any_of(objects,
                             [&](const Object& object) { return !seen.insert(object.id).second; });
}

class Replay {
 public:
  Replay(const History& history, const Placement& placement, TickPlace ticks,
         std::vector<Violation>& violations)
      : placement_(placement), ticks_(ticks), violations_(violations) {
    for (const Call& call : history.calls) {
      const Request& request = call.asked.request();
      if (call.end == CallEnd::NotDone) remember_refused(request);
      if (call.end == CallEnd::Answered && !request.is_logged()) reads_.push_back(&call);
    }
    for (const Call* call : placement.not_happened) remember_refused(call->asked.request());
    for (const PlacedWrite& write : placement.writes) forget_refused(write.call->asked.request());
    std::stable_sort(reads_.begin(), reads_.end(), [](const Call* left, const Call* right) {
      return left->asked.request().position < right->asked.request().position;
    });
  }

  void run() {
    for (const PlacedWrite& write : placement_.writes) {
      pass_ticks(place_of(write), write.timestamp);
      if (!go_on()) return;
      apply(write);
      if (!go_on()) return;
    }
    // Whatever time may have passed at the end: nothing bounds it.
    const u64 last = reads_.empty() ? position_ : reads_.back()->asked.request().position.value;
    pass_ticks(std::max(last, position_), ~u64{0});
  }

 private:
  bool go_on() const { return violations_.size() < kViolationsMax && !lost_; }

  void remember_refused(const Request& request) {
    if (request.operation != Operation::CreateTransfers) return;
    for (const ledger::Transfer& event : request.transfer_events()) refused_.insert(event.id);
  }
  // What a retry made happen is not the effect of the call that was refused.
  void forget_refused(const Request& request) {
    if (request.operation != Operation::CreateTransfers) return;
    for (const ledger::Transfer& event : request.transfer_events()) refused_.erase(event.id);
  }

  void apply(const PlacedWrite& write) {
    const Request& actual = write.call->asked.request();
    view_question(actual, expected_);
    reference_.apply(expected_, Timestamp{write.timestamp});
    position_ += expected_.event_count;
    expected_.position = Position{position_};
    if (write.call->end == CallEnd::Answered) compare(*write.call);
  }

  // The position before a write: of one that was cut off, as many ticks later as were due.
  u64 place_of(const PlacedWrite& write) {
    if (write.call->end == CallEnd::Answered || ticks_ == TickPlace::Last) return write.before;
    const u64 last = write.before + write.slack;
    while (position_ < last && go_on()) {
      const std::optional<Timestamp> deadline = reference_.next_deadline();
      if (!deadline || deadline->ns >= write.timestamp) break;
      pass_ticks(position_ + 1, write.timestamp);
    }
    return position_;
  }

  // Up to `end` no write took a position: reads stand there, and ticks lie between them. All of it
  // was before `until_ns`.
  void pass_ticks(u64 end, u64 until_ns) {
    check_reads(false, until_ns);
    while (position_ < end && go_on()) {
      const std::optional<Timestamp> deadline = reference_.next_deadline();
      const u64 soonest =
          deadline ? std::max(deadline->ns, reference_.last_timestamp().ns + 1) : ~u64{0};
      if (!deadline || soonest >= until_ns) {
        violations_.push_back(
            {Anomaly::PhantomPosition,
             fmt::format("position {} was taken, by no write that is known, and no hold was due",
                         position_ + 1)});
        lost_ = true;
        return;
      }
      tick(soonest);
      ++position_;
      check_reads(true, until_ns);
    }
  }

  void tick(u64 time_ns) {
    OwnedRequest tick = OwnedRequest::tick();
    reference_.apply(tick.request(), Timestamp{time_ns});
  }

  // All reads at this position see the same. Behind a tick, of which only the position is known,
  // they may see further holds expired: as many as make all of them right, if any number does.
  void check_reads(bool after_tick, u64 until_ns) {
    while (next_read_ < reads_.size() && position_of_read(next_read_) < position_) {
      violations_.push_back({Anomaly::TornRead, describe(*reads_[next_read_++])});
    }
    const usize first = next_read_;
    while (next_read_ < reads_.size() && position_of_read(next_read_) == position_) ++next_read_;
    const std::span<const Call* const> group{reads_.data() + first, next_read_ - first};
    while (after_tick && !all_equal(group)) {
      const std::optional<Timestamp> deadline = reference_.next_deadline();
      if (!deadline || deadline->ns >= until_ns) break;
      tick(std::max(deadline->ns, reference_.last_timestamp().ns + 1));
    }
    for (const Call* call : group) {
      if (!go_on()) return;
      answer_read(*call);
      compare(*call);
    }
  }

  u64 position_of_read(usize at) const { return reads_[at]->asked.request().position.value; }

  void answer_read(const Call& call) {
    view_question(call.asked.request(), expected_);
    reference_.apply(expected_, Timestamp{});
    expected_.position = Position{position_};
    if (call.asked.request().timestamp.ns == 0) expected_.timestamp = Timestamp{};
  }

  bool all_equal(std::span<const Call* const> group) {
    return std::ranges::all_of(group, [this](const Call* call) {
      answer_read(*call);
      return difference(expected_, call->asked.request()).empty();
    });
  }

  void compare(const Call& call) {
    const std::string found = difference(expected_, call.asked.request());
    if (found.empty()) return;
    violations_.push_back({name_of(call.asked.request()), found + " in " + describe(call)});
  }

  // Which kind of lie the answer is.
  Anomaly name_of(const Request& actual) const {
    switch (actual.operation) {
      case Operation::CreateAccounts:
      case Operation::UpdateAccounts:
      case Operation::Tick: return Anomaly::WrongOutcome;
      case Operation::CreateTransfers: {
        const auto same = [](const ledger::EventResult& left, const ledger::EventResult& right) {
          return std::memcmp(&left, &right, sizeof(left)) == 0;
        };
        const bool outcomes = std::ranges::equal(expected_.exceptions, actual.exceptions, same);
        return outcomes ? Anomaly::WrongBalance : Anomaly::WrongOutcome;
      }
      case Operation::LookupAccounts:
      case Operation::LookupLimits: return Anomaly::WrongBalance;
      case Operation::GetTrialBalance: return Anomaly::WrongTotals;
      case Operation::LookupTransfers: return name_of_lookup(actual);
      case Operation::QueryTransfers: return name_of_page(actual);
      case Operation::QueryAccounts:
      case Operation::GetAccountChanges:
      case Operation::GetAccountTransfers:
      case Operation::GetAccountBalances:
      case Operation::GetBalanceAt:
      case Operation::GetChangeEvents:
      case Operation::GetStatement: return Anomaly::WrongPage;
    }
    return Anomaly::WrongOutcome;
  }

  Anomaly name_of_lookup(const Request& actual) const {
    const usize count = std::min(expected_.transfers.size(), actual.transfers.size());
    for (usize at = 0; at < count; ++at) {
      const bool wanted = expected_.transfers[at].id != 0;
      const bool there = actual.transfers[at].id != 0;
      if (wanted && !there) return Anomaly::LostWrite;
      if (!wanted && there) return name_of_effect(actual.transfers[at].id);
    }
    return Anomaly::WrongTransfer;
  }

  Anomaly name_of_effect(u128 id) const {
    return refused_.contains(id) ? Anomaly::RefusedEffect : Anomaly::PhantomEffect;
  }

  Anomaly name_of_page(const Request& actual) const {
    if (listed_twice(actual.transfers)) return Anomaly::DuplicateEffect;
    std::unordered_set<u128, U128Hash> there;
    for (const ledger::Transfer& transfer : actual.transfers) {
      there.insert(transfer.id);
      if (!knows(transfer.id)) return name_of_effect(transfer.id);
    }
    for (const ledger::Transfer& transfer : expected_.transfers) {
      if (!there.contains(transfer.id) && actual.transfers.size() < expected_.transfers.size()) {
        return Anomaly::LostWrite;
      }
    }
    return Anomaly::WrongPage;
  }

  bool knows(u128 id) const {
    const ledger::TransferStatus status = reference_.transfer_status(id);
    return status.outcome == static_cast<u8>(ledger::TransferOutcome::Created);
  }

  const Placement& placement_;
  const TickPlace ticks_;
  std::vector<Violation>& violations_;
  std::vector<const Call*> reads_;  // By position.
  usize next_read_ = 0;
  std::unordered_set<u128, U128Hash> refused_;
  ReferenceLedger reference_;
  u64 position_ = 0;
  bool lost_ = false;  // From here on no answer could be right.
  Request expected_;   // Kept, so that answers find storage.
};

}  // namespace

void check_by_replay(const History& history, const Placement& placement, TickPlace ticks,
                     std::vector<Violation>& violations) {
  Replay(history, placement, ticks, violations).run();
}

}  // namespace florin::test
