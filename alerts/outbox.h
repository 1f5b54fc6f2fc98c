// What is to be sent to one target: messages on disk, first in, first out. One thread appends, one
// sends; neither waits for the other.
//
// A place in it is the number of bytes that were ever appended before. Files of the directory are
// named by the place where they begin (00000000000000004096.tsv) and have a line for each message:
// key, kind, id and body, between tabs. `sent` has the place up to which everything was sent. Files
// behind which it is are removed.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "exporter/durable_file.h"
#include "sinks/message_target.h"

namespace florin::alerts {

class Outbox {
 public:
  // A file that has so much is followed by another one.
  static constexpr u64 kFileBytesMax = 4 * kMiB;

  explicit Outbox(std::string directory, u64 file_bytes_max = kFileBytesMax)
      : directory_(std::move(directory)), file_bytes_max_(file_bytes_max) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // The appending thread. Takes up at the place `end`, throwing away what is beyond it: at the
  // start, and again after an error. Corrupt: there is less.
  Status open(u64 end);
  Status append(const sinks::Message& message);
  // Returns when everything appended is on stable storage.
  Status sync();
  // What was appended so far may be sent: `open` will not be asked for an earlier end any more.
  void publish();
  u64 end() const { return end_; }

  // Any thread. What was published and not sent, in bytes.
  u64 unsent_bytes() const;

  // The sending thread. The first messages that were not sent: `messages_max` at most, and some
  // bytes (at least one message); none before the first `open`.
  Result<std::vector<sinks::Message>> next(usize messages_max);
  // The first `messages` of those were sent; durable when it returns.
  Status sent(usize messages);

 private:
  std::string path_of(u64 begin) const;
  std::string sent_path() const { return directory_ + "/sent"; }
  Result<std::vector<u64>> file_begins() const;
  Result<u64> read_sent() const;
  Status find_files();
  Status begin_file();

  const std::string directory_;
  const u64 file_bytes_max_;

  // The appending thread's.
  std::optional<exporter::GrowingFile> file_;
  u64 end_ = 0;

  // The sending thread's: where each message of the last `next` ends.
  std::vector<u64> ends_;

  mutable std::mutex mutex_;
  std::vector<u64> begins_;  // Of the files, ascending.
  u64 published_ = 0;
  u64 sent_ = 0;
  bool is_open_ = false;
};

}  // namespace florin::alerts
