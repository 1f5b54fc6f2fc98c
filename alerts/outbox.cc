#include "alerts/outbox.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/check.h"

namespace florin::alerts {

namespace {

constexpr std::string_view kFileEnd = ".tsv";
constexpr usize kPlaceDigits = 20;
// So much is read at once, or one message if that is longer.
constexpr u64 kReadBytes = 256 * kKiB;

std::optional<u64> place_in(std::string_view text) {
  u64 place = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), place);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return place;
}

std::string outbox_line(const sinks::Message& message) {
  const std::string line =
      fmt::format("{}\t{}\t{}\t{}\n", message.key, message.kind, message.id, message.body);
  CHECK(std::ranges::count(line, '\n') == 1 && std::ranges::count(line, '\t') == 3);
  return line;
}

std::optional<sinks::Message> message_of(std::string_view line) {
  sinks::Message message;
  for (std::string* field : {&message.key, &message.kind, &message.id}) {
    const usize tab = line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    *field = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  message.body = line;
  return message;
}

}  // namespace

std::string Outbox::path_of(u64 begin) const {
  return fmt::format("{}/{:020}{}", directory_, begin, kFileEnd);
}

Result<std::vector<u64>> Outbox::file_begins() const {
  std::vector<u64> begins;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory_, error), end; !error && file != end;
       file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (name.size() != kPlaceDigits + kFileEnd.size() || !name.ends_with(kFileEnd)) continue;
    if (const auto begin = place_in(name.substr(0, kPlaceDigits))) begins.push_back(*begin);
  }
  if (error) return fail_errno(error.value(), "list the directory " + directory_);
  std::ranges::sort(begins);
  return begins;
}

Result<u64> Outbox::read_sent() const {
  const auto content = exporter::read_whole_file(sent_path());
  if (!content) return tl::unexpected<Error>(content.error());
  if (!*content) return u64{0};
  std::string_view digits = **content;
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  if (const auto place = place_in(digits)) return *place;
  return fail(ErrorCode::Corrupt, sent_path() + " is not a number of bytes; expected digits");
}

// At the first time only: later, memory knows what is there, and the sending thread may be at work.
Status Outbox::find_files() {
  RETURN_IF_ERROR(exporter::make_directories(directory_));
  const auto sent = read_sent();
  if (!sent) return tl::unexpected<Error>(sent.error());
  auto begins = file_begins();
  if (!begins) return tl::unexpected<Error>(std::move(begins).error());
  sent_ = *sent;
  begins_ = std::move(*begins);
  return {};
}

Status Outbox::open(u64 end) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) RETURN_IF_ERROR(find_files());
  file_.reset();
  while (!begins_.empty() && begins_.back() >= end) {
    RETURN_IF_ERROR(exporter::remove_file(path_of(begins_.back())));
    begins_.pop_back();
  }
  const bool lacks_files = sent_ < end && (begins_.empty() || begins_.front() > sent_);
  if (sent_ > end || lacks_files) {
    return fail(ErrorCode::Corrupt,
                fmt::format("{} does not have the messages up to byte {}, of which {} bytes were "
                            "sent: files were removed, or are of another time. Restore them, or "
                            "remove the whole directory of alerts to begin anew",
                            directory_, end, sent_));
  }
  if (!begins_.empty()) {
    auto file = exporter::GrowingFile::open(path_of(begins_.back()), end - begins_.back());
    if (!file) return tl::unexpected<Error>(std::move(file).error());
    file_ = std::move(*file);
  }
  end_ = published_ = end;
  is_open_ = true;
  return {};
}

Status Outbox::begin_file() {
  if (file_) RETURN_IF_ERROR(file_->sync());
  auto file = exporter::GrowingFile::open(path_of(end_), 0);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  RETURN_IF_ERROR(exporter::sync_directory(directory_));
  file_ = std::move(*file);
  const std::lock_guard lock(mutex_);
  begins_.push_back(end_);
  return {};
}

Status Outbox::append(const sinks::Message& message) {
  if (!file_ || file_->size_bytes() >= file_bytes_max_) RETURN_IF_ERROR(begin_file());
  const std::string line = outbox_line(message);
  RETURN_IF_ERROR(file_->append(line));
  end_ += line.size();
  return {};
}

Status Outbox::sync() {
  if (file_) RETURN_IF_ERROR(file_->sync());
  return {};
}

void Outbox::publish() {
  const std::lock_guard lock(mutex_);
  published_ = end_;
}

u64 Outbox::unsent_bytes() const {
  const std::lock_guard lock(mutex_);
  return published_ - sent_;
}

Result<std::vector<sinks::Message>> Outbox::next(usize messages_max) {
  ends_.clear();
  std::vector<sinks::Message> messages;
  u64 begin = 0;
  u64 place = 0;
  u64 end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!is_open_ || sent_ == published_) return messages;
    place = sent_;
    const auto behind = std::ranges::upper_bound(begins_, place);
    CHECK(behind != begins_.begin());
    begin = *std::prev(behind);
    end = behind == begins_.end() ? published_ : std::min(published_, *behind);
  }
  std::ifstream file(path_of(begin), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place - begin));
  const u64 read_until = place + kReadBytes;
  std::string line;
  while (messages.size() < messages_max && place < std::min(end, read_until)) {
    if (!std::getline(file, line)) return fail(ErrorCode::Io, "cannot read " + path_of(begin));
    auto message = message_of(line);
    place += line.size() + 1;
    if (!message || place > end) {
      return fail(ErrorCode::Corrupt, path_of(begin) + " has a line that is no message, before " +
                                          "byte " + std::to_string(place - begin));
    }
    messages.push_back(std::move(*message));
    ends_.push_back(place);
  }
  return messages;
}

Status Outbox::sent(usize messages) {
  CHECK(messages != 0 && messages <= ends_.size());
  const u64 place = ends_[messages - 1];
  ends_.clear();
  RETURN_IF_ERROR(exporter::write_whole_file(sent_path(), std::to_string(place) + "\n"));
  std::vector<u64> over;
  {
    const std::lock_guard lock(mutex_);
    sent_ = place;
    while (begins_.size() > 1 && begins_[1] <= place) {
      over.push_back(begins_.front());
      begins_.erase(begins_.begin());
    }
  }
  for (const u64 begin : over) RETURN_IF_ERROR(exporter::remove_file(path_of(begin)));
  return {};
}

}  // namespace florin::alerts
