// A folder of a run comes into place as one; beside files of another format, the list comes last.
#include "statement/folder_writer.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "exporter/durable_file.h"
#include "tests/storage/scratch.h"

namespace florin::test {

using statement::FolderWriter;
using statement::Format;

namespace {

namespace fs = std::filesystem;

ino_t number_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_ino;
}

std::string text_of(const std::string& path) {
  return exporter::read_whole_file(path)->value_or("(nothing is there)");
}

void write_folder(const std::string& root, Format format, const std::string& file,
                  std::string_view content) {
  FolderWriter writer(root, "00", format);
  ASSERT_TRUE(writer.begin());
  ASSERT_TRUE(writer.add(file, content));
  const Status finished = writer.finish("the list");
  ASSERT_TRUE(finished) << finished.error().message;
}

}  // namespace

TEST(FolderWriter, puts_a_new_folder_in_place_as_one) {
  const storage::ScratchDirectory scratch;
  FolderWriter writer(scratch.path(), "00", Format::Csv);
  ASSERT_TRUE(writer.begin());
  ASSERT_TRUE(writer.add("1.csv", "a statement"));
  const ino_t made = number_of(scratch / "00.csv.part");
  EXPECT_FALSE(fs::exists(scratch / "00"));
  ASSERT_TRUE(writer.finish("the list"));
  EXPECT_EQ(number_of(scratch / "00"), made);
  EXPECT_EQ(text_of(scratch / "00/1.csv"), "a statement");
  EXPECT_EQ(text_of(scratch / "00/statements-csv.ndjson"), "the list");
  EXPECT_FALSE(fs::exists(scratch / "00.csv.part"));
}

TEST(FolderWriter, leaves_what_is_in_the_folder_already) {
  const storage::ScratchDirectory scratch;
  write_folder(scratch.path(), Format::Csv, "1.csv", "from an attempt before");
  write_folder(scratch.path(), Format::Json, "1.json", "of another format");
  write_folder(scratch.path(), Format::Csv, "1.csv", "a statement");
  EXPECT_EQ(text_of(scratch / "00/1.csv"), "a statement");
  EXPECT_EQ(text_of(scratch / "00/1.json"), "of another format");
  EXPECT_EQ(text_of(scratch / "00/statements-csv.ndjson"), "the list");
  EXPECT_EQ(text_of(scratch / "00/statements-json.ndjson"), "the list");
  EXPECT_FALSE(fs::exists(scratch / "00.csv.part"));
  EXPECT_FALSE(fs::exists(scratch / "00.json.part"));
}

TEST(FolderWriter, says_what_is_in_the_way) {
  const storage::ScratchDirectory scratch;
  ASSERT_TRUE(exporter::write_whole_file(scratch / "00", "a file where the folder should be"));
  FolderWriter writer(scratch.path(), "00", Format::Csv);
  ASSERT_TRUE(writer.begin());
  const Status finished = writer.finish("the list");
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "cannot rename " + (scratch / "00.csv.part") + " to " +
                                          (scratch / "00") + ": Not a directory");
}

}  // namespace florin::test
