// Pages as they are composed: text and filled boxes, placed. They are written to the document when
// all are composed, as only then it is known how many there are, and which characters they show.
// Lengths are in points, 1/72 of an inch; a page begins at its upper left corner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "statement/pdf_fonts.h"

namespace florin::statement::pdf {

constexpr double millimetres(double length) { return length * 72 / 25.4; }

inline constexpr double kPageWidth = millimetres(210);  // A4.
inline constexpr double kPageHeight = millimetres(297);

struct Colour {
  u8 red = 0, green = 0, blue = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

struct Style {
  Weight weight = Weight::Regular;
  double size = 0;
  Colour colour;
};

struct Point {
  double x = 0;
  double y = 0;  // Downwards; of text, its baseline.
};

struct Area {
  Point corner;  // The upper left one.
  double width = 0;
  double height = 0;
};

// Belongs to one thread; the fonts must live longer.
class Sheet {
 public:
  explicit Sheet(const Fonts& fonts) : fonts_(&fonts) {}

  // What is placed from now on is on a new last page, or on the page `number`, from 0.
  void add_page();
  void turn_to(usize number) { current_ = number; }
  usize page_count() const { return pages_.size(); }

  double width(std::string_view text, const Style& style) const;
  // `style`, or a smaller size of it with which the text is no wider than `width_max`; at least
  // `size_min`.
  Style shrunk(const Style& style, std::string_view text, double width_max, double size_min) const;

  // Text that is wider than `width_max` is shortened and ends with an ellipsis.
  void text(Point left, const Style& style, std::string_view text, double width_max);
  void text_to(Point right, const Style& style, std::string_view text, double width_max);
  // Digits, which are never shortened, with a sign before them.
  void amount(Point left, const Style& style, std::string_view amount);
  void amount_to(Point right, const Style& style, std::string_view amount);
  double amount_width(std::string_view amount, const Style& style) const;
  void fill(const Area& area, Colour colour);

  Status write(Document& document, Fonts& fonts) const;

 private:
  struct PlacedText {
    Point left;
    Style style;
    std::u32string text;
    double stretch = 1;
  };
  struct PlacedBox {
    Area area;
    Colour colour;
  };
  struct Page {
    std::vector<PlacedBox> boxes;  // Below the texts.
    std::vector<PlacedText> texts;
  };

  std::u32string fitted(std::string_view text, const Style& style, double width_max) const;
  double width_of(std::u32string_view text, const Style& style) const;
  static void write_boxes(HPDF_Page page, const std::vector<PlacedBox>& boxes);
  static void write_texts(HPDF_Page page, Fonts& fonts, const std::vector<PlacedText>& texts);

  const Fonts* fonts_;
  std::vector<Page> pages_;
  usize current_ = 0;
};

}  // namespace florin::statement::pdf
