// The checks of replies, and the copying of what they carry.
#include "client/answer_reading.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::client {
namespace {

using protocol::Reply;
using protocol::ReplyKind;

tl::unexpected<ClientError> does_not_fit(std::string_view why) {
  return tl::unexpected(ClientError{ClientError::Effect::NotKnown, ErrorCode::Protocol,
                                    ledger::RefusalCode::None,
                                    fmt::format("the server's reply does not fit: {}", why)});
}

std::optional<ledger::AccountOutcome> outcome_of(u32 number, const AccountResult&) {
  return ledger::account_outcome(number);
}
std::optional<ledger::TransferOutcome> outcome_of(u32 number, const TransferResult&) {
  return ledger::transfer_outcome(number);
}
std::optional<ledger::UpdateOutcome> outcome_of(u32 number, const UpdateResult&) {
  return ledger::update_outcome(number);
}

// Imported events keep the timestamp that they brought.
bool is_imported(const ledger::Account& event) {
  return (event.flags & ledger::account_flags::kImported) != 0;
}
bool is_imported(const ledger::Transfer& event) {
  return (event.flags & ledger::transfer_flags::kImported) != 0;
}
bool is_imported(const ledger::AccountUpdate&) { return false; }

// Spreads a write's reply over its events: those not named were created, `step_ns` apart.
template <class Event, class Results>
Answer<void> read_results(const Reply& reply, std::span<const Event> events, u64 step_ns,
                          Results& answer) {
  using EventOutcome = typename decltype(answer.results)::value_type;
  if (reply.kind != ReplyKind::Write || reply.event_count != events.size()) {
    return does_not_fit("not an answer to as many events as were sent");
  }
  answer.position = reply.position;
  answer.results.resize(events.size());
  for (usize index = 0; index < events.size(); ++index) {
    const u64 assigned_ns = reply.timestamp.ns + index * step_ns;
    const u64 stored_ns = is_imported(events[index]) ? events[index].timestamp : assigned_ns;
    answer.results[index] = {decltype(EventOutcome::outcome)::Created, {stored_ns}};
  }
  for (const ledger::EventResult& exception : reply.exceptions) {
    const auto outcome = outcome_of(exception.outcome, EventOutcome{});
    if (exception.index >= events.size() || !outcome) {
      return does_not_fit("an event or an outcome that does not exist");
    }
    answer.results[exception.index] = {*outcome, {exception.timestamp}};
  }
  return {};
}

Answer<void> check_places(const Reply& reply, ReplyKind kind, usize found, usize asked) {
  if (reply.kind != kind) return does_not_fit("another kind of answer than was asked for");
  if (found != asked) return does_not_fit("not one entry for each id");
  return {};
}

Answer<void> check_page(const Reply& reply, ReplyKind kind, usize found, usize limit) {
  if (reply.kind != kind) return does_not_fit("another kind of answer than was asked for");
  if (found > limit) return does_not_fit("more than was asked for");
  return {};
}

Answer<void> check_statuses(std::span<const ledger::TransferStatus> statuses) {
  const bool are_known =
      std::all_of(statuses.begin(), statuses.end(), [](const ledger::TransferStatus& status) {
        return ledger::transfer_outcome(status.outcome).has_value() &&
               status.pending_status <= static_cast<u8>(ledger::PendingStatus::Expired);
      });
  if (!are_known) return does_not_fit("a status that does not exist");
  return {};
}

template <class Page>
void take_page(const Reply& reply, Page& page) {
  page.position = reply.position;
  page.next_cursor = reply.next_cursor;
  page.more = reply.more;
}

}  // namespace

Answer<void> read_answer(const Reply& reply, std::span<const ledger::Account> events,
                         AccountResults& answer) {
  return read_results(reply, events, 1, answer);
}

// The events of a dry run are all decided at one time.
Answer<void> read_answer(const Reply& reply, std::span<const ledger::Transfer> events,
                         const protocol::TransferOptions& options, TransferResults& answer) {
  const u64 step_ns = options.dry_run ? 0 : 1;
  if (auto read = read_results(reply, events, step_ns, answer); !read) return read;
  if (reply.balances.size() != (options.balances ? events.size() : 0)) {
    return does_not_fit("not the balances that were asked for");
  }
  answer.balances.assign(reply.balances.begin(), reply.balances.end());
  return {};
}

Answer<void> read_answer(const Reply& reply, std::span<const ledger::AccountUpdate> events,
                         UpdateResults& answer) {
  return read_results(reply, events, 1, answer);
}

