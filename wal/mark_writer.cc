// Writing marks.
#include "wal/mark_writer.h"

#include <system_error>

#include <fmt/core.h>

#include "base/check.h"
#include "storage/blocking.h"

namespace florin::wal {

MarkWriter::MarkWriter(storage::Storage& storage, Clock& clock, const std::string& directory,
                       u128 log_id)
    : storage_(storage),
      clock_(clock),
      directory_(directory),
      log_id_(log_id),
      image_(storage::kSectorBytes) {}

// A mark that is still being written may become torn by this, which is legal: the other is whole.
MarkWriter::~MarkWriter() {
  if (file_.handle >= 0) storage_.close(file_);
}

Status MarkWriter::open(const LogEnd& end) {
  RETURN_IF_ERROR(open_file(end));
  for (usize i = 0; i < kMarkSectors && !current(end.sequence); ++i) {
    store(end);
    RETURN_IF_ERROR(
        storage::write_durably_now(storage_, file_, sector_ * storage::kSectorBytes, image()));
    marked_[sector_] = end.sequence;
    sector_ = 1 - sector_;
  }
  return {};
}

Status MarkWriter::open_file(const LogEnd& end) {
  Result<Marks> marks = read_both_marks(storage_, directory_, log_id_);
  const bool missing = !marks && marks.error().code == ErrorCode::NotFound && end.sequence == 0;
  if (missing) {
    RETURN_IF_ERROR(create_marks(storage_, directory_, log_id_, mark_of(end, 1)));
    marks = read_both_marks(storage_, directory_, log_id_);
  }
  if (!marks) return tl::unexpected(std::move(marks).error());
  Result<storage::File> file = storage_.open(marks_path(directory_), storage::OpenMode::ReadWrite);
  if (!file) return tl::unexpected(std::move(file).error());
  file_ = *file;
  const Mark* last = newest(*marks);
  if (last == nullptr) {
    return fail(ErrorCode::Corrupt,
                fmt::format("both marks in {} are damaged", marks_path(directory_)));
  }
  if (last->durable_sequence > end.sequence) {
    return fail(ErrorCode::Corrupt,
                fmt::format("{} says that the log was durable up to block {}, but it ends after "
                            "block {}",
                            marks_path(directory_), last->durable_sequence, end.sequence));
  }
  count_ = last->count;
  // What is known of them is renewed, whatever they say: a mark that was read may not be durable.
  marked_.fill(missing ? end.sequence : ~u64{0});
  sector_ = (*marks)[0] && last == &*(*marks)[0] ? 1 : 0;
  return {};
}

void MarkWriter::store(const LogEnd& end) {
  store_mark(mark_of(end, ++count_), log_id_, image_.span());
}

usize MarkWriter::advance(const LogEnd& end, bool at_once) {
  if (in_flight_ || current(end.sequence)) return 0;
  if (!at_once) {
    const u64 now = clock_.monotonic_ns();
    if (!resting_since_ns_) resting_since_ns_ = now;
    if (now - *resting_since_ns_ < kMarkAfterNs) return 0;
  }
  // First the one that is older; when that is durable, the other too: a log at rest is then
  // vouched for even if one of them is damaged together with the last block.
  store(end);
  storage_.write(file_, sector_ * storage::kSectorBytes, image(), storage::Durability::Durable,
                 kMarkToken);
  storage_.submit();
  in_flight_ = true;
  sequence_in_flight_ = end.sequence;
  return 1;
}

u64 MarkWriter::sleep_ns_max(u64 durable_sequence) const {
  if (in_flight_ || current(durable_sequence)) return ~u64{0};
  if (!resting_since_ns_) return 0;
  const u64 rested = clock_.monotonic_ns() - *resting_since_ns_;
  return rested < kMarkAfterNs ? kMarkAfterNs - rested : 0;
}

Status MarkWriter::complete(const storage::Completion& completion) {
  CHECK(in_flight_);
  in_flight_ = false;
  if (completion.error != 0) {
    return fail(ErrorCode::Io,
                fmt::format("write of a mark to {} failed: {}", marks_path(directory_),
                            std::generic_category().message(completion.error)));
  }
  marked_[sector_] = sequence_in_flight_;
  sector_ = 1 - sector_;
  return {};
}

}  // namespace florin::wal
