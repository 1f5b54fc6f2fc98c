#include "sinks/postgres_schema.h"

#include <charconv>

#include <fmt/format.h>

namespace florin::sinks {

namespace {

// Any number that other programs hardly use: with the hash of the schema's name it is the lock.
constexpr int kMigrationLock = 1'718'382'441;

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, applied_at "
    "timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE schema_version IS 'The versions of these tables that were made, one after "
    "the other';"
    "COMMENT ON COLUMN schema_version.version IS 'Counted from 1';"
    "COMMENT ON COLUMN schema_version.applied_at IS 'When it was made';";

usize number_of(const std::string& digits) {
  usize number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Status check_encoding(PostgresConnection& connection) {
  const auto encoding = connection.ask("SHOW server_encoding", {}, "ask for the encoding");
  if (!encoding) return tl::unexpected<Error>(encoding.error());
  if ((*encoding)[0][0] == "UTF8") return {};
  return fail(ErrorCode::InvalidArgument, "the PostgreSQL database has the encoding " +
                                              (*encoding)[0][0] +
                                              "; expected UTF8: create it with ENCODING 'UTF8'");
}

// A role that may use the schema, but make none in the database, need not be able to.
Status make_schema(PostgresConnection& connection, const std::string& schema) {
  const auto found = connection.ask("SELECT 1 FROM pg_namespace WHERE nspname = $1", {schema},
                                    "look for the schema");
  if (!found) return tl::unexpected<Error>(found.error());
  if (!found->empty()) return {};
  return connection.run("CREATE SCHEMA " + quoted_name(schema), "create the schema " + schema);
}

Result<usize> version_of(PostgresConnection& connection, const std::string& schema) {
  const auto table = connection.ask(
      "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'", {schema},
      "look for the version of the tables");
  if (!table) return tl::unexpected<Error>(table.error());
  if (table->empty()) return usize{0};
  const auto version = connection.ask("SELECT coalesce(max(version), 0) FROM schema_version", {},
                                      "read the version of the tables");
  if (!version) return tl::unexpected<Error>(version.error());
  return number_of((*version)[0][0]);
}

Status make_versions(PostgresConnection& connection, usize present, usize version) {
  RETURN_IF_ERROR(connection.run(std::string(kVersionTable), "create the table of versions"));
  while (present < version) {
    const std::string_view statements = postgres_migrations()[present++];
    RETURN_IF_ERROR(connection.run(std::string(statements),
                                   fmt::format("make version {} of the tables", present)));
    RETURN_IF_ERROR(
        connection.run(fmt::format("INSERT INTO schema_version (version) VALUES ({})", present),
                       "note the version of the tables"));
  }
  return {};
}

Status bring_up(PostgresConnection& connection, const std::string& schema, usize version) {
  RETURN_IF_ERROR(connection.ask("SELECT pg_advisory_xact_lock($1::int, hashtext($2))",
                                 {std::to_string(kMigrationLock), schema}, "lock the schema"));
  RETURN_IF_ERROR(make_schema(connection, schema));
  const auto present = version_of(connection, schema);
  if (!present) return tl::unexpected<Error>(present.error());
  if (*present > postgres_migrations().size()) {
    return fail(ErrorCode::WrongVersion,
                fmt::format("the tables in schema {} have version {}; expected {} at most: a newer "
                            "program made them",
                            schema, *present, postgres_migrations().size()));
  }
  return *present < version ? make_versions(connection, *present, version) : Status{};
}

}  // namespace

Status migrate_postgres(PostgresConnection& connection, const std::string& schema, usize version) {
  RETURN_IF_ERROR(check_encoding(connection));
  RETURN_IF_ERROR(connection.run("SET search_path TO " + quoted_name(schema) + ", pg_temp; BEGIN",
                                 "begin to make tables"));
  if (Status made = bring_up(connection, schema, version); !made) {
    // A lost session has rolled back by itself.
    static_cast<void>(connection.run("ROLLBACK", "roll back"));
    return made;
  }
  return connection.run("COMMIT", "commit the tables");
}

}  // namespace florin::sinks
