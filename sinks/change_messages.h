// Changes as messages: what goes over NATS and Kafka. A message has many consecutive changes and
// tells which places of the ledger it covers, so that receivers know at once when they miss some,
// and the sink finds the place where its data ends in the last message that the other side has.
// docs/messages.md describes both forms for those who receive them.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "exporter/sink.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Within a version, fields are only added.
inline constexpr u32 kChangeMessageVersion = 1;

// The most bytes that a message has, whatever the other side takes: NATS takes 1 MiB by default,
// Kafka somewhat less. Larger ones are not delivered faster.
inline constexpr usize kChangeMessageBytesMax = 1'000'000;

// What a message covers: every wanted change from `from` up to `stand.next`, without that; places
// ascend. A change out of order was put aside before, and is delivered again.
struct Coverage {
  history::Place from;
  exporter::SinkStand stand;  // Behind the message.
  friend bool operator==(const Coverage&, const Coverage&) = default;
};

// What a message says beside its changes.
struct ChangeMessageHead {
  u128 ledger_id = 0;
  Coverage coverage;
  u64 changes = 0;
};

// Collects changes and makes messages of them. Belongs to one thread.
class ChangeMessageWriter {
 public:
  virtual ~ChangeMessageWriter() = default;

  // Adds the change to the next message. False, and nothing happens, when the message would get
  // larger than it may be; a change that does not even fit into an empty one never will.
  [[nodiscard]] virtual bool add(const exporter::ChangePage& page, usize event) = 0;
  // How many changes the next message has.
  virtual u64 changes() const = 0;
  // The message with what was added; the writer is empty then. Valid until the next call of `add`
  // or `finish`.
  virtual std::span<const std::byte> finish(const Coverage& coverage) = 0;
  // Forgets what was added.
  virtual void clear() = 0;
};

// `bytes_max` is that of a message, `ledger_id` stands in each of them.
std::unique_ptr<ChangeMessageWriter> make_change_message_writer(MessageForm form, u128 ledger_id,
                                                                usize bytes_max);

// Of a message of either form. Errors: Protocol when it is none, WrongVersion when it is one of a
// version that this program does not know.
Result<ChangeMessageHead> read_change_message_head(std::span<const std::byte> message);

}  // namespace florin::sinks
