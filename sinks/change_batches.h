// Cuts the changes that a sink is given into messages that follow each other without a gap.
#pragma once

#include <memory>

#include "sinks/change_messages.h"

namespace florin::sinks {

// A sink that is to pass over nearly everything says how far it came after so many positions, so
// that it need not look through all of them again.
inline constexpr u64 kPassedOverMax = 1'000'000;

// Belongs to one thread.
class ChangeBatches {
 public:
  // The first message begins where the other side's data ends.
  ChangeBatches(std::unique_ptr<ChangeMessageWriter> writer, const exporter::SinkStand& stand)
      : writer_(std::move(writer)), sent_(stand), added_(stand) {}

  // Adds a change to the message that is being made. False when that is full, and is to be taken
  // first; when it is empty, the change is too large for any.
  [[nodiscard]] bool add(const exporter::ChangePage& page, usize event);
  bool empty() const { return writer_->changes() == 0; }

  // The message with what was added. Valid until the next call of `add` or `take`.
  std::span<const std::byte> take() { return take(added_); }
  // At a commit: nothing is to be sent when nothing was added, and little was passed over.
  bool worth_sending(const exporter::SinkStand& stand) const;
  std::span<const std::byte> take(const exporter::SinkStand& stand);

 private:
  std::unique_ptr<ChangeMessageWriter> writer_;
  exporter::SinkStand sent_;   // Where the last message ends that was taken, ...
  exporter::SinkStand added_;  // ... and the one that is being made.
};

}  // namespace florin::sinks
