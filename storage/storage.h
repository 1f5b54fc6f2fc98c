// The seam through which disks enter. Control operations (open, rename, list, …) are synchronous
// and rare; writes and syncs of the log are submitted and completed later. Production binds
// io_uring, or plain system calls where that is forbidden; tests bind a simulated disk that
// forgets, tears and reorders what was not yet synced. An object belongs to one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::storage {

// All memory, offsets and lengths given to read and write are multiples of this: the physical
// sector of today's disks, so that a write never makes the device read and modify.
inline constexpr u64 kSectorBytes = 4096;

struct File {
  int handle = -1;
};

enum class OpenMode : u8 {
  Read,       // The file must exist.
  ReadWrite,  // The file must exist.
  Create,     // The file must not exist; opened for reading and writing.
};

// When a write counts as complete.
enum class Durability : u8 {
  None,     // When the device has taken it; a later sync makes it durable.
  Durable,  // When it, and every earlier completed write of the file, is on stable storage.
};

// What became of a submitted operation. `error` is 0 or an errno value: a short write is EIO.
struct Completion {
  u64 token = 0;
  int error = 0;
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Control. Paths are relative to nothing in particular: the caller gives them whole.
  virtual Result<File> open(const std::string& path, OpenMode mode) = 0;
  virtual void close(File file) = 0;
  virtual Result<u64> size_bytes(File file) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status create_directory(const std::string& path) = 0;  // Existing is fine.
  // Names of the entries of a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // Reserves room for `bytes` in the file, so that a full disk is met now and not later.
  virtual Status allocate(File file, u64 bytes) = 0;
  // Reads exactly `target.size()` bytes; less is an error.
  virtual Status read(File file, u64 offset, std::span<std::byte> target) = 0;
  // Waits until all completed writes of the file are on stable storage.
  virtual Status sync_now(File file) = 0;
  // Waits until the entries of the directory (creations, renames, removals) are on stable storage.
  virtual Status sync_directory_now(const std::string& path) = 0;

  // Asynchronous. Each gives exactly one completion with its token. `bytes` must stay valid and
  // unchanged until then. Operations may complete in any order.
  virtual void write(File file, u64 offset, std::span<const std::byte> bytes, Durability durability,
                     u64 token) = 0;
  virtual void sync(File file, u64 token) = 0;
  virtual void sync_directory(const std::string& path, u64 token) = 0;
  // Hands everything asked for since the last call to the disk.
  virtual void submit() = 0;
  // Fills in completions that have arrived, without waiting; returns how many.
  virtual usize poll(std::span<Completion> completions) = 0;
  // A file descriptor that becomes readable when a completion is there, or -1: `poll` never has to
  // be waited for.
  virtual int completion_descriptor() const = 0;
  // What a person should know of how this storage works here, such as "io_uring, O_DIRECT,
  // fdatasync".
  virtual std::string describe() const = 0;
};

}  // namespace florin::storage
