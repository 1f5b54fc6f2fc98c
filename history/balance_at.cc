#include "history/balance_at.h"

#include <algorithm>

#include "history/account_walk.h"
#include "history/movement.h"

namespace florin::history {

ledger::AccountBalance no_balance(u128 account, u32 ledger) {
  ledger::AccountBalance balance;
  balance.account_id = account;
  balance.ledger = ledger;
  return balance;
}

Result<ledger::AccountBalance> balance_at(const StoreView& view, u128 account, u32 ledger,
                                          Timestamp time, Position as_of) {
  const ledger::AccountBalance none = no_balance(account, ledger);
  if (time.ns == 0) return none;  // Nothing happened then; and a range has no such end.
  auto range = places_of_time(view, 0, time.ns);
  RETURN_IF_ERROR(range);
  range->last = std::min(range->last, Place{as_of.value + 1, 0});
  AccountWalk walk(view, account, *range, true);
  for (;;) {
    const auto change = walk.next();
    RETURN_IF_ERROR(change);
    if (*change == nullptr) return none;
    if (time_of(**change) <= time.ns) return balance_of(**change, account);
  }
}

}  // namespace florin::history
