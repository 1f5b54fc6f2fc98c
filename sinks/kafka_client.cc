#include "sinks/kafka_client.h"

#include <algorithm>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace florin::sinks {

namespace {

constexpr usize kKafkaErrorBytes = 512;
// Beside the body: headers, keys, and what frames a message.
constexpr usize kKafkaBesidesBody = 1'024;
constexpr usize kKafkaBodyBytesLeast = 4 * kKiB;  // The largest single change is smaller.

using OwnedKafkaConf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

// What it would say on standard error is told by the errors of its calls.
void say_nothing(const rd_kafka_t*, int, const char*, const char*) {}

Status set_kafka_property(rd_kafka_conf_t& conf, const std::string& key, const std::string& value) {
  char reason[kKafkaErrorBytes];
  if (rd_kafka_conf_set(&conf, key.c_str(), value.c_str(), reason, sizeof reason) ==
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return fail(ErrorCode::InvalidArgument,
              fmt::format("Kafka: the property {} cannot be '{}': {}", key, value, reason));
}

Status set_kafka_properties(rd_kafka_conf_t& conf, const KafkaSettings& settings,
                            const KafkaClientOptions& options) {
  RETURN_IF_ERROR(set_kafka_property(conf, "bootstrap.servers",
                                     fmt::format("{}", fmt::join(settings.brokers, ","))));
  RETURN_IF_ERROR(set_kafka_property(conf, "client.id", "florin"));
  for (const auto& [key, value] : options.properties) {
    RETURN_IF_ERROR(set_kafka_property(conf, key, value));
  }
  for (const auto& [key, value] : settings.properties) {
    const auto is_key = [&, &name = key](const auto& own) { return own.first == name; };
    if (key == "bootstrap.servers" ||
        std::any_of(options.properties.begin(), options.properties.end(), is_key)) {
      return fail(ErrorCode::InvalidArgument,
                  "Kafka: the property " + key + " is set by the ledger itself; leave it out");
    }
    RETURN_IF_ERROR(set_kafka_property(conf, key, value));
  }
  return {};
}

Result<OwnedKafkaConf> make_kafka_conf(const KafkaSettings& settings,
                                       const KafkaClientOptions& options) {
  OwnedKafkaConf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  RETURN_IF_ERROR(set_kafka_properties(*conf, settings, options));
  rd_kafka_conf_set_log_cb(conf.get(), &say_nothing);
  if (options.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), options.delivered);
  rd_kafka_conf_set_opaque(conf.get(), options.opaque);
  return conf;
}

ErrorCode kafka_error_code(rd_kafka_resp_err_t error) {
  switch (static_cast<int>(error)) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE: return ErrorCode::Timeout;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: return ErrorCode::Disconnected;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: return ErrorCode::PermissionDenied;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return ErrorCode::NotFound;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return ErrorCode::AlreadyInUse;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return ErrorCode::Capacity;
  }
  return ErrorCode::Io;
}

}  // namespace

void KafkaClientDeleter::operator()(rd_kafka_t* client) const {
  if (rd_kafka_type(client) == RD_KAFKA_PRODUCER) {
    rd_kafka_purge(
        client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<KafkaClient> make_kafka_client(const KafkaSettings& settings,
                                      const KafkaClientOptions& options) {
  auto conf = make_kafka_conf(settings, options);
  if (!conf) return tl::unexpected<Error>(std::move(conf).error());
  char reason[kKafkaErrorBytes];
  rd_kafka_t* const client =
      rd_kafka_new(options.role == KafkaRole::Producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                   conf->get(), reason, sizeof reason);
  if (client == nullptr) {
    return fail(ErrorCode::InvalidArgument, std::string("Kafka: cannot be set up: ") + reason);
  }
  conf->release();  // The client has it now.
  return KafkaClient(client);
}

Result<usize> kafka_body_bytes_max(const KafkaSettings& settings) {
  const auto conf = make_kafka_conf(settings, {});
  if (!conf) return tl::unexpected<Error>(conf.error());
  char text[kKafkaErrorBytes];
  usize bytes = sizeof text;
  if (rd_kafka_conf_get(conf->get(), "message.max.bytes", text, &bytes) != RD_KAFKA_CONF_OK) {
    return fail(ErrorCode::Unsupported, "Kafka: the library has no property message.max.bytes");
  }
  const usize most = std::strtoull(text, nullptr, 10);
  if (most < kKafkaBesidesBody + kKafkaBodyBytesLeast) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("Kafka: message.max.bytes is {}; expected at least {}", most,
                            kKafkaBesidesBody + kKafkaBodyBytesLeast));
  }
  return most - kKafkaBesidesBody;
}

Status kafka_outcome(rd_kafka_error_t* error, const std::string& action) {
  if (error == nullptr) return {};
  const std::string text =
      "Kafka: cannot " + action + ": " + std::string(rd_kafka_error_string(error));
  const ErrorCode code = kafka_error_code(rd_kafka_error_code(error));
  rd_kafka_error_destroy(error);
  return fail(code, text);
}

tl::unexpected<Error> kafka_failure(int error_code, const std::string& action) {
  const auto error = static_cast<rd_kafka_resp_err_t>(error_code);
  return fail(kafka_error_code(error),
              "Kafka: cannot " + action + ": " + std::string(rd_kafka_err2str(error)));
}

std::string kafka_alerts_topic(const KafkaSettings& settings) { return settings.topic + ".alerts"; }

}  // namespace florin::sinks
