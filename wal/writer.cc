// The appending side of the log.
#include "wal/writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>

#include <fmt/core.h>
#include <poll.h>

#include "base/check.h"
#include "base/checksum.h"
#include "wal/segment_directory.h"

namespace florin::wal {

namespace {

constexpr u64 kFirstSegmentDeadlineNs = 60'000'000'000;
constexpr int kCompletionWaitMs = 10;

u64 draw_incarnation(Clock& clock) {
  const std::array<u64, 2> times{clock.wall_time().ns, clock.monotonic_ns()};
  return checksum64(std::as_bytes(std::span(times)));
}

// Files that were being prepared when the process before this one ended mean nothing.
Status remove_preparing(storage::Storage& storage, const std::string& directory) {
  Result<std::vector<std::string>> names = storage.list(directory);
  if (!names) return tl::unexpected(std::move(names).error());
  for (const std::string& name : *names) {
    if (is_preparing_name(name)) RETURN_IF_ERROR(storage.remove(directory + "/" + name));
  }
  return {};
}

void wait_for_completion(const storage::Storage& storage) {
  pollfd descriptor{storage.completion_descriptor(), POLLIN, 0};
  if (descriptor.fd >= 0) ::poll(&descriptor, 1, kCompletionWaitMs);
}

Result<Segment> open_segment(storage::Storage& storage, const std::string& directory,
                             const SegmentFile& segment) {
  Result<storage::File> file =
      storage.open(segment_path(directory, segment.number), storage::OpenMode::ReadWrite);
  if (!file) return tl::unexpected(std::move(file).error());
  return Segment{segment.number, *file, segment.size_bytes};
}

// What was read may be in the disk's cache only. Blocks that were not yet durable were the last
// kWritesInFlightMax, each of which may have begun a segment of its own. All that comes before was
// durable before the marks, or the snapshot that the reading began behind, were written.
Status sync_what_was_read(storage::Storage& storage, const std::string& directory,
                          std::span<const SegmentFile> segments) {
  const usize skipped =
      segments.size() > kWritesInFlightMax + 1 ? segments.size() - (kWritesInFlightMax + 1) : 0;
  for (const SegmentFile& segment : segments.subspan(skipped)) {
    Result<Segment> opened = open_segment(storage, directory, segment);
    if (!opened) return tl::unexpected(std::move(opened).error());
    const Status synced = storage.sync_now(opened->file);
    storage.close(opened->file);
    RETURN_IF_ERROR(synced);
  }
  return storage.sync_directory_now(directory);
}

// Segments behind the end of the log that were made with another size are made anew. The last one
// goes first, and for good, so that a crash in between leaves no gap.
Status remove_segments(storage::Storage& storage, const std::string& directory,
                       std::span<const SegmentFile> segments) {
  for (usize i = segments.size(); i > 0; --i) {
    RETURN_IF_ERROR(storage.remove(segment_path(directory, segments[i - 1].number)));
    RETURN_IF_ERROR(storage.sync_directory_now(directory));
  }
  return {};
}

}  // namespace

Writer::Writer(storage::Storage& storage, Clock& clock, WriterOptions options, const LogEnd& end)
    : storage_(storage),
      clock_(clock),
      options_(std::move(options)),
      supply_(storage, clock, options_.directory, options_.segment_bytes, options_.segments_ahead,
              options_.recycled_segments_max),
      marks_(storage, clock, options_.directory, options_.log_id),
      generation_(end.generation + 1),
      incarnation_(draw_incarnation(clock)),
      end_(end),
      durable_sequence_(end.sequence),
      durable_position_(end.position),
      writes_(options_.writes_in_flight_max) {
  CHECK(options_.writes_in_flight_max > 0 && options_.writes_in_flight_max <= kWritesInFlightMax);
  CHECK(options_.body_bytes_max <= kBodyBytesMax);
  CHECK(stored_bytes(options_.body_bytes_max) <= options_.segment_bytes);
  full_.reserve(options_.writes_in_flight_max + 1);
}

Writer::~Writer() {
  if (current_.number != 0) storage_.close(current_.file);
  for (const Full& full : full_) storage_.close(full.segment.file);
}

Result<std::unique_ptr<Writer>> Writer::open(storage::Storage& storage, Clock& clock,
                                             WriterOptions options, const LogEnd& end) {
  std::unique_ptr<Writer> writer(new Writer(storage, clock, std::move(options), end));
  RETURN_IF_ERROR(writer->find_segments());
  if (writer->current_.number == 0) RETURN_IF_ERROR(writer->wait_for_first_segment());
  return writer;
}

Status Writer::find_segments() {
  const std::string& directory = options_.directory;
  RETURN_IF_ERROR(remove_preparing(storage_, directory));
  Result<std::vector<SegmentFile>> found = list_segments(storage_, directory);
  if (!found) return tl::unexpected(std::move(found).error());
  const std::span<const SegmentFile> segments = *found;
  if (segments.empty() && end_.sequence == 0) {
    RETURN_IF_ERROR(storage_.sync_directory_now(directory));
    return marks_.open(end_);
  }
  const auto current = std::ranges::find(segments, end_.segment, &SegmentFile::number);
  if (current == segments.end()) {
    return fail(ErrorCode::NotFound, fmt::format("log segment {} vanished after it was read",
                                                 segment_path(directory, end_.segment)));
  }
  const auto read = segments.first(static_cast<usize>(current - segments.begin()) + 1);
  RETURN_IF_ERROR(sync_what_was_read(storage_, directory, read));
  // Before anything is appended, and before anybody is told of what was read.
  RETURN_IF_ERROR(marks_.open(end_));
  Result<Segment> opened = open_segment(storage_, directory, *current);
  if (!opened) return tl::unexpected(std::move(opened).error());
  current_ = *opened;
  if (!options_.archive) before_.assign(read.begin(), read.end() - 1);
  return adopt_segments(segments.subspan(read.size()));
}

Status Writer::adopt_segments(std::span<const SegmentFile> ahead) {
  supply_.start_at(end_.segment + 1);
  u64 next = end_.segment + 1;
  const auto other = std::ranges::find_if_not(ahead, [&](const SegmentFile& segment) {
    return segment.number == next++ && segment.size_bytes == options_.segment_bytes;
  });
  const auto kept = static_cast<usize>(other - ahead.begin());
  RETURN_IF_ERROR(remove_segments(storage_, options_.directory, ahead.subspan(kept)));
  for (const SegmentFile& segment : ahead.first(kept)) {
    Result<Segment> opened = open_segment(storage_, options_.directory, segment);
    if (!opened) return tl::unexpected(std::move(opened).error());
    supply_.adopt(*opened);
  }
  return {};
}

Status Writer::wait_for_first_segment() {
  const u64 deadline_ns = clock_.monotonic_ns() + kFirstSegmentDeadlineNs;
  while (!supply_.ready()) {
    const Result<usize> done = poll();
    if (!done) return tl::unexpected(done.error());
    if (supply_.disk_full()) {
      return fail(ErrorCode::NoSpace,
                  fmt::format("the disk of {} has no room for a log segment of {} bytes",
                              options_.directory, options_.segment_bytes));
    }
    if (clock_.monotonic_ns() > deadline_ns) {
      return fail(
          ErrorCode::Timeout,
          fmt::format("the first log segment in {} was not ready in 60 s", options_.directory));
    }
    if (*done == 0) wait_for_completion(storage_);
  }
  current_ = supply_.take();
  return {};
}

bool Writer::can_append(u64 body_bytes) const {
  CHECK(body_bytes <= options_.body_bytes_max);
  if (!failure_) return false;
  if (end_.sequence - durable_sequence_ >= writes_.size()) return false;
  return fits(stored_bytes(body_bytes)) || supply_.ready();
}

u64 Writer::append(const Append& block) {
  const u64 stored = stored_bytes(block.body_bytes);
  CHECK(can_append(block.body_bytes) && block.image.size() >= stored);
  CHECK(reinterpret_cast<usize>(block.image.data()) % storage::kSectorBytes == 0);
  CHECK(block.position_before == end_.position);
  if (!fits(stored)) rotate();
  const BlockHeader header = make_header(block);
  std::memcpy(block.image.data(), &header, kHeaderBytes);
  const u64 written = kHeaderBytes + block.body_bytes;
  std::memset(block.image.data() + written, 0, stored - written);
  end_.sequence += 1;
  end_.generation = generation_;
  end_.position.value += block.event_count;
  end_.chain = header.header_checksum;
  end_.timestamp = block.timestamp;
  write_of(end_.sequence) = {end_.offset, current_.number, end_.position, false};
  storage_.write(current_.file, end_.offset, block.image.first(stored),
                 storage::Durability::Durable, end_.sequence);
  storage_.submit();
  end_.offset += stored;
  bytes_written_ += stored;
  supply_.log_grew(stored);
  marks_.log_moves();
  return end_.sequence;
}

BlockHeader Writer::make_header(const Append& block) const {
  BlockHeader header;
  header.state_machine_version = options_.state_machine_version;
  header.log_id = options_.log_id;
  header.previous_checksum = end_.chain;
  header.body_checksum = block.body_checksum;
  header.sequence = end_.sequence + 1;
  header.segment = current_.number;
  header.generation = generation_;
  header.offset = end_.offset;
  header.position_before = block.position_before.value;
  header.event_count = block.event_count;
  header.timestamp = block.timestamp.ns;
  header.body_bytes = block.body_bytes;
  header.durable_sequence = durable_sequence_;
  header.durable_position = durable_position_.value;
  header.segment_bytes = current_.size_bytes;
  header.incarnation = incarnation_;
  header.header_checksum = header_checksum(header);
  return header;
}

void Writer::rotate() {
  if (!options_.archive) before_.push_back({current_.number, current_.size_bytes});
  if (all_durable()) {
    storage_.close(current_.file);
  } else {
    full_.push_back({current_, end_.sequence});
  }
  current_ = supply_.take();
  end_.segment = current_.number;
  end_.offset = 0;
}

void Writer::trim_before(u64 segment) {
  trim_before_ = std::max(trim_before_, std::min(segment, current_.number));
  release_trimmed();
}

void Writer::release_trimmed() {
  const u64 in_use = full_.empty() ? current_.number : full_.front().segment.number;
  while (!before_.empty() && before_.front().number < std::min(trim_before_, in_use)) {
    supply_.recycle(before_.front());
    before_.pop_front();
  }
}

Result<usize> Writer::poll() {
  if (!failure_) return tl::unexpected(failure_.error());
  std::array<storage::Completion, 64> completions;
  const usize count = storage_.poll(completions);
  for (usize i = 0; i < count && failure_; ++i) failure_ = complete(completions[i]);
  if (!failure_) return tl::unexpected(failure_.error());
  advance_durable();
  const usize marked = all_durable() ? marks_.advance(end_, finishing_) : 0;
  const Result<usize> started = supply_.advance(pace());
  if (!started) {
    failure_ = tl::unexpected(started.error());
    return started;
  }
  return count + marked + *started;
}

u64 Writer::sleep_ns_max() const {
  if (!failure_) return ~u64{0};
  const u64 until_mark = all_durable() ? marks_.sleep_ns_max(durable_sequence_) : ~u64{0};
  return std::min(until_mark, supply_.sleep_ns_max());
}

Pace Writer::pace() const {
  const bool waits = !supply_.ready() && !fits(stored_bytes(options_.body_bytes_max));
  if (waits) return Pace::Urgent;
  return all_durable() ? Pace::Leisurely : Pace::WithTheLog;
}

Status Writer::complete(const storage::Completion& completion) {
  if ((completion.token & kSupplyToken) != 0) return supply_.complete(completion);
  if ((completion.token & kMarkToken) != 0) return marks_.complete(completion);
  CHECK(completion.token > durable_sequence_ && completion.token <= end_.sequence);
  Write& write = write_of(completion.token);
  CHECK(!write.complete);
  if (completion.error != 0) {
    return fail(ErrorCode::Io,
                fmt::format("log write to {} at {} failed: {}",
                            segment_path(options_.directory, write.segment), write.offset,
                            std::generic_category().message(completion.error)));
  }
  write.complete = true;
  return {};
}

void Writer::advance_durable() {
  while (durable_sequence_ < end_.sequence && write_of(durable_sequence_ + 1).complete) {
    durable_sequence_ += 1;
    durable_position_ = write_of(durable_sequence_).position_after;
  }
  while (!full_.empty() && full_.front().last_sequence <= durable_sequence_) {
    storage_.close(full_.front().segment.file);
    full_.erase(full_.begin());
    release_trimmed();
  }
}

bool Writer::out_of_space() const {
  if (!supply_.disk_full() || supply_.ready_count() > 1) return false;
  return !supply_.ready() || !fits(stored_bytes(options_.body_bytes_max));
}

bool Writer::idle() const {
  const bool marked = marks_.current(durable_sequence_) || !finishing_;
  return all_durable() && marked && marks_.idle() && supply_.idle();
}

}  // namespace florin::wal
