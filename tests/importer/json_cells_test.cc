// Members of JSON objects as cells.
#include "importer/json_cells.h"

#include <gtest/gtest.h>

#include "importer/input_file.h"

namespace florin::importer {
namespace {

// With what must be readable behind the line.
std::string padded(std::string line) { return line + std::string(kPaddingBytes, ' '); }

TEST(JsonCells, takes_the_members_that_matter) {
  JsonCells cells({"id", "amount", "flags", "note", "open"});
  std::string reason;
  const std::string line =
      R"({"amount": 12, "other": {"id": 3}, "id":"77","flags":["pending","linked"],"note":null,"open":true})";
  const std::string text = padded(line);
  for (u32 times = 0; times < 2; ++times) {
    ASSERT_TRUE(cells.split(std::string_view(text).substr(0, line.size()), reason)) << reason;
    EXPECT_EQ(cells.cells()[0], "77");
    EXPECT_EQ(cells.cells()[1], "12");
    EXPECT_EQ(cells.cells()[2], "pending|linked");
    EXPECT_EQ(cells.cells()[3], "");
    EXPECT_NE(cells.cells()[3].data(), nullptr);
    EXPECT_EQ(cells.cells()[4], "true");
  }
}

TEST(JsonCells, takes_members_in_any_order_and_leaves_out_those_that_are_not_there) {
  JsonCells cells({"a", "b"});
  std::string reason;
  for (const char* line : {R"({"a":"1","b":"2"})", R"({"b":"2","a":"1"})"}) {
    const std::string text = padded(line);
    ASSERT_TRUE(cells.split(std::string_view(text).substr(0, std::strlen(line)), reason));
    EXPECT_EQ(cells.cells()[0], "1");
    EXPECT_EQ(cells.cells()[1], "2");
  }
  const std::string text = padded(R"({"b":"3"})");
  ASSERT_TRUE(cells.split(std::string_view(text).substr(0, 9), reason));
  EXPECT_EQ(cells.cells()[0].data(), nullptr);
  EXPECT_EQ(cells.cells()[1], "3");
}

TEST(JsonCells, says_what_cannot_be_read) {
  const struct {
    const char* line;
    const char* reason;
  } kCases[] = {
      {R"([1])", "is no JSON object"},
      {R"({"a":1)", "is no JSON object"},
      {R"({"a":1} {"a":2})", "is no JSON object"},
      {R"(plain)", "is no JSON object"},
      {R"({"a":{"b":1}})", "'a' has no value that can be read"},
      {R"({"a":[[1]]})", "'a' has no value that can be read"},
      {R"({"a":1,"a":2})", "'a' stands there twice"},
  };
  JsonCells cells({"a"});
  for (const auto& each : kCases) {
    std::string reason;
    const std::string text = padded(each.line);
    EXPECT_FALSE(cells.split(std::string_view(text).substr(0, std::strlen(each.line)), reason))
        << each.line;
    EXPECT_NE(reason.find(each.reason), std::string::npos) << each.line << ": " << reason;
  }
}

}  // namespace
}  // namespace florin::importer
