#include "engine/account_rules.h"

#include "engine/planted.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::AccountUpdate;
using ledger::UpdateOutcome;
namespace account_flags = ledger::account_flags;
namespace changes = ledger::account_changes;

namespace {

constexpr u32 kUserDataChanges =
    changes::kSetUserData128 | changes::kSetUserData64 | changes::kSetUserData32;

}  // namespace

AccountOutcome AccountRules::create(const Block& block, u32 item, const BlockRequest& request) {
  const ItemWork& work = block.work[item];
  const auto shape = static_cast<AccountOutcome>(work.shape);
  if (shape != AccountOutcome::Undecided && ledger::precedes_exists(shape)) return shape;
  const AccountOutcome exists = existing_account(block, item);
  if (exists != AccountOutcome::Undecided) return exists;
  if (shape != AccountOutcome::Undecided) return shape;
  const Account& event = block.account(item);
  if (request.imported && event.timestamp <= books_.last_account_timestamp) {
    return AccountOutcome::ImportedEventTimestampMustNotRegress;
  }

  AccountState state{};
  state.id = event.id;
  state.ledger = event.ledger;
  state.flags = event.flags;
  state.status = AccountState::status_of(event.flags);
  books_.add_account(work.debit, state,
                     stored_timestamp(event, request.imported, request.timestamp_of(item)));
  if (!work.reserved) {
    Account& record = books_.tables.accounts[work.debit];
    record.user_data_128 = event.user_data_128;
    record.user_data_64 = event.user_data_64;
    record.user_data_32 = event.user_data_32;
    record.ledger = event.ledger;
    record.code = event.code;
    record.flags = event.flags;
  }
  return AccountOutcome::Created;
}

AccountOutcome AccountRules::existing_account(const Block& block, u32 item) const {
  const u32 slot = block.work[item].debit;
  if (!books_.account_exists(slot)) return AccountOutcome::Undecided;
  return ledger::compare_with_existing(block.account(item), creation_of(slot));
}

// The owner changes user data of its record only after an update, and then it is kept here.
ledger::AccountCreation AccountRules::creation_of(u32 account) const {
  const AccountState& state = books_.account(account);
  if ((state.status & AccountState::kChanged) != 0 && !planted(Defect::ExistsComparesNewUserData)) {
    return *books_.updates.creation(account);
  }
  const Account& record = books_.tables.accounts[account];
  return {record.user_data_128, record.user_data_64, record.user_data_32,
          state.ledger,         record.code,         state.flags};
}

UpdateOutcome AccountRules::update(const Block& block, u32 item, const BlockRequest& request,
                                   bool in_chain) {
  const ItemWork& work = block.work[item];
  const AccountUpdate& event = block.update(item);
  const auto shape = static_cast<UpdateOutcome>(work.shape);
  if (shape != UpdateOutcome::Undecided && ledger::precedes_exists(shape)) return shape;
  const UpdateOutcome exists = existing_update(event);
  if (exists != UpdateOutcome::Undecided) return exists;
  if (shape != UpdateOutcome::Undecided) return shape;
  if (!books_.account_exists(work.debit)) {
    if (!in_chain) consume(event, UpdateOutcome::AccountNotFound);
    return UpdateOutcome::AccountNotFound;
  }

  const u64 timestamp = request.timestamp_of(item);
  apply(event, work.debit, timestamp);
  ledger::AccountChange change{};
  change.update = event;
  change.update.timestamp = timestamp;
  change.trace_id = request.request->trace_id;
  change.principal = request.request->principal;
  books_.updates.add(change);
  books_.undo.add(undo::NewUpdate{event.id});
  Effect effect;
  effect.kind = Effect::Kind::Update;
  effect.item = item;
  effect.account = work.debit;
  books_.add_effect(virtual_slot(event.account_id), effect);
  return UpdateOutcome::Created;
}

void AccountRules::consume(const AccountUpdate& update, UpdateOutcome outcome) {
  books_.updates.consume(update.id, outcome);
  books_.undo.add(undo::NewUpdate{update.id});
}

UpdateOutcome AccountRules::existing_update(const AccountUpdate& update) const {
  const UpdateOutcome outcome = books_.updates.outcome(update.id);
  if (outcome == UpdateOutcome::Undecided) return outcome;
  if (outcome != UpdateOutcome::Created) return UpdateOutcome::IdAlreadyFailed;
  return ledger::compare_with_existing(update, books_.updates.find(update.id)->update);
}

void AccountRules::apply(const AccountUpdate& update, u32 account, u64 timestamp) {
  if ((update.changes & kUserDataChanges) != 0 &&
      (books_.account(account).status & AccountState::kChanged) == 0) {
    books_.updates.keep_creation(account, creation_of(account));
    books_.change_status(account, AccountState::kChanged, 0);
  }
  const auto freeze = [&](u32 freezes, u32 unfreezes, u16 bit) {
    if ((update.changes & freezes) != 0) books_.change_status(account, bit, 0);
    if ((update.changes & unfreezes) != 0) books_.change_status(account, 0, bit);
  };
  freeze(changes::kFreezeDebits, changes::kUnfreezeDebits, AccountState::kFrozenDebits);
  freeze(changes::kFreezeCredits, changes::kUnfreezeCredits, AccountState::kFrozenCredits);
  if (!changes_limits(update)) return;
  if (books_.undo.active()) {
    books_.undo.add(
        undo::Limits{std::make_unique<LimitBook::Before>(books_.limits.before(account))});
  }
  books_.cut.before_limits(account);
  books_.limits.update(account, update, timestamp);
}

}  // namespace florin::engine
