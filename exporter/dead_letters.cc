#include "exporter/dead_letters.h"

#include <algorithm>

#include "exporter/durable_file.h"
#include "exporter/letter_file.h"

namespace florin::exporter {

namespace {

std::string line_of(const DeadLetter& letter) {
  return letter_line({{"position", std::to_string(letter.place.position)},
                      {"index", letter.place.index},
                      {"reason", letter.reason},
                      {"put_aside_at", std::to_string(letter.put_aside_at.ns)}}) +
         "\n";
}

DeadLetter letter_of(const LetterJson& json) {
  DeadLetter letter;
  letter.place.position = std::stoull(json.at("position").get<std::string>());
  letter.place.index = json.at("index").get<u32>();
  letter.reason = json.at("reason").get<std::string>();
  letter.put_aside_at.ns = std::stoull(json.at("put_aside_at").get<std::string>());
  return letter;
}

}  // namespace

Status DeadLetters::add(const DeadLetter& letter) {
  RETURN_IF_ERROR(make_directories(directory_));
  auto letters = read_letters(path(), letter_of);
  if (!letters) return tl::unexpected<Error>(std::move(letters).error());
  const bool known = std::ranges::any_of(
      *letters, [&](const DeadLetter& other) { return other.place == letter.place; });
  if (known) return {};
  letters->push_back(letter);
  std::string text;
  for (const DeadLetter& each : *letters) text += line_of(each);
  return write_whole_file(path(), text);
}

Result<std::vector<DeadLetter>> DeadLetters::all() const { return read_letters(path(), letter_of); }

Result<u64> DeadLetters::ask_again() const {
  const auto letters = read_letters(path(), letter_of);
  if (!letters) return tl::unexpected<Error>(letters.error());
  if (letters->empty()) return 0;
  const auto before = read_letters(again_path(), letter_of);
  if (!before) return tl::unexpected<Error>(before.error());
  RETURN_IF_ERROR(rename_letters(path(), again_path(), before->size(), "delivered"));
  return letters->size();
}

Result<std::vector<DeadLetter>> DeadLetters::asked_again() const {
  return read_letters(again_path(), letter_of);
}

Status DeadLetters::delivered_again() { return remove_letters(again_path()); }

}  // namespace florin::exporter
