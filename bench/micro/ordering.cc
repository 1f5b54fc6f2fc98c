#include "bench/micro/ordering.h"

#include <algorithm>

#include "base/check.h"

namespace florin::bench {

namespace {

constexpr usize kConnections = 64;

Limits limits_for(u64 transfers) {
  Limits limits;
  limits.accounts_max = 1'000;
  limits.transfers_max = std::max<u64>(2 * transfers, 1'000'000);
  return limits;
}

}  // namespace

Ordering::Ordering(u32 requests, u32 transfers)
    : limits_(limits_for(u64{requests} * transfers)),
      engine_(engine::Engine::create(limits_, 1, 1).value()),
      sequencer_(limits_, *engine_, clock_, sink_, 1, {}),
      slot_(limits_, 1),
      events_(u64{requests} * transfers),
      sources_(std::min<usize>(requests, kConnections)),
      requests_(requests) {
  for (usize index = 0; index < requests; ++index) {
    requests_[index].operation = ledger::Operation::CreateTransfers;
    requests_[index].event_count = transfers;
    requests_[index].events = reinterpret_cast<const std::byte*>(&events_[index * transfers]);
    requests_[index].source = &sources_[index % sources_.size()];
  }
}

void Ordering::submit() {
  for (ledger::Request& request : requests_) sequencer_.submit(0, &request);
}

void Ordering::form() {
  while (sequencer_.take_submitted() > 0) {
  }
  slot_.clear(1);
  CHECK(sequencer_.form(slot_));
  CHECK(slot_.block.item_count() == events_.size());
}

void Ordering::prepare() { slot_.prepare(0, 1); }

void Ordering::release() { sequencer_.release(slot_); }

}  // namespace florin::bench
