#include "importer/parcel_maker.h"

#include <filesystem>

#include <fmt/core.h>
#include <fnmatch.h>

namespace florin::importer {

namespace {

// A parcel goes when it has so many refused rows, recorded days or bytes of text, too.
constexpr usize kRefusedMax = 1000;
constexpr usize kDaysMax = 64;
constexpr usize kTextBytesMax = 16 * kMiB;
// The most accounts that one transfer opens.
constexpr usize kOpenedByTransfer = 2;

bool fits(const TableMapping& table, const std::string& base_name) {
  if (table.files.empty()) return true;
  return std::any_of(table.files.begin(), table.files.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), base_name.c_str(), 0) == 0;
  });
}

// East of UTC, of the dates of transfers.
i64 zone_ns_of(const TransferMapping& mapping) {
  for (const FieldRule& rule : mapping.fields) {
    if (rule.value.form == ValueForm::Moment) {
      return rule.value.moment.local().zone_seconds * static_cast<i64>(kNsPerSecond);
    }
  }
  return 0;
}

constexpr i64 kDayNs = 86'400 * static_cast<i64>(kNsPerSecond);

i64 day_of(u64 moment, i64 zone_ns) {
  const i64 local = static_cast<i64>(moment) + zone_ns;
  return (local >= 0 ? local : local - kDayNs + 1) / kDayNs;
}

u64 end_of_day(i64 day, i64 zone_ns) { return static_cast<u64>((day + 1) * kDayNs - zone_ns - 1); }

}  // namespace

Result<Table> table_of_file(const Mapping& mapping, const std::string& path) {
  if (mapping.rows_tell_table) return Table::Transfers;
  const std::string base_name = std::filesystem::path(path).filename().string();
  const bool accounts = mapping.accounts && fits(*mapping.accounts, base_name);
  const bool transfers = mapping.transfers && fits(*mapping.transfers, base_name);
  if (accounts != transfers) return accounts ? Table::Accounts : Table::Transfers;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} fits {} of the mapping; expected names in its `files` by which the "
                          "tables can be told apart",
                          path, accounts ? "both [accounts] and [transfers]" : "no table"));
}

ParcelMaker::ParcelMaker(const Mapping& mapping, ReadingOptions options, Deliver deliver)
    : mapping_(mapping),
      options_(std::move(options)),
      deliver_(std::move(deliver)),
      zone_ns_(mapping.transfers ? zone_ns_of(*mapping.transfers) : 0) {}

void ParcelMaker::run() {
  start_parcel();
  const Status status = read_all();
  if (!is_wanted_) return;
  if (!status) parcel_.error = status.error();
  if (status) close_day();
  parcel_.end = progress_;
  parcel_.is_last = true;
  deliver_(std::move(parcel_));
}

Status ParcelMaker::read_all() {
  if (!take_constant_accounts()) return {};
  for (u32 file = 0; is_wanted_ && file < options_.files.size(); ++file) {
    RETURN_IF_ERROR(read_file(file));
  }
  return {};
}

bool ParcelMaker::take_constant_accounts() {
  SourceRow nowhere;
  for (const ledger::Account& account : mapping_.constant_accounts) {
    row_.account = account;
    row_.account.flags |= ledger::account_flags::kImported;
    accounts_.last_given = accounts_.last_written = account.timestamp;
    if (account.id != 0) known_accounts_.insert(account.id);
    if (!is_done()) {
      parcel_.accounts.push_back(row_.account);
      parcel_.is_derived.push_back(false);
      parcel_.account_rows.push_back(add_row(kMappingFile, nowhere));
    }
    ++rows_;
    progress_.rows = rows_;
    if (parcel_.accounts.size() + kOpenedByTransfer > options_.events_max && !flush()) return false;
  }
  return true;
}

Status ParcelMaker::read_file(u32 file) {
  const std::string& path = options_.files[file];
  const auto table = table_of_file(mapping_, path);
  RETURN_IF_ERROR(table);
  RowMapper mapper(mapping_, *table);
  TextFormat format =
      *table == Table::Accounts ? mapping_.accounts->format : mapping_.transfers->format;
  if (options_.kind) format.kind = options_.kind;
  auto source = RowSource::open(path, format, mapper.columns());
  RETURN_IF_ERROR(source);
  SourceRow row;
  while (true) {
    const auto found = (*source)->next(row);
    RETURN_IF_ERROR(found);
    if (!*found) return {};
    if (row.problem.empty()) {
      mapper.map(row.cells, row_);
    } else {
      row_.kind = RowKind::Refused;
      row_.reason = std::move(row.problem);
    }
    if (!take_row(file, row)) return {};
  }
}

