// Names, lists and removal of snapshots.
#include "snapshot/directory.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "snapshot/reader.h"

namespace florin::snapshot {

namespace {

constexpr usize kNameDigits = 20;
constexpr std::string_view kSuffix = ".snapshot";
constexpr std::string_view kPartialSuffix = ".partial";
constexpr std::string_view kDamagedSuffix = ".damaged";

// The names in a directory that may not exist.
Result<std::vector<std::string>> names_in(storage::Storage& storage, const std::string& directory) {
  auto names = storage.list(directory);
  if (!names && names.error().code == ErrorCode::NotFound) return std::vector<std::string>();
  return names;
}

// A file that is damaged, or of another version, is none of ours: nothing. Other failures may be
// gone the next time, and nothing is to be decided from them.
Result<std::optional<SnapshotInfo>> look_at(storage::Storage& storage, const std::string& path,
                                            u128 ledger_id, u32 state_machine_version) {
  const auto reader = Reader::open(storage, path, ledger_id, state_machine_version);
  if (reader) return std::optional<SnapshotInfo>((*reader)->info());
  const ErrorCode code = reader.error().code;
  const bool is_decided = code == ErrorCode::Corrupt || code == ErrorCode::WrongVersion;
  if (is_decided) return std::optional<SnapshotInfo>();
  return tl::unexpected<Error>(reader.error());
}

}  // namespace

std::string snapshot_name(Position position) {
  return fmt::format("{:020}{}", position.value, kSuffix);
}

std::string partial_name(Position position) {
  return fmt::format("{:020}{}", position.value, kPartialSuffix);
}

std::optional<Position> parse_snapshot_name(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  Position position;
  const char* digits_end = name.data() + kNameDigits;
  const auto [end, error] = std::from_chars(name.data(), digits_end, position.value);
  if (error != std::errc{} || end != digits_end) return std::nullopt;
  return position;
}

Result<std::vector<SnapshotFile>> list_snapshots(storage::Storage& storage,
                                                 const std::string& directory) {
  const auto names = names_in(storage, directory);
  if (!names) return tl::unexpected<Error>(names.error());
  std::vector<SnapshotFile> files;
  for (const std::string& name : *names) {
    if (const auto position = parse_snapshot_name(name)) files.push_back({*position, name});
  }
  std::ranges::sort(files, std::ranges::greater{}, &SnapshotFile::position);
  return files;
}

Result<usize> remove_partial_snapshots(storage::Storage& storage, const std::string& directory) {
  const auto names = names_in(storage, directory);
  if (!names) return tl::unexpected<Error>(names.error());
  usize removed = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(kPartialSuffix)) continue;
    RETURN_IF_ERROR(storage.remove(directory + "/" + name));
    ++removed;
  }
  return removed;
}

Result<std::vector<SnapshotInfo>> whole_snapshots(storage::Storage& storage,
                                                  const std::string& directory, u128 ledger_id,
                                                  u32 state_machine_version, usize most) {
  const auto files = list_snapshots(storage, directory);
  if (!files) return tl::unexpected<Error>(files.error());
  std::vector<SnapshotInfo> whole;
  for (const SnapshotFile& file : *files) {
    if (whole.size() == most) break;
    const auto info =
        look_at(storage, directory + "/" + file.name, ledger_id, state_machine_version);
    if (!info && whole.size() >= kSnapshotsKept) continue;  // Not needed.
    if (!info) return tl::unexpected<Error>(info.error());
    if (*info && (*info)->point.log.position == file.position) whole.push_back(**info);
  }
  return whole;
}

Result<u64> keep_newest_snapshots(storage::Storage& storage, const std::string& directory,
                                  u128 ledger_id, u32 state_machine_version) {
  const auto whole =
      whole_snapshots(storage, directory, ledger_id, state_machine_version, ~usize{0});
  if (!whole) return tl::unexpected<Error>(whole.error());
  if (whole->size() < kSnapshotsKept) return u64{0};
  for (usize index = kSnapshotsKept; index < whole->size(); ++index) {
    const Position position = (*whole)[index].point.log.position;
    RETURN_IF_ERROR(storage.remove(directory + "/" + snapshot_name(position)));
  }
  if (whole->size() > kSnapshotsKept) RETURN_IF_ERROR(storage.sync_directory_now(directory));
  return (*whole)[kSnapshotsKept - 1].point.log.segment;
}

Status set_aside(storage::Storage& storage, const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  RETURN_IF_ERROR(storage.rename(path, path + std::string(kDamagedSuffix)));
  return storage.sync_directory_now(directory);
}

}  // namespace florin::snapshot
