// Fills a page of transfers or of balances: takes what fits the filter, looks at so many and no
// more, and knows where the next page begins.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/store_view.h"
#include "ledger/request.h"

namespace florin::history {

// Belongs to one thread. What became of transfers is looked up for many of them together, so that a
// candidate is decided some candidates after it was added.
class PageFiller {
 public:
  // `balances`: the page is one of get_account_balances.
  PageFiller(const StoreView& view, ledger::Request& request, bool balances);

  // The next candidate in the order of the page; `key` is its place, or its number and 0. False: no
  // more are wanted.
  Result<bool> add(const Place& key, const TransferChange& change);
  // There are no more candidates, or no more are wanted.
  Status finish();

  // Whether candidates are left behind the page; the last key it looked at, if it looked at any.
  bool more() const { return more_; }
  bool has_last() const { return examined_ > 0; }
  const Place& last() const { return last_; }

 private:
  struct Candidate {
    Place key;
    TransferChange change;
    bool fits = false;  // All but the pending status, which is not known yet.
  };

  bool fits(const TransferChange& change) const;
  bool is_full() const;
  Status decide();
  void take(const TransferChange& change, const ledger::TransferStatus& status);

  const StoreView& view_;
  ledger::Request& request_;
  const ledger::QueryFilter& filter_;
  const bool balances_;
  const usize together_;
  std::vector<Candidate> candidates_;
  usize waiting_ = 0;  // Of the candidates, which keep their memory.
  Place last_;
  u32 examined_ = 0;
  u32 taken_ = 0;
  bool more_ = false;
};

}  // namespace florin::history
