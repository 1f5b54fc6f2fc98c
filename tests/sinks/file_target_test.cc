// A file as a target: a line for each message, whole ones only.
#include "sinks/file_target.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/exporter/made_changes.h"

namespace florin::test {

using sinks::FileTarget;
using sinks::Message;

namespace {

std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

Message line_message(std::string body) { return {"id", "alert.test", "1", std::move(body)}; }

}  // namespace

TEST(FileTarget, appends_a_line_for_each_message) {
  const ScratchDirectory scratch;
  FileTarget target({scratch / "alerts.ndjson"});
  const std::vector<Message> two{line_message("{\"n\":1}"), line_message("{\"n\":2}")};
  const auto sent = target.send(two);
  ASSERT_TRUE(sent) << sent.error().message;
  ASSERT_TRUE(target.send(std::span(two).first(1)));
  EXPECT_EQ(text_in(scratch / "alerts.ndjson"), "{\"n\":1}\n{\"n\":2}\n{\"n\":1}\n");
}

TEST(FileTarget, cuts_off_what_a_crash_left_and_makes_a_file_that_was_renamed_anew) {
  const ScratchDirectory scratch;
  const std::string path = scratch / "alerts.ndjson";
  const std::string half(200'000, 'x');  // More than is read at once.
  std::ofstream(path) << "{\"n\":0}\n" << half;
  FileTarget target({path});
  const Message message = line_message("{\"n\":1}");
  ASSERT_TRUE(target.send({&message, 1}));
  EXPECT_EQ(text_in(path), "{\"n\":0}\n{\"n\":1}\n");
  std::filesystem::rename(path, path + ".1");
  ASSERT_TRUE(target.send({&message, 1}));
  EXPECT_EQ(text_in(path), "{\"n\":1}\n");
  std::ofstream(path) << half;
  ASSERT_TRUE(target.send({&message, 1}));
  EXPECT_EQ(text_in(path), "{\"n\":1}\n");
}

TEST(FileTarget, leaves_no_half_line_behind_when_the_disk_is_full) {
  const ScratchDirectory scratch;
  const std::string path = scratch / "alerts.ndjson";
  FileTarget target({path});
  const Message small = line_message("{\"n\":1}");
  ASSERT_TRUE(target.send({&small, 1}));
  // A limit on the size of files stands for the end of the disk.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{1'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &little);
  const Message large = line_message(std::string(5'000, 'x'));
  const auto sent = target.send({&large, 1});
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(sent);
  EXPECT_EQ(text_in(path), "{\"n\":1}\n");
}

TEST(FileTarget, a_directory_that_is_not_there_is_an_error_that_names_it) {
  const ScratchDirectory scratch;
  FileTarget target({scratch / "none/alerts.ndjson"});
  const Message message = line_message("{}");
  const auto sent = target.send({&message, 1});
  ASSERT_FALSE(sent);
  EXPECT_NE(sent.error().message.find("none/alerts.ndjson"), std::string::npos);
}

}  // namespace florin::test
