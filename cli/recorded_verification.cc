// Looks every transfer up, adds every balance up.
#include "cli/recorded_verification.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/recorded_books.h"
#include "cli/recorded_updates.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

using ledger::Transfer;
using ledger::TransferOutcome;

constexpr usize kLookupIdsMax = 4000;
constexpr usize kSampledRequests = 200;
constexpr usize kRetriedRequests = 20;
constexpr usize kRetriedUpdates = 10;
constexpr usize kClosedHoldsSampled = 200;
// How often the books are read again because a hold expired meanwhile.
constexpr usize kReadingsMax = 100;

Error error_of(const client::ClientError& error) { return {error.code, error.message}; }

class Verifier {
 public:
  Verifier(RecordedLoad& load, client::Client& client, Random& random)
      : load_(load), client_(client), random_(random) {}

  Status check_transfers(VerificationScope scope);
  Status check_retries();
  Status check_balances();
  const VerificationFigures& figures() const { return figures_; }

 private:
  // What the server says of accounts and holds, all at one moment.
  struct Reading {
    std::vector<usize> holds;  // Those looked up, of the books.
    std::vector<client::TransferLookup> statuses;
    client::Accounts accounts;
    client::Limits limits;
    client::TrialBalance trial_balance;
  };

  std::vector<RequestRecord*> requests_to_check(VerificationScope scope);
  Status check_batch(std::span<RequestRecord* const> batch);
  void check_request(RequestRecord& request, std::span<const client::TransferLookup> found);
  void settle_unknown(RequestRecord& request, std::span<const client::TransferLookup> found);
  void check_event(const Transfer& sent, const EventRecord& record, bool chained,
                   const client::TransferLookup& found);
  Status retry(RequestRecord& request);
  Status retry_update();
  std::vector<usize> holds_to_look_up(const RecordedBooks& books);
  Result<std::vector<client::TransferLookup>> look_up_holds(const RecordedBooks& books,
                                                            const std::vector<usize>& holds);
  Result<Reading> read_at_one_moment(const RecordedBooks& books);
  void check_holds(RecordedBooks& books, const Reading& reading);
  void check_account(const ledger::Account& planned, const std::optional<ledger::Account>& found,
                     const RecordedBooks::Counters& expected);
  void check_trial_balance(const RecordedBooks& books, const client::TrialBalance& found);
  StreamRecord& stream_of(const RequestRecord& request) {
    return load_.streams()[request.planned.stream];
  }
  void problem(std::string text) { load_.problems().add(std::move(text)); }

  RecordedLoad& load_;
  client::Client& client_;
  Random& random_;
  VerificationFigures figures_;
  std::vector<Transfer> events_;          // Of the request at hand.
  std::vector<RequestRecord*> to_retry_;  // Those that had no answer.
};

std::vector<RequestRecord*> Verifier::requests_to_check(VerificationScope scope) {
  std::vector<RequestRecord*> chosen;
  for (StreamRecord& stream : load_.streams()) {
    for (RequestRecord& request : stream.requests) {
      const bool recent = !request.verified;
      const bool sampled = random_.below(stream.requests.size()) < kSampledRequests;
      if (scope == VerificationScope::All || recent || sampled) chosen.push_back(&request);
    }
  }
  return chosen;
}

Status Verifier::check_transfers(VerificationScope scope) {
  const std::vector<RequestRecord*> chosen = requests_to_check(scope);
  usize begin = 0;
  while (begin < chosen.size()) {
    usize end = begin;
    usize ids = 0;
    while (end < chosen.size() &&
           (end == begin || ids + chosen[end]->planned.count <= kLookupIdsMax)) {
      ids += chosen[end++]->planned.count;
    }
    RETURN_IF_ERROR(check_batch(std::span(chosen).subspan(begin, end - begin)));
    begin = end;
  }
  return {};
}

Status Verifier::check_batch(std::span<RequestRecord* const> batch) {
  std::vector<u128> ids;
  for (const RequestRecord* request : batch) {
    for (u32 i = 0; i < request->planned.count; ++i) {
      ids.push_back(LoadPlan::transfer_id(request->planned.stream, request->planned.first + i));
    }
  }
  const auto answer = client_.lookup_transfers(ids);
  if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
  usize at = 0;
  for (RequestRecord* request : batch) {
    load_.plan().make_request(request->planned, events_);
    check_request(*request, std::span(answer->transfers).subspan(at, request->planned.count));
    at += request->planned.count;
  }
  return {};
}

