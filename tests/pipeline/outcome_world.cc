#include "tests/pipeline/outcome_world.h"

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"

namespace florin::test {

using pipeline::DerivedTransfer;

namespace {

Limits small_limits() {
  Limits limits;
  limits.accounts_max = 2'000;
  limits.transfers_max = 100'000;
  limits.blocks_in_flight = 2;
  return limits;
}

}  // namespace

OutcomeWorld::OutcomeWorld(u32 partitions)
    : engine_(engine::Engine::create(small_limits(), partitions, partitions + 7).value()),
      block_(small_limits(), partitions),
      composer_(engine_->tables(), true) {}

void OutcomeWorld::execute() {
  const u32 partitions = engine_->partitions();
  if (partitions == 1) {
    engine_->run_inline(block_);
  } else {
    for (u32 slice = 0; slice < partitions; ++slice) engine_->route(block_, slice);
    for (u32 owner = 0; owner < partitions; ++owner) engine_->resolve(block_, owner);
    engine_->authorise(block_);
    for (u32 owner = 0; owner < partitions; ++owner) engine_->post(block_, owner);
  }
  composer_.add(block_);
  block_.clear(++engine_sequence_);
}

pipeline::OutcomeRecord OutcomeWorld::run(std::vector<OwnedRequest>& requests, u64 time,
                                          bool divided) {
  composer_.begin(++log_sequence_, Position{position_});
  block_.clear(++engine_sequence_);
  u64 last_time = time - 1;
  for (OwnedRequest& owned : requests) {
    ledger::Request& request = owned.request();
    request.clear_answer();
    if (!block_.has_room_for(request) || (divided && block_.item_count() != 0)) execute();
    block_.add(&request, request.is_logged() ? time : last_time);
    if (!request.is_logged()) continue;
    position_ += request.event_count;
    time += request.event_count;
    last_time = time - 1;
  }
  execute();
  return composer_.finish();
}

pipeline::OutcomeRecord OutcomeWorld::run(OwnedRequest request, u64 time) {
  std::vector<OwnedRequest> requests;
  requests.push_back(std::move(request));
  return run(requests, time);
}

pipeline::OutcomeRecord OutcomeWorld::run(const std::vector<ledger::Transfer>& transfers,
                                          u64 time) {
  return run(OwnedRequest::create_transfers(transfers), time);
}

namespace {

std::string fields_of(const pipeline::Outcomes::Derived& derived) {
  const u16 fields = derived.header.fields;
  std::string text;
  const auto add = [&](u16 field, std::string_view name, u128 value) {
    if ((fields & field) != 0) text += fmt::format(" {} {}", name, to_decimal(value));
  };
  add(DerivedTransfer::kAmount, "amount", derived.amount);
  add(DerivedTransfer::kDebitAccountId, "debit", derived.debit_account_id);
  add(DerivedTransfer::kCreditAccountId, "credit", derived.credit_account_id);
  add(DerivedTransfer::kUserData128, "data128", derived.user_data_128);
  add(DerivedTransfer::kUserData64, "data64", derived.user_data_64);
  add(DerivedTransfer::kUserData32, "data32", derived.user_data_32);
  add(DerivedTransfer::kLedger, "ledger", derived.ledger);
  add(DerivedTransfer::kCode, "code", derived.header.code);
  return text;
}

}  // namespace

std::string text_of(const pipeline::OutcomeRecord& record) {
  const auto parsed = pipeline::parse_outcomes(record.header, record.content);
  if (!parsed) return parsed.error().message;
  CHECK(parsed->counts.refused == parsed->refused.size());
  std::string text;
  const auto separate = [&] { text += text.empty() ? "" : "; "; };
  for (const auto& refused : parsed->refused) {
    separate();
    text += fmt::format("refused {}:{}", refused.event, refused.outcome);
  }
  for (const auto& derived : parsed->derived) {
    separate();
    text += fmt::format("derived {}:{}", derived.header.event, fields_of(derived));
  }
  for (const auto& expired : parsed->expired) {
    separate();
    text += fmt::format("expired {}: {} by {}", expired.event, to_decimal(expired.transfer_id),
                        to_decimal(expired.released));
  }
  return text;
}

ledger::Transfer plain_transfer(u64 id) { return simple_transfer(id, 10); }

OwnedRequest four_accounts() {
  std::vector<ledger::Account> accounts;
  for (u64 id = 1; id <= 4; ++id) {
    ledger::Account account{};
    account.id = id;
    account.ledger = 1;
    account.code = 1;
    if (id == 3) account.flags = ledger::account_flags::kDebitsMustNotExceedCredits;
    accounts.push_back(account);
  }
  return OwnedRequest::create_accounts(accounts);
}

}  // namespace florin::test
