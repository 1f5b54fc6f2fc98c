// The order of durable steps, so that a crash between any two leaves a place to go on from:
//
// Commit: the text is synced, then open.json names its length. What the file has beyond is cut off
// at the next open and delivered again.
// Close: the compressed file is synced under its name, then the manifest names it, then open.json
// goes. Before the manifest says so the file does not count: the next open goes on with open.part,
// and comes to the same file again. After it, open.json is of a file that the manifest has: it is
// passed over.
#include "exporter/file_sink.h"

#include <algorithm>

#include <fmt/core.h>
#include <zstd.h>

#include "base/check.h"
#include "base/checksum.h"
#include "base/int128.h"
#include "exporter/export_day.h"

namespace florin::exporter {

namespace {

constexpr usize kTextBytesHeld = u64{1} * kMiB;
// A day is over when so much of the next one has passed: nothing is logged with a time of the day
// before any more, but for a clock that was set back.
constexpr u64 kRestNs = 60'000'000'000;

Result<std::string> compress(const std::string& text, int level, const std::string& path) {
  std::string compressed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  if (context == nullptr) return fail(ErrorCode::NoSpace, "no memory to compress " + path);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const usize bytes =
      ZSTD_compress2(context, compressed.data(), compressed.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  if (ZSTD_isError(bytes) != 0) {
    return fail(ErrorCode::Io,
                "cannot compress " + path + ": " + std::string(ZSTD_getErrorName(bytes)));
  }
  compressed.resize(bytes);
  return compressed;
}

}  // namespace

Result<SinkStand> FileSink::open() {
  open_.reset();
  part_.reset();
  text_.clear();
  RETURN_IF_ERROR(make_directories(options_.directory));
  auto manifest = read_manifest(options_.directory);
  if (!manifest) return tl::unexpected<Error>(std::move(manifest).error());
  if (*manifest) {
    manifest_ = std::move(**manifest);
  } else {
    manifest_ = Manifest{options_.ledger_id, options_.kind,  options_.compressed,
                         options_.refusals,  options_.first, {}};
    RETURN_IF_ERROR(write_manifest(options_.directory, manifest_));
  }
  RETURN_IF_ERROR(check_manifest());
  const auto open_file = read_open_file(options_.directory);
  if (!open_file) return tl::unexpected<Error>(open_file.error());
  const bool goes_on = *open_file && (*open_file)->first >= manifest_.next;
  if (goes_on) RETURN_IF_ERROR(resume(**open_file));
  if (open_) {
    const history::Place next{open_->last.position, open_->last.index + 1};
    return SinkStand{next, open_->last, open_->last_logged_at};
  }
  if (manifest_.files.empty()) return SinkStand{manifest_.next, {}, 0};
  const ClosedFile& last = manifest_.files.back();
  return SinkStand{manifest_.next, last.last, last.last_logged_at};
}

Status FileSink::check_manifest() const {
  const auto differs = [&](const std::string& what) {
    return fail(ErrorCode::InvalidArgument, options_.directory + "/manifest.json is of " + what +
                                                "; choose another directory, or the same options");
  };
  if (manifest_.ledger_id != options_.ledger_id) {
    return differs("ledger " + to_decimal(manifest_.ledger_id) + ", and this is ledger " +
                   to_decimal(options_.ledger_id));
  }
  if (manifest_.kind != options_.kind) {
    return differs(std::string(name(manifest_.kind)) + " files, and " +
                   std::string(name(options_.kind)) + " was asked for");
  }
  if (manifest_.compressed != options_.compressed) {
    return differs(manifest_.compressed ? "compressed files" : "files without compression");
  }
  if (manifest_.refusals != options_.refusals) {
    return differs(manifest_.refusals == Refusals::Included
                       ? "files with refused transfers, and they were not asked for"
                       : "files without refused transfers, which were asked for");
  }
  return {};
}

Status FileSink::resume(const OpenFile& file) {
  auto part = GrowingFile::open(part_path(), file.text_bytes);
  if (!part) return tl::unexpected<Error>(std::move(part).error());
  part_.emplace(std::move(*part));
  open_ = file;
  return {};
}

u64 FileSink::file_number(const std::string& day) const {
  const bool more = !manifest_.files.empty() && manifest_.files.back().day == day;
  return more ? manifest_.files.back().number + 1 : 1;
}

Status FileSink::begin_file(const ledger::ChangeEvent& change) {
  auto part = GrowingFile::open(part_path(), 0);
  if (!part) return tl::unexpected<Error>(std::move(part).error());
  part_.emplace(std::move(*part));
  OpenFile file;
  file.day = day_of(change.timestamp);
  file.number = file_number(file.day);
  file.first = std::max(manifest_.next, place_of(change));
  open_ = file;
  text_ = first_line(options_.kind);
  return {};
}

bool FileSink::is_full_for(const ledger::ChangeEvent& change) const {
  return open_->text_bytes + text_.size() >= options_.text_bytes_max ||
         open_->day != day_of(change.timestamp);
}

Result<Delivery> FileSink::deliver(const ChangePage& page, usize first) {
  for (usize event = first; event < page.events.size(); ++event) {
    const ledger::ChangeEvent& change = page.events[event];
    if (open_ && is_full_for(change)) RETURN_IF_ERROR(close_file());
    if (!open_) RETURN_IF_ERROR(begin_file(change));
    append_line(options_.kind, page, event, text_);
    // A dead letter that is delivered again lies before the rest.
    if (place_of(change) >= open_->last) {
      open_->last = place_of(change);
      open_->last_logged_at = change.timestamp;
    }
    ++open_->changes;
    if (text_.size() >= kTextBytesHeld) RETURN_IF_ERROR(write_out());
  }
  return Delivery{page.events.size() - first, std::nullopt};
}

Status FileSink::write_out() {
  RETURN_IF_ERROR(part_->append(text_));
  open_->text_bytes = part_->size_bytes();
  text_.clear();
  return {};
}

Status FileSink::commit(const SinkStand&) {
  if (!open_) return {};
  RETURN_IF_ERROR(write_out());
  RETURN_IF_ERROR(part_->sync());
  return write_open_file(options_.directory, *open_);
}

Status FileSink::rest(Timestamp now) {
  if (!open_ || now.ns < kRestNs || open_->day >= day_of(now.ns - kRestNs)) return {};
  return close_file();
}

Status FileSink::close() { return open_ ? close_file() : Status{}; }

Status FileSink::close_file() {
  RETURN_IF_ERROR(write_out());
  auto closed = store_closed();
  if (!closed) return tl::unexpected<Error>(std::move(closed).error());
  manifest_.next = {closed->last.position, closed->last.index + 1};
  manifest_.files.push_back(std::move(*closed));
  open_.reset();
  part_.reset();
  RETURN_IF_ERROR(write_manifest(options_.directory, manifest_));
  RETURN_IF_ERROR(remove_open_file(options_.directory));
  return remove_file(part_path());
}

Result<ClosedFile> FileSink::store_closed() {
  ClosedFile closed;
  closed.day = open_->day;
  closed.number = open_->number;
  closed.first = open_->first;
  closed.last = open_->last;
  closed.changes = open_->changes;
  closed.last_logged_at = open_->last_logged_at;
  closed.text_bytes = open_->text_bytes;
  closed.name = fmt::format("florin-{}-{:05}.{}{}", closed.day, closed.number, name(options_.kind),
                            options_.compressed ? ".zst" : "");
  auto text = read_whole_file(part_path());
  if (!text) return tl::unexpected<Error>(std::move(text).error());
  CHECK(*text && (*text)->size() == closed.text_bytes);
  std::string content = std::move(**text);
  if (options_.compressed) {
    auto compressed = compress(content, options_.compression_level, closed.name);
    if (!compressed) return tl::unexpected<Error>(std::move(compressed).error());
    content = std::move(*compressed);
  }
  closed.stored_bytes = content.size();
  closed.checksum = checksum128(std::as_bytes(std::span(content)));
  RETURN_IF_ERROR(write_whole_file(options_.directory + "/" + closed.name, content));
  return closed;
}

}  // namespace florin::exporter
