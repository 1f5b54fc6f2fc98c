// Changes as messages in a topic of Kafka: each in exactly one message of the first partition, in
// order. docs/message-buses.md tells those who run it what to know.
#pragma once

#include <optional>

#include "exporter/sink.h"
#include "sinks/change_batches.h"
#include "sinks/kafka_client.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Belongs to the thread of its driver.
class KafkaSink final : public exporter::Sink {
 public:
  // Messages have `message_bytes_max` at most, and "message.max.bytes" of the settings at most.
  KafkaSink(KafkaSettings settings, u128 ledger_id,
            usize message_bytes_max = kChangeMessageBytesMax);

  Result<exporter::SinkStand> open() override;
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override;
  Status commit(const exporter::SinkStand& stand) override;
  Status rest(Timestamp) override { return {}; }

 private:
  Status make_producer();
  Result<exporter::SinkStand> read_stand() const;
  Status send(std::span<const std::byte> message);

  const KafkaSettings settings_;
  const u128 ledger_id_;
  const usize message_bytes_max_;
  KafkaClient producer_;
  std::optional<ChangeBatches> batches_;
  bool in_transaction_ = false;
};

}  // namespace florin::sinks
