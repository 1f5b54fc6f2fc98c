// The file that names the systems downstream: what is read, and what is refused.
#include "sinks/sink_settings.h"

#include <gtest/gtest.h>

namespace florin::test {

using settings::SettingsFile;

namespace {

Result<std::vector<sinks::SinkSettings>> sinks_of(std::string_view text) {
  auto file = SettingsFile::of_text(text, "sinks.toml");
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  auto read = sinks::read_sinks(file->root());
  RETURN_IF_ERROR(file->finish());
  return read;
}

std::string refusal_of(std::string_view text) {
  const auto read = sinks_of(text);
  return read ? "" : read.error().message;
}

}  // namespace

TEST(SinkSettings, reads_every_kind) {
  const auto read = sinks_of(R"(
[[sink]]
name = "warehouse"
kind = "postgres"
connection = "host=db dbname=bank"
filter = { kinds = ["transfer_created", "hold_expired"], ledgers = [978], amount_min = "100" }
[[sink]]
name = "bus"
kind = "nats"
servers = ["nats://127.0.0.1:4222", "nats://127.0.0.1:4223"]
per_account = true
format = "flatbuffers"
[[sink]]
name = "events"
kind = "kafka"
brokers = ["127.0.0.1:9092"]
properties = { "security.protocol" = "ssl" }
[[sink]]
name = "ops"
kind = "webhook"
url = "https://ops.example/hooks"
secret_file = "/etc/florin/secret"
in_flight_max = 8
[[sink]]
name = "audit"
kind = "file"
path = "/var/log/alerts.ndjson"
)");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 5U);
  EXPECT_EQ(std::get<sinks::PostgresSettings>((*read)[0].target).connection, "host=db dbname=bank");
  EXPECT_EQ((*read)[0].filter.kinds, (1U << 3) | (1U << 4));
  EXPECT_EQ((*read)[0].filter.ledgers, std::vector<u32>{978});
  EXPECT_TRUE((*read)[0].filter.amount_min == 100);
  EXPECT_TRUE((*read)[0].takes_changes);
  const auto& nats = std::get<sinks::NatsSettings>((*read)[1].target);
  EXPECT_EQ(nats.servers.size(), 2U);
  EXPECT_TRUE(nats.per_account);
  EXPECT_EQ(nats.form, sinks::MessageForm::FlatBuffers);
  const auto& kafka = std::get<sinks::KafkaSettings>((*read)[2].target);
  ASSERT_EQ(kafka.properties.size(), 1U);
  EXPECT_EQ(kafka.properties[0].second, "ssl");
  EXPECT_FALSE((*read)[3].takes_changes);
  EXPECT_FALSE((*read)[4].takes_changes);
  EXPECT_EQ(sinks::kind_name((*read)[3]), "webhook");
  EXPECT_EQ(std::get<sinks::WebhookSettings>((*read)[3].target).in_flight_max, 8U);
}

// Refused transfers come to those only who name them.
TEST(SinkSettings, reads_kinds_of_changes_as_the_ledger_numbers_them) {
  const auto kinds_of = [](const std::string& kinds) {
    const auto read =
        sinks_of("[[sink]]\nname = \"a\"\nkind = \"kafka\"\nbrokers = [\"b:1\"]\n" + kinds);
    EXPECT_TRUE(read) << read.error().message;
    return (*read)[0].filter.kinds;
  };
  EXPECT_EQ(kinds_of(""), 0U);
  EXPECT_EQ(kinds_of("filter = { kinds = [\"transfer_refused\"] }"),
            1U << static_cast<u8>(ledger::ChangeKind::TransferRefused));
  EXPECT_EQ(kinds_of("filter = { kinds = [\"account_created\", \"account_updated\", "
                     "\"transfer_created\", \"hold_expired\", \"transfer_refused\"] }"),
            ledger::kChangeKindsDefined);
}

TEST(SinkSettings, tells_what_cannot_be) {
  EXPECT_EQ(
      refusal_of("[[sink]]\nname = \"a\"\nkind = \"mysql\"\n"),
      "sinks.toml line 3: sink.kind: 'mysql'; expected postgres, nats, kafka, webhook or file");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"postgres\"\n"),
            "sinks.toml line 1: sink: 'connection' is missing; expected connection = \"...\"");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"alerts\"\nkind = \"file\"\npath = \"x\"\n"),
            "sinks.toml line 2: sink.name: is what the server calls a part of its own; expected "
            "another name");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a b\"\nkind = \"file\"\npath = \"x\"\n"),
            "sinks.toml line 2: sink.name: expected letters, digits, - and _");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"http://ops.example/\"\n"
                       "secret_file = \"x\"\n"),
            "sinks.toml line 4: sink.url: expected https://…, or http:// on this machine");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\n"
                       "[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"y\"\n"),
            "sinks.toml line 6: sink.name: another sink has this name; expected names that differ");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\nchanges = true\n"),
            "sinks.toml line 5: sink.changes: a sink of this kind is for alerts; changes go into "
            "files with --export");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\n"
                       "filter = { kinds = [\"refused\"] }\n"),
            "sinks.toml line 5: sink.filter.kinds: 'refused' is no kind of change; expected "
            "account_created, account_updated, transfer_created, hold_expired, transfer_refused");
  EXPECT_EQ(refusal_of("[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\nretries = 3\n"),
            "sinks.toml line 5: 'sink.retries' is not known here");
}

}  // namespace florin::test
