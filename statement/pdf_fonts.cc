#include "statement/pdf_fonts.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

constexpr const char* kWestern = "WinAnsiEncoding";
// In which other text is tried: fonts with these encodings tell every viewer which character each
// glyph is, so that text can be searched and copied. What none of them has is encoded as "UTF-8".
constexpr std::array<const char*, 5> kOthers = {"CP1250", "CP1251", "CP1253", "CP1254", "CP1257"};
constexpr const char* kAll = "UTF-8";

// DejaVu is a little larger and a good deal wider than Helvetica of the same size.
constexpr double kEmbeddedSize = 0.96;
constexpr double kEmbeddedStretch = 0.92;

// A file in memory that libharu can open by a path.
class FileInMemory {
 public:
  static Result<FileInMemory> create(const std::string& bytes) {
    const int file = memfd_create("font", MFD_CLOEXEC);
    if (file < 0) return fail_errno(errno, "make a file in memory for a font");
    FileInMemory result(file);
    usize written = 0;
    while (written < bytes.size()) {
      const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_errno(errno, "write a font into memory");
      written += static_cast<usize>(count);
    }
    return result;
  }
  ~FileInMemory() {
    if (file_ >= 0) ::close(file_);
  }
  FileInMemory(FileInMemory&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileInMemory& operator=(FileInMemory&&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }

 private:
  explicit FileInMemory(int file) : file_(file) {}

  int file_;
};

// A name that a document can have for a font: of letters, digits and '-'.
std::string font_name(const std::string& path, Weight weight) {
  std::string name;
  for (const char c : std::filesystem::path(path).stem().string().substr(0, 60)) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (is_plain || c == '-') name += c;
  }
  if (name.empty()) name = "Text";
  const bool says_so = name.find("Bold") != std::string::npos;
  return weight == Weight::Bold && !says_so ? name + "-Bold" : name;
}

}  // namespace

std::optional<std::string> Fonts::Encoding::bytes_of(char32_t character) const {
  if (is_utf8) return utf8_of({&character, 1});
  if (character < 0x7f) return std::string(1, static_cast<char>(character));
  const auto found = std::find(characters.begin(), characters.end(), character);
  if (found == characters.end()) return std::nullopt;
  return std::string(1, static_cast<char>(0x80 + (found - characters.begin())));
}

Result<Fonts> Fonts::open(Document& document, const PdfOptions& options,
                          const std::set<Weight>& embedded) {
  Fonts fonts(document);
  fonts.helvetica_ = {HPDF_GetFont(document.get(), "Helvetica", kWestern),
                      HPDF_GetFont(document.get(), "Helvetica-Bold", kWestern)};
  RETURN_IF_ERROR(document.status("set up Helvetica"));
  fonts.measure_helvetica();
  for (const Weight weight : embedded) {
    const std::string& path = weight == Weight::Bold ? options.bold_font : options.font;
    auto font = TrueTypeFont::open(path);
    RETURN_IF_ERROR(font);
    fonts.true_type_[static_cast<usize>(weight)] = std::move(*font);
    fonts.font_names_[static_cast<usize>(weight)] = font_name(path, weight);
  }
  return fonts;
}

void Fonts::measure_helvetica() {
  for (usize weight = 0; weight < helvetica_.size(); ++weight) {
    for (usize code = 0x20; code < 0x100; ++code) {
      const HPDF_BYTE byte = static_cast<HPDF_BYTE>(code);
      const HPDF_TextWidth width = HPDF_Font_TextWidth(helvetica_[weight], &byte, 1);
      helvetica_widths_[weight][code] = static_cast<u16>(width.width);
    }
  }
}

Fonts::Encoding Fonts::load_encoding(const char* name) {
  Encoding encoding;
  encoding.name = name;
  const HPDF_Encoder encoder = HPDF_GetEncoder(document_->get(), name);
  if (encoder == nullptr) return encoding;  // The document keeps the error.
  for (u16 i = 0; i < encoding.characters.size(); ++i) {
    encoding.characters[i] = HPDF_Encoder_GetUnicode(encoder, static_cast<HPDF_UINT16>(0x80 + i));
  }
  return encoding;
}

double Fonts::width(std::u32string_view text, Weight weight) const {
  const auto& true_type = true_type_[static_cast<usize>(weight)];
  u64 thousandths = 0;
  if (!true_type || is_western(text)) {
    const auto& widths = helvetica_widths_[static_cast<usize>(weight)];
    for (const char32_t c : text)
      thousandths += widths[static_cast<u8>(western_byte(c).value_or('?'))];
    return static_cast<double>(thousandths) / 1000;
  }
  for (const char32_t c : text) thousandths += true_type->advance(true_type->glyph_of(c));
  return static_cast<double>(thousandths) / 1000 * kEmbeddedSize * kEmbeddedStretch;
}

Status Fonts::embed(const std::array<std::set<char32_t>, 2>& characters_by_weight) {
  for (usize weight = 0; weight < true_type_.size(); ++weight) {
    const std::set<char32_t>& characters = characters_by_weight[weight];
    if (characters.empty() || !true_type_[weight]) continue;
    const auto subset = true_type_[weight]->subset(characters, font_names_[weight]);
    auto file = FileInMemory::create(subset.file);
    RETURN_IF_ERROR(file);
    const char* name = HPDF_LoadTTFontFromFile(document_->get(), file->path().c_str(), HPDF_TRUE);
    RETURN_IF_ERROR(document_->status(fmt::format("embed the font {}", font_names_[weight])));
    const HPDF_Font font = HPDF_GetFont(document_->get(), name, kOthers.front());
    for (char32_t part = 0; part < subset.parts; ++part) {  // Asked for, they are kept.
      HPDF_Font_GetUnicodeWidth(font, static_cast<HPDF_UNICODE>(TrueTypeFont::kFirstPart + part));
    }
    font_names_[weight] = name;
    if (!encodings_.empty()) continue;
    for (const char* encoding : kOthers) encodings_.push_back(load_encoding(encoding));
    encodings_.push_back({kAll, {}, true});
  }
  return {};
}

// The encoding of the first character that is not in all of them.
const Fonts::Encoding& Fonts::encoding_for(std::u32string_view text) const {
  const auto decisive =
      std::find_if(text.begin(), text.end(), [](char32_t c) { return c >= 0x7f; });
  if (decisive == text.end()) return encodings_.front();
  return *std::find_if(encodings_.begin(), encodings_.end(), [&](const Encoding& encoding) {
    return encoding.bytes_of(*decisive).has_value();
  });
}

DrawnText Fonts::drawn(std::u32string_view text, Weight weight) {
  DrawnText result;
  if (!true_type_[static_cast<usize>(weight)] || is_western(text)) {
    result.runs.push_back({helvetica_[static_cast<usize>(weight)], western_bytes(text)});
    return result;
  }
  result.size_factor = kEmbeddedSize;
  result.stretch = kEmbeddedStretch;
  while (!text.empty()) {
    const Encoding& encoding = encoding_for(text);
    if (encoding.is_utf8) document_->use_utf8();
    Run run;
    run.font = HPDF_GetFont(document_->get(), font_names_[static_cast<usize>(weight)].c_str(),
                            encoding.name);
    while (!text.empty()) {
      const auto bytes = encoding.bytes_of(text.front());
      if (!bytes) break;
      run.bytes += *bytes;
      text.remove_prefix(1);
    }
    result.runs.push_back(std::move(run));
  }
  return result;
}

}  // namespace florin::statement::pdf
