// Lines from a pipe: their ends, the end of the input, and lines that are too long.
#include "cli/line_reader.h"

#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace florin::cli {
namespace {

// A pipe that holds a text and is closed behind it.
class Input {
 public:
  explicit Input(std::string_view text) {
    EXPECT_EQ(::pipe(ends_), 0);
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends_[1]);
  }
  ~Input() { ::close(ends_[0]); }
  int descriptor() const { return ends_[0]; }

 private:
  int ends_[2];
};

// All lines joined by '/', with '!' for an error.
std::string lines_of(std::string_view text, usize line_bytes_max) {
  const Input input(text);
  LineReader reader(input.descriptor(), line_bytes_max);
  std::string all;
  while (true) {
    const auto line = reader.next();
    if (line && !*line) return all;
    all += line ? **line : "!";
    all += '/';
  }
}

TEST(LineReader, gives_each_line_and_the_last_without_a_newline) {
  EXPECT_EQ(lines_of("", 10), "");
  EXPECT_EQ(lines_of("a\n\nbc\n", 10), "a//bc/");
  EXPECT_EQ(lines_of("a\nb", 10), "a/b/");
  EXPECT_EQ(lines_of("\n", 10), "/");
}

TEST(LineReader, reports_a_line_that_is_too_long_and_goes_on) {
  EXPECT_EQ(lines_of("12345\n123456\n1\n", 5), "12345/!/1/");
  EXPECT_EQ(lines_of("123456", 5), "!/");
  const std::string text = std::string(50'000, 'x') + "\nshort\n";
  EXPECT_EQ(lines_of(text, 100), "!/short/");
}

TEST(LineReader, reports_a_descriptor_that_cannot_be_read) {
  LineReader reader(-1, 10);
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace florin::cli
