#include "exporter/dead_letters.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "exporter/durable_file.h"

namespace florin::exporter {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const DeadLetter& letter) {
  const Json json = {{"position", std::to_string(letter.place.position)},
                     {"index", letter.place.index},
                     {"reason", letter.reason},
                     {"put_aside_at", std::to_string(letter.put_aside_at.ns)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

DeadLetter letter_of(const Json& json) {
  DeadLetter letter;
  letter.place.position = std::stoull(json.at("position").get<std::string>());
  letter.place.index = json.at("index").get<u32>();
  letter.reason = json.at("reason").get<std::string>();
  letter.put_aside_at.ns = std::stoull(json.at("put_aside_at").get<std::string>());
  return letter;
}

Result<std::vector<DeadLetter>> read_letters(const std::string& path) {
  auto content = read_whole_file(path);
  if (!content) return tl::unexpected<Error>(std::move(content).error());
  std::vector<DeadLetter> letters;
  const std::string text = content->value_or("");
  for (usize begin = 0; begin < text.size();) {
    const usize end = text.find('\n', begin);
    if (end == std::string::npos) break;  // Torn by a crash: it was not acknowledged.
    try {
      letters.push_back(letter_of(Json::parse(text.substr(begin, end - begin))));
    } catch (const std::exception& error) {
      return fail(ErrorCode::Corrupt, path + " has a line that is no dead letter (" + error.what() +
                                          "); remove the line, or the file");
    }
    begin = end + 1;
  }
  return letters;
}

}  // namespace

Status DeadLetters::add(const DeadLetter& letter) {
  RETURN_IF_ERROR(make_directories(directory_));
  auto letters = read_letters(path());
  if (!letters) return tl::unexpected<Error>(std::move(letters).error());
  const bool known = std::ranges::any_of(
      *letters, [&](const DeadLetter& other) { return other.place == letter.place; });
  if (known) return {};
  letters->push_back(letter);
  std::string text;
  for (const DeadLetter& each : *letters) text += line_of(each);
  return write_whole_file(path(), text);
}

Result<std::vector<DeadLetter>> DeadLetters::all() const { return read_letters(path()); }

Result<u64> DeadLetters::ask_again() const {
  const auto letters = read_letters(path());
  if (!letters) return tl::unexpected<Error>(letters.error());
  if (letters->empty()) return 0;
  const auto before = read_letters(again_path());
  if (!before) return tl::unexpected<Error>(before.error());
  if (!before->empty()) {
    return fail(ErrorCode::AlreadyInUse,
                again_path() +
                    " has letters that were not delivered again yet; start the server, "
                    "or wait until it has delivered them");
  }
  if (std::rename(path().c_str(), again_path().c_str()) != 0) {
    return fail_errno(errno, "rename " + path());
  }
  RETURN_IF_ERROR(sync_directory(directory_));
  return letters->size();
}

Result<std::vector<DeadLetter>> DeadLetters::asked_again() const {
  return read_letters(again_path());
}

Status DeadLetters::delivered_again() {
  RETURN_IF_ERROR(remove_file(again_path()));
  return sync_directory(directory_);
}

}  // namespace florin::exporter
