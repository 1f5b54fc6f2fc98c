#include "storage/data_directory.h"

#include <optional>

#include "storage/aligned_buffer.h"
#include "storage/blocking.h"

namespace florin::storage {

namespace {

std::string identity_path(const std::string& directory) { return directory + "/identity"; }

// Reads the open identity file and closes it.
Result<Identity> read_identity(Storage& storage, File file, const std::string& path) {
  AlignedBuffer sector(kSectorBytes);
  const auto size = storage.size_bytes(file);
  const bool has_size = size && *size == kSectorBytes;
  Status read;
  if (has_size) read = storage.read(file, 0, sector.span());
  storage.close(file);
  RETURN_IF_ERROR(size);
  if (!has_size) {
    return fail(ErrorCode::Corrupt, path + " has " + std::to_string(*size) + " bytes, not " +
                                        std::to_string(kSectorBytes) +
                                        "; restore it from a copy of this directory");
  }
  RETURN_IF_ERROR(read);
  return decode_identity(sector.span().first<kSectorBytes>(), path);
}

// The identity, or nothing if there is none.
Result<std::optional<Identity>> find_identity(Storage& storage, const std::string& directory) {
  const std::string path = identity_path(directory);
  const auto file = storage.open(path, OpenMode::Read);
  if (!file) {
    if (file.error().code == ErrorCode::NotFound) return std::optional<Identity>();
    return tl::unexpected<Error>(file.error());
  }
  auto identity = read_identity(storage, *file, path);
  RETURN_IF_ERROR(identity);
  return std::optional<Identity>(*identity);
}

// A log without an identity is what a lost or removed identity file leaves. Making a new one would
// hide the log's ledger behind an empty one.
Status refuse_log_without_identity(Storage& storage, const std::string& directory) {
  const auto entries = storage.list(directory + "/log");
  if (!entries && entries.error().code == ErrorCode::NotFound) return {};
  RETURN_IF_ERROR(entries);
  if (entries->empty()) return {};
  return fail(ErrorCode::Corrupt, identity_path(directory) + " is missing, but " + directory +
                                      "/log has " + std::to_string(entries->size()) +
                                      " entries; restore the file from a copy of this directory");
}

// The mirror: an identity is made after its log directory, so that one without the other means
// that the log was removed.
Status refuse_identity_without_log(Storage& storage, const std::string& directory) {
  const auto entries = storage.list(directory + "/log");
  if (entries) return {};
  if (entries.error().code != ErrorCode::NotFound) return tl::unexpected<Error>(entries.error());
  return fail(ErrorCode::Corrupt, directory + "/log is missing, but " + identity_path(directory) +
                                      " is there; restore it from a copy of this directory");
}

// Writes a whole new file; its name is not durable yet.
Status write_new_file(Storage& storage, const std::string& path,
                      std::span<const std::byte> content) {
  const auto file = storage.open(path, OpenMode::Create);
  RETURN_IF_ERROR(file);
  auto status = write_durably_now(storage, *file, 0, content);
  if (status) status = storage.sync_now(*file);
  storage.close(*file);
  return status;
}

// Makes the entry of the directory durable. Whoever may not read the parent did not make the
// directory in it either: it was there, made by somebody else.
Status sync_parent(Storage& storage, const std::string& directory) {
  const auto synced = storage.sync_directory_now(parent_directory(directory));
  if (!synced && synced.error().code == ErrorCode::PermissionDenied) return {};
  return synced;
}

// Without it there are no snapshots, which is legal at any time: an older version did not make it,
// and a backup need not have it.
Status make_snapshot_directory(Storage& storage, const std::string& directory) {
  const std::string path = directory + "/snapshots";
  const auto entries = storage.list(path);
  if (!entries) {
    if (entries.error().code != ErrorCode::NotFound) return tl::unexpected<Error>(entries.error());
    RETURN_IF_ERROR(storage.create_directory(path));
  }
  // Also when it was there: the call that made it may have been cut off before this.
  return storage.sync_directory_now(directory);
}

Status make(Storage& storage, const std::string& directory, const Identity& identity) {
  RETURN_IF_ERROR(refuse_log_without_identity(storage, directory));
  RETURN_IF_ERROR(sync_parent(storage, directory));
  RETURN_IF_ERROR(storage.create_directory(directory + "/log"));
  RETURN_IF_ERROR(make_snapshot_directory(storage, directory));
  return make_identity(storage, directory, identity);
}

}  // namespace

Result<DataDirectory> DataDirectory::open(Storage& storage, const std::string& path,
                                          u128 new_ledger_id, u64 new_segment_bytes) {
  if (new_ledger_id == 0) return fail(ErrorCode::InvalidArgument, "the ledger id must not be 0");
  if (new_segment_bytes == 0 || new_segment_bytes % kSectorBytes != 0) {
    return fail(ErrorCode::InvalidArgument, "the segment size must be a multiple of " +
                                                std::to_string(kSectorBytes) + " bytes, not " +
                                                std::to_string(new_segment_bytes));
  }
  RETURN_IF_ERROR(create_data_directory(storage, path));
  const auto found = find_identity(storage, path);
  RETURN_IF_ERROR(found);
  if (*found) {
    RETURN_IF_ERROR(refuse_identity_without_log(storage, path));
    RETURN_IF_ERROR(make_snapshot_directory(storage, path));
    return DataDirectory(path, (*found)->ledger_id, (*found)->segment_bytes, false);
  }
  RETURN_IF_ERROR(make(storage, path, {new_ledger_id, new_segment_bytes}));
  return DataDirectory(path, new_ledger_id, new_segment_bytes, true);
}

Result<DataDirectory> DataDirectory::open_existing(Storage& storage, const std::string& path) {
  const auto found = find_identity(storage, path);
  RETURN_IF_ERROR(found);
  if (!*found) {
    RETURN_IF_ERROR(refuse_log_without_identity(storage, path));
    return fail(ErrorCode::NotFound, path + " is no data directory: it has no file identity");
  }
  RETURN_IF_ERROR(refuse_identity_without_log(storage, path));
  return DataDirectory(path, (*found)->ledger_id, (*found)->segment_bytes, false);
}

// A reader sees the whole identity or none: it is written under another name first.
Status make_identity(Storage& storage, const std::string& directory, const Identity& identity) {
  const std::string temporary = identity_path(directory) + ".new";
  const auto removed = storage.remove(temporary);  // Left by a crash of an earlier attempt.
  if (!removed && removed.error().code != ErrorCode::NotFound) return removed;
  AlignedBuffer sector(kSectorBytes);
  encode_identity(identity, sector.span().first<kSectorBytes>());
  RETURN_IF_ERROR(write_new_file(storage, temporary, sector.span()));
  RETURN_IF_ERROR(storage.rename(temporary, identity_path(directory)));
  return storage.sync_directory_now(directory);
}

Status create_data_directory(Storage& storage, const std::string& path) {
  if (storage.list(path)) return {};
  const std::string parent = parent_directory(path);
  auto created = storage.create_directory(path);
  if (!created && created.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound, "cannot create data directory " + path +
                                         ": its parent directory " + parent + " does not exist");
  }
  RETURN_IF_ERROR(created);
  return sync_parent(storage, path);
}

std::string parent_directory(const std::string& path) {
  usize length = path.size();
  while (length > 1 && path[length - 1] == '/') --length;
  const auto slash = path.substr(0, length).rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace florin::storage
