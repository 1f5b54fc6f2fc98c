#include "sinks/postgres_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace florin::sinks {

namespace {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultCloser>;

// The server's messages end in newlines.
std::string without_line_ends(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
ErrorCode code_of(std::string_view state) {
  if (state == "53100") return ErrorCode::NoSpace;
  if (state == "42501" || state.starts_with("28")) return ErrorCode::PermissionDenied;
  if (state == "55P03" || state == "57014") return ErrorCode::Timeout;
  if (state.empty() || state.starts_with("08") || state.starts_with("57")) {
    return ErrorCode::Disconnected;
  }
  if (state.starts_with("22") || state.starts_with("23")) return ErrorCode::InvalidArgument;
  return ErrorCode::Refused;
}

std::string field_text(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

void ignore_notice(void*, const PGresult*) {}

constexpr char kCopyHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
constexpr usize kCopyHeaderBytes = 19;
constexpr char kCopyEnd[] = "\377\377";

}  // namespace

void PostgresConnection::Closer::operator()(PGconn* connection) const { PQfinish(connection); }

Result<PostgresConnection> PostgresConnection::open(const std::string& connection,
                                                    const std::string& application) {
  // What comes later overrides: the caller's string stands behind the limits of time.
  const char* const keys[] = {"connect_timeout", "tcp_user_timeout", "fallback_application_name",
                              "dbname",          "client_encoding",  nullptr};
  const char* const values[] = {"10",   "10000", application.c_str(), connection.c_str(),
                                "UTF8", nullptr};
  PostgresConnection opened(PQconnectdbParams(keys, values, 1));
  if (PQstatus(opened.connection_.get()) != CONNECTION_OK) return opened.lost("connect");
  // What the server only remarks is not for our standard error.
  PQsetNoticeReceiver(opened.connection_.get(), ignore_notice, nullptr);
  return opened;
}

tl::unexpected<Error> PostgresConnection::lost(std::string_view action) const {
  return fail(ErrorCode::Disconnected,
              fmt::format("PostgreSQL: cannot {}: {}", action,
                          without_line_ends(PQerrorMessage(connection_.get()))));
}

Status PostgresConnection::check(const PGresult* result, std::string_view action) const {
  if (result == nullptr) return lost(action);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) return {};
  const std::string state = field_text(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return lost(action);
  std::string message = field_text(result, PG_DIAG_MESSAGE_PRIMARY);
  for (const int field : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_CONTEXT}) {
    if (const std::string more = field_text(result, field); !more.empty()) message += "; " + more;
  }
  return fail(code_of(state),
              fmt::format("PostgreSQL: cannot {}: {} ({})", action, message, state));
}

Status PostgresConnection::run(const std::string& statements, std::string_view action) {
  const ResultPtr result(PQexec(connection_.get(), statements.c_str()));
  return check(result.get(), action);
}

Result<PostgresRows> PostgresConnection::ask(const std::string& statement,
                                             const std::vector<std::string>& values,
                                             std::string_view action) {
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  const ResultPtr result(PQexecParams(connection_.get(), statement.c_str(),
                                      static_cast<int>(texts.size()), nullptr, texts.data(),
                                      nullptr, nullptr, 0));
  RETURN_IF_ERROR(check(result.get(), action));
  PostgresRows rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::vector<std::string>& fields = rows.emplace_back();
    for (int field = 0; field < PQnfields(result.get()); ++field) {
      fields.emplace_back(PQgetvalue(result.get(), row, field));
    }
  }
  return rows;
}

Status PostgresConnection::begin_copy(const std::string& table_with_columns) {
  RETURN_IF_ERROR(run("COPY " + table_with_columns + " FROM STDIN (FORMAT binary)",
                      "begin to copy into " + table_with_columns));
  return send({kCopyHeader, kCopyHeaderBytes});
}

Status PostgresConnection::send(std::span<const char> bytes) {
  const int sent = PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (sent != 1) return lost("send rows");
  return {};
}

Status PostgresConnection::end_copy() {
  RETURN_IF_ERROR(send({kCopyEnd, 2}));
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) return lost("end a copy");
  Status status;
  while (const ResultPtr result{PQgetResult(connection_.get())}) {
    if (status) status = check(result.get(), "copy rows");
  }
  return status;
}

Status PostgresConnection::begin(const std::string& statements) {
  failed_.reset();
  if (PQsendQuery(connection_.get(), statements.c_str()) != 1) return lost("begin a statement");
  return {};
}

Result<bool> PostgresConnection::is_done() {
  if (PQconsumeInput(connection_.get()) != 1) return lost("go on with a statement");
  while (PQisBusy(connection_.get()) == 0) {
    const ResultPtr result(PQgetResult(connection_.get()));
    if (!result) {
      if (failed_) return tl::unexpected<Error>(*failed_);
      return true;
    }
    if (const Status status = check(result.get(), "run a statement"); !status && !failed_) {
      failed_ = status.error();
    }
  }
  return false;
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char letter : name) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

}  // namespace florin::sinks
