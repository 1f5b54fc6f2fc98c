#include "tests/fire/change_lines.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "base/int128.h"
#include "cli/offline.h"
#include "exporter/file_manifest.h"
#include "pipeline/log_record.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_changes.h"
#include "wal/reader.h"

namespace florin::test {

namespace {

using history::Place;
using ledger::ChangeKind;

std::string text_of(const ledger::TransferBalances& after) {
  return fmt::format("{} {} {} {} {} {} {} {}", to_decimal(after.debit_account_debits_pending),
                     to_decimal(after.debit_account_debits_posted),
                     to_decimal(after.debit_account_credits_pending),
                     to_decimal(after.debit_account_credits_posted),
                     to_decimal(after.credit_account_debits_pending),
                     to_decimal(after.credit_account_debits_posted),
                     to_decimal(after.credit_account_credits_pending),
                     to_decimal(after.credit_account_credits_posted));
}

std::string_view status_text(ledger::PendingStatus status) {
  switch (status) {
    case ledger::PendingStatus::None: return "";
    case ledger::PendingStatus::Pending: return "pending";
    case ledger::PendingStatus::Posted: return "posted";
    case ledger::PendingStatus::Voided: return "voided";
    case ledger::PendingStatus::Expired: return "expired";
  }
  return "unknown";
}

std::string line_of(Place place, u64 decided, ChangeKind kind, const ledger::Transfer& transfer,
                    const ledger::TransferBalances& after, u128 released, u128 remaining,
                    ledger::PendingStatus status) {
  return fmt::format(
      "{}.{} at {} {} {} {} -> {} of {} names {} flags {} time {} released {} "
      "remaining {} {} after {}",
      place.position, place.index, decided,
      kind == ChangeKind::HoldExpired ? "hold_expired" : "transfer_created",
      to_decimal(transfer.id), to_decimal(transfer.debit_account_id),
      to_decimal(transfer.credit_account_id), to_decimal(transfer.amount),
      to_decimal(transfer.pending_id), transfer.flags, transfer.timestamp, to_decimal(released),
      to_decimal(remaining), status_text(status), text_of(after));
}

std::string line_of(Place place, u64 decided, const ledger::Account& account) {
  return fmt::format("{}.{} at {} account_created {} ledger {} code {} flags {} time {}",
                     place.position, place.index, decided, to_decimal(account.id), account.ledger,
                     account.code, account.flags, account.timestamp);
}

std::string line_of(Place place, u64 decided, const ledger::AccountUpdate& update) {
  return fmt::format("{}.{} at {} account_updated {} by {} changes {} time {}", place.position,
                     place.index, decided, to_decimal(update.account_id), to_decimal(update.id),
                     update.changes, update.timestamp);
}

std::vector<std::string> lines_of(const history::ChangeBatch& batch) {
  std::vector<std::pair<Place, std::string>> lines;
  for (const auto& change : batch.transfers) {
    lines.emplace_back(change.place, line_of(change.place, change.decided, change.kind,
                                             change.transfer, change.balances, change.released,
                                             change.remaining, change.hold_status));
  }
  // Refusals are told to nobody here: none asks for them.
  for (const auto& change : batch.others) {
    if (const ledger::Account* const created = change.created()) {
      lines.emplace_back(change.place, line_of(change.place, change.decided, *created));
    } else if (const ledger::AccountChange* const updated = change.updated()) {
      lines.emplace_back(change.place, line_of(change.place, change.decided, updated->update));
    }
  }
  std::ranges::sort(lines);
  std::vector<std::string> sorted;
  for (auto& [place, line] : lines) sorted.push_back(std::move(line));
  return sorted;
}

OwnedRequest request_of(const pipeline::RecordReader::Entry& entry) {
  ledger::Request logged;
  logged.operation = static_cast<ledger::Operation>(entry.record.operation);
  logged.event_count = entry.record.event_count;
  logged.events = entry.events;
  logged.conditions = entry.conditions;
  logged.condition_count = entry.record.condition_count;
  logged.principal = entry.record.principal;
  logged.trace_id = entry.record.trace_id;
  return OwnedRequest::copy_of(logged);
}

// A line of NDJSON, in our form.
std::string line_of(const nlohmann::json& line) {
  // Wide numbers are strings.
  const auto value = [&](const char* field) {
    const nlohmann::json& found = line.at(field);
    return found.is_string() ? found.get<std::string>() : found.dump();
  };
  const std::string kind = value("kind");
  const std::string begin =
      fmt::format("{}.{} at {} {}", value("position"), value("index"), value("logged_at"), kind);
  if (kind == "account_created") {
    return fmt::format("{} {} ledger {} code {} flags {} time {}", begin, value("account_id"),
                       value("ledger"), value("code"), value("flags"), value("timestamp"));
  }
  if (kind == "account_updated") {
    return fmt::format("{} {} by {} changes {} time {}", begin, value("account_id"),
                       value("update_id"), value("changes"), value("timestamp"));
  }
  std::string text = fmt::format(
      "{} {} {} -> {} of {} names {} flags {} time {} released {} remaining {} {} after", begin,
      value("transfer_id"), value("debit_account_id"), value("credit_account_id"), value("amount"),
      value("pending_id"), value("flags"), value("timestamp"), value("released"),
      value("remaining"), line.contains("pending_status") ? value("pending_status") : "");
  for (const char* side : {"debit", "credit"}) {
    for (const char* counter :
         {"debits_pending", "debits_posted", "credits_pending", "credits_posted"}) {
      text += " " + value(fmt::format("{}_account_{}", side, counter).c_str());
    }
  }
  return text;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::NotFound, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Result<std::string> decompress(const std::string& path, u64 text_bytes) {
  const auto stored = read_file(path);
  RETURN_IF_ERROR(stored);
  std::string text(text_bytes + 1, '\0');
  const usize bytes = ZSTD_decompress(text.data(), text.size(), stored->data(), stored->size());
  if (ZSTD_isError(bytes) != 0 || bytes != text_bytes) {
    return fail(ErrorCode::Corrupt, path + " is not the zstd file that the manifest names");
  }
  text.resize(bytes);
  return text;
}

Status append_text_lines(const std::string& text, std::vector<std::string>& lines) {
  try {
    for (usize begin = 0; begin < text.size();) {
      const usize end = text.find('\n', begin);
      if (end == std::string::npos) return fail(ErrorCode::Corrupt, "an export ends in a line");
      lines.push_back(line_of(nlohmann::json::parse(text.substr(begin, end - begin))));
      begin = end + 1;
    }
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::Corrupt, fmt::format("a line of an export: {}", error.what()));
  }
  return {};
}

}  // namespace

Result<LoggedPast> read_logged_past(const std::string& data_directory) {
  auto offline = cli::OfflineDirectory::open(data_directory);
  RETURN_IF_ERROR(offline);
  auto reader = wal::Reader::open(*offline->storage, offline->directory.log_path(),
                                  offline->directory.ledger_id(), pipeline::kStateMachineVersion);
  RETURN_IF_ERROR(reader);
  ReferenceLedger reference;
  ReferenceChanges changes;
  while (true) {
    const auto block = (*reader)->next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) break;
    pipeline::RecordReader records((*block)->body);
    while (true) {
      const auto entry = records.next();
      RETURN_IF_ERROR(entry);
      if (!entry->has_value()) break;
      OwnedRequest request = request_of(**entry);
      reference.apply(request.request(), Timestamp{(*entry)->record.timestamp});
      changes.follow(request.request(), reference);
    }
  }
  const history::ChangeBatch all = changes.take();
  return LoggedPast{lines_of(all), all.consumed};
}