Answer<void> read_answer(const Reply& reply, usize id_count, Accounts& answer) {
  const auto fits = check_places(reply, ReplyKind::Accounts, reply.accounts.size(), id_count);
  if (!fits) return fits;
  answer.position = reply.position;
  answer.accounts.resize(id_count);
  for (usize index = 0; index < id_count; ++index) {
    if (reply.accounts[index].id != 0) answer.accounts[index] = reply.accounts[index];
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize id_count, Transfers& answer) {
  auto fits = check_places(reply, ReplyKind::Transfers, reply.transfers.size(), id_count);
  if (fits) fits = check_statuses(reply.statuses);
  if (!fits) return fits;
  answer.position = reply.position;
  answer.transfers.resize(id_count);
  for (usize index = 0; index < id_count; ++index) {
    TransferLookup& entry = answer.transfers[index];
    entry.status = reply.statuses[index];
    if (reply.transfers[index].id != 0) entry.transfer = reply.transfers[index];
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize id_count, Limits& answer) {
  const auto fits = check_places(reply, ReplyKind::Limits, reply.limits.size(), id_count);
  if (!fits) return fits;
  answer.position = reply.position;
  answer.limits.resize(id_count);
  for (usize index = 0; index < id_count; ++index) {
    if (reply.limits[index].account_id != 0) answer.limits[index] = reply.limits[index];
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize id_count, AccountBalances& answer) {
  const auto fits =
      check_places(reply, ReplyKind::AccountBalances, reply.account_balances.size(), id_count);
  if (!fits) return fits;
  answer.position = reply.position;
  answer.balances.resize(id_count);
  for (usize index = 0; index < id_count; ++index) {
    const ledger::AccountBalance& balance = reply.account_balances[index];
    if (balance.account_id != 0) answer.balances[index] = balance;
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize limit, AccountPage& answer) {
  const auto fits = check_page(reply, ReplyKind::Accounts, reply.accounts.size(), limit);
  if (!fits) return fits;
  take_page(reply, answer);
  answer.accounts.assign(reply.accounts.begin(), reply.accounts.end());
  return {};
}

Answer<void> read_answer(const Reply& reply, usize limit, TransferPage& answer) {
  auto fits = check_page(reply, ReplyKind::Transfers, reply.transfers.size(), limit);
  if (fits) fits = check_statuses(reply.statuses);
  if (!fits) return fits;
  take_page(reply, answer);
  answer.transfers.reserve(reply.transfers.size());
  for (usize index = 0; index < reply.transfers.size(); ++index) {
    answer.transfers.push_back({reply.transfers[index], reply.statuses[index]});
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize limit, AccountChangePage& answer) {
  const auto fits = check_page(reply, ReplyKind::AccountChanges, reply.changes.size(), limit);
  if (!fits) return fits;
  take_page(reply, answer);
  answer.changes.assign(reply.changes.begin(), reply.changes.end());
  return {};
}

Answer<void> read_answer(const Reply& reply, usize limit, AccountBalancePage& answer) {
  const auto fits =
      check_page(reply, ReplyKind::AccountBalances, reply.account_balances.size(), limit);
  if (!fits) return fits;
  take_page(reply, answer);
  answer.balances.assign(reply.account_balances.begin(), reply.account_balances.end());
  return {};
}

// That each event has its object was checked when the reply was decoded.
Answer<void> read_answer(const Reply& reply, usize limit, ChangePage& answer) {
  const auto fits = check_page(reply, ReplyKind::ChangeEvents, reply.change_events.size(), limit);
  if (!fits) return fits;
  take_page(reply, answer);
  answer.events.assign(reply.change_events.begin(), reply.change_events.end());
  answer.transfers.assign(reply.transfers.begin(), reply.transfers.end());
  answer.balances.assign(reply.balances.begin(), reply.balances.end());
  answer.accounts.assign(reply.accounts.begin(), reply.accounts.end());
  answer.changes.assign(reply.changes.begin(), reply.changes.end());
  return {};
}

// That the lists fit each other was checked when the reply was decoded.
Answer<void> read_answer(const Reply& reply, usize limit, StatementPage& answer) {
  auto fits = check_page(reply, ReplyKind::Statement, reply.transfers.size(), limit);
  if (fits) fits = check_statuses(reply.statuses);
  if (!fits) return fits;
  take_page(reply, answer);
  if (reply.accounts.empty()) return {};
  answer.account = reply.accounts[0];
  answer.opening = reply.account_balances[0];
  answer.closing = reply.account_balances[1];
  const bool has_holds = !reply.statuses.empty();
  for (usize index = 0; index < reply.transfers.size(); ++index) {
    const ledger::Transfer& transfer = reply.transfers[index];
    if (has_holds) {
      answer.holds.push_back({transfer, reply.statuses[index]});
    } else {
      answer.entries.push_back({transfer, reply.account_balances[2 + index]});
    }
  }
  return {};
}

Answer<void> read_answer(const Reply& reply, usize limit, TrialBalance& answer) {
  const auto fits = check_page(reply, ReplyKind::TrialBalance, reply.totals.size(), limit);
  if (!fits) return fits;
  answer.position = reply.position;
  answer.lines.assign(reply.totals.begin(), reply.totals.end());
  answer.more = reply.more;
  return {};
}

Answer<void> read_answer(const Reply& reply, protocol::ServerInfo& answer) {
  if (reply.kind != ReplyKind::ServerInfo) {
    return does_not_fit("another kind of answer than was asked for");
  }
  answer = reply.server_info;
  return {};
}

}  // namespace florin::client
