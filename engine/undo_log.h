// The changes that a chain, or a dry run, has made, so that they can be taken back, newest first.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "engine/account_state.h"
#include "engine/hold_state.h"
#include "engine/limit_book.h"
#include "engine/velocity_window.h"

namespace florin::engine {

// Each says what was before, or what was done.
namespace undo {
struct Counters {
  u32 account;
  Balances before;
};
struct NewAccount {
  u32 account;
};
struct NewTransfer {  // Or the consumption of its id.
  u32 transfer;
  bool created;
};
struct Mark {  // That it was reversed.
  u32 transfer;
};
struct OpenedHold {
  u32 number;
};
struct CapturedHold {
  u32 number;
  HoldState before;
};
struct ClosedHold {
  u32 number;
  HoldState before;
};
struct Status {
  u32 account;
  u16 bits;  // Those that may have changed.
  u16 before;
};
struct LastTimestamps {
  u64 account;
  u64 transfer;
};
struct Charged {
  u32 account;
  VelocityWindow::Charge charge;
};
struct GaveBack {
  u32 account;
  VelocityWindow::Charge charge;
};
struct Limits {
  std::unique_ptr<LimitBook::Before> before;
};
struct NewUpdate {  // Or the consumption of its id.
  u128 id;
};
struct Effect {
  u32 list;
};
}  // namespace undo

using UndoEntry =
    std::variant<undo::Counters, undo::NewAccount, undo::NewTransfer, undo::Mark, undo::OpenedHold,
                 undo::CapturedHold, undo::ClosedHold, undo::Status, undo::LastTimestamps,
                 undo::Charged, undo::GaveBack, undo::Limits, undo::NewUpdate, undo::Effect>;

// Belongs to the authorising thread. Scopes nest: a chain may stand in a dry run.
class UndoLog {
 public:
  bool active() const { return scopes_ != 0; }
  // Changes are recorded from now on; returns where the scope begins.
  usize begin() {
    ++scopes_;
    return entries_.size();
  }
  // The scope's changes stay, unless a scope around it is taken back.
  void end() {
    if (--scopes_ == 0) entries_.clear();
  }
  template <class Entry>
  void add(Entry&& entry) {
    if (scopes_ != 0) [[unlikely]]
      entries_.emplace_back(std::forward<Entry>(entry));
  }
  usize size() const { return entries_.size(); }
  UndoEntry take_newest() {
    UndoEntry entry = std::move(entries_.back());
    entries_.pop_back();
    return entry;
  }

 private:
  std::vector<UndoEntry> entries_;
  u32 scopes_ = 0;
};

}  // namespace florin::engine
