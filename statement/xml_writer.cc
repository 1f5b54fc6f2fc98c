// The seam to libxml2's text writer.
#include "statement/xml_writer.h"

#include <algorithm>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include "base/check.h"

namespace florin::statement {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr int kFirstBytes = 8192;

const xmlChar* as_xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

// libxml2 makes its tables at the first use; several threads must not do that at once.
void initialise_library() {
  static const bool initialised = [] {
    xmlInitParser();
    return true;
  }();
  CHECK(initialised);
}

bool is_xml_space(char each) { return each == ' ' || each == '\n' || each == '\t' || each == '\r'; }

bool continues(char byte) { return (static_cast<u8>(byte) & 0xc0) == 0x80; }

// How many bytes of `rest` are one character that XML 1.0 can hold; 0: its first byte is none.
usize xml_character_bytes(std::string_view rest) {
  const u8 first = static_cast<u8>(rest.front());
  if (first < 0x80) return first >= 0x20 ? 1 : 0;
  const usize bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || rest.size() < bytes) return 0;
  u32 character = first & (0x7fu >> bytes);
  for (const char next : rest.substr(1, bytes - 1)) {
    if (!continues(next)) return 0;
    character = character << 6 | (static_cast<u8>(next) & 0x3f);
  }
  const bool overlong = (bytes == 3 && character < 0x800) || (bytes == 4 && character < 0x1'0000);
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  const bool not_of_xml = character == 0xfffe || character == 0xffff || character > 0x10'ffff;
  return overlong || surrogate || not_of_xml ? 0 : bytes;
}

}  // namespace

std::string xml_text(std::string_view text, usize characters_max) {
  std::string result;
  usize characters = 0;
  bool space = false;  // Goes before the next character.
  while (!text.empty() && characters + (space ? 1 : 0) < characters_max) {
    const usize bytes = xml_character_bytes(text);
    if (is_xml_space(text.front())) {
      space = !result.empty();
    } else {
      if (space) result += ' ';
      result += bytes > 0 ? text.substr(0, bytes) : kReplacement;
      characters += space ? 2 : 1;
      space = false;
    }
    text.remove_prefix(std::max<usize>(bytes, 1));
  }
  return result;
}

struct XmlWriter::Parts {
  xmlBufferPtr buffer = nullptr;
  xmlTextWriterPtr writer = nullptr;  // Writes into the buffer, and must go first.

  void free_writer() {
    if (writer != nullptr) xmlFreeTextWriter(writer);
    writer = nullptr;
  }
  ~Parts() {
    free_writer();
    if (buffer != nullptr) xmlBufferFree(buffer);
  }
};

XmlWriter::XmlWriter(const std::string& name_space) : parts_(std::make_unique<Parts>()) {
  initialise_library();
  parts_->buffer = xmlBufferCreateSize(kFirstBytes);
  if (parts_->buffer != nullptr) {
    xmlBufferSetAllocationScheme(parts_->buffer, XML_BUFFER_ALLOC_DOUBLEIT);
    parts_->writer = xmlNewTextWriterMemory(parts_->buffer, 0);
  }
  failed_ = parts_->writer == nullptr;
  if (failed_) return;
  note(xmlTextWriterSetIndent(parts_->writer, 1));
  note(xmlTextWriterSetIndentString(parts_->writer, as_xml("")));
  note(xmlTextWriterStartDocument(parts_->writer, nullptr, "UTF-8", nullptr));
  note(xmlTextWriterStartElement(parts_->writer, as_xml("Document")));
  note(xmlTextWriterWriteAttribute(parts_->writer, as_xml("xmlns"), as_xml(name_space.c_str())));
}

XmlWriter::~XmlWriter() = default;

void XmlWriter::begin(const char* name) {
  if (!failed_) note(xmlTextWriterStartElement(parts_->writer, as_xml(name)));
}

void XmlWriter::end() {
  if (!failed_) note(xmlTextWriterEndElement(parts_->writer));
}

void XmlWriter::element(const char* name, const std::string& text) {
  if (!failed_) {
    note(xmlTextWriterWriteElement(parts_->writer, as_xml(name), as_xml(text.c_str())));
  }
}

void XmlWriter::element(const char* name, const char* attribute, const std::string& value,
                        const std::string& text) {
  begin(name);
  if (!failed_) {
    note(xmlTextWriterWriteAttribute(parts_->writer, as_xml(attribute), as_xml(value.c_str())));
    note(xmlTextWriterWriteString(parts_->writer, as_xml(text.c_str())));
  }
  end();
}

Result<std::string> XmlWriter::finish() {
  if (!failed_) note(xmlTextWriterEndDocument(parts_->writer));
  if (!failed_) note(xmlTextWriterFlush(parts_->writer));
  if (failed_) return fail(ErrorCode::Capacity, "libxml2 has no memory for the document");
  parts_->free_writer();
  return std::string(reinterpret_cast<const char*>(xmlBufferContent(parts_->buffer)),
                     static_cast<usize>(xmlBufferLength(parts_->buffer)));
}

}  // namespace florin::statement
