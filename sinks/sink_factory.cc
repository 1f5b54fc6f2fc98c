#include "sinks/sink_factory.h"

#include "base/check.h"
#include "sinks/file_target.h"
#include "sinks/kafka_sink.h"
#include "sinks/kafka_target.h"
#include "sinks/nats_sink.h"
#include "sinks/nats_target.h"
#include "sinks/postgres_sink.h"
#include "sinks/webhook_target.h"

namespace florin::sinks {

namespace {

using MadeTarget = Result<std::unique_ptr<MessageTarget>>;

struct SinkMaker {
  const std::string& name;
  u128 ledger_id;
  Clock& clock;

  std::unique_ptr<exporter::Sink> operator()(const PostgresSettings& settings) const {
    PostgresSinkOptions options;
    options.settings = settings;
    options.ledger_id = ledger_id;
    options.name = name;
    return std::make_unique<PostgresSink>(std::move(options), clock);
  }
  std::unique_ptr<exporter::Sink> operator()(const NatsSettings& settings) const {
    return std::make_unique<NatsSink>(settings, ledger_id);
  }
  std::unique_ptr<exporter::Sink> operator()(const KafkaSettings& settings) const {
    return std::make_unique<KafkaSink>(settings, ledger_id);
  }
  // Settings that are for alerts only are never read with changes.
  std::unique_ptr<exporter::Sink> operator()(const WebhookSettings&) const { CHECK(false); }
  std::unique_ptr<exporter::Sink> operator()(const AlertFileSettings&) const { CHECK(false); }
};

struct TargetMaker {
  const std::string& name;
  Clock& clock;

  MadeTarget operator()(const PostgresSettings&) const {
    return fail(ErrorCode::InvalidArgument,
                "sink '" + name +
                    "' is a PostgreSQL database, which takes no alerts; expected a "
                    "sink of the kind nats, kafka, webhook or file");
  }
  MadeTarget operator()(const NatsSettings& settings) const {
    return std::make_unique<NatsTarget>(settings);
  }
  MadeTarget operator()(const KafkaSettings& settings) const {
    return std::make_unique<KafkaTarget>(settings);
  }
  MadeTarget operator()(const WebhookSettings& settings) const {
    auto target = WebhookTarget::open(settings, clock);
    if (!target) return tl::unexpected<Error>(std::move(target).error());
    return std::move(*target);
  }
  MadeTarget operator()(const AlertFileSettings& settings) const {
    return std::make_unique<FileTarget>(settings);
  }
};

}  // namespace

std::unique_ptr<exporter::Sink> make_sink(const SinkSettings& settings, u128 ledger_id,
                                          Clock& clock) {
  CHECK(settings.takes_changes);
  return std::visit(SinkMaker{settings.name, ledger_id, clock}, settings.target);
}

Result<std::unique_ptr<MessageTarget>> make_target(const SinkSettings& settings, Clock& clock) {
  return std::visit(TargetMaker{settings.name, clock}, settings.target);
}

}  // namespace florin::sinks