// False when nobody takes any more.
bool ParcelMaker::take_row(u32 file, const SourceRow& source) {
  switch (row_.kind) {
    case RowKind::Account: take_account(file, source); break;
    case RowKind::Transfer: take_transfer(file, source); break;
    case RowKind::Skipped: parcel_.skipped += is_done() ? 0 : 1; break;
    case RowKind::Refused: refuse(file, source, std::move(row_.reason)); break;
  }
  ++rows_;
  progress_ = {rows_, file, source.line, source.end_offset};
  const bool is_full = parcel_.transfers.size() >= options_.events_max ||
                       parcel_.accounts.size() + kOpenedByTransfer > options_.events_max ||
                       parcel_.refused.size() >= kRefusedMax || parcel_.days.size() >= kDaysMax ||
                       parcel_.text.size() >= kTextBytesMax;
  return !is_full || flush();
}

void ParcelMaker::take_account(u32 file, const SourceRow& source) {
  std::string reason;
  if (!give_moment(mapping_.accounts->spreads, accounts_, row_.account.timestamp, reason)) {
    return refuse(file, source, std::move(reason));
  }
  const bool opens = mapping_.transfers && mapping_.transfers->new_accounts;
  if (opens && row_.account.id != 0) known_accounts_.insert(row_.account.id);
  if (is_done()) return;
  parcel_.accounts.push_back(row_.account);
  parcel_.is_derived.push_back(false);
  parcel_.account_rows.push_back(add_row(file, source));
}

void ParcelMaker::take_transfer(u32 file, const SourceRow& source) {
  std::string reason;
  ledger::Transfer& transfer = row_.transfer;
  if (!give_moment(mapping_.transfers->spreads, transfers_, transfer.timestamp, reason)) {
    return refuse(file, source, std::move(reason));
  }
  if (mapping_.transfers->record) record(transfer);
  const u32 row = is_done() ? 0 : add_row(file, source);
  if (mapping_.transfers->new_accounts) {
    open_account(transfer.debit_account_id, row);
    open_account(transfer.credit_account_id, row);
  }
  if (is_done()) return;
  parcel_.transfers.push_back(transfer);
  parcel_.transfer_rows.push_back(row);
}

void ParcelMaker::open_account(u128 id, u32 row) {
  if (id == 0 || !known_accounts_.insert(id)) return;
  const NewAccounts& made = *mapping_.transfers->new_accounts;
  const u64 used = row_.transfer.timestamp;
  const u64 wanted = used > made.earlier_ns ? used - made.earlier_ns : 1;
  accounts_.last_given = std::max(wanted, accounts_.last_given + 1);
  if (is_done()) return;
  ledger::Account account{};
  account.id = id;
  account.ledger = row_.transfer.ledger;
  account.code = made.code;
  account.flags = made.flags | ledger::account_flags::kImported;
  account.timestamp = accounts_.last_given;
  parcel_.accounts.push_back(account);
  parcel_.is_derived.push_back(true);
  parcel_.account_rows.push_back(row);
}

// A day is compared when its last row was taken: that is in this parcel, or in an earlier one.
void ParcelMaker::record(const ledger::Transfer& transfer) {
  if (!row_.recorded) return;
  const i64 day = day_of(transfer.timestamp, zone_ns_);
  if (day_ != day) close_day();
  day_ = day;
  recorded_.end_ns = end_of_day(day, zone_ns_);
  const auto [at, is_new] = recorded_at_.try_emplace(row_.own_account, recorded_.accounts.size());
  if (is_new) recorded_.accounts.push_back({row_.own_account, {}});
  recorded_.accounts[at->second].balances.push_back(*row_.recorded);
}

void ParcelMaker::close_day() {
  if (day_) parcel_.days.push_back(std::move(recorded_));
  day_.reset();
  recorded_ = RecordedDay{};
  recorded_at_.clear();
}

bool ParcelMaker::give_moment(bool spreads, Ascent& ascent, u64& moment,
                              std::string& reason) const {
  if (!spreads) {
    ascent.last_given = std::max(ascent.last_given, moment);
    return true;
  }
  if (moment < ascent.last_written) {
    reason = "its moment is before that of a row above it; expected rows in the order of time";
    return false;
  }
  ascent.last_written = moment;
  moment = std::max(moment, ascent.last_given + 1);
  ascent.last_given = moment;
  return true;
}

u32 ParcelMaker::add_row(u32 file, const SourceRow& source) {
  parcel_.rows.push_back({file, source.line, parcel_.text.size(), source.text.size()});
  parcel_.text += source.text;
  return static_cast<u32>(parcel_.rows.size() - 1);
}

void ParcelMaker::refuse(u32 file, const SourceRow& source, std::string reason) {
  if (is_done()) return;
  const u32 row = add_row(file, source);
  parcel_.refused.push_back({parcel_.rows[row], std::move(reason)});
}

bool ParcelMaker::flush() {
  parcel_.end = progress_;
  is_wanted_ = deliver_(std::move(parcel_));
  start_parcel();
  return is_wanted_;
}

void ParcelMaker::start_parcel() {
  parcel_ = Parcel{};
  parcel_.transfers.reserve(options_.events_max);
  parcel_.transfer_rows.reserve(options_.events_max);
  parcel_.rows.reserve(options_.events_max);
}

}  // namespace florin::importer
