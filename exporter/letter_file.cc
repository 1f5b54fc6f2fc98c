#include "exporter/letter_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "exporter/durable_file.h"

namespace florin::exporter {

namespace {

Status sync_directory_of(const std::string& path) {
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace

std::string letter_line(const LetterJson& letter) {
  return letter.dump(-1, ' ', false, LetterJson::error_handler_t::replace);
}

Result<std::vector<std::string>> letter_lines(const std::string& path) {
  auto content = read_whole_file(path);
  if (!content) return tl::unexpected<Error>(std::move(content).error());
  const std::string text = content->value_or("");
  std::vector<std::string> lines;
  for (usize begin = 0; begin < text.size();) {
    const usize end = text.find('\n', begin);
    if (end == std::string::npos) break;
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

Status rename_letters(const std::string& path, const std::string& again_path, usize before,
                      const std::string& done) {
  if (before != 0) {
    return fail(ErrorCode::AlreadyInUse, again_path + " has letters that were not " + done +
                                             " again yet; start the server, or wait until it has " +
                                             done + " them");
  }
  if (std::rename(path.c_str(), again_path.c_str()) != 0) {
    return fail_errno(errno, "rename " + path);
  }
  return sync_directory_of(again_path);
}

Status remove_letters(const std::string& again_path) {
  RETURN_IF_ERROR(remove_file(again_path));
  return sync_directory_of(again_path);
}

}  // namespace florin::exporter
