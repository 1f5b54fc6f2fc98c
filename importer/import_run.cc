#include "importer/import_run.h"

#include <algorithm>
#include <thread>

#include <fmt/core.h>

#include "base/clock.h"
#include "base/int128.h"
#include "exporter/durable_file.h"
#include "importer/parcel_maker.h"
#include "importer/parcel_queue.h"
#include "importer/refusal_file.h"

namespace florin::importer {

using ledger::AccountOutcome;
using ledger::TransferOutcome;

namespace {

constexpr u64 kJournalEveryNs = 100 * kNsPerMs;  // A write takes some milliseconds.
constexpr usize kShownRefusalsMax = 10;

// Which files these are. Those of the standard input cannot be known again.
Result<std::vector<FileIdentity>> identify(const std::vector<std::string>& paths) {
  std::vector<FileIdentity> identities;
  for (const std::string& path : paths) {
    if (path == "-") {
      identities.push_back({path, 0, 0});
      continue;
    }
    const auto file = InputFile::open(path);
    RETURN_IF_ERROR(file);
    identities.push_back(file->identity());
  }
  return identities;
}

// An account that the importer opens for a transfer may be there already, made by others.
bool is_there(AccountOutcome outcome) {
  return outcome >= AccountOutcome::ExistsWithDifferentFlags && outcome <= AccountOutcome::Exists;
}

Error as_error(const client::ClientError& error) { return {error.code, error.message}; }

class Run {
 public:
  Run(const Mapping& mapping, const ImportOptions& options, Receiver& receiver,
      const ReportProgress& report_progress)
      : mapping_(mapping),
        options_(options),
        receiver_(receiver),
        report_progress_(report_progress) {}

  Result<ImportReport> run();

 private:
  Status begin();
  Status send_all();
  Status take(const Parcel& parcel);
  Status send(const Parcel& parcel);
  Status send_accounts(const Parcel& parcel);
  Status send_transfers(const Parcel& parcel);
  Status compare_days(const Parcel& parcel);
  Status report_refusals(const Parcel& parcel);
  void note_refusal(const RowPlace& row, std::string_view reason);
  void sum_up(const Parcel& parcel);
  Status write_progress(bool at_once);
  void show_progress() const;
  std::string file_name(const RowPlace& row) const;

