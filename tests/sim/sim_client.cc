#include "tests/sim/sim_client.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"

namespace florin::test {

using ledger::Operation;
using ledger::RefusalCode;

namespace {

void encode(const ledger::Request& request, protocol::RequestLabel label,
            protocol::ByteBuffer& out) {
  switch (request.operation) {
    case Operation::CreateAccounts:
      return protocol::encode_create_accounts(label, request.account_events(), out);
    case Operation::CreateTransfers:
      return protocol::encode_create_transfers(
          label, request.transfer_events(),
          {request.all_conditions(), request.dry_run, request.wants_balances}, out);
    case Operation::UpdateAccounts:
      return protocol::encode_update_accounts(label, request.update_events(), out);
    case Operation::LookupAccounts:
      return protocol::encode_lookup_accounts(label, request.ids(), out);
    case Operation::LookupTransfers:
      return protocol::encode_lookup_transfers(label, request.ids(), out);
    case Operation::LookupLimits: return protocol::encode_lookup_limits(label, request.ids(), out);
    case Operation::QueryAccounts:
    case Operation::QueryTransfers:
    case Operation::GetAccountChanges:
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetChangeEvents:
    case Operation::GetStatement:
      return protocol::encode_query(request.operation, label, request.filter, out);
    case Operation::GetBalanceAt:
      return protocol::encode_get_balance_at(label, request.ids(),
                                             Timestamp{request.filter.timestamp_max}, out);
    case Operation::GetTrialBalance:
      return protocol::encode_get_trial_balance(label, request.trial_balance_filter, out);
    case Operation::Tick: break;
  }
  CHECK(false);
}

// The same ids, but one transfer says something else.
OwnedRequest with_other_content(const OwnedRequest& asked, Random& random) {
  const ledger::Request& request = asked.request();
  if (request.operation != Operation::CreateTransfers || request.event_count == 0) {
    return asked.ask_again();
  }
  std::vector<ledger::Transfer> events(request.transfer_events().begin(),
                                       request.transfer_events().end());
  ledger::Transfer& changed = events[random.below(events.size())];
  if (random.chance(1, 2)) {
    changed.amount += 1;
  } else {
    changed.user_data_64 ^= 1;
  }
  return OwnedRequest::create_transfers(events, request.all_conditions());
}

}  // namespace

void SimClient::step() {
  if (!link_ || link_->cut || (link_->server_closed && link_->to_client.size() == 0)) {
    if (link_ && link_->server_closed) world_.exercises.count(Exercise::ClosedByServer);
    lose_link();
    open_link();
    return;
  }
  disturb_link();
  if (link_->cut) return;
  if (silent_steps_ > 0) {
    --silent_steps_;
    return;
  }
  if (random_.chance(1, 2)) {
    send();
  } else {
    receive();
  }
}

void SimClient::disturb_link() {
  const Scenario& scenario = world_.scenario;
  if (!world_.faults) return;
  if (scenario.cut_links && random_.chance(1, 400)) {
    link_->cut = true;
    world_.exercises.count(Exercise::CutLinks);
    if (received_.size() != 0 || !unsent_.empty()) {
      world_.exercises.count(Exercise::HalfFramesCut);
    }
  }
  if (scenario.cut_links && !link_->client_closed && unsent_.empty() && random_.chance(1, 1'000)) {
    link_->client_closed = true;
    world_.exercises.count(Exercise::HalfClosed);
  }
  if (scenario.stalls && random_.chance(1, 400)) {
    link_->stalled_steps = random_.between(1, 2'000);
    world_.exercises.count(Exercise::Stalls);
  }
  if (scenario.slow_readers && random_.chance(1, 200)) {
    silent_steps_ = random_.between(1, 1'000);
    world_.exercises.count(Exercise::SlowReaders);
  }
}

void SimClient::lose_link() {
  link_.reset();
  received_.clear();
  unsent_.clear();
  silent_steps_ = 0;
  retry_unanswered();
}

void SimClient::forget_requests() {
  lose_link();
  retries_.clear();
}

// Whether they happened, the client cannot know: asking again is safe, and with another content it
// must be refused.
void SimClient::retry_unanswered() {
  following_ = false;
  for (const Sent& sent : unanswered_) {
    if (sent.request.request().operation == Operation::GetChangeEvents) continue;
    // Now and then it loses interest; but without accounts nothing else would come to pass.
    const bool wants = sent.request.request().operation == Operation::CreateAccounts;
    if (!wants && random_.chance(1, 10)) continue;
    if (world_.scenario.changed_retries && random_.chance(1, 4)) {
      retries_.push_back(with_other_content(sent.request, random_));
      world_.exercises.count(Exercise::RetriesOther);
    } else {
      retries_.push_back(sent.request.ask_again());
      world_.exercises.count(Exercise::RetriesSame);
    }
  }
  unanswered_.clear();
}

void SimClient::open_link() {
  link_ = world_.connect();
  if (!link_) return;
  if (connected_before_) world_.exercises.count(Exercise::Reconnections);
  connected_before_ = true;
  protocol::ByteBuffer out;
  if (witness_.position.value != 0) {
    witness_number_ = ++number_;
    protocol::encode_present_witness({number_, 0}, witness_, out);
  } else {
    protocol::encode_ping({++number_, 0}, out);
  }
  unsent_.assign(out.bytes().begin(), out.bytes().end());
}

void SimClient::send() {
  if (link_->client_closed) return;
  if (unsent_.empty()) encode_next();
  if (unsent_.empty()) return;
  const usize sent = link_->to_server.write(unsent_, random_);
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void SimClient::encode_next() {
  if (unanswered_.size() >= world_.scenario.client_requests_in_flight) return;
  protocol::ByteBuffer out;
  if (random_.chance(1, 20)) {
    protocol::encode_ping({++number_, 0}, out);
  } else if (random_.chance(1, 200)) {
    protocol::encode_take_snapshot({++number_, 0}, out);
  } else if (!retries_.empty() && random_.chance(2, 3)) {
    unanswered_.push_back({++number_, std::move(retries_.front())});
    retries_.pop_front();
    encode(unanswered_.back().request.request(), {number_, 0}, out);
  } else if (world_.scenario.history && world_.requests_left > 0 && random_.chance(1, 5)) {
    unanswered_.push_back({++number_, ask_past()});
    encode(unanswered_.back().request.request(), {number_, random_.next()}, out);
  } else if (world_.requests_left > 0) {
    --world_.requests_left;
    unanswered_.push_back({++number_, world_.generator.next()});
    world_.pass_time(world_.generator.pause_ns());
    encode(unanswered_.back().request.request(), {number_, random_.next()}, out);
  }
  unsent_.assign(out.bytes().begin(), out.bytes().end());
}

OwnedRequest SimClient::ask_past() {
  if (!following_ && random_.chance(1, 2)) return follow_changes();
  if (!listings_.empty() && random_.chance(1, 2)) {
    OwnedRequest next = std::move(listings_.front());
    listings_.pop_front();
    return next;
  }
  switch (random_.below(6)) {
    case 0: return list_past(Operation::GetAccountTransfers);
    case 1: return list_past(Operation::GetAccountBalances);
    case 2: return list_past(Operation::QueryTransfers);
    case 3: return balance_at();
    case 4: return statement();
  }
  const auto& ids = world_.generator.transfer_ids();
  std::vector<u128> asked;
  for (u64 count = ids.empty() ? 0 : random_.between(1, 8); count > 0; --count) {
    asked.push_back(ids[random_.below(ids.size())]);
  }
  return asked.empty() ? balance_at() : OwnedRequest::lookup_transfers(asked);
}

// Everything, refusals too, from where the last page ended; never two pages at once.
OwnedRequest SimClient::follow_changes() {
  ledger::QueryFilter filter;
  filter.limit = 1 + static_cast<u32>(random_.below(120));
  filter.kinds = ledger::kChangeKindsDefined;
  filter.cursor.next = shown_until_.position;
  filter.cursor.index = shown_until_.index;
  if (random_.chance(1, 4)) filter.wait_ms = static_cast<u32>(random_.between(1, 20));
  following_ = true;
  return OwnedRequest::get_change_events(filter);
}

OwnedRequest SimClient::list_past(Operation operation) {
  const auto& accounts = world_.generator.account_ids();
  ledger::QueryFilter filter;
  filter.limit = 1 + static_cast<u32>(random_.below(30));
  if (random_.chance(1, 2)) filter.flags |= ledger::QueryFilter::kNewestFirst;
  if (random_.chance(1, 3)) filter.timestamp_min = world_.generator.meant_time().ns / 2;
  if (random_.chance(1, 3)) filter.timestamp_max = world_.generator.meant_time().ns;
  if (operation == Operation::QueryTransfers) return OwnedRequest::query_transfers(filter);
  filter.account_id = accounts.empty() ? 1 : accounts[random_.below(accounts.size())];
  return operation == Operation::GetAccountTransfers ? OwnedRequest::get_account_transfers(filter)
                                                     : OwnedRequest::get_account_balances(filter);
}

OwnedRequest SimClient::statement() {
  const auto& accounts = world_.generator.account_ids();
  const u64 now = std::max<u64>(world_.generator.meant_time().ns, 1);
  ledger::QueryFilter filter;
  filter.account_id = accounts.empty() ? 1 : accounts[random_.below(accounts.size())];
  filter.limit = 1 + static_cast<u32>(random_.below(30));
  filter.timestamp_max = now - std::min(now / 2, random_.below(u64{1} << random_.below(44)));
  filter.timestamp_min = random_.between(1, filter.timestamp_max);
  if (random_.chance(1, 2)) filter.flags = ledger::QueryFilter::kHolds;
  return OwnedRequest::get_statement(filter);
}

OwnedRequest SimClient::balance_at() {
  const auto& accounts = world_.generator.account_ids();
  std::vector<u128> asked = {1};
  for (u64 count = accounts.empty() ? 0 : random_.below(6); count > 0; --count) {
    asked.push_back(accounts[random_.below(accounts.size())]);
  }
  const u64 newest = world_.generator.meant_time().ns;
  const u64 ago = random_.below(u64{1} << random_.below(44));
  return OwnedRequest::get_balance_at(asked, Timestamp{newest - std::min(newest / 2, ago)});
}

// The place behind the last change of a page is where the next one begins.
void SimClient::take_changes(const protocol::Reply& reply) {
  following_ = false;
  for (const ledger::ChangeEvent& event : reply.change_events) {
    shown_.push_back({event.position, event.index});
  }
  shown_until_ = {reply.next_cursor.next, static_cast<u32>(reply.next_cursor.index)};
}

void SimClient::take_page(const protocol::Reply& reply, ledger::Request& asked) {
  if (!reply.more || listings_.size() >= 8) return;
  ledger::QueryFilter filter = asked.filter;
  filter.cursor = reply.next_cursor;
  if (asked.operation == Operation::GetAccountTransfers) {
    listings_.push_back(OwnedRequest::get_account_transfers(filter));
  } else if (asked.operation == Operation::GetAccountBalances) {
    listings_.push_back(OwnedRequest::get_account_balances(filter));
  } else if (asked.operation == Operation::GetStatement) {
    listings_.push_back(OwnedRequest::get_statement(filter));
  } else if (asked.operation == Operation::QueryTransfers) {
    listings_.push_back(OwnedRequest::query_transfers(filter));
  }
}

void SimClient::receive() {
  std::array<std::byte, 4096> bytes;
  const usize count = link_->to_client.read(bytes, random_);
  received_.append(std::span(bytes).first(count));
  while (link_ && take_frame()) {
  }
}

bool SimClient::take_frame() {
  if (received_.size() < protocol::kFrameHeaderBytes) return false;
  const auto header = protocol::parse_header(received_.bytes().first<protocol::kFrameHeaderBytes>(),
                                             protocol::kReplyFrameBytesMax);
  if (!header) {
    world_.fail("a client received what is no frame: " + header.error().message);
    return false;
  }
  const usize bytes = protocol::frame_bytes(*header);
  if (received_.size() < bytes) return false;
  const std::vector<std::byte> frame(received_.data(), received_.data() + bytes);
  if (!protocol::verify_frame(received_.bytes().first(bytes))) {
    world_.fail("a client received a frame with another checksum");
    return false;
  }
  take_reply(header->request_number, frame);
  if (link_) received_.drop_front(bytes);
  return true;
}

void SimClient::take_reply(u64 number, std::span<const std::byte> frame) {
  const auto body = received_.bytes().subspan(protocol::kFrameHeaderBytes,
                                              frame.size() - protocol::kFrameHeaderBytes);
  const auto reply = protocol::decode_reply(body);
  if (!reply) return world_.fail("a client cannot read a reply: " + reply.error().message);
  world_.trace.note("received", {number, frame.size(), reply->position.value});
  if (reply->kind == protocol::ReplyKind::ServerInfo) {
    const protocol::ServerInfo& info = reply->server_info;
    if (info.durable_position < witness_.position) {
      return world_.fail(fmt::format("a client that saw position {} is told {}",
                                     witness_.position.value, info.durable_position.value));
    }
    if (number == witness_number_) world_.exercises.count(Exercise::WitnessesAccepted);
    witness_ = {info.durable_position, info.durable_chain};
    return;
  }
  const auto answer = link_->answers.find(number);
  if (answer != link_->answers.end()) {
    if (!std::ranges::equal(answer->second, frame)) {
      return world_.fail(fmt::format("the reply to request {} is not what was answered", number));
    }
    link_->answers.erase(answer);
  } else if (reply->kind != protocol::ReplyKind::Error) {
    return world_.fail(fmt::format("a reply to request {}, which was not answered", number));
  }
  const bool is_write = reply->kind == protocol::ReplyKind::Write;
  if (is_write) ++world_.writes_accepted;
  if (reply->position > witness_.position) witness_ = {reply->position, 0};
  if (is_write && world_.space_was_short) {
    world_.space_was_short = false;
    world_.exercises.count(Exercise::WritesAfterFullDisk);
  }
  if (reply->kind == protocol::ReplyKind::Error) take_error(number, *reply);
  if (reply->kind == protocol::ReplyKind::ChangeEvents) take_changes(*reply);
  const auto sent = std::ranges::find(unanswered_, number, &Sent::number);
  if (sent != unanswered_.end() && world_.scenario.history) {
    take_page(*reply, sent->request.request());
  }
  if (sent != unanswered_.end()) unanswered_.erase(sent);
}

void SimClient::take_error(u64 number, const protocol::Reply& reply) {
  switch (reply.refusal) {
    case RefusalCode::BehindWitness:
    case RefusalCode::DiffersFromWitness:
      world_.exercises.count(Exercise::WitnessesRefused);
      world_.witness_refused = true;
      if (!world_.something_lost) {
        world_.fail(
            fmt::format("a client that saw position {} was refused ({}), though nothing "
                        "was lost",
                        witness_.position.value, name(reply.refusal)));
      }
      return;
    case RefusalCode::NoSpace:
      world_.exercises.count(Exercise::RefusalsForSpace);
      world_.space_was_short = true;
      [[fallthrough]];
    case RefusalCode::ShuttingDown:
    case RefusalCode::Busy:
    case RefusalCode::HistoryFailed: {
      const auto sent = std::ranges::find(unanswered_, number, &Sent::number);
      if (sent == unanswered_.end()) return;
      const bool follows = sent->request.request().operation == Operation::GetChangeEvents;
      if (follows) following_ = false;
      if (!follows) retries_.push_back(std::move(sent->request));
      return;
    }
    case RefusalCode::Capacity:
    case RefusalCode::InvalidCondition:
    case RefusalCode::InvalidFilter:
    case RefusalCode::TooManyEvents:
    case RefusalCode::EmptyRequest: return;
    case RefusalCode::None:
    case RefusalCode::BadFrame:
    case RefusalCode::UnsupportedVersion:
    case RefusalCode::FrameTooLarge:
    case RefusalCode::BadChecksum:
    case RefusalCode::MalformedMessage:
    case RefusalCode::UnknownRequest:
    case RefusalCode::TooManyConnections:
    case RefusalCode::HistoryOff: break;
  }
  world_.fail(fmt::format("request {} was refused: {}: {}", number, name(reply.refusal),
                          reply.refusal_message));
}

}  // namespace florin::test
