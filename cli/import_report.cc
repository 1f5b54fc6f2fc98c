#include "cli/import_report.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/value_text.h"

namespace florin::cli {

using importer::BalanceFindings;
using importer::ImportCounts;
using importer::ImportReport;

namespace {

u64 rows_per_second(const ImportReport& report) {
  if (report.took_ns == 0) return 0;
  return static_cast<u64>(static_cast<double>(report.rows - report.rows_before) /
                          seconds_of(report.took_ns));
}

std::string counts_text(const ImportCounts& counts, bool dry_run) {
  if (dry_run) {
    return fmt::format("would send {} accounts and {} transfers; {} rows refused, {} passed over\n",
                       with_thousands(counts.accounts_created),
                       with_thousands(counts.transfers_created), with_thousands(counts.refused),
                       with_thousands(counts.skipped));
  }
  return fmt::format(
      "accounts:  {} created, {} were there\ntransfers: {} created, {} were there\n"
      "rows:      {} refused, {} passed over\n",
      with_thousands(counts.accounts_created), with_thousands(counts.accounts_existing),
      with_thousands(counts.transfers_created), with_thousands(counts.transfers_existing),
      with_thousands(counts.refused), with_thousands(counts.skipped));
}

std::string findings_text(const BalanceFindings& findings) {
  std::string text =
      fmt::format("balances:  {} account-days, {} equal, {} within the tolerance, {} off",
                  with_thousands(findings.account_days), with_thousands(findings.equal),
                  with_thousands(findings.within_tolerance), with_thousands(findings.off));
  if (findings.not_there != 0) {
    text += fmt::format(", {} of accounts that are not there", with_thousands(findings.not_there));
  }
  text += '\n';
  for (const std::string& example : findings.examples) text += "  " + example + "\n";
  return text;
}

Json findings_json(const BalanceFindings& findings) {
  return {{"account_days", findings.account_days},
          {"equal", findings.equal},
          {"within_tolerance", findings.within_tolerance},
          {"off", findings.off},
          {"not_there", findings.not_there},
          {"examples", findings.examples}};
}

Json counts_json(const ImportCounts& counts) {
  return {{"accounts_created", counts.accounts_created},
          {"accounts_existing", counts.accounts_existing},
          {"transfers_created", counts.transfers_created},
          {"transfers_existing", counts.transfers_existing},
          {"refused", counts.refused},
          {"skipped", counts.skipped}};
}

}  // namespace

std::string import_report_text(const ImportReport& report, const ImportReportStyle& style) {
  std::string text = counts_text(report.counts, style.dry_run);
  if (report.first_moment != 0) {
    text += fmt::format("times:     {} to {}\n", time_text(Timestamp{report.first_moment}),
                        time_text(Timestamp{report.last_moment}));
  }
  for (const auto& [ledger, amount] : report.amounts) {
    text += fmt::format("ledger {}: {} in minor units\n", ledger, with_thousands(amount));
  }
  if (report.balances && !style.dry_run) text += findings_text(*report.balances);
  text += fmt::format("{} rows in {:.1f} s, {} a second, {} requests", with_thousands(report.rows),
                      seconds_of(report.took_ns), with_thousands(rows_per_second(report)),
                      with_thousands(report.requests));
  if (report.rows_before != 0) {
    text += fmt::format("; {} rows were done before", with_thousands(report.rows_before));
  }
  text += '\n';
  if (!report.refusals.empty()) text += "refused, the first ones of this run:\n";
  for (const std::string& refusal : report.refusals) text += "  " + refusal + "\n";
  if (!report.refusals.empty() && !style.refused_path.empty()) {
    text += fmt::format("all of them are in {}\n", style.refused_path);
  }
  if (report.stopped && !style.journal_path.empty()) {
    text += fmt::format("{} tells how far it came: the same command goes on from there\n",
                        style.journal_path);
  }
  return text;
}

std::string import_report_json(const ImportReport& report, const ImportReportStyle& style) {
  Json json = {{"dry_run", style.dry_run}, {"complete", !report.stopped.has_value()}};
  json["rows"] = report.rows;
  json["rows_before"] = report.rows_before;
  json.update(counts_json(report.counts));
  json["requests"] = report.requests;
  json["seconds"] = seconds_of(report.took_ns);
  json["rows_per_second"] = rows_per_second(report);
  json["first_moment"] = std::to_string(report.first_moment);
  json["last_moment"] = std::to_string(report.last_moment);
  json["amounts"] = Json::object();
  for (const auto& [ledger, amount] : report.amounts) {
    json["amounts"][std::to_string(ledger)] = florin::to_decimal(amount);
  }
  if (report.balances && !style.dry_run) json["balances"] = findings_json(*report.balances);
  json["refusals"] = report.refusals;
  if (report.stopped) {
    json["error"] = {{"code", error_code_name(report.stopped->code)},
                     {"message", report.stopped->message}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace florin::cli
