#include "history/block_source.h"

#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "pipeline/log_record.h"

namespace florin::history {

namespace {

constexpr usize kSpareMax = 16;

}  // namespace

BlockSource::BlockSource(storage::Storage& storage, BlockSourceOptions options,
                         pipeline::CommitFeed* feed)
    : storage_(storage), options_(std::move(options)), feed_(feed) {}

BlockSource::~BlockSource() = default;

void BlockSource::restart(const wal::LogEnd& from) {
  leave_files();
  given_from_feed_ = false;  // It may come once more.
  passed_ = from;
}

Result<std::optional<LoggedBlock>> BlockSource::next() {
  leave_given();
  while (true) {
    auto block = take_from_feed();
    if (!block) block = take_from_files();
    if (block) return block;
    if (!may_read()) {
      // What comes next is not durable yet: it is welcome in memory.
      if (!feed_->is_open()) feed_->resume();
      return std::optional<LoggedBlock>();
    }
    const auto read = read_block();
    RETURN_IF_ERROR(read);
    if (!*read) return std::optional<LoggedBlock>();
  }
}

void BlockSource::leave_given() {
  if (std::exchange(given_from_feed_, false)) feed_->pop();
  if (std::exchange(given_from_files_, false)) pass_front();
}

std::optional<LoggedBlock> BlockSource::take_from_feed() {
  if (feed_ == nullptr) return std::nullopt;
  while (const auto block = feed_->front()) {
    if (block->end.sequence > passed_.sequence + 1) return std::nullopt;
    if (block->end.sequence <= passed_.sequence) {
      feed_->pop();
      continue;
    }
    leave_files();
    passed_ = block->end;
    if (block->event_count == 0) {
      feed_->pop();
      continue;
    }
    given_from_feed_ = true;
    ++counts_.from_feed;
    return LoggedBlock{block->end,  block->position_before, block->event_count,
                       block->body, block->outcomes,        block->outcome_content};
  }
  return std::nullopt;
}

std::optional<LoggedBlock> BlockSource::take_from_files() {
  while (!waiting_.empty() && waiting_.front().complete) {
    const WaitingBlock& block = waiting_.front();
    passed_ = block.end;
    if (block.event_count == 0) {
      pass_front();
      continue;
    }
    given_from_files_ = true;
    ++counts_.from_files;
    return LoggedBlock{block.end,         block.position_before,
                       block.event_count, block.body.span().first(block.body_bytes),
                       block.outcomes,    block.content};
  }
  return std::nullopt;
}

void BlockSource::pass_front() {
  WaitingBlock& block = waiting_.front();
  waiting_bytes_ -= block.body_bytes;
  if (spare_.size() < kSpareMax && block.body_bytes != 0) spare_.push_back(std::move(block.body));
  waiting_.pop_front();
}

void BlockSource::leave_files() {
  reader_.reset();
  given_from_files_ = false;
  while (!waiting_.empty()) pass_front();
}

bool BlockSource::may_read() const {
  if (feed_ == nullptr) return true;
  const u64 read = waiting_.empty() ? passed_.sequence : waiting_.back().end.sequence;
  return feed_->committed() > read;
}

tl::unexpected<Error> BlockSource::corrupt(const std::string& what) const {
  return fail(ErrorCode::Corrupt,
              fmt::format("history cannot go on behind position {}: {}. Rebuild history from a "
                          "snapshot and the log, or restore a backup of all of it",
                          passed_.position.value, what));
}

Status BlockSource::open_reader() {
  auto reader = wal::Reader::open(storage_, options_.directory, options_.log_id,
                                  options_.state_machine_version, passed_);
  if (reader) {
    reader_ = std::move(*reader);
    return {};
  }
  if (reader.error().code != ErrorCode::Corrupt) return tl::unexpected(reader.error());
  return corrupt(reader.error().message);
}

Result<bool> BlockSource::read_block() {
  if (reader_ == nullptr) RETURN_IF_ERROR(open_reader());
  const auto block = reader_->next();
  if (!block) return tl::unexpected(block.error());
  if (block->has_value()) {
    RETURN_IF_ERROR(wait_for_outcomes(**block));
    return true;
  }
  if (feed_ == nullptr) return false;
  return corrupt(fmt::format("log block {} was durable and cannot be read in {}",
                             reader_->end().sequence + 1, options_.directory));
}

Status BlockSource::wait_for_outcomes(const wal::Block& block) {
  pipeline::RecordReader records(block.body);
  while (true) {
    const auto entry = records.next();
    RETURN_IF_ERROR(entry);
    if (!entry->has_value()) break;
  }
  for (const pipeline::OutcomePart& part : records.outcomes()) RETURN_IF_ERROR(take_part(part));

  WaitingBlock waiting;
  waiting.end = reader_->end();
  waiting.position_before = block.header.position_before;
  waiting.event_count = block.header.event_count;
  waiting.complete = waiting.event_count == 0;
  if (!waiting.complete) {
    if (!spare_.empty()) {
      waiting.body = std::move(spare_.back());
      spare_.pop_back();
    }
    waiting.body_bytes = block.body.size();
    if (waiting.body.size_bytes() < waiting.body_bytes) {
      waiting.body = storage::AlignedBuffer(waiting.body_bytes);
    }
    std::memcpy(waiting.body.data(), block.body.data(), waiting.body_bytes);
    waiting_bytes_ += waiting.body_bytes;
  }
  waiting_.push_back(std::move(waiting));
  if (waiting_bytes_ <= options_.waiting_bytes_max) return {};
  return corrupt(
      fmt::format("what became of log block {} is not within the {} bytes of log behind "
                  "it",
                  waiting_.front().end.sequence, options_.waiting_bytes_max));
}

// Records stand in the order of the blocks that they are about, and the parts of each in theirs. A
// writer that started anew may begin a record anew.
Status BlockSource::take_part(const pipeline::OutcomePart& part) {
  const pipeline::OutcomeHeader& header = part.header;
  if (waiting_.empty() || header.sequence < waiting_.front().end.sequence) return {};
  const u64 index = header.sequence - waiting_.front().end.sequence;
  if (index >= waiting_.size() || waiting_[index].event_count == 0) {
    return corrupt(
        fmt::format("outcomes of log block {} stand where they cannot", header.sequence));
  }
  for (u64 before = index; before-- > 0;) {
    if (!waiting_[before].complete) {
      return corrupt(fmt::format("what became of log block {} was never logged",
                                 waiting_[before].end.sequence));
    }
    if (waiting_[before].event_count != 0) break;  // Those before it were looked at for its sake.
  }
  WaitingBlock& block = waiting_[index];
  if (block.complete) return {};
  if (header.part_offset == 0) {
    block.content.clear();
    block.outcomes = header;
  }
  if (header.part_offset != block.content.size() || header.digest != block.outcomes.digest ||
      header.content_bytes != block.outcomes.content_bytes) {
    return corrupt(fmt::format("outcomes of log block {} go on at byte {}, expected {}",
                               header.sequence, header.part_offset, block.content.size()));
  }
  block.content.insert(block.content.end(), part.content.begin(), part.content.end());
  block.complete = block.content.size() == header.content_bytes;
  return {};
}

}  // namespace florin::history
