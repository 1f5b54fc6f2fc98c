// The fonts of a document. Text of western Europe is set in Helvetica, which every viewer has, so
// that nothing is embedded; any other text in a TrueType font, of which the document gets the few
// characters that it shows.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "statement/pdf_document.h"
#include "statement/pdf_truetype.h"
#include "statement/statement_pdf.h"

namespace florin::statement::pdf {

enum class Weight : u8 { Regular, Bold };

// A piece of text in one font, as the bytes that libharu takes.
struct Run {
  HPDF_Font font = nullptr;
  std::string bytes;
};

// Text as it is drawn: the sizes of fonts differ, so that they look alike side by side.
struct DrawnText {
  std::vector<Run> runs;
  double size_factor = 1;
  double stretch = 1;  // Horizontally.
};

// Belongs to the thread of its document, which must live longer.
class Fonts {
 public:
  // Opens the TrueType fonts of the weights in which text that is not western will be drawn. Fails
  // as TrueTypeFont::open does.
  static Result<Fonts> open(Document& document, const PdfOptions& options,
                            const std::set<Weight>& embedded);

  // Of text of size 1.
  double width(std::u32string_view text, Weight weight) const;

  // Embeds what is needed for these texts: once, before anything is drawn. Fails when the fonts
  // cannot be handed to libharu.
  Status embed(const std::array<std::set<char32_t>, 2>& characters_by_weight);

  DrawnText drawn(std::u32string_view text, Weight weight);

 private:
  // One of libharu's encodings: which character each byte from 0x80 is. Below, it is ASCII.
  struct Encoding {
    const char* name = nullptr;
    std::array<char32_t, 128> characters = {};
    bool is_utf8 = false;
    // Nothing when it cannot be said in this encoding.
    std::optional<std::string> bytes_of(char32_t character) const;
  };

  explicit Fonts(Document& document) : document_(&document) {}
  Encoding load_encoding(const char* name);
  const Encoding& encoding_for(std::u32string_view text) const;
  void measure_helvetica();

  Document* document_;
  std::array<HPDF_Font, 2> helvetica_ = {};  // By weight, as is the rest.
  std::array<std::array<u16, 256>, 2> helvetica_widths_ = {};
  std::array<std::optional<TrueTypeFont>, 2> true_type_;
  std::array<std::string, 2> font_names_;
  std::vector<Encoding> encodings_;  // Of embedded fonts; the last one has everything.
};

}  // namespace florin::statement::pdf
