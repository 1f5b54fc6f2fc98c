#include "statement/pdf_sheet.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

// A hyphen of Helvetica is a minus that is too short: stretched, it is as wide as a plus.
constexpr double kMinusStretch = 1.75;

HPDF_REAL real(double number) { return static_cast<HPDF_REAL>(number); }

void set_fill_colour(HPDF_Page page, Colour colour) {
  HPDF_Page_SetRGBFill(page, real(colour.red / 255.0), real(colour.green / 255.0),
                       real(colour.blue / 255.0));
}

}  // namespace

void Sheet::add_page() {
  pages_.emplace_back();
  current_ = pages_.size() - 1;
}

double Sheet::width(std::string_view text, const Style& style) const {
  return width_of(characters_of(text), style);
}

Style Sheet::shrunk(const Style& style, std::string_view text, double width_max,
                    double size_min) const {
  // A little less, as what is not exact must not shorten the text.
  const double fitting = style.size * width_max / width(text, style) * 0.999;
  return {style.weight, std::max(size_min, std::min(style.size, fitting)), style.colour};
}

double Sheet::width_of(std::u32string_view text, const Style& style) const {
  return fonts_->width(text, style.weight) * style.size;
}

std::u32string Sheet::fitted(std::string_view text, const Style& style, double width_max) const {
  std::u32string characters = characters_of(text);
  if (width_of(characters, style) <= width_max) return characters;
  // How many characters fit, found by halving: `fits` do, `too_many` do not.
  usize fits = 0, too_many = characters.size();
  while (too_many - fits > 1) {
    const usize middle = (fits + too_many) / 2;
    const bool fit = width_of(characters.substr(0, middle) + U'…', style) <= width_max;
    (fit ? fits : too_many) = middle;
  }
  while (fits > 0 && characters[fits - 1] == U' ') --fits;
  characters.resize(fits);
  return characters + U'…';
}

void Sheet::text(Point left, const Style& style, std::string_view text, double width_max) {
  pages_[current_].texts.push_back({left, style, fitted(text, style, width_max)});
}

void Sheet::text_to(Point right, const Style& style, std::string_view text, double width_max) {
  std::u32string characters = fitted(text, style, width_max);
  const Point left = {right.x - width_of(characters, style), right.y};
  pages_[current_].texts.push_back({left, style, std::move(characters)});
}

double Sheet::amount_width(std::string_view amount, const Style& style) const {
  if (!amount.starts_with('-')) return width(amount, style);
  return width(amount.substr(1), style) + width("-", style) * kMinusStretch;
}

void Sheet::amount(Point left, const Style& style, std::string_view amount) {
  std::vector<PlacedText>& texts = pages_[current_].texts;
  if (amount.starts_with('-')) {
    texts.push_back({left, style, U"-", kMinusStretch});
    amount.remove_prefix(1);
    left.x += width("-", style) * kMinusStretch;
  }
  texts.push_back({left, style, characters_of(amount)});
}

void Sheet::amount_to(Point right, const Style& style, std::string_view amount) {
  this->amount({right.x - amount_width(amount, style), right.y}, style, amount);
}

void Sheet::fill(const Area& area, Colour colour) {
  pages_[current_].boxes.push_back({area, colour});
}

Status Sheet::write(Document& document, Fonts& fonts) const {
  std::array<std::set<char32_t>, 2> embedded;
  for (const Page& page : pages_) {
    for (const PlacedText& placed : page.texts) {
      if (is_western(placed.text)) continue;
      embedded[static_cast<usize>(placed.style.weight)].insert(placed.text.begin(),
                                                               placed.text.end());
    }
  }
  RETURN_IF_ERROR(fonts.embed(embedded));
  for (const Page& placed : pages_) {
    const HPDF_Page page = HPDF_AddPage(document.get());
    if (page == nullptr) break;
    HPDF_Page_SetWidth(page, real(kPageWidth));
    HPDF_Page_SetHeight(page, real(kPageHeight));
    write_boxes(page, placed.boxes);
    write_texts(page, fonts, placed.texts);
  }
  return document.status("write the pages");
}

void Sheet::write_boxes(HPDF_Page page, const std::vector<PlacedBox>& boxes) {
  std::optional<Colour> colour;
  for (const auto& [area, box_colour] : boxes) {
    if (colour != box_colour) set_fill_colour(page, box_colour);
    colour = box_colour;
    HPDF_Page_Rectangle(page, real(area.corner.x), real(kPageHeight - area.corner.y - area.height),
                        real(area.width), real(area.height));
    HPDF_Page_Fill(page);
  }
}

void Sheet::write_texts(HPDF_Page page, Fonts& fonts, const std::vector<PlacedText>& texts) {
  std::optional<Colour> colour;
  HPDF_Font font = nullptr;
  double size = 0, stretch = 1;
  HPDF_Page_BeginText(page);
  for (const PlacedText& placed : texts) {
    const DrawnText drawn = fonts.drawn(placed.text, placed.style.weight);
    if (colour != placed.style.colour) set_fill_colour(page, placed.style.colour);
    colour = placed.style.colour;
    const double drawn_stretch = placed.stretch * drawn.stretch;
    if (stretch != drawn_stretch) HPDF_Page_SetHorizontalScalling(page, real(100 * drawn_stretch));
    stretch = drawn_stretch;
    const double drawn_size = placed.style.size * drawn.size_factor;
    bool is_first = true;
    for (const Run& run : drawn.runs) {
      if (font != run.font || size != drawn_size)
        HPDF_Page_SetFontAndSize(page, run.font, real(drawn_size));
      font = run.font;
      size = drawn_size;
      if (is_first) {
        HPDF_Page_TextOut(page, real(placed.left.x), real(kPageHeight - placed.left.y),
                          run.bytes.c_str());
      } else {
        HPDF_Page_ShowText(page, run.bytes.c_str());
      }
      is_first = false;
    }
  }
  HPDF_Page_EndText(page);
}

}  // namespace florin::statement::pdf
