// The versions of the tables, and how they are made. A database that has an older version is
// brought up to date; one that has a newer version is refused.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "sinks/postgres_connection.h"

namespace florin::sinks {

// The statements that lead from each version to the next one, the first from nothing. They are the
// files of sinks/postgres, part of the program.
std::span<const std::string_view> postgres_migrations();

// Makes the schema and what it lacks up to this version, in one transaction, one session at a time.
// InvalidArgument: the database is not in UTF-8; WrongVersion: another program made a newer one.
Status migrate_postgres(PostgresConnection& connection, const std::string& schema, usize version);

}  // namespace florin::sinks
