#include "sinks/kafka_target.h"

#include <fmt/core.h>
#include <librdkafka/rdkafka.h>

namespace florin::sinks {

namespace {

constexpr u64 kKafkaUndeliveredMax = 10'000;  // The library takes ten times as many.

}  // namespace

KafkaTarget::KafkaTarget(KafkaSettings settings)
    : settings_(std::move(settings)), topic_(kafka_alerts_topic(settings_)) {}

void KafkaTarget::note_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& outcome = *static_cast<Outcome*>(opaque);
  --outcome.undelivered;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && outcome.error == 0) {
    outcome.error = message->err;
  }
}

Status KafkaTarget::make_producer() {
  const auto body_bytes_max = kafka_body_bytes_max(settings_);
  if (!body_bytes_max) return tl::unexpected<Error>(body_bytes_max.error());
  body_bytes_max_ = *body_bytes_max;
  KafkaClientOptions options;
  options.properties = {{"enable.idempotence", "true"},
                        {"acks", "all"},
                        {"message.timeout.ms", std::to_string(kKafkaAnswerMs)}};
  options.delivered = &note_delivered;
  options.opaque = &outcome_;
  auto producer = make_kafka_client(settings_, options);
  if (!producer) return tl::unexpected<Error>(std::move(producer).error());
  producer_ = std::move(*producer);
  return {};
}

Status KafkaTarget::send(std::span<const Message> messages) {
  if (messages.empty()) return {};
  if (!producer_) RETURN_IF_ERROR(make_producer());
  RETURN_IF_ERROR(refusal(messages.front()));
  outcome_ = {};
  const Status sent = send_all(messages);
  if (!sent) producer_.reset();
  return sent;
}

// One that will never be taken ends the list: those before it are sent, and it is refused when it
// is the first.
Status KafkaTarget::send_all(std::span<const Message> messages) {
  for (const Message& message : messages) {
    if (Status refused = refusal(message); !refused) {
      RETURN_IF_ERROR(await_all());
      return fail(ErrorCode::Capacity, refused.error().message);
    }
    if (outcome_.undelivered == kKafkaUndeliveredMax) RETURN_IF_ERROR(await_all());
    RETURN_IF_ERROR(send_one(message));
  }
  return await_all();
}

Status KafkaTarget::refusal(const Message& message) const {
  const usize bytes = message.body.size() + message.key.size() + message.id.size();
  if (bytes <= body_bytes_max_) return {};
  return fail(ErrorCode::Refused,
              fmt::format("Kafka: the message {} has {} bytes, and message.max.bytes allows {}",
                          message.id, bytes, body_bytes_max_));
}

Status KafkaTarget::send_one(const Message& message) {
  const auto text = [](rd_kafka_vtype_t type, const std::string& value) {
    rd_kafka_vu_t result{};
    result.vtype = type;
    result.u.mem = {const_cast<char*>(value.data()), value.size()};
    return result;
  };
  const auto header = [](const char* name, const std::string& value) {
    rd_kafka_vu_t result{};
    result.vtype = RD_KAFKA_VTYPE_HEADER;
    result.u.header = {name, value.data(), static_cast<ssize_t>(value.size())};
    return result;
  };
  rd_kafka_vu_t topic{};
  topic.vtype = RD_KAFKA_VTYPE_TOPIC;
  topic.u.cstr = topic_.c_str();
  rd_kafka_vu_t flags{};
  flags.vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  flags.u.i = RD_KAFKA_MSG_F_COPY;
  const rd_kafka_vu_t values[] = {topic,
                                  flags,
                                  text(RD_KAFKA_VTYPE_KEY, message.key),
                                  text(RD_KAFKA_VTYPE_VALUE, message.body),
                                  header("id", message.id),
                                  header("kind", message.kind)};
  RETURN_IF_ERROR(kafka_outcome(rd_kafka_produceva(producer_.get(), values, std::size(values)),
                                "send to topic " + topic_));
  ++outcome_.undelivered;
  return {};
}

Status KafkaTarget::await_all() {
  const auto error = rd_kafka_flush(producer_.get(), kKafkaAnswerMs);
  const std::string action = "hear that messages arrived in topic " + topic_;
  if (outcome_.error != 0) return kafka_failure(outcome_.error, action);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_failure(error, action);
  if (outcome_.undelivered != 0) {
    return fail(ErrorCode::Io, "Kafka: nothing is known of messages sent to topic " + topic_);
  }
  return {};
}

}  // namespace florin::sinks