void Verifier::check_request(RequestRecord& request,
                             std::span<const client::TransferLookup> found) {
  request.verified = true;
  if (request.state == RequestState::Unknown) settle_unknown(request, found);
  for (usize i = 0; i < found.size(); ++i) {
    ++figures_.transfers_checked;
    if (request.state == RequestState::Absent) {
      if (found[i].outcome() == TransferOutcome::Undecided) continue;
      problem(fmt::format("transfer {} is there, though its request did not happen",
                          florin::to_decimal(events_[i].id)));
    } else {
      check_event(events_[i], stream_of(request).events[request.planned.first + i],
                  in_chain(events_, i), found[i]);
    }
  }
}

// The first event stands alone, so that it was decided if and only if the request was.
void Verifier::settle_unknown(RequestRecord& request,
                              std::span<const client::TransferLookup> found) {
  to_retry_.push_back(&request);
  if (found[0].outcome() == TransferOutcome::Undecided) {
    request.state = RequestState::Absent;
    ++figures_.requests_absent;
    return;
  }
  request.state = RequestState::Acknowledged;
  ++figures_.requests_found;
  for (usize i = 0; i < found.size(); ++i) {
    EventRecord& record = stream_of(request).events[request.planned.first + i];
    record.outcome = found[i].outcome();
    if (found[i].transfer) record.timestamp = {found[i].transfer->timestamp};
    const bool follows_linked =
        i > 0 && (events_[i - 1].flags & ledger::transfer_flags::kLinked) != 0;
    const bool created = found[i].outcome() == TransferOutcome::Created;
    if (follows_linked && created != (found[i - 1].outcome() == TransferOutcome::Created)) {
      problem(fmt::format("the chain with transfer {} took effect in part",
                          florin::to_decimal(events_[i].id)));
    }
  }
}

void Verifier::check_event(const Transfer& sent, const EventRecord& record, bool chained,
                           const client::TransferLookup& found) {
  const std::string id = florin::to_decimal(sent.id);
  if (record.outcome != TransferOutcome::Created) {
    // A final refusal leaves no trace.
    const TransferOutcome kept_outcome =
        ledger::is_transient(record.outcome) ? record.outcome : TransferOutcome::Undecided;
    const bool same = record.outcome == TransferOutcome::IdAlreadyFailed
                          ? found.outcome() != TransferOutcome::Undecided
                          : found.outcome() == kept_outcome;
    if (found.transfer || found.outcome() == TransferOutcome::Created || (!chained && !same)) {
      problem(fmt::format("transfer {} was answered {} and is {}", id, ledger::name(record.outcome),
                          ledger::name(found.outcome())));
    }
    return;
  }
  if (!found.transfer || found.outcome() != TransferOutcome::Created) {
    problem(fmt::format("LOST: transfer {} was acknowledged and is not there", id));
    return;
  }
  const Transfer& kept = *found.transfer;
  Transfer expected = load_.plan().stored_form(sent);
  expected.timestamp = kept.timestamp;
  if (sent.amount == ledger::kAmountMax) expected.amount = kept.amount;  // The sums tell.
  const bool same = std::memcmp(&expected, &kept, sizeof kept) == 0;
  if (!same) problem(fmt::format("transfer {} is not what was sent", id));
  if (kept.timestamp != record.timestamp.ns) {
    problem(fmt::format("transfer {} was acknowledged at {} and is stored at {}", id,
                        record.timestamp.ns, kept.timestamp));
  }
}

Status Verifier::check_retries() {
  for (usize i = 0; i < kRetriedRequests; ++i) {
    StreamRecord& stream = load_.streams()[random_.below(load_.streams().size())];
    if (stream.requests.empty()) continue;
    to_retry_.push_back(&stream.requests[random_.below(stream.requests.size())]);
  }
  for (RequestRecord* request : to_retry_) RETURN_IF_ERROR(retry(*request));
  for (usize i = 0; i < kRetriedUpdates; ++i) RETURN_IF_ERROR(retry_update());
  return {};
}

