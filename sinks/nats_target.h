// Messages, such as alerts, to a stream of NATS JetStream, on SUBJECT.alerts.KIND.
#pragma once

#include <memory>

#include "sinks/message_target.h"
#include "sinks/nats_connection.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Belongs to one thread. Connects when something is to be sent, and again after an error. The id of
// a message is its Nats-Msg-Id: what is sent again within the stream's window for duplicates (two
// minutes, unless it is made otherwise) is stored once.
class NatsTarget final : public MessageTarget {
 public:
  explicit NatsTarget(NatsSettings settings);
  Status send(std::span<const Message> messages) override;

 private:
  Status send_all(std::span<const Message> messages);
  Status refusal(const Message& message) const;

  const NatsSettings settings_;
  std::unique_ptr<NatsConnection> connection_;
};

}  // namespace florin::sinks
