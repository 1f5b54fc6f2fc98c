#include "alerts/alert_letters.h"

#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "exporter/durable_file.h"
#include "sinks/file_target.h"

namespace florin::alerts {

namespace {

using LetterJson = nlohmann::ordered_json;

std::string alert_letter_line(const AlertLetter& letter) {
  const LetterJson json = {{"id", letter.message.id},
                           {"kind", letter.message.kind},
                           {"key", letter.message.key},
                           {"reason", letter.reason},
                           {"put_aside_at", std::to_string(letter.put_aside_at.ns)},
                           {"body", letter.message.body}};
  return json.dump(-1, ' ', false, LetterJson::error_handler_t::replace);
}

AlertLetter alert_letter_of(const LetterJson& json) {
  AlertLetter letter;
  json.at("id").get_to(letter.message.id);
  json.at("kind").get_to(letter.message.kind);
  json.at("key").get_to(letter.message.key);
  json.at("reason").get_to(letter.reason);
  json.at("body").get_to(letter.message.body);
  letter.put_aside_at.ns = std::stoull(json.at("put_aside_at").get<std::string>());
  return letter;
}

// Whole lines; one torn by a crash was not acknowledged.
Result<std::string> whole_lines(const std::string& path) {
  auto content = exporter::read_whole_file(path);
  if (!content) return tl::unexpected<Error>(std::move(content).error());
  std::string text = content->value_or("");
  text.resize(text.rfind('\n') + 1);
  return text;
}

Result<std::vector<AlertLetter>> read_alert_letters(const std::string& path) {
  const auto text = whole_lines(path);
  if (!text) return tl::unexpected<Error>(text.error());
  std::vector<AlertLetter> letters;
  for (usize begin = 0; begin < text->size();) {
    const usize end = text->find('\n', begin);
    try {
      letters.push_back(alert_letter_of(LetterJson::parse(text->substr(begin, end - begin))));
    } catch (const std::exception& error) {
      return fail(ErrorCode::Corrupt, path + " has a line that is no dead letter (" + error.what() +
                                          "); remove the line, or the file");
    }
    begin = end + 1;
  }
  return letters;
}

}  // namespace

Status AlertLetters::add(const AlertLetter& letter) {
  const std::lock_guard lock(adding_);
  RETURN_IF_ERROR(exporter::make_directories(directory_));
  sinks::Message line;
  line.body = alert_letter_line(letter);
  return sinks::FileTarget({path()}).send({&line, 1});
}

Result<std::vector<AlertLetter>> AlertLetters::all() const { return read_alert_letters(path()); }

Result<u64> AlertLetters::ask_again() const {
  const auto letters = read_alert_letters(path());
  if (!letters) return tl::unexpected<Error>(letters.error());
  if (letters->empty()) return 0;
  const auto before = read_alert_letters(again_path());
  if (!before) return tl::unexpected<Error>(before.error());
  if (!before->empty()) {
    return fail(ErrorCode::AlreadyInUse,
                again_path() +
                    " has letters that were not sent again yet; start the server, or "
                    "wait until it has sent them");
  }
  if (std::rename(path().c_str(), again_path().c_str()) != 0) {
    return fail_errno(errno, "rename " + path());
  }
  RETURN_IF_ERROR(exporter::sync_directory(directory_));
  return letters->size();
}

Result<std::vector<AlertLetter>> AlertLetters::asked_again() const {
  return read_alert_letters(again_path());
}

Status AlertLetters::sent_again() {
  RETURN_IF_ERROR(exporter::remove_file(again_path()));
  return exporter::sync_directory(directory_);
}

}  // namespace florin::alerts
