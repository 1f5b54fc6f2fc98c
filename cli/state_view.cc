#include "cli/state_view.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

#include "base/int128.h"
#include "cli/fields.h"
#include "cli/json_writer.h"
#include "cli/object_tables.h"
#include "cli/value_text.h"
#include "engine/block.h"
#include "ledger/request.h"

namespace florin::cli {

namespace {

void run(engine::Engine& engine, ledger::Request& request) {
  engine::Block block(Limits{}, engine.partitions());
  block.clear(1);
  block.add(&request, engine.books().last_time);
  engine.run_inline(block);
  engine.finish(block);
}

// A file that did not exist before, written line by line.
class NewFile {
 public:
  static Result<NewFile> create(const std::string& path) {
    if (std::filesystem::exists(path)) {
      return fail(ErrorCode::InvalidArgument,
                  path + " is there already; name a directory without it");
    }
    std::ofstream stream(path, std::ios::binary);
    if (!stream) return fail(ErrorCode::Io, path + " cannot be written: " + errno_text());
    return NewFile(path, std::move(stream));
  }

  void line(const std::string& text) { stream_ << text << '\n'; }
  Status close() {
    stream_.close();
    if (stream_) return {};
    return fail(ErrorCode::Io, path_ + " could not be written whole: " + errno_text());
  }

 private:
  NewFile(std::string path, std::ofstream stream)
      : path_(std::move(path)), stream_(std::move(stream)) {}
  static std::string errno_text() { return std::generic_category().message(errno); }

  std::string path_;
  std::ofstream stream_;
};

template <class Object>
std::string csv_header() {
  std::string header;
  for (const Field<Object>& field : schema<Object>().fields) {
    if (!header.empty()) header += ',';
    header += field.name;
  }
  return header;
}

// Numbers and names of flags: nothing that would need quotes.
template <class Object>
std::string csv_line(const Object& object) {
  std::string line;
  bool first = true;
  for (const Field<Object>& field : schema<Object>().fields) {
    if (!first) line += ',';
    first = false;
    const u128 value = field.get(object);
    line += field.form == FieldForm::Flags
                ? flags_text(static_cast<u32>(value), schema<Object>().flags)
                : florin::to_decimal(value);
  }
  return line;
}

template <class Object>
Status export_objects(const std::string& path, ExportFormat format, u64 count,
                      const std::function<const Object&(u64)>& object_at) {
  auto file = NewFile::create(path);
  RETURN_IF_ERROR(file);
  if (format == ExportFormat::Csv) file->line(csv_header<Object>());
  for (u64 number = 0; number < count; ++number) {
    const Object& object = object_at(number);
    file->line(format == ExportFormat::Csv ? csv_line(object) : to_json(object));
  }
  return file->close();
}

Status export_trial_balance(const std::string& path, ExportFormat format, const Answer& answer) {
  auto file = NewFile::create(path);
  RETURN_IF_ERROR(file);
  if (format == ExportFormat::JsonLines) {
    file->line(to_json(answer));
    return file->close();
  }
  file->line("ledger,accounts,debits_pending,debits_posted,credits_pending,credits_posted");
  for (const ledger::LedgerTotals& total : answer.totals) {
    file->line(std::to_string(total.ledger) + "," + std::to_string(total.accounts) + "," +
               to_decimal(total.debits_pending) + "," + to_decimal(total.debits_posted) + "," +
               to_decimal(total.credits_pending) + "," + to_decimal(total.credits_posted));
  }
  return file->close();
}

}  // namespace

Answer trial_balance_of(engine::Engine& engine) {
  Answer answer;
  answer.kind = CommandKind::GetTrialBalance;
  u32 ledger_min = 0;
  while (true) {
    ledger::Request request;
    request.operation = ledger::Operation::GetTrialBalance;
    request.trial_balance_filter = {ledger_min, ledger::kTrialBalanceLinesMax};
    run(engine, request);
    answer.totals.insert(answer.totals.end(), request.totals.begin(), request.totals.end());
    if (!request.more) return answer;
    ledger_min = answer.totals.back().ledger + 1;
  }
}

Answer accounts_of(engine::Engine& engine, const std::vector<u128>& ids) {
  ledger::Request request;
  request.clear_answer();
  request.operation = ledger::Operation::LookupAccounts;
  request.event_count = static_cast<u32>(ids.size());
  request.events = reinterpret_cast<const std::byte*>(ids.data());
  run(engine, request);
  Answer answer;
  answer.kind = CommandKind::LookupAccounts;
  answer.accounts = std::move(request.accounts);
  return answer;
}

Result<ExportReport> export_state(engine::Engine& engine, const std::string& directory,
                                  ExportFormat format) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail(ErrorCode::Io, directory + " cannot be made: " + error.message());
  }
  const std::string suffix = format == ExportFormat::Csv ? ".csv" : ".jsonl";
  const auto path = [&](const char* name) { return directory + "/" + name + suffix; };
  const engine::Tables& tables = engine.tables();
  ExportReport report;
  report.accounts = engine.books().accounts_count;
  report.transfers = engine.books().transfers_created;
  RETURN_IF_ERROR(export_objects<ledger::Account>(
      path("accounts"), format, report.accounts, [&](u64 number) -> const ledger::Account& {
        return tables.accounts[tables.accounts_by_creation[number]];
      }));
  RETURN_IF_ERROR(export_objects<ledger::Transfer>(
      path("transfers"), format, report.transfers, [&](u64 number) -> const ledger::Transfer& {
        return tables.transfers[tables.transfers_by_creation[number]];
      }));
  RETURN_IF_ERROR(export_trial_balance(path("trial_balance"), format, trial_balance_of(engine)));
  report.files = {path("accounts"), path("transfers"), path("trial_balance")};
  return report;
}

}  // namespace florin::cli