void append_lines(const client::ChangePage& page, std::vector<std::string>& lines) {
  for (const ledger::ChangeEvent& event : page.events) {
    const Place place{event.position, event.index};
    switch (ChangeKind{event.kind}) {
      case ChangeKind::AccountCreated:
        lines.push_back(line_of(place, event.timestamp, page.accounts[event.object]));
        break;
      case ChangeKind::AccountUpdated:
        lines.push_back(line_of(place, event.timestamp, page.changes[event.object].update));
        break;
      case ChangeKind::TransferRefused: break;
      case ChangeKind::TransferCreated:
      case ChangeKind::HoldExpired:
        lines.push_back(line_of(place, event.timestamp, ChangeKind{event.kind},
                                page.transfers[event.object], page.balances[event.object],
                                event.released, event.remaining,
                                ledger::PendingStatus{event.pending_status}));
        break;
    }
  }
}

Result<std::vector<std::string>> lines_of_export(const std::string& directory) {
  std::vector<std::string> lines;
  const auto manifest = exporter::read_manifest(directory);
  RETURN_IF_ERROR(manifest);
  if (manifest->has_value()) {
    for (const exporter::ClosedFile& file : (*manifest)->files) {
      const auto text = decompress(directory + "/" + file.name, file.text_bytes);
      RETURN_IF_ERROR(text);
      RETURN_IF_ERROR(append_text_lines(*text, lines));
    }
  }
  const auto open = exporter::read_open_file(directory);
  RETURN_IF_ERROR(open);
  if (!open->has_value()) return lines;
  const auto text = read_file(directory + "/open.part");
  RETURN_IF_ERROR(text);
  RETURN_IF_ERROR(append_text_lines(text->substr(0, (*open)->text_bytes), lines));
  return lines;
}

std::vector<std::string> lines_until(const std::vector<std::string>& lines, Position end) {
  std::vector<std::string> found = lines;
  // A line begins with the position.
  std::erase_if(found, [&](const std::string& line) {
    return std::strtoull(line.c_str(), nullptr, 10) > end.value;
  });
  return found;
}

std::string first_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& actual) {
  const auto [wanted, found] = std::ranges::mismatch(expected, actual);
  if (wanted == expected.end() && found == actual.end()) return {};
  return fmt::format("line {} of {} ({} expected):\n{}\ninstead of\n{}", found - actual.begin() + 1,
                     actual.size(), expected.size(), found == actual.end() ? "none" : *found,
                     wanted == expected.end() ? "none" : *wanted);
}

}  // namespace florin::test
