#include "statement/run_check.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

#include <fmt/core.h>

#include "base/checksum.h"
#include "exporter/durable_file.h"
#include "statement/run_manifest.h"
#include "statement/run_threads.h"

namespace florin::statement {

namespace {

namespace fs = std::filesystem;

u128 xxh128(std::string_view text) { return checksum128(std::as_bytes(std::span(text))); }

// Of several threads, which tell it what they find.
class Findings {
 public:
  void problem(std::string sentence) {
    const std::lock_guard lock(mutex_);
    ++check_.problems_found;
    if (check_.problems.size() < kProblemsTold) check_.problems.push_back(std::move(sentence));
  }
  void read(u64 statements, u64 bytes) {
    const std::lock_guard lock(mutex_);
    check_.statements += statements;
    check_.bytes += bytes;
  }
  void begin_manifest() {
    const std::lock_guard lock(mutex_);
    ++check_.manifests;
  }
  RunCheck now() const {
    const std::lock_guard lock(mutex_);
    RunCheck check = check_;
    std::sort(check.problems.begin(), check.problems.end());
    return check;
  }

 private:
  mutable std::mutex mutex_;
  RunCheck check_;
};

class ManifestCheck {
 public:
  ManifestCheck(std::string root, Format format, Findings& findings)
      : root_(std::move(root)), format_(format), findings_(findings) {}

  Status run(u32 threads, const std::function<void()>& report) {
    findings_.begin_manifest();
    const std::string path = root_ + "/" + manifest_name(format_);
    const auto text = exporter::read_whole_file(path);
    RETURN_IF_ERROR(text);
    auto manifest = parse_manifest(**text, path);
    if (!manifest) {
      findings_.problem(manifest.error().message);
      return {};
    }
    totals_.resize(manifest->folders.size());
    RETURN_IF_ERROR(work_on_folders(
        manifest->folders.size(), threads,
        [&](usize index) { return check_folder(manifest->folders[index], totals_[index]); },
        report));
    // With totals made again from the lists it must be the same text.
    manifest->totals = {};
    for (const RunTotals& totals : totals_) manifest->totals.add(totals);
    if (manifest_text(*manifest) != **text) {
      findings_.problem(path + " does not have the totals of its files, or was changed by hand");
    }
    check_others(*manifest);
    return {};
  }

 private:
  Status check_folder(const RunFolder& folder, RunTotals& totals) {
    const std::string path = root_ + "/" + folder.name + "/" + list_name(format_);
    const auto text = exporter::read_whole_file(path);
    RETURN_IF_ERROR(text);
    if (!*text) {
      findings_.problem(path + " is missing");
      return {};
    }
    if (xxh128(**text) != folder.checksum) {
      findings_.problem(path + " has another checksum than the manifest says");
    }
    const auto files = parse_list(**text, path);
    if (!files) {
      findings_.problem(files.error().message);
      return {};
    }
    std::set<std::string> names;
    for (const RunFile& file : *files) {
      totals.add(file);
      names.insert(file.name);
      RETURN_IF_ERROR(check_file(root_ + "/" + folder.name + "/" + file.name, file));
    }
    check_no_others(root_ + "/" + folder.name, names);
    return {};
  }

  Status check_file(const std::string& path, const RunFile& file) {
    const auto text = exporter::read_whole_file(path);
    RETURN_IF_ERROR(text);
    if (!*text) {
      findings_.problem(path + " is missing");
      return {};
    }
    findings_.read(1, (*text)->size());
    if ((*text)->size() != file.bytes) {
      findings_.problem(
          fmt::format("{} has {} bytes; expected {}", path, (*text)->size(), file.bytes));
    } else if (xxh128(**text) != file.checksum) {
      findings_.problem(path + " has another checksum than the list says");
    }
    if (!adds_up(file.opening, file.credits, file.debits, file.closing)) {
      findings_.problem(path + ": its opening balance and its entries do not make the closing one");
    }
    return {};
  }

  // Statements in the folder that its list does not have.
  void check_no_others(const std::string& folder, const std::set<std::string>& names) {
    const std::string extension = "." + std::string(file_extension(format_));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != extension) continue;
      if (names.contains(entry.path().filename().string())) continue;
      findings_.problem(entry.path().string() + " is in no list");
    }
  }

  // Folders that the manifest does not have.
  void check_others(const RunManifest& manifest) {
    std::set<std::string> names;
    for (const RunFolder& folder : manifest.folders) names.insert(folder.name);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_, error)) {
      const std::string name = entry.path().filename().string();
      if (names.contains(name) || !entry.is_directory()) continue;
      check_no_others(entry.path().string(), {});
    }
  }

  const std::string root_;
  const Format format_;
  Findings& findings_;
  std::vector<RunTotals> totals_;  // Each is one worker's.
};

// The folders with a manifest: this one, or those in it.
std::vector<std::pair<std::string, Format>> find_manifests(const std::string& directory) {
  std::vector<std::string> folders = {directory};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_directory()) folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<std::pair<std::string, Format>> found;
  for (const std::string& folder : folders) {
    for (const Format format : kFormats) {
      if (fs::exists(folder + "/" + manifest_name(format), error))
        found.emplace_back(folder, format);
    }
  }
  return found;
}

}  // namespace

Result<RunCheck> check_runs(const std::string& directory, u32 threads,
                            const std::function<void(const RunCheck&)>& report) {
  const auto manifests = find_manifests(directory);
  if (manifests.empty()) {
    return fail(ErrorCode::NotFound,
                "there is no manifest of statements in " + directory +
                    ": a run that was not finished has none; make it again to finish it");
  }
  Findings findings;
  for (const auto& [root, format] : manifests) {
    ManifestCheck check(root, format, findings);
    RETURN_IF_ERROR(check.run(threads, [&] { report(findings.now()); }));
  }
  return findings.now();
}

}  // namespace florin::statement
