// A session of a PostgreSQL server: statements, and COPY from this side. Everything is waited for,
// but for statements that are begun and looked after.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

namespace florin::sinks {

// What a statement answered, as text; NULL is an empty text.
using PostgresRows = std::vector<std::vector<std::string>>;

// Belongs to one thread. Errors name what was being done and what the server said. Disconnected:
// the session is over; NoSpace, Timeout, PermissionDenied as they say; InvalidArgument: the server
// does not take these values (SQLSTATE classes 22 and 23); Refused: everything else.
class PostgresConnection {
 public:
  // `connection` as libpq takes it; `application` is shown in pg_stat_activity. Waits 10 seconds
  // at most for each address, and as long for a server that does not answer, unless `connection`
  // says otherwise.
  static Result<PostgresConnection> open(const std::string& connection,
                                         const std::string& application);

  // Statements without values of others; several may follow each other.
  Status run(const std::string& statements, std::string_view action);
  // One statement, with values for $1, $2, …
  Result<PostgresRows> ask(const std::string& statement, const std::vector<std::string>& values,
                           std::string_view action);

  // COPY … FROM STDIN (FORMAT binary) of whole rows: `send` brings the header and any number of
  // parts, `end_copy` waits for what the server says.
  Status begin_copy(const std::string& table_with_columns);
  Status send(std::span<const char> bytes);
  Status end_copy();

  // Statements that run while others are not waited for; `is_done` looks whether they have ended.
  Status begin(const std::string& statements);
  Result<bool> is_done();

 private:
  struct Closer {
    void operator()(PGconn* connection) const;
  };
  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}
  Status check(const PGresult* result, std::string_view action) const;
  tl::unexpected<Error> lost(std::string_view action) const;

  std::unique_ptr<PGconn, Closer> connection_;
  std::optional<Error> failed_;  // Of the statements that were begun.
};

// A name as it stands in statements, in double quotes.
std::string quoted_name(std::string_view name);

}  // namespace florin::sinks
