// Lines of files and their places.
#include "importer/input_file.h"

#include "tests/importer/import_files.h"

namespace florin::importer {
namespace {

class InputFileTest : public test::ImportFiles {};

TEST_F(InputFileTest, tells_lines_with_their_numbers_and_places) {
  InputFile file = test::value_of(InputFile::open(write("a", "\xef\xbb\xbfone\r\ntwo\n\nlast")));
  const struct {
    const char* text;
    u64 number;
    u64 end;
  } kLines[] = {{"one", 1, 8}, {"two", 2, 12}, {"", 3, 13}, {"last", 4, 17}};
  for (const auto& each : kLines) {
    const auto line = test::value_of(file.next_line());
    ASSERT_TRUE(line.has_value());
    EXPECT_EQ(*line, each.text);
    EXPECT_EQ(file.line_number(), each.number);
    EXPECT_EQ(file.end_offset(), each.end);
  }
  EXPECT_FALSE(test::value_of(file.next_line()).has_value());
}

TEST_F(InputFileTest, makes_a_line_longer_and_takes_that_back) {
  InputFile file = test::value_of(InputFile::open(write("a", "one\ntwo\nthree\nfour\n")));
  EXPECT_EQ(test::value_of(file.next_line()), "one");
  EXPECT_EQ(test::value_of(file.longer_line()), "one\ntwo");
  EXPECT_EQ(test::value_of(file.longer_line()), "one\ntwo\nthree");
  EXPECT_EQ(test::value_of(file.next_line()), "four");
  EXPECT_EQ(file.line_number(), 4u);
  EXPECT_FALSE(test::value_of(file.longer_line()).has_value());

  InputFile again = test::value_of(InputFile::open(path("a")));
  EXPECT_EQ(test::value_of(again.next_line()), "one");
  EXPECT_EQ(test::value_of(again.longer_line()), "one\ntwo");
  EXPECT_EQ(again.first_line(), "one");
  EXPECT_EQ(test::value_of(again.next_line()), "two");
  EXPECT_EQ(again.line_number(), 2u);
}

TEST_F(InputFileTest, reads_files_larger_than_its_buffer) {
  std::string text;
  for (u32 line = 0; line < 60'000; ++line) {
    text += std::string(line % 300, 'x') + std::to_string(line) + "\n";
  }
  ASSERT_GT(text.size(), 8 * kMiB);
  InputFile file = test::value_of(InputFile::open(write("a", text)));
  for (u32 line = 0; line < 60'000; ++line) {
    const auto found = test::value_of(file.next_line());
    ASSERT_EQ(*found, std::string(line % 300, 'x') + std::to_string(line));
  }
  EXPECT_EQ(file.end_offset(), text.size());
  EXPECT_FALSE(test::value_of(file.next_line()).has_value());
}

TEST_F(InputFileTest, refuses_endless_lines_and_what_is_no_file) {
  const std::string name = write("a", "short\n" + std::string(2 * kRowBytesMax, 'x'));
  InputFile file = test::value_of(InputFile::open(name));
  EXPECT_EQ(test::value_of(file.next_line()), "short");
  const auto line = file.next_line();
  ASSERT_FALSE(line.has_value());
  EXPECT_NE(line.error().message.find("line 2 is longer than 1048576 bytes"), std::string::npos)
      << line.error().message;
  InputFile ended =
      test::value_of(InputFile::open(write("b", std::string(kRowBytesMax, 'x') + "\nshort\n")));
  EXPECT_FALSE(ended.next_line().has_value()) << "its end is a byte of it";
  EXPECT_EQ(InputFile::open(path("none")).error().code, ErrorCode::NotFound);
  EXPECT_EQ(InputFile::open(path("")).error().code, ErrorCode::InvalidArgument);
}

TEST_F(InputFileTest, is_known_again_by_its_size_and_its_beginning) {
  const auto first = test::value_of(InputFile::open(write("a", "some text\n"))).identity();
  EXPECT_EQ(test::value_of(InputFile::open(path("a"))).identity(), first);
  EXPECT_NE(test::value_of(InputFile::open(write("a", "some test\n"))).identity(), first);
  EXPECT_NE(test::value_of(InputFile::open(write("a", "some text\n\n"))).identity(), first);
}

}  // namespace
}  // namespace florin::importer
