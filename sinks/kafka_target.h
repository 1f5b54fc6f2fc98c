// Messages, such as alerts, to the topic TOPIC.alerts of Kafka, with headers `id` and `kind`. Those
// with the same key go to the same partition, in order.
#pragma once

#include <string>

#include "sinks/kafka_client.h"
#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Belongs to one thread. After an error, messages may be sent a second time: the id tells.
class KafkaTarget final : public MessageTarget {
 public:
  explicit KafkaTarget(KafkaSettings settings);
  KafkaTarget(const KafkaTarget&) = delete;  // The library has its address.
  KafkaTarget& operator=(const KafkaTarget&) = delete;
  Status send(std::span<const Message> messages) override;

 private:
  // What became of messages, told by the library while it is waited for them.
  struct Outcome {
    u64 undelivered = 0;
    int error = 0;  // The first one; 0: none.
  };
  static void note_delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  Status make_producer();
  Status send_all(std::span<const Message> messages);
  Status send_one(const Message& message);
  Status await_all();
  Status refusal(const Message& message) const;

  const KafkaSettings settings_;
  const std::string topic_;
  usize body_bytes_max_ = 0;
  Outcome outcome_;
  KafkaClient producer_;
};

}  // namespace florin::sinks
