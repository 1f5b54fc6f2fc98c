// What an import did, for people and for programs.
#pragma once

#include <string>

#include "importer/import_run.h"

namespace florin::cli {

// Everything was read, and some rows were refused.
inline constexpr int kExitRowsRefused = 2;

struct ImportReportStyle {
  bool dry_run = false;
  std::string refused_path;  // Empty: refused rows were not kept.
  std::string journal_path;  // Empty: there is none.
};

std::string import_report_text(const importer::ImportReport& report,
                               const ImportReportStyle& style);
// One line.
std::string import_report_json(const importer::ImportReport& report,
                               const ImportReportStyle& style);

}  // namespace florin::cli
