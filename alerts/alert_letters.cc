#include "alerts/alert_letters.h"

#include "exporter/durable_file.h"
#include "exporter/letter_file.h"
#include "sinks/file_target.h"

namespace florin::alerts {

namespace {

std::string alert_letter_line(const AlertLetter& letter) {
  return exporter::letter_line({{"id", letter.message.id},
                                {"kind", letter.message.kind},
                                {"key", letter.message.key},
                                {"reason", letter.reason},
                                {"put_aside_at", std::to_string(letter.put_aside_at.ns)},
                                {"body", letter.message.body}});
}

AlertLetter alert_letter_of(const exporter::LetterJson& json) {
  AlertLetter letter;
  json.at("id").get_to(letter.message.id);
  json.at("kind").get_to(letter.message.kind);
  json.at("key").get_to(letter.message.key);
  json.at("reason").get_to(letter.reason);
  json.at("body").get_to(letter.message.body);
  letter.put_aside_at.ns = std::stoull(json.at("put_aside_at").get<std::string>());
  return letter;
}

Result<std::vector<AlertLetter>> read_alert_letters(const std::string& path) {
  return exporter::read_letters(path, alert_letter_of);
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
  RETURN_IF_ERROR(exporter::rename_letters(path(), again_path(), before->size(), "sent"));
  return letters->size();
}

Result<std::vector<AlertLetter>> AlertLetters::asked_again() const {
  return read_alert_letters(again_path());
}

Status AlertLetters::sent_again() { return exporter::remove_letters(again_path()); }

}  // namespace florin::alerts
