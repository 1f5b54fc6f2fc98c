#include "statement/monthly_run.h"

#include <atomic>
#include <filesystem>

#include <fmt/core.h>

#include "base/checksum.h"
#include "base/int128.h"
#include "exporter/durable_file.h"
#include "statement/builder.h"
#include "statement/folder_writer.h"
#include "statement/run_threads.h"

namespace florin::statement {

namespace {

constexpr u32 kAccountsAtOnce = 4096;

u128 checksum_of(std::string_view text) { return checksum128(std::as_bytes(std::span(text))); }

// Accounts of one folder: those behind `after`, up to `last`.
struct FolderPlan {
  u128 after = 0;
  u128 last = 0;
  u64 accounts = 0;
};

// What came of one folder.
struct FolderDone {
  RunFolder folder;
  RunTotals totals;
  bool found = false;
};

class Run {
 public:
  Run(history::Store& store, const Reference& reference, const Period& period,
      const RunOptions& options, std::string root)
      : store_(store),
        reference_(reference),
        period_(period),
        options_(options),
        root_(std::move(root)) {}

  Result<RunSummary> make(RunHead head, const std::function<void(const RunProgress&)>& report) {
    head_ = std::move(head);
    auto complete = read_manifest();
    if (!complete) return tl::unexpected<Error>(complete.error());
    if (complete->was_complete) {
      RETURN_IF_ERROR(end_unfinished());  // Whoever wrote the manifest may not have come so far.
      return complete;
    }
    RETURN_IF_ERROR(take_up());
    RETURN_IF_ERROR(plan());
    done_.resize(plans_.size());
    progress_.statements_total = planned_;
    RETURN_IF_ERROR(work_on_folders(
        plans_.size(), options_.threads, [&](usize index) { return make_folder(index); },
        [&] {
          progress_.statements = statements_.load(std::memory_order_relaxed);
          progress_.bytes = bytes_.load(std::memory_order_relaxed);
          report(progress_);
        }));
    return finish();
  }

 private:
  std::string path_of(const std::string& name) const { return root_ + "/" + name; }

  Status end_unfinished() const {
    return exporter::remove_file(path_of(unfinished_name(options_.format)));
  }

  // A run that is complete stays as it is.
  Result<RunSummary> read_manifest() {
    const std::string path = path_of(manifest_name(options_.format));
    const auto text = exporter::read_whole_file(path);
    if (!text) return tl::unexpected<Error>(text.error());
    RunSummary summary;
    if (!*text) return summary;
    const auto manifest = parse_manifest(**text, path);
    if (!manifest) return tl::unexpected<Error>(manifest.error());
    RETURN_IF_ERROR(check_same(manifest->head, path));
    summary = summary_of(*manifest, **text);
    summary.folders_found = summary.folders;
    summary.was_complete = true;
    return summary;
  }

  // But for the position, as of which an earlier run was made.
  Status check_same(const RunHead& found, const std::string& path) const {
    RunHead wanted = head_;
    wanted.as_of = found.as_of;
    if (found == wanted) return {};
    const char* const what =
        found.ledger_id != wanted.ledger_id                     ? "another ledger"
        : found.reference_checksum != wanted.reference_checksum ? "other files of the bank's"
        : found.per_folder != wanted.per_folder                 ? "folders of another size"
                                                                : "another period or time zone";
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is of a run with {}: choose another --output, or remove {}", path,
                            what, root_));
  }

  // Goes on with a run that was not finished, or begins one.
  Status take_up() {
    const std::string path = path_of(unfinished_name(options_.format));
    const auto text = exporter::read_whole_file(path);
    RETURN_IF_ERROR(text);
    if (!*text) {
      RETURN_IF_ERROR(exporter::make_directories(root_));
      RETURN_IF_ERROR(remove_lists());
      return exporter::write_whole_file(path, head_text(head_));
    }
    const auto found = parse_head(**text, path);
    RETURN_IF_ERROR(found);
    RETURN_IF_ERROR(check_same(*found, path));
    if (found->as_of > head_.as_of) {
      return fail(
          ErrorCode::InvalidArgument,
          fmt::format("{} is of a run as of position {}, and history ends at {}: the ledger "
                      "has lost something since, or this is a copy of it from before",
                      path, found->as_of.value, head_.as_of.value));
    }
    head_.as_of = found->as_of;
    return {};
  }

