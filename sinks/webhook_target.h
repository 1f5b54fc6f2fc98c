// Messages posted to an HTTPS address, one request each, signed so that the receiver knows who sent
// them. docs/alerts.md tells receivers how to verify them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// The value of the header Florin-Signature: "t=SECONDS,v1=HEX", where HEX is HMAC-SHA256, keyed
// with the secret, over SECONDS, a point and the body.
std::string webhook_signature(std::string_view secret, u64 seconds, std::string_view body);

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

  // One after the other, in order, until one is not taken. Taken is what is answered with 200 to
  // 299. Refused: the first was answered with 400 to 499, but for 408 and 429. Everything else may
  // work later: no answer in time (Timeout), no connection or a certificate that does not verify
  // (Disconnected), any other status (Io); so does a refusal of a later message, which is then sent
  // again as the first.
  Status send(std::span<const Message> messages) override;

 private:
  struct Connection;
  WebhookTarget(WebhookSettings settings, std::string secret, Clock& clock,
                std::unique_ptr<Connection> connection);
  Status post(const Message& message);
  Status judge(const Message& message, int result);

  const WebhookSettings settings_;
  const std::string secret_;
  Clock& clock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace florin::sinks
