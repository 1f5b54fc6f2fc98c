#include "sinks/sink_settings.h"

#include <algorithm>

namespace florin::sinks {

namespace {

using ledger::ChangeKind;
using settings::Section;

constexpr ChangeKind kChangeKinds[] = {ChangeKind::AccountCreated, ChangeKind::AccountUpdated,
                                       ChangeKind::TransferCreated, ChangeKind::HoldExpired,
                                       ChangeKind::TransferRefused};
constexpr u64 kTimeoutMsMost = 120'000;
constexpr u64 kInFlightMost = 64;  // No more alerts are sent at once.
constexpr u64 kReplicasMost = 5;

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '-' || character == '_';
  });
}

exporter::ChangeFilter read_filter(Section section) {
  exporter::ChangeFilter filter;
  for (const std::string& kind : section.texts("kinds")) {
    const auto* const found =
        std::ranges::find(kChangeKinds, kind, [](ChangeKind each) { return ledger::name(each); });
    if (found == std::end(kChangeKinds)) {
      std::string names;
      for (const ChangeKind each : kChangeKinds) {
        names += names.empty() ? "" : ", ";
        names += ledger::name(each);
      }
      section.refuse("kinds", "'" + kind + "' is no kind of change; expected " + names);
    } else {
      filter.kinds |= static_cast<u8>(1U << static_cast<u8>(*found));
    }
  }
  for (const u128 ledger : section.wide_numbers("ledgers", ~u32{0})) {
    filter.ledgers.push_back(static_cast<u32>(ledger));
  }
  for (const u128 code : section.wide_numbers("codes", u16{0xffff})) {
    filter.codes.push_back(static_cast<u16>(code));
  }
  filter.accounts = section.wide_numbers("accounts", kU128Max);
  filter.amount_min = section.wide_number("amount_min").value_or(0);
  return filter;
}

MessageForm read_form(Section section) {
  const std::string form = section.text("format", "json");
  if (form != "json" && form != "flatbuffers")
    section.refuse("format", "expected json or flatbuffers");
  return form == "flatbuffers" ? MessageForm::FlatBuffers : MessageForm::Json;
}

PostgresSettings read_postgres(Section section) {
  PostgresSettings postgres;
  postgres.connection = section.required_text("connection");
  postgres.schema = section.text("schema", postgres.schema);
  if (!is_name(postgres.schema)) section.refuse("schema", "expected letters, digits, - and _");
  return postgres;
}

NatsSettings read_nats(Section section) {
  NatsSettings nats;
  nats.servers = section.texts("servers");
  if (nats.servers.empty()) {
    section.refuse("servers", "expected servers = [\"nats://127.0.0.1:4222\"]");
  }
  nats.credentials_file = section.text("credentials_file");
  nats.stream = section.text("stream", nats.stream);
  nats.subject = section.text("subject", nats.subject);
  nats.per_account = section.truth("per_account", nats.per_account);
  nats.form = read_form(section);
  nats.replicas = static_cast<u32>(section.number("replicas", nats.replicas, 1, kReplicasMost));
  return nats;
}

KafkaSettings read_kafka(Section section) {
  KafkaSettings kafka;
  kafka.brokers = section.texts("brokers");
  if (kafka.brokers.empty()) {
    section.refuse("brokers", "expected brokers = [\"127.0.0.1:9092\"]");
  }
  kafka.topic = section.text("topic", kafka.topic);
  kafka.form = read_form(section);
  Section properties = section.section("properties");
  for (const std::string& key : properties.keys()) {
    kafka.properties.emplace_back(key, properties.text(key));
  }
  return kafka;
}

WebhookSettings read_webhook(Section section) {
  WebhookSettings webhook;
  webhook.url = section.required_text("url");
  if (!webhook.url.starts_with("https://") && !webhook.url.starts_with("http://127.0.0.1:") &&
      !webhook.url.starts_with("http://localhost:")) {
    section.refuse("url", "expected https://…, or http:// on this machine");
  }
  webhook.secret_file = section.required_text("secret_file");
  webhook.ca_file = section.text("ca_file");
  webhook.timeout_ms = section.number("timeout_ms", webhook.timeout_ms, 100, kTimeoutMsMost);
  webhook.in_flight_max =
      static_cast<u32>(section.number("in_flight_max", webhook.in_flight_max, 1, kInFlightMost));
  return webhook;
}

SinkSettings read_sink(Section section) {
  SinkSettings sink;
  sink.name = section.required_text("name");
  if (!sink.name.empty() && !is_name(sink.name)) {
    section.refuse("name", "expected letters, digits, - and _");
  }
  if (sink.name == "files" || sink.name == "alerts") {
    section.refuse("name", "is what the server calls a part of its own; expected another name");
  }
  const std::string kind = section.required_text("kind");
  sink.filter = read_filter(section.section("filter"));
  sink.takes_changes = section.truth("changes", kind != "webhook" && kind != "file");
  if (kind == "postgres") {
    sink.target = read_postgres(section);
  } else if (kind == "nats") {
    sink.target = read_nats(section);
  } else if (kind == "kafka") {
    sink.target = read_kafka(section);
  } else if (kind == "webhook") {
    sink.target = read_webhook(section);
  } else if (kind == "file") {
    sink.target = AlertFileSettings{section.required_text("path")};
  } else if (!kind.empty()) {
    section.refuse("kind", "'" + kind + "'; expected postgres, nats, kafka, webhook or file");
  }
  if (sink.takes_changes && (kind == "webhook" || kind == "file")) {
    section.refuse("changes",
                   "a sink of this kind is for alerts; changes go into files with --export");
  }
  return sink;
}

}  // namespace

std::string_view kind_name(const SinkSettings& sink) {
  constexpr std::string_view kNames[] = {"postgres", "nats", "kafka", "webhook", "file"};
  return kNames[sink.target.index()];
}

std::vector<SinkSettings> read_sinks(Section root) {
  std::vector<SinkSettings> sinks;
  for (Section section : root.sections("sink")) {
    SinkSettings sink = read_sink(section);
    const bool taken = std::any_of(sinks.begin(), sinks.end(), [&](const SinkSettings& other) {
      return other.name == sink.name;
    });
    if (taken) section.refuse("name", "another sink has this name; expected names that differ");
    sinks.push_back(std::move(sink));
  }
  return sinks;
}

}  // namespace florin::sinks
