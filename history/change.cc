#include "history/change.h"

namespace florin::history {

ledger::ChangeKind kind_of(const OtherChange& change) {
  if (change.created() != nullptr) return ledger::ChangeKind::AccountCreated;
  if (change.updated() != nullptr) return ledger::ChangeKind::AccountUpdated;
  return ledger::ChangeKind::TransferRefused;
}

void ChangeBatch::clear() {
  transfers.clear();
  others.clear();
  consumed.clear();
  end = Mark{};
}

}  // namespace florin::history
