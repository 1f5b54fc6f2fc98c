// Which changes a sink wants: what it does not want is passed over, and its place moves on.
#pragma once

#include <vector>

#include "base/types.h"
#include "exporter/change_page.h"
#include "ledger/change_event.h"

namespace florin::exporter {

// Every list that is not empty must have the value; a transfer is taken for either of its accounts,
// a refused one for what was asked for. Updates of accounts have no ledger and no code: they are
// taken by kind and account alone. A value.
struct ChangeFilter {
  u8 kinds = 0;              // Bits 1 << ledger::ChangeKind; 0 = all but refused transfers.
  std::vector<u32> ledgers;  // Empty = all, as are the next two. Short lists are expected.
  std::vector<u16> codes;
  std::vector<u128> accounts;
  u128 amount_min = 0;  // Of transfers, in minor units; 0 = any.

  bool takes_refusals() const {
    return ledger::wants_kind(kinds, ledger::ChangeKind::TransferRefused);
  }
  // Every change of pages that have refused transfers only if it takes them.
  bool takes_all() const {
    return (kinds == 0 || (kinds & ledger::kChangeKindsUsual) == ledger::kChangeKindsUsual) &&
           ledgers.empty() && codes.empty() && accounts.empty() && amount_min == 0;
  }
};

// Whether the filter takes this change of the page.
bool wants(const ChangeFilter& filter, const ChangePage& page, const ledger::ChangeEvent& event);

// Makes `wanted` a page with the changes that are wanted, each with its object; its `next` is that
// of the page.
void copy_wanted(const ChangeFilter& filter, const ChangePage& page, ChangePage& wanted);

}  // namespace florin::exporter
