#include "pipeline/window_driver.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace florin::pipeline {

using ledger::RefusalCode;

namespace {

// Some 25 us: the least that is worth a look, and beside small blocks the most.
constexpr u64 kPieceLeast = 512;
// For each new item so many ids go: memory is below the window again long before it is full.
constexpr u64 kPerItem = 2;

}  // namespace

WindowDriver::WindowDriver(const Limits& limits, engine::Engine& engine, Clock& clock,
                           CoreStatus& status)
    : limits_(limits), engine_(engine), clock_(clock), status_(status) {}

bool WindowDriver::drive(const Pressure& pressure, bool idle) {
  const u64 used = engine_.transfers_in_memory();
  starved_ = pressure.starved;
  if (!starved_) waits_at_.reset();
  if (starved_ || is_over(used + pressure.in_flight)) {
    retiring_ = true;
  } else if (is_below(used)) {
    retiring_ = false;
  }
  const bool settled = finding_.refusal == RefusalCode::None;
  if (!retiring_ && settled) return false;
  const bool advanced = retiring_ && idle && is_worth_a_try() && retire(piece());
  if (advanced || !retiring_) {
    waits_at_.reset();
    finding_ = WindowFinding{};
    return true;
  }
  if (!in_vain()) return false;  // To be tried when all is idle.
  if (engine_.retirable(gate_->durable()) == 0) gate_->want_durable(pressure.ordered);
  if (!starved_) return false;
  note_waiting();
  WindowFinding found = find_cause(pressure);
  if (found == finding_) return false;
  finding_ = std::move(found);
  return true;
}

// Little beside little work: what is to be done in all is then spread over many blocks.
u64 WindowDriver::piece() const {
  if (starved_) return limits_.retire_ids_max;
  const u64 ids = std::max(kPieceLeast, kPerItem * items_since_);
  return std::min<u64>(ids, limits_.retire_ids_max);
}

// After a try in vain: when history has moved on, while a snapshot is copied, and now and then.
bool WindowDriver::is_worth_a_try() const {
  return !in_vain() || status_.snapshot_under_way.load(std::memory_order_relaxed) ||
         items_since_ >= limits_.retire_ids_max;
}

// Returns whether it came further: it may have met nothing but open holds, which it passes over.
bool WindowDriver::retire(u64 ids_max) {
  const Position durable = gate_->durable();
  const u64 before = engine_.retirable(durable);
  const u64 began_ns = clock_.monotonic_ns();
  const u64 retired = engine_.retire(durable, ids_max);
  const u64 took_ns = clock_.monotonic_ns() - began_ns;
  left_in_vain_ = engine_.retirable(durable);
  const bool advanced = retired != 0 || left_in_vain_ < before;
  items_since_ = 0;
  in_vain_at_ = advanced ? std::nullopt : std::optional(durable);
  if (!advanced) return false;
  status_.transfers_retired.fetch_add(retired, std::memory_order_relaxed);
  status_.transfers_in_memory.store(engine_.transfers_in_memory(), std::memory_order_relaxed);
  if (took_ns > status_.retire_ns_max.load(std::memory_order_relaxed)) {
    status_.retire_ns_max.store(took_ns, std::memory_order_relaxed);
  }
  return true;
}

// Workers are stopped when that is worth their while, and at once for who waits.
bool WindowDriver::wants_quiet() const {
  if (!retiring_ || !is_worth_a_try()) return false;
  return starved_ || items_since_ >= limits_.retire_ids_max / kPerItem;
}

// Who waits does so for as long as history comes further.
void WindowDriver::note_waiting() {
  const Position durable = gate_->durable();
  if (waits_at_ && *waits_at_ == durable) return;
  waits_at_ = durable;
  waits_since_ns_ = clock_.monotonic_ns();
}

u64 WindowDriver::due_in_ns() const {
  if (!waits_at_ || finding_.refusal != RefusalCode::None) return ~u64{0};
  const u64 due_at = waits_since_ns_ + limits_.history_wait_ns;
  const u64 now = clock_.monotonic_ns();
  return due_at > now ? due_at - now : 0;
}

// Nothing can be forgotten now, and somebody waits.
WindowFinding WindowDriver::find_cause(const Pressure& pressure) const {
  const u64 used = engine_.transfers_in_memory();
  const Position durable = gate_->durable();
  const bool is_behind = durable < pressure.ordered;
  const bool is_copied = status_.snapshot_under_way.load(std::memory_order_relaxed);
  const bool waits = clock_.monotonic_ns() - waits_since_ns_ < limits_.history_wait_ns;
  if ((is_behind || is_copied) && waits) return {};
  if (is_behind) {
    return {RefusalCode::Busy,
            fmt::format("history is behind: {} of {} ids are in memory, and what could leave it is "
                        "not durable in the history store yet, which is at position {} of {}; try "
                        "again in a moment. If it lasts, see what `florin history status` says, or "
                        "restart with a larger --id-window",
                        used, limits_.transfers_max, durable.value, pressure.ordered.value)};
  }
  if (is_copied) {
    return {RefusalCode::Busy,
            fmt::format("{} of {} ids are in memory, and a snapshot that is being taken still "
                        "needs them; try again in a moment. If it lasts, restart with a larger "
                        "--id-window",
                        used, limits_.transfers_max)};
  }
  // What takes the room may still turn out to leave again.
  if (pressure.in_flight != 0) return {};
  return {RefusalCode::Capacity,
          fmt::format("{} of {} ids are in memory, and none of them can leave it: they belong to "
                      "holds that are open. Wait until some of these expire, or restart with a "
                      "larger --id-window",
                      used, limits_.transfers_max)};
}

}  // namespace florin::pipeline
