// Changes as messages in a stream of NATS JetStream: each in exactly one message of the subject
// SUBJECT.changes, in order, and on request each also alone on the subjects of its accounts.
// docs/message-buses.md tells those who run it what to know.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "exporter/sink.h"
#include "sinks/change_batches.h"
#include "sinks/nats_connection.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Belongs to the thread of its driver.
class NatsSink final : public exporter::Sink {
 public:
  // Messages have `message_bytes_max` at most, and what the server takes at most.
  NatsSink(NatsSettings settings, u128 ledger_id, usize message_bytes_max = kChangeMessageBytesMax);

  Result<exporter::SinkStand> open() override;
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override;
  Status commit(const exporter::SinkStand& stand) override;
  Status rest(Timestamp) override { return {}; }

 private:
  Status tell_accounts(const exporter::ChangePage& page, usize event);
  Status tell_account(u128 account_id, const exporter::ChangePage& page, usize event);
  Status send_batch(std::span<const std::byte> message);

  const NatsSettings settings_;
  const u128 ledger_id_;
  const usize message_bytes_max_;
  std::unique_ptr<NatsConnection> connection_;
  std::optional<ChangeBatches> batches_;
  std::unique_ptr<ChangeMessageWriter> single_;
};

}  // namespace florin::sinks
