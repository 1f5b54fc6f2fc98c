// From a reversal to its transfer.
#include "client/reversal.h"

namespace florin::client {

ledger::Transfer reversing_transfer(const Reversal& reversal,
                                    const std::optional<ledger::Transfer>& original) {
  ledger::Transfer transfer{};
  transfer.id = reversal.id;
  transfer.debit_account_id = original ? original->credit_account_id : kU128Max - 2;
  transfer.credit_account_id = original ? original->debit_account_id : kU128Max - 1;
  transfer.amount = original ? original->amount : ledger::kAmountMax;
  transfer.pending_id = reversal.original_id;
  transfer.user_data_128 = reversal.user_data_128;
  transfer.user_data_64 = reversal.user_data_64;
  transfer.user_data_32 = reversal.user_data_32;
  transfer.ledger = original ? original->ledger : 1;
  transfer.code = reversal.code;
  transfer.flags = ledger::transfer_flags::kReversal;
  return transfer;
}

}  // namespace florin::client
