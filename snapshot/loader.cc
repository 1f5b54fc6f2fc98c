// Three passes over a snapshot, the first by several threads.
#include "snapshot/loader.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/id_hash.h"
#include "engine/state_loader.h"

namespace florin::snapshot {

using engine::CutBuffer;
using engine::CutKind;
using engine::StateLoader;

namespace {

using Report = std::function<void(u64 bytes)>;

// Loads one checked chunk of the first phase. Several threads at once: each partition has a lock,
// since accounts of one partition are loaded by one thread at a time.
class FirstPhase {
 public:
  FirstPhase(StateLoader& loader, u32 partitions) : loader_(loader), locks_(partitions) {}

  Status load(const CutBuffer& buffer) {
    if (buffer.kind != CutKind::Accounts) return loader_.load_history(buffer);
    if (buffer.first_virtual_slot > buffer.last_virtual_slot ||
        buffer.last_virtual_slot >= engine::kVirtualSlots) {
      return fail(ErrorCode::Corrupt, "a chunk of accounts names impossible virtual slots");
    }
    const u32 partitions = static_cast<u32>(locks_.size());
    const u32 first = engine::partition_of(buffer.first_virtual_slot, partitions);
    const u32 last = engine::partition_of(buffer.last_virtual_slot, partitions);
    for (u32 partition = first; partition <= last; ++partition) {
      const std::lock_guard lock(locks_[partition]);
      RETURN_IF_ERROR(loader_.load_accounts(buffer, partition));
    }
    return {};
  }

 private:
  StateLoader& loader_;
  std::vector<std::mutex> locks_;
};

// The first error of several threads, and the signal to stop.
class SharedStatus {
 public:
  void note(const Status& status) {
    if (status) return;
    const std::lock_guard lock(mutex_);
    if (status_) status_ = status;
    failed_.store(true, std::memory_order_relaxed);  // A hint to stop early.
  }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  Status get() {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  std::mutex mutex_;
  Status status_;
  std::atomic<bool> failed_{false};
};

// Chunks on their way from the thread that reads to those that check and load.
class ChunkQueue {
 public:
  explicit ChunkQueue(usize chunks) {
    for (usize index = 0; index < chunks; ++index) free_.push_back(std::make_unique<Chunk>());
  }

  struct Item {
    u64 number = 0;
    std::unique_ptr<Chunk> chunk;
  };

  std::unique_ptr<Chunk> take_free() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !free_.empty(); });
    std::unique_ptr<Chunk> chunk = std::move(free_.back());
    free_.pop_back();
    return chunk;
  }
  void give_back(std::unique_ptr<Chunk> chunk) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(chunk));
    }
    changed_.notify_all();
  }
  void push(Item item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    changed_.notify_all();
  }
  // Nothing when no more will come.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !items_.empty() || closed_; });
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Chunk>> free_;
  std::vector<Item> items_;
  bool closed_ = false;
};

class Load {
 public:
  Load(Reader& reader, engine::Engine& engine, StateLoader& loader, u32 threads,
       const Report& report)
      : reader_(reader),
        loader_(loader),
        partitions_(engine.partitions()),
        threads_(threads),
        report_(report),
        first_phase_(loader, partitions_) {}

  Status run() {
    std::vector<u64> last;
    std::vector<u64> first;
    for (u64 number = 0; number < reader_.chunks(); ++number) {
      (StateLoader::comes_last(reader_.kind(number)) ? last : first).push_back(number);
    }
    std::ranges::sort(last, {}, [this](u64 number) {
      return std::tuple(reader_.kind(number), reader_.first_number(number), number);
    });
    RETURN_IF_ERROR(threads_ > 1 ? load_by_threads(first) : load_here(first));
    RETURN_IF_ERROR(index());
    Chunk chunk;
    for (const u64 number : last) {
      RETURN_IF_ERROR(read_next(number, chunk));
      RETURN_IF_ERROR(reader_.check(number, chunk));
      RETURN_IF_ERROR(loader_.load_books(chunk.buffer()));
    }
    return loader_.finish();
  }

 private:
  Status read_next(u64 number, Chunk& chunk) {
    RETURN_IF_ERROR(reader_.read(number, chunk));
    bytes_ += reader_.stored_bytes(number);
    report_(bytes_);
    return {};
  }

  Status check_and_load(u64 number, Chunk& chunk) {
    RETURN_IF_ERROR(reader_.check(number, chunk));
    return first_phase_.load(chunk.buffer());
  }

  Status load_here(const std::vector<u64>& numbers) {
    Chunk chunk;
    for (const u64 number : numbers) {
      RETURN_IF_ERROR(read_next(number, chunk));
      RETURN_IF_ERROR(check_and_load(number, chunk));
    }
    return {};
  }

  // This thread reads, the others check and load.
  Status load_by_threads(const std::vector<u64>& numbers) {
    SharedStatus status;
    ChunkQueue queue(2 * usize{threads_});
    std::vector<std::thread> threads;
    for (u32 thread = 0; thread < threads_; ++thread) {
      threads.emplace_back([&] {
        while (auto item = queue.pop()) {
          if (!status.failed()) status.note(check_and_load(item->number, *item->chunk));
          queue.give_back(std::move(item->chunk));
        }
      });
    }
    for (const u64 number : numbers) {
      if (status.failed()) break;
      std::unique_ptr<Chunk> chunk = queue.take_free();
      status.note(read_next(number, *chunk));
      if (status.failed()) break;
      queue.push({number, std::move(chunk)});
    }
    queue.close();
    for (std::thread& thread : threads) thread.join();
    return status.get();
  }

  Status index() {
    const u32 count = std::min(threads_, partitions_);
    SharedStatus status;
    const auto index_every = [&](u32 first) {
      for (u32 partition = first; partition < partitions_ && !status.failed(); partition += count) {
        status.note(loader_.index(partition));
      }
    };
    std::vector<std::thread> threads;
    for (u32 first = 1; first < count; ++first) threads.emplace_back(index_every, first);
    index_every(0);
    for (std::thread& thread : threads) thread.join();
    return status.get();
  }

  Reader& reader_;
  StateLoader& loader_;
  const u32 partitions_;
  const u32 threads_;
  const Report& report_;
  FirstPhase first_phase_;
  u64 bytes_ = 0;
};

}  // namespace

Status load(Reader& reader, engine::Engine& engine, const Limits& capacity, u32 threads,
            const Report& report) {
  const SnapshotInfo& info = reader.info();
  engine::CutSummary summary;
  std::ranges::copy(info.records, summary.records.begin());
  summary.first_created = info.first_created;
  summary.first_consumed = info.first_consumed;
  auto loader = StateLoader::create(engine, capacity, summary);
  if (!loader) return tl::unexpected<Error>(std::move(loader).error());
  const Status loaded = Load(reader, engine, **loader, std::max(1U, threads), report).run();
  if (loaded || loaded.error().code != ErrorCode::Corrupt) return loaded;
  const std::string& message = loaded.error().message;
  const bool names_file = message.find(reader.path()) != std::string::npos;
  return fail(ErrorCode::Corrupt,
              names_file ? message : "snapshot " + reader.path() + " is damaged: " + message);
}

}  // namespace florin::snapshot
