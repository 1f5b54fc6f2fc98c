// What is wrong with some events of random requests.
#include <cstring>

#include "tests/support/request_generator.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Transfer;

namespace account_flags = ledger::account_flags;
namespace account_changes = ledger::account_changes;
namespace transfer_flags = ledger::transfer_flags;

void RequestGenerator::change_field(Account& account) {
  switch (random_.below(7)) {
    case 0: account.flags ^= account_flags::kLinked; break;
    case 1: account.flags ^= account_flags::kHistory; break;
    case 2: account.user_data_128 ^= u128{1} << random_.below(128); break;
    case 3: account.user_data_64 ^= u64{1} << random_.below(64); break;
    case 4: account.user_data_32 ^= 1u << random_.below(32); break;
    // What was spoiled stays so: zero is not made good.
    case 5: account.ledger = account.ledger == 0 ? 0 : account.ledger % options_.ledgers + 1; break;
    case 6: account.code = account.code == 0 ? 0 : static_cast<u16>(account.code + 1); break;
  }
}

// Only what was stored tells whether it is the same.
void RequestGenerator::say_otherwise(Transfer& transfer) {
  const bool all = transfer.amount == kU128Max;
  switch (random_.below(6)) {
    case 0:
    case 1: transfer.amount = all ? random_.below(1000) : kU128Max; break;
    case 2: transfer.amount = 0; break;
    case 3: transfer.user_data_64 = transfer.user_data_64 == 0 ? random_.below(3) : 0; break;
    case 4: transfer.debit_account_id = transfer.credit_account_id = 0; break;
    case 5: transfer.ledger = transfer.code = 0; break;
  }
}

void RequestGenerator::change_field(Transfer& transfer) {
  constexpr u16 kInOtherWords = transfer_flags::kNamesEarlier | transfer_flags::kBalancing;
  if ((transfer.flags & kInOtherWords) != 0 && percent(60)) return say_otherwise(transfer);
  switch (random_.below(11)) {
    case 0: transfer.flags ^= transfer_flags::kLinked; break;
    case 1: transfer.pending_id = any_id(transfer_ids_); break;
    case 2: transfer.timeout ^= 1u << random_.below(32); break;
    case 3: transfer.debit_account_id = any_account_id(); break;
    case 4: transfer.credit_account_id = any_account_id(); break;
    case 5: transfer.amount ^= u128{1} << random_.below(128); break;
    case 6: transfer.user_data_128 ^= u128{1} << random_.below(128); break;
    case 7: transfer.user_data_64 ^= u64{1} << random_.below(64); break;
    case 8: transfer.user_data_32 ^= 1u << random_.below(32); break;
    case 9: transfer.ledger = static_cast<u32>(random_.below(options_.ledgers + 2)); break;
    case 10: transfer.code = static_cast<u16>(transfer.code + 1); break;
  }
}

void RequestGenerator::change_field(AccountUpdate& update) {
  switch (random_.below(8)) {
    case 0: update.flags ^= AccountUpdate::kLinked; break;
    case 1: update.account_id = any_account_id(); break;
    case 2: update.changes ^= 1u << random_.below(15); break;
    case 3: update.user_data_64 ^= 1; break;
    case 4: update.overdraft_limit ^= u128{1} << random_.below(128); break;
    case 5: update.velocity_count_limit ^= 1; break;
    case 6: update.reason[0] = static_cast<char>('a' + random_.below(26)); break;
    case 7: update.transfer_limit ^= 1; break;
  }
}

void RequestGenerator::spoil(Account& account) {
  const u16 undefined = static_cast<u16>(1u << random_.between(8, 15));
  switch (random_.below(13)) {
    case 0: account.timestamp = random_.next() | 1; break;
    case 1: account.reserved = 1u << random_.below(32); break;
    case 2: account.flags |= undefined; break;
    case 3: account.id = 0; break;
    case 4: account.id = kU128Max; break;
    case 5:
      account.flags |=
          account_flags::kDebitsMustNotExceedCredits | account_flags::kCreditsMustNotExceedDebits;
      break;
    case 6: account.debits_pending = u128{1} << random_.below(128); break;
    case 7: account.debits_posted = u128{1} << random_.below(128); break;
    case 8: account.credits_pending = u128{1} << random_.below(128); break;
    case 9: account.credits_posted = u128{1} << random_.below(128); break;
    case 10: account.ledger = 0; break;
    case 11: account.code = 0; break;
    case 12: account.flags ^= account_flags::kImported; break;
  }
}

void RequestGenerator::spoil(Transfer& transfer) {
  const u16 undefined = static_cast<u16>(1u << random_.between(11, 15));
  switch (random_.below(20)) {
    case 0: transfer.timestamp = random_.next() | 1; break;
    case 1: transfer.flags |= undefined; break;
    case 2: transfer.id = 0; break;
    case 3: transfer.id = kU128Max; break;
    case 4: transfer.debit_account_id = 0; break;
    case 5: transfer.debit_account_id = kU128Max; break;
    case 6: transfer.credit_account_id = 0; break;
    case 7: transfer.credit_account_id = kU128Max; break;
    case 8: transfer.credit_account_id = transfer.debit_account_id; break;
    case 9: transfer.pending_id = u128{1} << random_.below(128); break;
    case 10: transfer.timeout = 1u << random_.below(32); break;
    case 11: transfer.ledger = 0; break;
    case 12: transfer.code = 0; break;
    case 13: transfer.flags ^= transfer_flags::kImported; break;
    case 14: transfer.flags ^= static_cast<u16>(1u << random_.between(1, 10)); break;
    case 15: transfer.flags |= transfer_flags::kClosingDebit; break;
    case 16: transfer.flags |= transfer_flags::kReversal; break;
    case 17: transfer.pending_id = 0; break;
    case 18: transfer.pending_id = kU128Max; break;
    case 19: transfer.pending_id = transfer.id; break;
  }
}

void RequestGenerator::spoil(AccountUpdate& update) {
  switch (random_.below(16)) {
    case 0: update.timestamp = random_.next() | 1; break;
    case 1: update.reserved = 1u << random_.below(32); break;
    case 2: update.flags |= static_cast<u16>(1u << random_.between(1, 15)); break;
    case 3: update.changes |= 1u << random_.between(15, 31); break;
    case 4: update.id = 0; break;
    case 5: update.id = kU128Max; break;
    case 6: update.account_id = 0; break;
    case 7: update.account_id = kU128Max; break;
    case 8: update.changes = 0; break;
    case 9:
      update.changes |= account_changes::kFreezeDebits | account_changes::kUnfreezeDebits;
      break;
    case 10: update.changes &= ~account_changes::kSetOverdraftLimit; break;
    case 11: update.overdraft_limit = 1; break;
    case 12:
      update.changes |= account_changes::kSetVelocityLimit;
      update.changes &= ~account_changes::kClearVelocityLimit;
      update.velocity_window = random_.chance(1, 2) ? 59 : ledger::kVelocityWindowMax + 1;
      break;
    case 13:
      update.reason_length = 0;
      std::memset(update.reason, 0, sizeof(update.reason));
      break;
    case 14: update.reason_length = static_cast<u16>(random_.between(105, 0xffff)); break;
    case 15: update.reason[ledger::kReasonBytesMax - 1] ^= 1; break;
  }
}

}  // namespace florin::test
