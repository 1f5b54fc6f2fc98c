#include "replay/log_source.h"

#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "storage/aligned_buffer.h"

namespace florin::replay {

namespace {

class DirectSource final : public LogSource {
 public:
  explicit DirectSource(std::unique_ptr<wal::Reader> reader) : reader_(std::move(reader)) {}

  Result<std::optional<wal::Block>> next() override { return reader_->next(); }
  const wal::Reader& reader() const override { return *reader_; }
  const wal::Mark& mark() const override { return reader_->mark(); }
  u64 bytes_read() const override { return reader_->bytes_read(); }
  u64 bytes_total() const override { return reader_->bytes_total(); }

 private:
  std::unique_ptr<wal::Reader> reader_;
};

// A ring of copied blocks between the two threads.
class ReadAheadSource final : public LogSource {
 public:
  explicit ReadAheadSource(std::unique_ptr<wal::Reader> reader)
      : reader_(std::move(reader)),
        mark_(reader_->mark()),
        bytes_total_(reader_->bytes_total()),
        thread_([this] { read_all(); }) {}

  ~ReadAheadSource() override {
    {
      const std::lock_guard lock(mutex_);
      abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<std::optional<wal::Block>> next() override {
    std::unique_lock lock(mutex_);
    if (given_) {
      // What was given last is free again.
      ++taken_;
      given_ = false;
      changed_.notify_all();
    }
    changed_.wait(lock, [this] { return taken_ != filled_ || ended_; });
    if (taken_ == filled_) {
      if (!status_) return tl::unexpected<Error>(status_.error());
      return std::optional<wal::Block>();
    }
    given_ = true;
    const Copy& copy = ring_[taken_ % ring_.size()];
    bytes_read_ = copy.bytes_read;
    return std::optional<wal::Block>({copy.header, copy.memory.span().first(copy.body_bytes)});
  }

  const wal::Reader& reader() const override { return *reader_; }
  const wal::Mark& mark() const override { return mark_; }
  u64 bytes_read() const override { return bytes_read_; }
  u64 bytes_total() const override { return bytes_total_; }

 private:
  struct Copy {
    wal::BlockHeader header;
    storage::AlignedBuffer memory;
    u64 body_bytes = 0;
    u64 bytes_read = 0;
  };

  void read_all() {
    while (true) {
      auto block = reader_->next();
      if (!block || !block->has_value()) {
        end(block ? Status{} : tl::unexpected<Error>(block.error()));
        return;
      }
      Copy* copy = wait_for_room();
      if (copy == nullptr) return;
      const auto body = (**block).body;
      copy->header = (**block).header;
      if (copy->memory.size_bytes() < body.size())
        copy->memory = storage::AlignedBuffer(body.size());
      if (!body.empty()) std::memcpy(copy->memory.data(), body.data(), body.size());
      copy->body_bytes = body.size();
      copy->bytes_read = reader_->bytes_read();
      {
        const std::lock_guard lock(mutex_);
        ++filled_;
      }
      changed_.notify_all();
    }
  }

  // Null when nobody wants more.
  Copy* wait_for_room() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return filled_ - taken_ < ring_.size() || abandoned_; });
    return abandoned_ ? nullptr : &ring_[filled_ % ring_.size()];
  }

  void end(Status status) {
    {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      ended_ = true;
    }
    changed_.notify_all();
  }

  static constexpr usize kBlocksAhead = 8;

  std::unique_ptr<wal::Reader> reader_;
  const wal::Mark mark_;
  const u64 bytes_total_;
  u64 bytes_read_ = 0;

  std::mutex mutex_;  // Guards the following, but not the content of copies.
  std::condition_variable changed_;
  std::array<Copy, kBlocksAhead> ring_;
  u64 filled_ = 0;
  u64 taken_ = 0;
  bool given_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  Status status_;

  std::thread thread_;  // Last: it uses all the others.
};

}  // namespace

Result<std::unique_ptr<LogSource>> LogSource::open(storage::Storage& storage,
                                                   const LogSourceOptions& options) {
  auto reader = wal::Reader::open(storage, options.directory, options.log_id,
                                  options.state_machine_version, options.from);
  if (!reader) return tl::unexpected<Error>(std::move(reader).error());
  std::unique_ptr<LogSource> source;
  if (options.read_ahead) {
    source = std::make_unique<ReadAheadSource>(std::move(*reader));
  } else {
    source = std::make_unique<DirectSource>(std::move(*reader));
  }
  return source;
}

}  // namespace florin::replay
