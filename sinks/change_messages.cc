#include "sinks/change_messages.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/int128.h"
#include "exporter/change_text.h"
#include "sinks/flat_changes.h"

namespace florin::sinks {

using exporter::ChangePage;
using history::Place;

namespace {

// What stands before the changes of a JSON message takes less: six names, and numbers of at most 39
// digits.
constexpr usize kJsonHeadBytesMax = 512;
constexpr std::string_view kJsonEnd = "]}\n";

std::string json_place(const Place& place) {
  return fmt::format(R"({{"position":"{}","index":{}}})", place.position, place.index);
}

std::string json_head(u128 ledger_id, const Coverage& coverage, u64 changes) {
  return fmt::format(
      R"({{"version":{},"ledger_id":"{}","from":{},"next":{},"last":{},"last_logged_at":"{}",)"
      R"("count":{},"changes":[)"
      "\n",
      kChangeMessageVersion, to_decimal(ledger_id), json_place(coverage.from),
      json_place(coverage.stand.next), json_place(coverage.stand.last),
      coverage.stand.last_logged_at, changes);
}

// The head is written last, in the room that is left for it before the changes.
class JsonMessageWriter final : public ChangeMessageWriter {
 public:
  JsonMessageWriter(u128 ledger_id, usize bytes_max)
      : ledger_id_(ledger_id), bytes_max_(bytes_max) {
    text_.reserve(bytes_max_);
    clear();
  }

  bool add(const ChangePage& page, usize event) override {
    if (finished_) clear();
    const usize before = text_.size();
    if (changes_ != 0) text_.replace(before - 1, 1, ",\n");
    append_line(exporter::TextKind::Ndjson, page, event, text_);
    if (text_.size() + kJsonEnd.size() > bytes_max_) {
      text_.resize(before);
      if (changes_ != 0) text_.back() = '\n';
      return false;
    }
    ++changes_;
    return true;
  }

  u64 changes() const override { return finished_ ? 0 : changes_; }

  std::span<const std::byte> finish(const Coverage& coverage) override {
    if (finished_) clear();
    const std::string head = json_head(ledger_id_, coverage, changes_);
    CHECK(head.size() <= kJsonHeadBytesMax);
    const usize begin = kJsonHeadBytesMax - head.size();
    text_.replace(begin, head.size(), head);
    text_ += kJsonEnd;
    finished_ = true;
    return std::as_bytes(std::span(text_)).subspan(begin);
  }

  void clear() override {
    text_.assign(kJsonHeadBytesMax, ' ');
    changes_ = 0;
    finished_ = false;
  }

 private:
  const u128 ledger_id_;
  const usize bytes_max_;
  std::string text_;
  u64 changes_ = 0;
  bool finished_ = false;
};

tl::unexpected<Error> no_message_of_changes(const std::string& what) {
  return fail(ErrorCode::Protocol, what + "; expected a message of changes as Florin sends them");
}

tl::unexpected<Error> other_message_version(u64 version) {
  return fail(ErrorCode::WrongVersion,
              fmt::format("a message of changes has version {}, and this program knows version {}: "
                          "it was sent by a newer one",
                          version, kChangeMessageVersion));
}

// A number that stands as a string in the JSON object, within `most`.
std::optional<u128> quoted_number(const nlohmann::json& object, const char* field, u128 most) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const auto value = parse_u128(found->get_ref<const std::string&>());
  if (!value || *value > most) return std::nullopt;
  return value;
}

std::optional<Place> json_place_of(const nlohmann::json& object, const char* field) {
  const auto place = object.find(field);
  if (place == object.end() || !place->is_object()) return std::nullopt;
  const auto position = quoted_number(*place, "position", ~u64{0});
  const auto index = place->find("index");
  if (!position || index == place->end() || !index->is_number_unsigned()) return std::nullopt;
  const u64 number = index->get<u64>();
  if (number > ~u32{0}) return std::nullopt;
  return Place{static_cast<u64>(*position), static_cast<u32>(number)};
}

Result<ChangeMessageHead> read_json_head(std::string_view message) {
  const auto json = nlohmann::json::parse(message, nullptr, false);
  if (!json.is_object()) return no_message_of_changes("the text is not JSON");
  const auto version = json.find("version");
  if (version == json.end() || !version->is_number_unsigned()) {
    return no_message_of_changes("the object has no version");
  }
  if (version->get<u64>() != kChangeMessageVersion) {
    return other_message_version(version->get<u64>());
  }
  const auto ledger_id = quoted_number(json, "ledger_id", kU128Max);
  const auto from = json_place_of(json, "from");
  const auto next = json_place_of(json, "next");
  const auto last = json_place_of(json, "last");
  const auto logged_at = quoted_number(json, "last_logged_at", ~u64{0});
  const auto changes = json.find("changes");
  if (!ledger_id || !from || !next || !last || !logged_at || changes == json.end() ||
      !changes->is_array()) {
    return no_message_of_changes(
        "ledger_id, from, next, last, last_logged_at or changes is missing or no such thing");
  }
  return ChangeMessageHead{
      *ledger_id, {*from, {*next, *last, static_cast<u64>(*logged_at)}}, changes->size()};
}

Result<ChangeMessageHead> read_flat_head(std::span<const std::byte> message) {
  FlatChangesHead head;
  if (!read_flat_changes(message, head)) {
    return no_message_of_changes("the message is neither JSON nor a whole FlatBuffers one");
  }
  if (head.version != kChangeMessageVersion) return other_message_version(head.version);
  return ChangeMessageHead{head.ledger_id, head.coverage, head.changes};
}

}  // namespace

std::unique_ptr<ChangeMessageWriter> make_change_message_writer(MessageForm form, u128 ledger_id,
                                                                usize bytes_max) {
  if (form == MessageForm::FlatBuffers) return make_flat_changes_writer(ledger_id, bytes_max);
  return std::make_unique<JsonMessageWriter>(ledger_id, bytes_max);
}

Result<ChangeMessageHead> read_change_message_head(std::span<const std::byte> message) {
  if (!message.empty() && message.front() == std::byte{'{'}) {
    return read_json_head({reinterpret_cast<const char*>(message.data()), message.size()});
  }
  return read_flat_head(message);
}

}  // namespace florin::sinks