Status Verifier::retry(RequestRecord& request) {
  load_.plan().make_request(request.planned, events_);
  const auto answer = client_.create_transfers(events_);
  if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
  ++figures_.requests_retried;
  if (request.state == RequestState::Acknowledged) {
    check_retry(events_, request, *answer, stream_of(request), load_.problems());
    return {};
  }
  if (answer->results[0].outcome == TransferOutcome::Exists ||
      answer->results[0].outcome == TransferOutcome::IdAlreadyFailed) {
    problem(fmt::format("transfer {} was not there, and yet it is known when sent again",
                        florin::to_decimal(events_[0].id)));
  }
  request.state = RequestState::Acknowledged;
  record_answer(request, *answer, stream_of(request));
  return {};
}

Status Verifier::retry_update() {
  const u32 stream = static_cast<u32>(random_.below(load_.streams().size()));
  const std::vector<UpdateRecord>& updates = load_.streams()[stream].updates;
  if (updates.empty()) return {};
  const u64 number = random_.below(updates.size());
  if (updates[number].state != RequestState::Acknowledged) return {};
  const ledger::AccountUpdate update = load_.plan().make_update(stream, number);
  const auto answer = client_.update_accounts({&update, 1});
  if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
  const client::UpdateResult& result = answer->results[0];
  if (result.outcome != ledger::UpdateOutcome::Exists ||
      result.timestamp != updates[number].timestamp) {
    problem(fmt::format("update {} answered {} when sent again", florin::to_decimal(update.id),
                        ledger::name(result.outcome)));
  }
  return {};
}

// Those that are open, and some of the others.
std::vector<usize> Verifier::holds_to_look_up(const RecordedBooks& books) {
  std::vector<usize> chosen;
  for (usize i = 0; i < books.holds().size(); ++i) {
    const bool open = books.holds()[i].status == ledger::PendingStatus::Pending;
    if (open || random_.below(books.holds().size()) < kClosedHoldsSampled) chosen.push_back(i);
  }
  return chosen;
}

Result<std::vector<client::TransferLookup>> Verifier::look_up_holds(
    const RecordedBooks& books, const std::vector<usize>& holds) {
  std::vector<client::TransferLookup> statuses;
  for (usize begin = 0; begin < holds.size(); begin += kLookupIdsMax) {
    std::vector<u128> ids;
    for (usize i = begin; i < std::min(begin + kLookupIdsMax, holds.size()); ++i) {
      ids.push_back(books.holds()[holds[i]].event.id);
    }
    auto answer = client_.lookup_transfers(ids);
    if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
    statuses.insert(statuses.end(), answer->transfers.begin(), answer->transfers.end());
  }
  return statuses;
}

// Holds may expire between two questions: asked until the answers before and after are the same.
Result<Verifier::Reading> Verifier::read_at_one_moment(const RecordedBooks& books) {
  Reading reading;
  reading.holds = holds_to_look_up(books);
  std::vector<u128> ids;
  for (const ledger::Account& account : load_.plan().accounts()) ids.push_back(account.id);
  for (usize attempt = 0; attempt < kReadingsMax; ++attempt) {
    auto before = look_up_holds(books, reading.holds);
    RETURN_IF_ERROR(before);
    auto accounts = client_.lookup_accounts(ids);
    if (!accounts) return tl::unexpected<Error>(error_of(accounts.error()));
    auto limits = client_.lookup_limits(ids);
    if (!limits) return tl::unexpected<Error>(error_of(limits.error()));
    auto trial_balance = client_.get_trial_balance({.ledger_min = 0, .limit = 100});
    if (!trial_balance) return tl::unexpected<Error>(error_of(trial_balance.error()));
    auto after = look_up_holds(books, reading.holds);
    RETURN_IF_ERROR(after);
    const bool same = std::equal(
        before->begin(), before->end(), after->begin(), [](const auto& one, const auto& other) {
          return std::memcmp(&one.status, &other.status, sizeof one.status) == 0;
        });
    if (!same) continue;
    reading.statuses = std::move(*after);
    reading.accounts = std::move(*accounts);
    reading.limits = std::move(*limits);
    reading.trial_balance = std::move(*trial_balance);
    return reading;
  }
  return fail(ErrorCode::Timeout, "holds expire faster than the books can be read");
}

