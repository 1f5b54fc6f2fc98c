#include "tests/history/made_history.h"

#include <algorithm>
#include <optional>

namespace florin::test {

namespace {

constexpr u64 kStepNs = 20'000;
constexpr u32 kPage = ledger::kQueryLimitMax;

// A client of a made history. Its call is invoked first, takes place later, and is answered last.
struct Client {
  BankWorkload workload;
  std::optional<OwnedRequest> next;  // Invoked.
  u64 session = 0;
  u64 invoked = 0;
  std::vector<OwnedRequest> retries;
  // Taken place and not yet answered: its index.
  std::optional<usize> placed;
};

}  // namespace

usize HistoryMaker::add(OwnedRequest asked, When when, CallEnd end) {
  last_ = std::max({last_, when.invoked, when.completed});
  Call call{std::move(asked), when.session, when.invoked, when.completed, end, false};
  if (end == CallEnd::Unknown) call.completed_ns = kNeverCompleted;
  history_.calls.push_back(std::move(call));
  return history_.calls.size() - 1;
}

void HistoryMaker::apply(ledger::Request& request) {
  const u64 first = std::max(time_ns_, reference_.last_timestamp().ns + 1);
  reference_.apply(request, Timestamp{first});
  if (!request.is_logged()) request.timestamp = Timestamp{};  // Not told over a connection.
  time_ns_ = first + kStepNs;
}

usize HistoryMaker::answer(OwnedRequest asked, When when) {
  const usize index = add(std::move(asked), when, CallEnd::Answered);
  apply(request(index));
  return index;
}

usize HistoryMaker::cut_off_and_done(OwnedRequest asked, When when) {
  const usize index = add(std::move(asked), when, CallEnd::Unknown);
  apply(request(index));
  request(index).clear_answer();
  return index;
}

void HistoryMaker::pass(u64 ns) {
  time_ns_ += ns;
  const std::optional<Timestamp> deadline = reference_.next_deadline();
  if (!deadline || deadline->ns > time_ns_) return;
  OwnedRequest tick = OwnedRequest::tick();
  apply(tick.request());
}

History HistoryMaker::finish(const std::vector<u128>& accounts) {
  u64 now = last_ + 1;
  const auto ask = [&](OwnedRequest asked) -> const ledger::Request& {
    const usize index = answer(std::move(asked), {~u64{0}, now, now + 1});
    now += 2;
    history_.calls[index].final_read = true;
    return request(index);
  };
  ask(OwnedRequest::lookup_accounts(accounts));
  ledger::QueryFilter filter;
  filter.limit = kPage;
  for (bool more = true; more;) {
    const ledger::Request& page = ask(OwnedRequest::query_transfers(filter));
    more = page.more;
    filter.cursor = page.next_cursor;
  }
  filter = {};
  filter.limit = ledger::kAccountChangesLimitMax;
  for (bool more = true; more;) {
    const ledger::Request& page = ask(OwnedRequest::get_account_changes(filter));
    more = page.more;
    filter.cursor = page.next_cursor;
  }
  ask(OwnedRequest::get_trial_balance({0, 10}));
  return std::move(history_);
}

History make_history(const MadeOptions& options) {
  Random random(options.seed);
  HistoryMaker maker;
  u64 now = 1;
  u64 sessions = options.sessions;
  maker.answer(BankWorkload::create_accounts(options.bank), {0, now, now + 1});
  std::vector<Client> clients;
  for (u32 index = 0; index < options.sessions; ++index) {
    clients.push_back({BankWorkload(random.next(), index, options.bank), {}, index, 0, {}, {}});
  }
  std::vector<std::pair<usize, u64>> completions;
  for (u32 made = 0; made < options.calls;) {
    Client& client = clients[random.below(clients.size())];
    now += 10;
    if (client.placed) {  // Its answer arrives.
      client.workload.observe(maker.request(*client.placed));
      completions.emplace_back(*client.placed, now);
      client.placed.reset();
      continue;
    }
    if (!client.next) {  // It asks.
      client.invoked = now;
      if (!client.retries.empty()) {
        client.next = std::move(client.retries.back());
        client.retries.pop_back();
      } else {
        client.next = client.workload.next();
      }
      continue;
    }
    ++made;
    const HistoryMaker::When when{client.session, client.invoked, now};
    if (random.chance(options.cut_off_share, 100)) {
      const bool done = client.next->request().is_logged() && random.chance(1, 2);
      const ledger::Request& asked = client.next->request();
      if (asked.is_logged()) client.retries.push_back(client.workload.retry(asked));
      if (done) maker.cut_off_and_done(std::move(*client.next), when);
      if (!done) maker.cut_off(std::move(*client.next), when);
      client.session = sessions++;
    } else {
      client.placed = maker.answer(std::move(*client.next), when);
    }
    client.next.reset();
    if (random.chance(1, 200)) maker.pass(random.below(1'000'000'000));
  }
  History history = maker.finish(BankWorkload::account_ids(options.bank));
  // What was placed is answered later than it took place; what never was is answered by the end.
  for (const auto& [index, completed] : completions) history.calls[index].completed_ns = completed;
  return history;
}

}  // namespace florin::test
