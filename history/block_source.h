// Gives the blocks of the log that have events, in their order, each with what became of it: from
// the core's feed while it is close to it, from the log's files otherwise.
//
// In the files what became of a block stands in later blocks, perhaps in parts: blocks wait here,
// copied, until theirs came. Nothing is given that is not durable: of the files only what the feed
// says is committed is read.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/follower.h"
#include "pipeline/commit_feed.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"
#include "wal/reader.h"

namespace florin::history {

struct BlockSourceOptions {
  std::string directory;  // Of the log.
  u128 log_id = 0;
  u32 state_machine_version = 0;
  // The most bytes of blocks that wait for their outcomes. A running core lets some ten blocks of
  // 1 MiB pass before it logs what became of the first.
  u64 waiting_bytes_max = 256 * kMiB;
};

// Where the blocks given last came from.
struct BlockSourceCounts {
  u64 from_feed = 0;
  u64 from_files = 0;
};

// Belongs to one thread, as does the storage, of which it uses the synchronous side alone.
class BlockSource {
 public:
  // Without a feed (null) nobody writes the log: it is read to its end.
  BlockSource(storage::Storage& storage, BlockSourceOptions options, pipeline::CommitFeed* feed);
  ~BlockSource();
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;

  // Goes on behind a block; before the first call of `next`, and after an error.
  void restart(const wal::LogEnd& from);

  // The next block with events, or nothing for now. Valid until the next call of either function.
  // Corrupt: the log or its outcomes are damaged, or end before `from` or begin behind it; the
  // message says what to do. Io: the disk does not give the bytes.
  Result<std::optional<LoggedBlock>> next();

  // Blocks that were read and wait: for their outcomes, or for those before them.
  u64 blocks_waiting() const { return waiting_.size(); }
  const BlockSourceCounts& counts() const { return counts_; }

 private:
  // A block as it was read from the files.
  struct WaitingBlock {
    wal::LogEnd end;
    u64 position_before = 0;
    u64 event_count = 0;
    storage::AlignedBuffer body;
    u64 body_bytes = 0;
    pipeline::OutcomeHeader outcomes;
    std::vector<std::byte> content;
    bool complete = false;  // The outcomes are there, or it has no events.
  };

  void leave_given();
  // From the feed, if it has the next one.
  std::optional<LoggedBlock> take_from_feed();
  // From the files, if what became of the next one is there.
  std::optional<LoggedBlock> take_from_files();
  void leave_files();
  void pass_front();
  // Whether the files have a block more.
  bool may_read() const;
  Status open_reader();
  // False: the log has nothing more.
  Result<bool> read_block();
  Status wait_for_outcomes(const wal::Block& block);
  Status take_part(const pipeline::OutcomePart& part);
  tl::unexpected<Error> corrupt(const std::string& what) const;

  storage::Storage& storage_;
  const BlockSourceOptions options_;
  pipeline::CommitFeed* const feed_;
  wal::LogEnd passed_;  // Behind the last block that was given or had no events.
  bool given_from_feed_ = false;
  bool given_from_files_ = false;
  std::unique_ptr<wal::Reader> reader_;  // While blocks come from the files.
  // What was read behind `passed_`, or behind the block before the one that is given; their
  // sequences have no gap.
  std::deque<WaitingBlock> waiting_;
  u64 waiting_bytes_ = 0;
  std::vector<storage::AlignedBuffer> spare_;  // Bodies' memory, to be used again.
  BlockSourceCounts counts_;
};

}  // namespace florin::history