void Verifier::check_holds(RecordedBooks& books, const Reading& reading) {
  for (usize i = 0; i < reading.holds.size(); ++i) {
    const RecordedHold& hold = books.holds()[reading.holds[i]];
    const ledger::TransferStatus& status = reading.statuses[i].status;
    const auto found = static_cast<ledger::PendingStatus>(status.pending_status);
    const bool may_expire =
        hold.status == ledger::PendingStatus::Pending && hold.event.timeout != 0;
    if (found == ledger::PendingStatus::Expired && may_expire) books.expire(reading.holds[i]);
    if (found == hold.status && status.remaining == hold.remaining) continue;
    problem(fmt::format("hold {} has status {} with {} left; its captures make it {} with {}",
                        florin::to_decimal(hold.event.id), static_cast<u32>(found),
                        florin::to_decimal(status.remaining), static_cast<u32>(hold.status),
                        florin::to_decimal(hold.remaining)));
  }
}

void Verifier::check_account(const ledger::Account& planned,
                             const std::optional<ledger::Account>& found,
                             const RecordedBooks::Counters& expected) {
  const std::string id = florin::to_decimal(planned.id);
  if (!found) return problem(fmt::format("LOST: account {} is not there", id));
  if (found->debits_posted != expected.debits_posted ||
      found->credits_posted != expected.credits_posted) {
    problem(fmt::format(
        "account {} has debits {} and credits {}; its transfers make {} and {}", id,
        florin::to_decimal(found->debits_posted), florin::to_decimal(found->credits_posted),
        florin::to_decimal(expected.debits_posted), florin::to_decimal(expected.credits_posted)));
  }
  if (found->debits_pending != expected.debits_pending ||
      found->credits_pending != expected.credits_pending) {
    problem(fmt::format(
        "account {} holds {} and {}; its open holds make {} and {}", id,
        florin::to_decimal(found->debits_pending), florin::to_decimal(found->credits_pending),
        florin::to_decimal(expected.debits_pending), florin::to_decimal(expected.credits_pending)));
  }
  const bool limited = (planned.flags & ledger::account_flags::kDebitsMustNotExceedCredits) != 0;
  if (limited && found->debits_posted + found->debits_pending >
                     found->credits_posted + LoadPlan::kOverdraftMax) {
    problem(fmt::format("account {} is overdrawn, which its flags forbid", id));
  }
}

Status Verifier::check_balances() {
  RETURN_IF_ERROR(check_update_history(load_, client_));
  RecordedBooks books(load_.plan(), load_.streams());
  const auto reading = read_at_one_moment(books);
  RETURN_IF_ERROR(reading);
  check_holds(books, *reading);
  for (usize i = 0; i < books.counters().size(); ++i) {
    check_account(load_.plan().accounts()[i], reading->accounts.accounts[i], books.counters()[i]);
  }
  check_updated_accounts(load_, reading->accounts.accounts, reading->limits.limits);
  check_trial_balance(books, reading->trial_balance);
  return {};
}

void Verifier::check_trial_balance(const RecordedBooks& books, const client::TrialBalance& found) {
  for (const ledger::LedgerTotals& line : found.lines) {
    u64 accounts = 0;
    ledger::WideSum posted;
    for (usize i = 0; i < books.counters().size(); ++i) {
      if (load_.plan().accounts()[i].ledger != line.ledger) continue;
      ++accounts;
      posted.add(books.counters()[i].debits_posted);
    }
    const bool balanced =
        line.debits_posted == line.credits_posted && line.debits_pending == line.credits_pending;
    if (!balanced)
      problem(fmt::format("the trial balance of ledger {} does not balance", line.ledger));
    if (accounts != 0 && accounts != line.accounts) {
      problem(fmt::format("ledger {} has {} accounts; {} were acknowledged", line.ledger,
                          line.accounts, accounts));
    }
    if (accounts != 0 && !(line.debits_posted == posted)) {
      problem(fmt::format("ledger {} sums to {}; its transfers make {}", line.ledger,
                          to_decimal(line.debits_posted), to_decimal(posted)));
    }
  }
}

}  // namespace

Result<VerificationFigures> verify(RecordedLoad& load, client::Client& client,
                                   VerificationScope scope, Random& random) {
  Verifier verifier(load, client, random);
  RETURN_IF_ERROR(verifier.check_transfers(scope));
  RETURN_IF_ERROR(verifier.check_balances());
  RETURN_IF_ERROR(verifier.check_retries());
  RETURN_IF_ERROR(verifier.check_balances());
  return verifier.figures();
}

}  // namespace florin::cli