  const Mapping& mapping_;
  const ImportOptions& options_;
  Receiver& receiver_;
  const ReportProgress& report_progress_;
  SystemClock clock_;
  JournalEntry journal_;
  std::optional<RefusalFile> refusal_file_;
  std::optional<BalanceCheck> check_;
  ImportReport report_;
  std::vector<RefusedText> refused_;  // Of the parcel in progress.
  u64 journal_written_ns_ = 0;
};

Status Run::begin() {
  auto files = identify(options_.files);
  RETURN_IF_ERROR(files);
  journal_.files = *std::move(files);
  journal_.mapping_checksum = mapping_.checksum;
  for (const std::string& path : options_.files) {
    const auto table = table_of_file(mapping_, path);
    RETURN_IF_ERROR(table);
  }
  if (!options_.journal_path.empty() && !options_.restart) {
    const auto found = read_journal(options_.journal_path);
    RETURN_IF_ERROR(found);
    if (*found) {
      RETURN_IF_ERROR(check_journal(options_.journal_path, **found, journal_));
      journal_ = **found;
    }
  }
  report_.rows_before = journal_.progress.rows;
  auto refusals = RefusalFile::open(options_.refused_path, journal_.refused_bytes);
  RETURN_IF_ERROR(refusals);
  refusal_file_.emplace(*std::move(refusals));
  if (mapping_.transfers && mapping_.transfers->record) {
    const BalanceRecord& record = *mapping_.transfers->record;
    check_.emplace(
        BalanceCheckOptions{record.debit_side, record.tolerance, record.balance.decimals});
  }
  return {};
}

Result<ImportReport> Run::run() {
  RETURN_IF_ERROR(begin());
  const u64 began_ns = clock_.monotonic_ns();
  Status status = send_all();
  const Status written = write_progress(true);
  if (status && !written) status = written;
  if (status && !options_.journal_path.empty()) {
    status = exporter::remove_file(options_.journal_path);
  }
  if (!status) report_.stopped = status.error();
  report_.took_ns = clock_.monotonic_ns() - began_ns;
  report_.counts = journal_.counts;
  report_.rows = journal_.progress.rows;
  if (check_) report_.balances = check_->findings();
  return std::move(report_);
}

Status Run::send_all() {
  ParcelQueue queue;
  ReadingOptions reading{options_.files, options_.kind, journal_.progress.rows,
                         options_.events_max};
  ParcelMaker maker(mapping_, std::move(reading),
                    [&](Parcel parcel) { return queue.push(std::move(parcel)); });
  std::thread reader([&] { maker.run(); });
  Status status;
  bool is_last = false;
  while (status && !is_last) {
    const Parcel parcel = queue.pop();
    is_last = parcel.is_last;
    status = take(parcel);
    if (status && !parcel.error.message.empty()) status = tl::unexpected<Error>(parcel.error);
  }
  queue.close();
  reader.join();
  return status;
}

Status Run::take(const Parcel& parcel) {
  const ImportCounts before = journal_.counts;
  if (Status sent = send(parcel); !sent) {
    journal_.counts = before;  // It will be sent again.
    return sent;
  }
  journal_.refused_bytes = refusal_file_->size_bytes();
  journal_.counts.skipped += parcel.skipped;
  sum_up(parcel);
  if (parcel.end.rows > journal_.progress.rows) journal_.progress = parcel.end;
  RETURN_IF_ERROR(compare_days(parcel));
  RETURN_IF_ERROR(write_progress(false));
  show_progress();
  if (journal_.counts.refused <= options_.refusals_max) return {};
  return fail(ErrorCode::Refused,
              fmt::format("{} rows were refused, and at most {} may be (--refusals-max)",
                          journal_.counts.refused, options_.refusals_max));
}

Status Run::send(const Parcel& parcel) {
  refused_ = parcel.refused;
  RETURN_IF_ERROR(send_accounts(parcel));
  RETURN_IF_ERROR(send_transfers(parcel));
  return report_refusals(parcel);
}

Status Run::send_accounts(const Parcel& parcel) {
  if (parcel.accounts.empty()) return {};
  const auto answer = receiver_.create_accounts(parcel.accounts);
  if (!answer) return tl::unexpected<Error>(as_error(answer.error()));
  ++report_.requests;
  for (usize index = 0; index < parcel.accounts.size(); ++index) {
    const AccountOutcome outcome = answer->results[index].outcome;
    if (outcome == AccountOutcome::Created) {
      ++journal_.counts.accounts_created;
    } else if (outcome == AccountOutcome::Exists ||
               (parcel.is_derived[index] && is_there(outcome))) {
      ++journal_.counts.accounts_existing;
    } else {
      refused_.push_back({parcel.rows[parcel.account_rows[index]],
                          fmt::format("account {}: {}", to_decimal(parcel.accounts[index].id),
                                      ledger::name(outcome))});
    }
  }
  return {};
}

Status Run::send_transfers(const Parcel& parcel) {
  if (parcel.transfers.empty()) return {};
  const auto answer = receiver_.create_transfers(parcel.transfers);
  if (!answer) return tl::unexpected<Error>(as_error(answer.error()));
  ++report_.requests;
  for (usize index = 0; index < parcel.transfers.size(); ++index) {
    const TransferOutcome outcome = answer->results[index].outcome;
    if (outcome == TransferOutcome::Created) {
      ++journal_.counts.transfers_created;
    } else if (outcome == TransferOutcome::Exists) {
      ++journal_.counts.transfers_existing;
    } else {
      refused_.push_back({parcel.rows[parcel.transfer_rows[index]],
                          fmt::format("transfer {}: {}", to_decimal(parcel.transfers[index].id),
                                      ledger::name(outcome))});
    }
  }
  return {};
}

Status Run::compare_days(const Parcel& parcel) {
  for (const RecordedDay& day : parcel.days) {
    const auto compared = check_->compare(day, receiver_);
    if (!compared) return tl::unexpected<Error>(as_error(compared.error()));
  }
  return {};
}

std::string Run::file_name(const RowPlace& row) const {
  return row.file == kMappingFile ? "the mapping" : options_.files[row.file];
}

// By their place in the files, whoever refused them.
Status Run::report_refusals(const Parcel& parcel) {
  std::stable_sort(refused_.begin(), refused_.end(),
                   [](const RefusedText& first, const RefusedText& second) {
                     return std::pair(first.row.file + 1, first.row.line) <
                            std::pair(second.row.file + 1, second.row.line);
                   });
  for (const RefusedText& refused : refused_) {
    const std::string file = file_name(refused.row);
    const std::string_view text =
        std::string_view(parcel.text).substr(refused.row.text_offset, refused.row.text_bytes);
    RETURN_IF_ERROR(refusal_file_->add(file, refused.row.line, refused.reason, text));
    note_refusal(refused.row, refused.reason);
  }
  journal_.counts.refused += refused_.size();
  return {};
}

void Run::note_refusal(const RowPlace& row, std::string_view reason) {
  if (report_.refusals.size() == kShownRefusalsMax) return;
  report_.refusals.push_back(row.file == kMappingFile
                                 ? fmt::format("{}: {}", file_name(row), reason)
                                 : fmt::format("{} line {}: {}", file_name(row), row.line, reason));
}

void Run::sum_up(const Parcel& parcel) {
  for (const ledger::Transfer& transfer : parcel.transfers) {
    if (transfer.amount != ledger::kAmountMax) report_.amounts[transfer.ledger] += transfer.amount;
  }
  if (parcel.transfers.empty()) return;
  if (report_.first_moment == 0) report_.first_moment = parcel.transfers.front().timestamp;
  report_.last_moment = parcel.transfers.back().timestamp;
}

Status Run::write_progress(bool at_once) {
  const u64 now_ns = clock_.monotonic_ns();
  if (options_.journal_path.empty()) return {};
  if (!at_once && now_ns - journal_written_ns_ < kJournalEveryNs) return {};
  journal_written_ns_ = now_ns;
  RETURN_IF_ERROR(refusal_file_->sync());
  return write_journal(options_.journal_path, journal_);
}

void Run::show_progress() const {
  if (!report_progress_) return;
  ImportProgress progress;
  progress.rows = journal_.progress.rows;
  for (usize file = 0; file < journal_.files.size(); ++file) {
    progress.bytes_total += journal_.files[file].size_bytes;
    if (file < journal_.progress.file) progress.bytes_done += journal_.files[file].size_bytes;
  }
  progress.bytes_done += journal_.progress.bytes;
  const bool is_known = std::none_of(journal_.files.begin(), journal_.files.end(),
                                     [](const FileIdentity& file) { return file.name == "-"; });
  if (!is_known) progress.bytes_total = 0;
  report_progress_(progress);
}

}  // namespace

Result<ImportReport> run_import(const Mapping& mapping, const ImportOptions& options,
                                Receiver& receiver, const ReportProgress& report_progress) {
  return Run(mapping, options, receiver, report_progress).run();
}

client::Answer<client::AccountResults> DryReceiver::create_accounts(
    std::span<const ledger::Account> accounts) {
  client::AccountResults answer;
  answer.results.resize(accounts.size(), {AccountOutcome::Created, {}});
  return answer;
}

client::Answer<client::TransferResults> DryReceiver::create_transfers(
    std::span<const ledger::Transfer> transfers) {
  client::TransferResults answer;
  answer.results.resize(transfers.size(), {TransferOutcome::Created, {}});
  return answer;
}

client::Answer<client::AccountBalances> DryReceiver::balances_at(std::span<const u128> ids,
                                                                 Timestamp) {
  client::AccountBalances answer;
  answer.balances.resize(ids.size());
  return answer;
}

}  // namespace florin::importer
