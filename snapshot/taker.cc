// The stages of a snapshot.
#include "snapshot/taker.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "snapshot/directory.h"

namespace florin::snapshot {

using engine::CutBuffer;
using storage::Completion;
using storage::Durability;
using storage::kSectorBytes;

namespace {

// So much is written between two syncs: a flush of more would hold up those of the log.
constexpr u64 kBytesBetweenSyncs = 8 * kMiB;
// What a copier may hold unfilled, beside one for each partition: books, history, and their kinds.
constexpr u32 kBuffersOfCopiers = 8;
constexpr u64 kHistorySliceBytes = 256 * kKiB;
// The rate is kept over such a time: a pause of the copiers is not made up for by a burst.
constexpr u64 kBurstNs = 20'000'000;
constexpr u64 kSleepNs = 1'000'000;

// Tokens below kWritesInFlightMax are chunks.
constexpr u64 kSectorToken = 100;
constexpr u64 kTableToken = 101;
constexpr u64 kSyncToken = 102;
constexpr u64 kDirectoryToken = 103;

Error error_of(int error_number, const char* action, const std::string& path) {
  return fail_errno(error_number, std::string(action) + " " + path).value();
}

}  // namespace

Taker::Taker(storage::Storage& storage, Clock& clock, engine::Engine& engine, TakerOptions options)
    : storage_(storage),
      clock_(clock),
      engine_(engine),
      options_(std::move(options)),
      buffers_(options_.buffers + engine.partitions() + kBuffersOfCopiers),
      sector_(kSectorBytes) {
  // What cannot be removed now is in the way of nothing but room on the disk.
  (void)remove_partial_snapshots(storage_, options_.directory);
}

Taker::~Taker() {
  if (file_) storage_.close(*file_);
}

bool Taker::idle() const { return state_.load(std::memory_order_acquire) == State::Idle; }

void Taker::begin(const CutPoint& point) {
  CHECK(idle());
  // What owners handed over for a snapshot that failed.
  while (CutBuffer* buffer = buffers_.next_filled()) buffers_.give_back(buffer);
  point_ = point;
  hurry_.store(false, std::memory_order_relaxed);
  engine_.begin_cut(buffers_);
  state_.store(State::Running, std::memory_order_release);  // With the point and the cut.
  bell_.ring();
}

std::optional<Taken> Taker::taken() {
  if (state_.load(std::memory_order_acquire) != State::Done) return std::nullopt;
  Taken taken = std::move(result_);
  state_.store(State::Idle, std::memory_order_release);
  return taken;
}

void Taker::hurry() {
  hurry_.store(true, std::memory_order_relaxed);  // A hint: nothing is read behind it.
  bell_.ring();
}

u64 Taker::sleep_ns_max() {
  if (state_.load(std::memory_order_acquire) != State::Running) return ~u64{0};
  if (stage_ == Stage::Copying) return std::max(kSleepNs, pause_ns());
  return kSleepNs;
}

usize Taker::step() {
  if (state_.load(std::memory_order_acquire) != State::Running) return 0;
  const usize polled = poll_storage();
  if (failure_) stage_ = Stage::Abandoning;
  return polled + advance();
}

usize Taker::advance() {
  if (stage_ == Stage::Copying) return copy();
  if (in_flight_ != 0) return 0;
  switch (stage_) {
    case Stage::Waiting: start(); break;
    case Stage::Copying: break;
    case Stage::WritingTable:
      stage_ = Stage::SyncingTable;
      sync_file();
      break;
    case Stage::SyncingTable: write_end(); break;
    case Stage::WritingEnd: publish(); break;
    case Stage::SyncingDirectory: finish({}); break;
    case Stage::Abandoning: abandon(); break;
  }
  return 1;
}

usize Taker::poll_storage() {
  std::array<Completion, 8> completions;
  const usize count = storage_.poll(completions);
  for (usize index = 0; index < count; ++index) complete(completions[index]);
  return count;
}

void Taker::complete(const Completion& completion) {
  CHECK(in_flight_ > 0);
  --in_flight_;
  if (completion.token < kWritesInFlightMax) {
    buffers_.give_back(std::exchange(writing_[completion.token], nullptr));
  }
  if (completion.token == kSyncToken) {
    syncing_ = false;
    unsynced_bytes_ = 0;
  }
  if (completion.error == 0 || failure_) return;
  const char* action = "write";
  if (completion.token == kSyncToken) action = "sync";
  if (completion.token == kDirectoryToken) action = "sync the directory of";
  failure_ = error_of(completion.error, action, partial_path());
}

void Taker::start() {
  started_ns_ = clock_.monotonic_ns();
  write_allowed_ns_ = started_ns_;
  table_.clear();
  end_ = {};
  failure_.reset();
  unsynced_bytes_ = 0;
  stage_ = Stage::Copying;
  if (const Status created = create_file(); !created) {
    failure_ = created.error();
    return;
  }
  header_ = make_header(point_, options_.ledger_id, options_.state_machine_version,
                        clock_.wall_time().ns);
  end_.snapshot = header_.checksum;
  std::memcpy(sector_.data(), &header_, kSectorBytes);
  offset_ = 0;
  write(0, sector_.span(), Durability::None, kSectorToken);
}

Status Taker::create_file() {
  const auto removed = storage_.remove(partial_path());  // Of an attempt that failed to remove it.
  if (!removed && removed.error().code != ErrorCode::NotFound) return removed;
  auto file = storage_.open(partial_path(), storage::OpenMode::Create);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  file_ = *file;
  return {};
}

u64 Taker::pause_ns() {
  if (options_.bytes_per_second == 0 || hurry_.load(std::memory_order_relaxed)) return 0;
  const u64 now = clock_.monotonic_ns();
  return write_allowed_ns_ > now ? write_allowed_ns_ - now : 0;
}

bool Taker::may_write() {
  if (syncing_ || unsynced_bytes_ >= kBytesBetweenSyncs) return false;
  const bool slot_free = std::ranges::find(writing_, nullptr) != writing_.end();
  return slot_free && pause_ns() == 0;
}

usize Taker::copy() {
  // A sync covers the writes that are complete.
  if (unsynced_bytes_ >= kBytesBetweenSyncs && in_flight_ == 0) {
    sync_file();
    return 1;
  }
  if (!may_write()) return 0;
  // Asked before the queue is looked at: what was handed over before the answer is then seen.
  const bool copied = engine_.cut_copied();
  if (CutBuffer* buffer = buffers_.next_filled()) {
    write_chunk(buffer);
    return 1;
  }
  if (!copied) return engine_.copy_cut_history(kHistorySliceBytes);
  if (in_flight_ != 0) return 0;
  write_table();
  return 1;
}

void Taker::write_chunk(CutBuffer* buffer) {
  ChunkHeader chunk;
  chunk.kind = static_cast<u16>(buffer->kind);
  chunk.records = buffer->records;
  chunk.snapshot = header_.checksum;
  chunk.ledger_id = options_.ledger_id;
  chunk.body_checksum = checksum128({buffer->body(), buffer->body_bytes});
  chunk.number = table_.size();
  chunk.offset = offset_;
  chunk.body_bytes = buffer->body_bytes;
  chunk.first_number = buffer->first_number;
  chunk.first_virtual_slot = buffer->first_virtual_slot;
  chunk.last_virtual_slot = buffer->last_virtual_slot;
  seal(chunk);
  std::memcpy(buffer->image, &chunk, sizeof chunk);
  const u64 used = sizeof chunk + buffer->body_bytes;
  const u64 stored = chunk_stored_bytes(buffer->body_bytes);
  std::memset(buffer->image + used, 0, stored - used);
  table_.push_back({chunk.offset, chunk.body_bytes, chunk.header_checksum, chunk.first_number,
                    chunk.records, chunk.kind});
  end_.body_bytes += buffer->body_bytes;
  end_.records[chunk.kind] += buffer->records;
  if (buffer->kind == engine::CutKind::Counters) note_counters(*buffer);
  const auto slot = std::ranges::find(writing_, nullptr);
  *slot = buffer;
  write(offset_, {buffer->image, stored}, Durability::None,
        static_cast<u64>(slot - writing_.begin()));
  if (options_.bytes_per_second == 0) return;
  const u64 now = clock_.monotonic_ns();
  const u64 earliest = now > kBurstNs ? now - kBurstNs : 0;
  write_allowed_ns_ =
      std::max(write_allowed_ns_, earliest) + stored * 1'000'000'000 / options_.bytes_per_second;
}

// What a reader wants to know before it loads anything.
void Taker::note_counters(const CutBuffer& buffer) {
  engine::CutCounters counters;
  std::memcpy(&counters, buffer.body(), sizeof counters);
  end_.first_created = counters.first_created;
  end_.first_consumed = counters.first_consumed;
  end_.retired_position = counters.retired_position;
}

void Taker::write(u64 offset, std::span<const std::byte> bytes, Durability durability, u64 token) {
  storage_.write(*file_, offset, bytes, durability, token);
  storage_.submit();
  ++in_flight_;
  offset_ = offset + bytes.size();
  unsynced_bytes_ += bytes.size();
}

void Taker::sync_file() {
  storage_.sync(*file_, kSyncToken);
  storage_.submit();
  ++in_flight_;
  syncing_ = true;
}

void Taker::write_table() {
  const auto bytes = std::as_bytes(std::span(table_));
  end_.chunks = table_.size();
  end_.table_offset = offset_;
  end_.table_bytes = bytes.size();
  end_.table_checksum = checksum128(bytes);
  stage_ = Stage::WritingTable;
  if (bytes.empty()) return;
  table_memory_ = storage::AlignedBuffer(round_up(bytes.size(), kSectorBytes));
  std::memcpy(table_memory_.data(), bytes.data(), bytes.size());
  write(offset_, table_memory_.span(), Durability::None, kTableToken);
}

// The rest of the file is on stable storage: whoever finds this sector finds all of it.
void Taker::write_end() {
  end_.file_bytes = offset_ + kSectorBytes;
  seal(end_);
  std::memcpy(sector_.data(), &end_, kSectorBytes);
  stage_ = Stage::WritingEnd;
  write(offset_, sector_.span(), Durability::Durable, kSectorToken);
}

void Taker::publish() {
  const std::string path = options_.directory + "/" + snapshot_name(point_.log.position);
  if (const Status renamed = storage_.rename(partial_path(), path); !renamed) {
    failure_ = renamed.error();
    return;
  }
  storage_.close(*file_);
  file_.reset();
  stage_ = Stage::SyncingDirectory;
  storage_.sync_directory(options_.directory, kDirectoryToken);
  storage_.submit();
  ++in_flight_;
}

void Taker::finish(Status status) {
  result_ = {};
  result_.point = point_;
  result_.bytes = status ? end_.file_bytes : 0;
  if (status) {
    // Older ones that cannot be removed now are removed with the next. Meanwhile the log is kept
    // as it is.
    const auto needed = keep_newest_snapshots(storage_, options_.directory, options_.ledger_id,
                                              options_.state_machine_version);
    if (needed) result_.segments_needed_from = *needed;
  }
  result_.status = std::move(status);
  result_.duration_ns = clock_.monotonic_ns() - started_ns_;
  stage_ = Stage::Waiting;
  failure_.reset();
  table_memory_ = {};
  state_.store(State::Done, std::memory_order_release);  // With the result.
}

void Taker::abandon() {
  if (file_) storage_.close(*file_);
  file_.reset();
  // If that fails too, the next snapshot or the next start removes it.
  (void)storage_.remove(partial_path());
  finish(tl::unexpected<Error>(std::move(*failure_)));
}

std::string Taker::partial_path() const {
  return options_.directory + "/" + partial_name(point_.log.position);
}

}  // namespace florin::snapshot
