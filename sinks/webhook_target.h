// Messages posted to an HTTPS address, one request each, signed so that the receiver knows who sent
// them. docs/alerts.md tells receivers how to verify them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// Belongs to one thread. Connections are kept from one message to the next; proxies are taken from
// the environment (https_proxy), as other programs do.
class WebhookTarget final : public MessageTarget {
 public:
  // Reads the secret, without the line's end behind it. InvalidArgument: it is shorter than 16
  // bytes. Errors of reading otherwise.
  static Result<std::unique_ptr<WebhookTarget>> open(const WebhookSettings& settings, Clock& clock);
  ~WebhookTarget() override;
  WebhookTarget(const WebhookTarget&) = delete;
  WebhookTarget& operator=(const WebhookTarget&) = delete;

  // Up to `in_flight_max` at once, begun in order, and a message only after those before it with
  // its key were taken. Once one is not taken, none is begun any more. Refused: the first will
  // never be taken. Errors as those of WebhookRequest otherwise: of the foremost message that was
  // not taken, with Io for the refusal of a later one, which is then sent again as the first.
  Status send(std::span<const Message> messages) override;

 private:
  class Wire;
  WebhookTarget(std::string secret, Clock& clock, std::unique_ptr<Wire> wire);

  const std::string secret_;
  Clock& clock_;
  std::unique_ptr<Wire> wire_;
};

}  // namespace florin::sinks
