// Files of settings: what is read, and what is said when something in them is wrong.
#include "settings/settings_file.h"

#include <gtest/gtest.h>

#include "base/int128.h"

namespace florin::test {

using settings::Section;
using settings::SettingsFile;

namespace {

SettingsFile file_of(std::string_view text) {
  auto file = SettingsFile::of_text(text, "some.toml");
  EXPECT_TRUE(file) << file.error().message;
  return std::move(*file);
}

// What is said of a text after `read` has asked its questions.
template <class Read>
std::string said_of(std::string_view text, const Read& read) {
  SettingsFile file = file_of(text);
  read(file.root());
  const auto finished = file.finish();
  return finished ? "" : finished.error().message;
}

}  // namespace

TEST(SettingsFile, reads_every_form_of_value) {
  SettingsFile file = file_of(
      "name = 'ops'\nbig = \"340282366920938463463374607431768211455\"\nsmall = 7\non = true\n"
      "list = ['a', 'b']\none = 'a'\nids = [1, \"2\"]\n[inner]\nkey = 'value'\n"
      "[[many]]\nn = 1\n[[many]]\nn = 2\n");
  Section root = file.root();
  EXPECT_EQ(root.required_text("name"), "ops");
  EXPECT_EQ(root.text("absent", "fallback"), "fallback");
  EXPECT_TRUE(root.wide_number("big") == ~u128{0});
  EXPECT_EQ(root.number("small", 1, 0, 9), 7U);
  EXPECT_EQ(root.number("absent", 3, 0, 9), 3U);
  EXPECT_TRUE(root.truth("on", false));
  EXPECT_EQ(root.texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(root.texts("one"), std::vector<std::string>{"a"});
  EXPECT_TRUE(root.wide_numbers("ids", 9) == (std::vector<u128>{1, 2}));
  EXPECT_TRUE(root.is_list("ids") && root.is_list("many"));
  EXPECT_FALSE(root.is_list("one") || root.is_list("absent"));
  Section inner = root.section("inner");
  EXPECT_EQ(inner.keys(), std::vector<std::string>{"key"});
  EXPECT_EQ(inner.text("key"), "value");
  EXPECT_FALSE(root.section("outer").exists());
  std::vector<Section> many = root.sections("many");
  ASSERT_EQ(many.size(), 2U);
  EXPECT_EQ(many[1].number("n", 0, 0, 9), 0U + many[0].number("n", 0, 0, 9) + 1);
  EXPECT_TRUE(file.finish());
}

TEST(SettingsFile, takes_a_text_or_a_number_where_both_may_stand) {
  SettingsFile file = file_of("text = '10.00 EUR'\nnumber = -5\n");
  EXPECT_EQ(file.root().text_or_number("text"), "10.00 EUR");
  EXPECT_EQ(file.root().text_or_number("number"), "-5");
  EXPECT_EQ(file.root().text_or_number("absent"), std::nullopt);
  EXPECT_TRUE(file.finish());
  EXPECT_EQ(said_of("n = true", [](Section root) { root.text_or_number("n"); }),
            "some.toml line 1: n: expected a text in quotes, or a whole number");
}

TEST(SettingsFile, tells_the_line_and_what_was_expected) {
  EXPECT_EQ(said_of("\nname = 7", [](Section root) { root.text("name"); }),
            "some.toml line 2: name: expected a text in quotes");
  EXPECT_EQ(said_of("n = 12", [](Section root) { root.number("n", 0, 1, 9); }),
            "some.toml line 1: n: expected a whole number from 1 to 9");
  EXPECT_EQ(said_of("[a]\nb = 1", [](Section root) { root.section("a").truth("b", true); }),
            "some.toml line 2: a.b: expected true or false");
  EXPECT_EQ(said_of("[a]\n[[b]]\n", [](Section root) { root.sections("b")[0].required_text("c"); }),
            "some.toml line 2: b: 'c' is missing; expected c = \"...\"");
  EXPECT_EQ(said_of("id = -1", [](Section root) { root.wide_number("id"); }),
            "some.toml line 1: id: expected a whole number, such as 1234 or \"1234\"");
  EXPECT_EQ(said_of("x = 1", [](Section root) { root.sections("x"); }),
            "some.toml line 1: x: expected tables, each begun with [[x]]");
}

TEST(SettingsFile, tells_what_nobody_asked_for) {
  EXPECT_EQ(said_of("a = 1\nb = 2", [](Section root) { root.number("a", 0, 0, 9); }),
            "some.toml line 2: 'b' is not known here");
  EXPECT_EQ(said_of("[[s]]\na = 1\nb = 2",
                    [](Section root) { root.sections("s")[0].number("a", 0, 0, 9); }),
            "some.toml line 3: 's.b' is not known here");
}

TEST(SettingsFile, refuses_what_is_no_toml_or_not_there) {
  const auto broken = SettingsFile::of_text("a = \n", "some.toml");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(broken.error().message.starts_with("some.toml line 1: ")) << broken.error().message;
  const auto missing = SettingsFile::open("/nowhere/some.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

}  // namespace florin::test
