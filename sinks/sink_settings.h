// What `florin serve --sinks FILE` is told of the systems downstream: which there are, how they are
// reached, and what each wants. docs/sinks.md describes the file.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_filter.h"
#include "settings/settings_file.h"

namespace florin::sinks {

enum class MessageForm : u8 { Json, FlatBuffers };

// Tables of a PostgreSQL database.
struct PostgresSettings {
  std::string connection;         // As libpq takes it: "host=… dbname=…", or a URI.
  std::string schema = "florin";  // Made if missing.
};

// A stream of NATS JetStream.
struct NatsSettings {
  std::vector<std::string> servers;  // "nats://127.0.0.1:4222"
  std::string credentials_file;      // Empty: none.
  std::string stream = "FLORIN";     // Made if missing, with the subjects below.
  std::string subject = "florin";  // Batches go to SUBJECT.changes, alerts to SUBJECT.alerts.KIND.
  // Each change also, alone, to SUBJECT.account.ID of both its accounts.
  bool per_account = false;
  MessageForm form = MessageForm::Json;
  u32 replicas = 1;  // Of a stream that is made.
};

// A topic of Kafka.
struct KafkaSettings {
  std::vector<std::string> brokers;  // "127.0.0.1:9092"
  std::string topic = "florin";
  MessageForm form = MessageForm::Json;
  // Handed to librdkafka as they are, such as {"security.protocol", "ssl"}.
  std::vector<std::pair<std::string, std::string>> properties;
};

// An HTTPS address that alerts are posted to.
struct WebhookSettings {
  std::string url;
  std::string secret_file;  // Its content signs every message; required.
  std::string ca_file;      // Certificates to trust beside those of the system; empty: none.
  u64 timeout_ms = 10'000;
  // Requests under way together. With more than one, messages of different keys may overtake each
  // other.
  u32 in_flight_max = 1;
};

// A file that alerts are appended to, a line each.
struct AlertFileSettings {
  std::string path;
};

struct SinkSettings {
  std::string name;  // Unique; in logs, metrics, names of dead letters, and where alerts name it.
  // Of changes. Those that are for alerts only take none: `changes = false`.
  bool takes_changes = true;
  exporter::ChangeFilter filter;
  std::variant<PostgresSettings, NatsSettings, KafkaSettings, WebhookSettings, AlertFileSettings>
      target;
};

std::string_view kind_name(const SinkSettings& sink);  // "postgres", "nats", …

// Reads the [[sink]] tables of a file; the caller finishes the file, which names what is wrong.
std::vector<SinkSettings> read_sinks(settings::Section root);

}  // namespace florin::sinks
