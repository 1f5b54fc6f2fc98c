// Looks every transfer up, adds every balance up.
#include "cli/recorded_verification.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

using ledger::Transfer;
using ledger::TransferOutcome;

constexpr usize kLookupIdsMax = 4000;
constexpr usize kSampledRequests = 200;
constexpr usize kRetriedRequests = 20;

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
  struct Sums {
    u128 debits = 0;
    u128 credits = 0;
  };

  std::vector<RequestRecord*> requests_to_check(VerificationScope scope);
  Status check_batch(std::span<RequestRecord* const> batch);
  void check_request(RequestRecord& request, std::span<const client::TransferLookup> found);
  void settle_unknown(RequestRecord& request, std::span<const client::TransferLookup> found);
  void check_event(const Transfer& sent, const EventRecord& record, bool chained,
                   const client::TransferLookup& found);
  Status retry(RequestRecord& request);
  std::vector<Sums> expected_sums();
  void check_account(const ledger::Account& planned, const std::optional<ledger::Account>& found,
                     const Sums& expected);
  Status check_trial_balance(const std::vector<Sums>& expected);
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
    const bool same = record.outcome == TransferOutcome::IdAlreadyFailed
                          ? found.outcome() != TransferOutcome::Undecided
                          : found.outcome() == record.outcome;
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
  const bool same =
      kept.debit_account_id == sent.debit_account_id &&
      kept.credit_account_id == sent.credit_account_id && kept.amount == sent.amount &&
      kept.pending_id == sent.pending_id && kept.user_data_128 == sent.user_data_128 &&
      kept.user_data_64 == sent.user_data_64 && kept.user_data_32 == sent.user_data_32 &&
      kept.timeout == sent.timeout && kept.ledger == sent.ledger && kept.code == sent.code &&
      kept.flags == sent.flags && kept.id == sent.id;
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

std::vector<Verifier::Sums> Verifier::expected_sums() {
  std::vector<Sums> sums(load_.plan().accounts().size());
  for (StreamRecord& stream : load_.streams()) {
    for (const RequestRecord& request : stream.requests) {
      if (request.state == RequestState::Absent) continue;
      load_.plan().make_request(request.planned, events_);
      for (usize i = 0; i < events_.size(); ++i) {
        const EventRecord& record = stream.events[request.planned.first + i];
        if (record.outcome != TransferOutcome::Created) continue;
        sums[LoadPlan::account_index(events_[i].debit_account_id)].debits += events_[i].amount;
        sums[LoadPlan::account_index(events_[i].credit_account_id)].credits += events_[i].amount;
      }
    }
  }
  return sums;
}

void Verifier::check_account(const ledger::Account& planned,
                             const std::optional<ledger::Account>& found, const Sums& expected) {
  const std::string id = florin::to_decimal(planned.id);
  if (!found) return problem(fmt::format("LOST: account {} is not there", id));
  if (found->debits_posted != expected.debits || found->credits_posted != expected.credits ||
      found->debits_pending != 0 || found->credits_pending != 0) {
    problem(fmt::format("account {} has debits {} and credits {}; its transfers make {} and {}", id,
                        florin::to_decimal(found->debits_posted),
                        florin::to_decimal(found->credits_posted),
                        florin::to_decimal(expected.debits), florin::to_decimal(expected.credits)));
  }
  const bool limited = (planned.flags & ledger::account_flags::kDebitsMustNotExceedCredits) != 0;
  if (limited && found->debits_posted > found->credits_posted) {
    problem(fmt::format("account {} is overdrawn, which its flags forbid", id));
  }
}

Status Verifier::check_balances() {
  const std::vector<Sums> expected = expected_sums();
  std::vector<u128> ids;
  for (const ledger::Account& account : load_.plan().accounts()) ids.push_back(account.id);
  const auto answer = client_.lookup_accounts(ids);
  if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
  for (usize i = 0; i < ids.size(); ++i) {
    check_account(load_.plan().accounts()[i], answer->accounts[i], expected[i]);
  }
  return check_trial_balance(expected);
}

Status Verifier::check_trial_balance(const std::vector<Sums>& expected) {
  const auto answer = client_.get_trial_balance({.ledger_min = 0, .limit = 100});
  if (!answer) return tl::unexpected<Error>(error_of(answer.error()));
  for (const ledger::LedgerTotals& line : answer->lines) {
    u64 accounts = 0;
    ledger::WideSum posted;
    for (usize i = 0; i < expected.size(); ++i) {
      if (load_.plan().accounts()[i].ledger != line.ledger) continue;
      ++accounts;
      posted.add(expected[i].debits);
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
  return {};
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
