#include "sinks/change_batches.h"

#include <algorithm>

namespace florin::sinks {

bool ChangeBatches::add(const exporter::ChangePage& page, usize event) {
  if (!writer_->add(page, event)) return false;
  const ledger::ChangeEvent& change = page.events[event];
  added_.next = std::max(added_.next, exporter::place_after(change));
  if (exporter::place_of(change) >= added_.last) {
    added_.last = exporter::place_of(change);
    added_.last_logged_at = change.timestamp;
  }
  return true;
}

bool ChangeBatches::worth_sending(const exporter::SinkStand& stand) const {
  return !empty() || stand.next.position - sent_.next.position >= kPassedOverMax;
}

std::span<const std::byte> ChangeBatches::take(const exporter::SinkStand& stand) {
  const auto message = writer_->finish({sent_.next, stand});
  sent_ = stand;
  added_ = stand;
  return message;
}

}  // namespace florin::sinks
