// Prepares segments through the asynchronous side of the storage.
#include "wal/segment_supply.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include <fmt/core.h>

#include "base/check.h"
#include "wal/segment_directory.h"

namespace florin::wal {

namespace {

constexpr u64 kZeroPieceBytes = 256 * kKiB;
constexpr u32 kZerosInFlightMax = 8;
// Zeros for each byte of the log: the next segment is ready when this one is half full.
constexpr u64 kZerosPerLogByte = 2;
constexpr u64 kAllowanceMax = kZerosInFlightMax * kZeroPieceBytes;
constexpr u64 kRetryAfterNs = 1'000'000'000;

// Never written. Static, so that a write in flight outlives its supply without harm; not const, so
// that it takes no room in the program file.
alignas(storage::kSectorBytes) std::byte zero_piece[kZeroPieceBytes];

// Somebody else may have removed what is not needed.
bool is_missing(const Status& status) {
  return !status && status.error().code == ErrorCode::NotFound;
}

}  // namespace

SegmentSupply::SegmentSupply(storage::Storage& storage, Clock& clock, std::string directory,
                             u64 segment_bytes, u32 segments_ahead, u32 recycled_segments_max)
    : storage_(storage),
      clock_(clock),
      directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      segments_ahead_(segments_ahead),
      recycled_segments_max_(recycled_segments_max) {
  CHECK(segment_bytes_ > 0 && segment_bytes_ % storage::kSectorBytes == 0);
  CHECK(segments_ahead_ > 0);
}

SegmentSupply::~SegmentSupply() {
  if (step_ != Step::Idle) storage_.close(file_);
  for (const Segment& segment : ready_) storage_.close(segment.file);
}

void SegmentSupply::adopt(const Segment& segment) {
  CHECK(segment.number == next_number_ && step_ == Step::Idle);
  ready_.push_back(segment);
  ++next_number_;
}

void SegmentSupply::recycle(const SegmentFile& segment) {
  const bool kept = segment.size_bytes == segment_bytes_;
  (kept ? recyclable_ : surplus_).push_back(segment.number);
  if (recyclable_.size() <= recycled_segments_max_) return;
  // The earliest goes: what stays is the log's end without a gap.
  surplus_.push_back(recyclable_.front());
  recyclable_.pop_front();
}

Segment SegmentSupply::take() {
  CHECK(ready());
  const Segment segment = ready_.front();
  ready_.pop_front();
  return segment;
}

void SegmentSupply::log_grew(u64 bytes) {
  allowance_bytes_ = std::min(allowance_bytes_ + kZerosPerLogByte * bytes, kAllowanceMax);
}

Result<usize> SegmentSupply::advance(Pace pace) {
  if (step_ == Step::Zeroing) return write_zeros(pace);
  if (step_ != Step::Idle) return usize{0};
  if (ready_.size() >= segments_ahead_) return remove_surplus();
  if (disk_full() && clock_.monotonic_ns() < retry_at_ns_) return remove_surplus();
  RETURN_IF_ERROR(begin());
  return usize{1};
}

u64 SegmentSupply::sleep_ns_max() const {
  const bool waits = disk_full() && step_ == Step::Idle && ready_.size() < segments_ahead_;
  if (!waits) return ~u64{0};
  const u64 now = clock_.monotonic_ns();
  return now < retry_at_ns_ ? retry_at_ns_ - now : 0;
}

// One file a time: the log goes on in between. Nothing depends on when a crash forgets that they
// are gone, so the directory is not synced for it.
Result<usize> SegmentSupply::remove_surplus() {
  if (surplus_.empty()) return usize{0};
  const Status removed = storage_.remove(segment_path(directory_, surplus_.front()));
  if (!is_missing(removed)) RETURN_IF_ERROR(removed);
  surplus_.pop_front();
  return usize{1};
}

Status SegmentSupply::begin() { return recyclable_.empty() ? begin_new() : begin_recycled(); }

// The name is made durable before the segment is used, and before the next file gets its name: a
// crash leaves the file under its old name or under the new one, and no gap.
Status SegmentSupply::begin_recycled() {
  const std::string from = segment_path(directory_, recyclable_.front());
  Result<storage::File> file = storage_.open(from, storage::OpenMode::ReadWrite);
  if (!file && file.error().code == ErrorCode::NotFound) {
    recyclable_.pop_front();
    return {};
  }
  if (!file) return tl::unexpected(std::move(file).error());
  const Status renamed = storage_.rename(from, segment_path(directory_, next_number_));
  if (!renamed) storage_.close(*file);
  rename_refused_ = !renamed && renamed.error().code == ErrorCode::NoSpace;
  if (rename_refused_) {
    wait_for_room();
    return {};
  }
  RETURN_IF_ERROR(renamed);
  recyclable_.pop_front();
  file_ = *file;
  return sync_name();
}

Status SegmentSupply::begin_new() {
  Result<storage::File> file = storage_.open(path_being_prepared(), storage::OpenMode::Create);
  if (!file && file.error().code == ErrorCode::NoSpace) {
    wait_for_room();
    return {};
  }
  if (!file) return tl::unexpected(std::move(file).error());
  file_ = *file;
  step_ = Step::Zeroing;
  zeroed_bytes_ = 0;
  met_full_disk_ = false;
  const Status allocated = storage_.allocate(file_, segment_bytes_);
  if (!allocated && allocated.error().code == ErrorCode::NoSpace) return give_up_for_now();
  return allocated;
}

bool SegmentSupply::may_write_piece(Pace pace) const {
  if (zeros_in_flight_ >= kZerosInFlightMax) return false;
  switch (pace) {
    case Pace::WithTheLog: return allowance_bytes_ >= kZeroPieceBytes;
    case Pace::Leisurely: return zeros_in_flight_ == 0;
    case Pace::Urgent: return true;
  }
  return true;
}

usize SegmentSupply::write_zeros(Pace pace) {
  usize written = 0;
  while (!met_full_disk_ && zeroed_bytes_ < segment_bytes_ && may_write_piece(pace)) {
    const u64 length = std::min(kZeroPieceBytes, segment_bytes_ - zeroed_bytes_);
    storage_.write(file_, zeroed_bytes_, std::span(zero_piece).first(length),
                   storage::Durability::None, kSupplyToken);
    zeroed_bytes_ += length;
    ++zeros_in_flight_;
    ++written;
    allowance_bytes_ -= std::min(allowance_bytes_, length);
  }
  if (written != 0) storage_.submit();
  return written;
}

Status SegmentSupply::complete(const storage::Completion& completion) {
  const bool disk_full = completion.error == ENOSPC || completion.error == EDQUOT;
  switch (step_) {
    case Step::Idle: CHECK(false); return {};
    case Step::Zeroing:
      --zeros_in_flight_;
      if (disk_full) met_full_disk_ = true;
      if (completion.error != 0 && !disk_full) return failed("write", completion.error);
      if (met_full_disk_) return zeros_in_flight_ == 0 ? give_up_for_now() : Status{};
      if (zeroed_bytes_ == segment_bytes_ && zeros_in_flight_ == 0) {
        step_ = Step::Syncing;
        storage_.sync(file_, kSupplyToken);
        storage_.submit();
      }
      return {};
    case Step::Syncing:
      if (disk_full) return give_up_for_now();
      if (completion.error != 0) return failed("sync", completion.error);
      return start_rename();
    case Step::SyncingDirectory:
      if (completion.error != 0) return failed("sync of the directory", completion.error);
      ready_.push_back({next_number_++, file_, segment_bytes_});
      disk_full_ = false;
      step_ = Step::Idle;
      return {};
  }
  return {};
}

Status SegmentSupply::start_rename() {
  const Status renamed =
      storage_.rename(path_being_prepared(), segment_path(directory_, next_number_));
  if (!renamed && renamed.error().code == ErrorCode::NoSpace) return give_up_for_now();
  RETURN_IF_ERROR(renamed);
  return sync_name();
}

// Until the directory is synced, a crash could take back the name and with it every block in the
// segment; so it is not ready before.
Status SegmentSupply::sync_name() {
  step_ = Step::SyncingDirectory;
  storage_.sync_directory(directory_, kSupplyToken);
  storage_.submit();
  return {};
}

Status SegmentSupply::give_up_for_now() {
  storage_.close(file_);
  step_ = Step::Idle;
  wait_for_room();
  return storage_.remove(path_being_prepared());
}

void SegmentSupply::wait_for_room() {
  disk_full_ = true;
  retry_at_ns_ = clock_.monotonic_ns() + kRetryAfterNs;
}

Status SegmentSupply::failed(const char* action, int error_number) {
  return fail(ErrorCode::Io,
              fmt::format("preparation of log segment {} failed in a {}: {}", path_being_prepared(),
                          action, std::generic_category().message(error_number)));
}

std::string SegmentSupply::path_being_prepared() const {
  return preparing_path(directory_, next_number_);
}

}  // namespace florin::wal
