// Reads changes out of history, page after page.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "history/store.h"
#include "ledger/request.h"

namespace florin::exporter {

// Belongs to one thread; the store is used by others meanwhile.
class ChangeReader {
 public:
  explicit ChangeReader(history::Store& store);

  // The changes from `place` on, `changes_max` at most, in order; none: there are no more for now,
  // though `next` may lie behind refused transfers that were left out.
  // Valid until the next call. Errors as those of history::Store::answer.
  Result<const ChangePage*> read(const history::Place& place, u32 changes_max,
                                 Refusals refusals = Refusals::LeftOut);

 private:
  Status ask(const history::Place& place, u32 changes_max, Refusals refusals);
  Result<u64> logged_at(const history::Place& place);

  history::Store& store_;
  ledger::Request request_;
  ChangePage page_;
};

}  // namespace florin::exporter
