#include "tests/support/past_judge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tests/support/answers.h"

namespace florin::test {

using ledger::Request;

namespace {

// With what was answered, as far as questions about the past are concerned.
OwnedRequest keep_answer(const Request& answered) {
  OwnedRequest kept = OwnedRequest::copy_of(answered);
  Request& request = kept.request();
  request.position = answered.position;
  request.timestamp = answered.timestamp;
  request.transfers = answered.transfers;
  request.transfer_statuses = answered.transfer_statuses;
  request.balances = answered.balances;
  request.accounts = answered.accounts;
  request.changes = answered.changes;
  request.change_events = answered.change_events;
  request.account_balances = answered.account_balances;
  request.next_cursor = answered.next_cursor;
  request.more = answered.more;
  return kept;
}

// The part of the lists that is not behind the position.
history::ChangeBatch changes_until(const MemoryStore& store, Position end) {
  history::ChangeBatch batch;
  batch.transfers = store.transfers();
  batch.others = store.others();
  batch.consumed = store.consumed();
  const auto is_behind = [&](const auto& each) { return each.place.position > end.value; };
  std::erase_if(batch.transfers, is_behind);
  std::erase_if(batch.others, is_behind);
  std::erase_if(batch.consumed, is_behind);
  return batch;
}

}  // namespace

void PastJudge::note(OwnedRequest answered) {
  if (answered.request().is_logged()) noted_.push_back(std::move(answered));
}

std::string PastJudge::check(const Request& answered, const MemoryStore& tested) {
  answers_.push_back(keep_answer(answered));
  return judge_answers(tested);
}

std::string PastJudge::judge_answers(const MemoryStore& tested) {
  std::vector<OwnedRequest> later;
  for (OwnedRequest& each : std::exchange(answers_, {})) {
    const Request& answered = each.request();
    if (answered.position > reference_.position()) {
      later.push_back(std::move(each));
      continue;
    }
    std::string wrong = advance(answered.position, tested);
    if (wrong.empty()) wrong = judge_answer(answered);
    if (!wrong.empty()) return wrong;
  }
  answers_ = std::move(later);
  return {};
}

std::string PastJudge::judge_answer(const Request& answered) {
  OwnedRequest asked = OwnedRequest::copy_of(answered);
  asked.request().position = answered.position;
  asked.request().timestamp = answered.timestamp;
  if (!truth_.answer(asked.request())) return "the truth does not answer";
  ++answers_judged_;
  const std::string wrong = difference(asked.request(), answered);
  if (wrong.empty()) return {};
  return fmt::format("wrong answer from history as of position {}: {}", answered.position.value,
                     wrong);
}

std::string PastJudge::advance(Position position, const MemoryStore& tested) {
  bool any = false;
  while (!noted_.empty() && noted_.front().request().position <= position) {
    Request& request = noted_.front().request();
    if (request.operation == ledger::Operation::Tick) {
      std::string wrong = set_time_of_tick(request, tested);
      if (!wrong.empty()) return wrong;
    }
    if (request.timestamp.ns <= changes_.end().last_timestamp) {
      return fmt::format("position {} is at {}, not later than the one before",
                         request.position.value, request.timestamp.ns);
    }
    changes_.follow(request, reference_);
    noted_.pop_front();
    any = true;
  }
  if (!any) return {};
  const Status appended = truth_.append(changes_.take());
  return appended ? std::string() : "the judge of history is wrong: " + appended.error().message;
}

std::string PastJudge::set_time_of_tick(Request& tick, const MemoryStore& tested) const {
  const auto expired = tested.transfers_at(tick.position);
  if (expired.empty()) {
    return fmt::format("history has no hold that expired with the tick at position {}",
                       tick.position.value);
  }
  tick.timestamp = Timestamp{expired.front().decided};
  return {};
}

std::string PastJudge::check_followed(std::span<const history::Place> shown, history::Place end,
                                      const MemoryStore& tested) {
  std::string wrong = advance(Position{end.position}, tested);
  if (!wrong.empty()) return wrong;
  std::vector<history::Place> expected;
  const auto add = [&](const auto& changes) {
    for (const auto& each : changes) {
      if (each.place < end) expected.push_back(each.place);
    }
  };
  add(truth_.transfers());
  add(truth_.others());
  std::ranges::sort(expected);
  const auto [missed, found] = std::ranges::mismatch(expected, shown);
  if (missed == expected.end() && found == shown.end()) return {};
  const auto text = [](const auto& place, const auto& none) {
    return place == none ? std::string("none")
                         : fmt::format("{}.{}", place->position, place->index);
  };
  return fmt::format("a client that followed all changes was shown {} instead of {}",
                     text(found, shown.end()), text(missed, expected.end()));
}

std::string PastJudge::check_store(const MemoryStore& tested) {
  const Position end = std::min(tested.readable(), reference_.position());
  std::string wrong = judge_answers(tested);
  if (wrong.empty()) wrong = advance(end, tested);
  if (!wrong.empty()) return wrong;
  wrong = difference(changes_until(truth_, end), changes_until(tested, end));
  return wrong.empty() ? wrong : "history has another past: " + wrong;
}

}  // namespace florin::test