  // Of a run whose manifest somebody removed: its folders are not those of this run.
  Status remove_lists() const {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root_, error)) {
      if (!entry.is_directory()) continue;
      RETURN_IF_ERROR(exporter::remove_file((entry.path() / list_name(options_.format)).string()));
    }
    if (error) return fail_errno(error.value(), "list the directory " + root_);
    return {};
  }

  // Calls `take` for each account that has a statement, behind `after`, as long as it returns true.
  template <class Take>
  Status walk_accounts(u128 after, const Take& take) const {
    for (;;) {
      const auto page = store_.list_accounts(after, kAccountsAtOnce, head_.as_of);
      RETURN_IF_ERROR(page);
      for (const history::ListedAccount& account : *page) {
        if (account.timestamp <= period_.last_ns && !take(account.id)) return {};
      }
      if (page->size() < kAccountsAtOnce) return {};
      after = page->back().id;
    }
  }

  // Cuts the accounts into folders: neighbours stand together in the store, too.
  Status plan() {
    u128 before = 0;
    return walk_accounts(0, [&](u128 account) {
      if (planned_ % options_.per_folder == 0) plans_.push_back({before, 0, 0});
      plans_.back().last = account;
      ++plans_.back().accounts;
      ++planned_;
      before = account;
      return true;
    });
  }

  Status make_folder(usize index) {
    FolderDone& done = done_[index];
    done.folder.name = folder_name(index, plans_.size());
    RETURN_IF_ERROR(find_made(done));
    FolderWriter writer(root_, done.folder.name, options_.format);
    if (done.found) {
      statements_.fetch_add(done.folder.statements, std::memory_order_relaxed);
      bytes_.fetch_add(done.folder.bytes, std::memory_order_relaxed);
      return writer.discard();
    }
    RETURN_IF_ERROR(writer.begin());
    StatementBuilder builder(reference_, period_, head_.as_of,
                             [&](ledger::Request& request) { return store_.answer(request); });
    std::string content;
    std::string list;
    Status status;
    const FolderPlan& plan = plans_[index];
    RETURN_IF_ERROR(walk_accounts(plan.after, [&](u128 account) {
      if (account > plan.last) return false;
      status = make_file(account, builder, writer, content, list, done);
      return status.has_value();
    }));
    RETURN_IF_ERROR(status);
    done.folder.checksum = checksum_of(list);
    return writer.finish(list);
  }

  // Whether an attempt before this one finished the folder.
  Status find_made(FolderDone& done) const {
    const std::string path = path_of(done.folder.name + "/" + list_name(options_.format));
    const auto text = exporter::read_whole_file(path);
    RETURN_IF_ERROR(text);
    if (!*text) return {};
    const auto files = parse_list(**text, path);
    RETURN_IF_ERROR(files);
    for (const RunFile& file : *files) count(file, done);
    done.folder.checksum = checksum_of(**text);
    done.found = true;
    return {};
  }

  static void count(const RunFile& file, FolderDone& done) {
    ++done.folder.statements;
    done.folder.bytes += file.bytes;
    done.totals.add(file);
  }

  Status make_file(u128 account, StatementBuilder& builder, FolderWriter& writer,
                   std::string& content, std::string& list, FolderDone& done) {
    const auto statement = builder.build(account);
    RETURN_IF_ERROR(statement);
    if (!*statement) return {};
    if (const Status written = write_statement(options_.format, **statement, content); !written) {
      return fail(written.error().code, fmt::format("the statement of account {}: {}",
                                                    to_decimal(account), written.error().message));
    }
    RunFile file;
    file.account_id = account;
    file.name = fmt::format("{}.{}", to_decimal(account), file_extension(options_.format));
    file.bytes = content.size();
    file.checksum = checksum_of(content);
    file.ledger = (*statement)->ledger;
    file.currency = (*statement)->currency;
    file.decimals = (*statement)->decimals;
    file.number = (*statement)->number;
    file.entries = (*statement)->entries.size();
    file.opening = (*statement)->opening;
    file.credits = (*statement)->credits.sum;
    file.debits = (*statement)->debits.sum;
    file.closing = (*statement)->closing;
    RETURN_IF_ERROR(writer.add(file.name, content));
    list += file_line(file);
    count(file, done);
    statements_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(file.bytes, std::memory_order_relaxed);
    return {};
  }

  Result<RunSummary> finish() {
    RunManifest manifest;
    manifest.head = head_;
    u64 found = 0;
    for (const FolderDone& done : done_) {
      manifest.folders.push_back(done.folder);
      manifest.totals.add(done.totals);
      found += done.found ? 1 : 0;
    }
    const std::string text = manifest_text(manifest);
    RETURN_IF_ERROR(exporter::write_whole_file(path_of(manifest_name(options_.format)), text));
    RETURN_IF_ERROR(end_unfinished());
    RunSummary summary = summary_of(manifest, text);
    summary.folders_found = found;
    return summary;
  }

  RunSummary summary_of(const RunManifest& manifest, const std::string& text) const {
    RunSummary summary;
    summary.directory = root_;
    summary.as_of = manifest.head.as_of;
    summary.folders = manifest.folders.size();
    for (const RunFolder& folder : manifest.folders) {
      summary.statements += folder.statements;
      summary.bytes += folder.bytes;
    }
    summary.manifest_checksum = checksum_of(text);
    summary.totals = manifest.totals;
    return summary;
  }

  history::Store& store_;
  const Reference& reference_;
  const Period& period_;
  const RunOptions& options_;
  const std::string root_;
  RunHead head_;
  std::vector<FolderPlan> plans_;
  u64 planned_ = 0;
  std::vector<FolderDone> done_;  // Each is one worker's.
  std::atomic<u64> statements_{0};
  std::atomic<u64> bytes_{0};
  RunProgress progress_;
};

}  // namespace

Result<RunSummary> run_statements(history::Store& store, u128 ledger_id, const Reference& reference,
                                  const Period& period, const RunOptions& options,
                                  const std::function<void(const RunProgress&)>& report) {
  RunHead head;
  head.format = options.format;
  head.period = period.text;
  head.first_ns = period.first_ns;
  head.last_ns = period.last_ns;
  head.time_zone = period.time_zone;
  head.ledger_id = ledger_id;
  head.as_of = store.readable();
  head.reference_checksum = reference.checksum();
  head.per_folder = options.per_folder;
  Run run(store, reference, period, options, options.directory + "/" + file_text(period));
  return run.make(std::move(head), report);
}

}  // namespace florin::statement
