// Clients of Kafka, as the sink and the target of messages use them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "sinks/sink_settings.h"

// Of the C client library.
typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_error_s rd_kafka_error_t;
typedef struct rd_kafka_message_s rd_kafka_message_t;

namespace florin::sinks {

// How long brokers may be silent before an attempt is given up.
inline constexpr int kKafkaAnswerMs = 10'000;

// Gives up at once what is not delivered yet.
struct KafkaClientDeleter {
  void operator()(rd_kafka_t* client) const;
};
using KafkaClient = std::unique_ptr<rd_kafka_t, KafkaClientDeleter>;

enum class KafkaRole : u8 { Producer, Consumer };

// Called for each message that was delivered, or will not be.
using KafkaDelivered = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void* opaque);

struct KafkaClientOptions {
  KafkaRole role = KafkaRole::Producer;
  // Beside those of the settings, which may not name any of them.
  std::vector<std::pair<std::string, std::string>> properties;
  KafkaDelivered delivered = nullptr;
  void* opaque = nullptr;  // Passed to `delivered`.
};

// Returns at once; brokers are reached later. InvalidArgument: a property of the settings does not
// exist, has no such value, or is ours to set.
Result<KafkaClient> make_kafka_client(const KafkaSettings& settings,
                                      const KafkaClientOptions& options);

// The most bytes of a message's body that the client takes ("message.max.bytes").
Result<usize> kafka_body_bytes_max(const KafkaSettings& settings);

// "Kafka: cannot <action>: <what the library says>". Takes the error; null is none.
Status kafka_outcome(rd_kafka_error_t* error, const std::string& action);
tl::unexpected<Error> kafka_failure(int error_code, const std::string& action);

// The body of the newest message in the first partition of the topic that was committed; none: it
// has none. NotFound: there is no such topic.
Result<std::optional<std::vector<std::byte>>> newest_kafka_message(const KafkaSettings& settings,
                                                                   const std::string& topic);

// Where alerts go.
std::string kafka_alerts_topic(const KafkaSettings& settings);

}  // namespace florin::sinks
