// Reading the end of a topic's first partition. Offsets there are not only of messages: each
// transaction has a mark of its end, and messages of transactions that were given up are passed
// over. So it is read from some way before the end, and from further back if nothing was there.
#include <cstring>

#include <fmt/core.h>
#include <librdkafka/rdkafka.h>

#include "sinks/kafka_client.h"

namespace florin::sinks {

namespace {

using KafkaBody = std::vector<std::byte>;
using OwnedKafkaMessage = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;
using OwnedKafkaTopic = std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)>;

constexpr i64 kOffsetsBackFirst = 16;
constexpr i64 kOffsetsBackFactor = 16;

// Made by an operator: a topic that a broker makes by itself has another retention, and one that is
// not there for a moment must not be taken for an empty one.
Status find_kafka_topic(rd_kafka_t& client, rd_kafka_topic_t& topic) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(&client, 0, &topic, &metadata, kKafkaAnswerMs);
  const std::string name = rd_kafka_topic_name(&topic);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_failure(error, "ask for topic " + name);
  const bool found = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0;
  const auto why =
      metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  rd_kafka_metadata_destroy(metadata);
  if (!found || why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return fail(ErrorCode::NotFound,
                "Kafka: there is no topic " + name +
                    "; expected one with one partition that forgets nothing (retention.ms=-1)");
  }
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_failure(why, "use topic " + name);
  return {};
}

// The last message from `first` on.
Result<std::optional<KafkaBody>> last_from(rd_kafka_topic_t& topic, i64 first) {
  const std::string action = fmt::format("read topic {} back", rd_kafka_topic_name(&topic));
  if (rd_kafka_consume_start(&topic, 0, first) != 0) {
    return kafka_failure(rd_kafka_last_error(), action);
  }
  std::optional<KafkaBody> last;
  auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const OwnedKafkaMessage message(rd_kafka_consume(&topic, 0, kKafkaAnswerMs),
                                    &rd_kafka_message_destroy);
    error = message ? message->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    const auto* const bytes = static_cast<const std::byte*>(message->payload);
    last.emplace(bytes, bytes + message->len);
  }
  rd_kafka_consume_stop(&topic, 0);
  if (error != RD_KAFKA_RESP_ERR__PARTITION_EOF) return kafka_failure(error, action);
  return last;
}

}  // namespace

Result<std::optional<KafkaBody>> newest_kafka_message(const KafkaSettings& settings,
                                                      const std::string& topic) {
  KafkaClientOptions options;
  options.role = KafkaRole::Consumer;
  options.properties = {{"isolation.level", "read_committed"},
                        {"enable.partition.eof", "true"},
                        {"auto.offset.reset", "error"},
                        {"fetch.wait.max.ms", "10"}};  // There is an end, and it is waited for.
  const auto client = make_kafka_client(settings, options);
  if (!client) return tl::unexpected<Error>(client.error());
  const OwnedKafkaTopic handle(rd_kafka_topic_new(client->get(), topic.c_str(), nullptr),
                               &rd_kafka_topic_destroy);
  if (!handle) return kafka_failure(rd_kafka_last_error(), "use topic " + topic);
  RETURN_IF_ERROR(find_kafka_topic(**client, *handle));
  i64 low = 0;
  i64 high = 0;
  const auto error = rd_kafka_query_watermark_offsets(client->get(), topic.c_str(), 0, &low, &high,
                                                      kKafkaAnswerMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka_failure(error, "see where topic " + topic + " ends");
  }
  for (i64 back = kOffsetsBackFirst; low < high; back *= kOffsetsBackFactor) {
    const i64 first = std::max(low, high - back);
    auto last = last_from(*handle, first);
    if (!last || *last || first == low) return last;
  }
  return std::optional<KafkaBody>();
}

}  // namespace florin::sinks
