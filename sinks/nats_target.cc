#include "sinks/nats_target.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::sinks {

namespace {

// Parts between dots that are not empty, of characters that mean nothing to NATS.
bool is_subject_part(std::string_view kind) {
  char before = '.';
  for (const char letter : kind) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '-';
    if (!plain && (letter != '.' || before == '.')) return false;
    before = letter;
  }
  return before != '.';
}

}  // namespace

NatsTarget::NatsTarget(NatsSettings settings) : settings_(std::move(settings)) {}

Status NatsTarget::send(std::span<const Message> messages) {
  if (messages.empty()) return {};
  if (!connection_) {
    auto connection = NatsConnection::open(settings_);
    if (!connection) return tl::unexpected<Error>(std::move(connection).error());
    connection_ = std::move(*connection);
  }
  RETURN_IF_ERROR(refusal(messages.front()));
  const Status sent = send_all(messages);
  if (!sent) connection_.reset();
  return sent;
}

// One that will never be taken ends the list: those before it are sent, and it is refused when it
// is the first.
Status NatsTarget::send_all(std::span<const Message> messages) {
  for (const Message& message : messages) {
    if (Status refused = refusal(message); !refused) {
      RETURN_IF_ERROR(connection_->settle());
      return fail(ErrorCode::Capacity, refused.error().message);
    }
    RETURN_IF_ERROR(
        connection_->publish({alert_subject(settings_, message.kind),
                              std::as_bytes(std::span(message.body)), message.id, false}));
  }
  return connection_->settle();
}

Status NatsTarget::refusal(const Message& message) const {
  if (!is_subject_part(message.kind)) {
    return fail(ErrorCode::Refused,
                "NATS: the kind '" + message.kind +
                    "' cannot be part of a subject; expected letters, digits, dots, - and _");
  }
  const usize bytes_max = connection_->body_bytes_max();
  if (message.body.size() > bytes_max) {
    return fail(ErrorCode::Refused,
                fmt::format("NATS: the message {} has {} bytes, and the server takes {}",
                            message.id, message.body.size(), bytes_max));
  }
  return {};
}

}  // namespace florin::sinks
