// Writes an XML document into memory, element by element, with libxml2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement {

// The text as XML can hold it, on one line: bytes that are no UTF-8 and characters that XML 1.0
// does not allow become U+FFFD, line breaks and tabs are spaces; spaces in a row become one, those
// at both ends go. Cut behind `characters_max` characters.
std::string xml_text(std::string_view text, usize characters_max);

// Every element begins a line, without indentation, which would make documents half as large again.
// Belongs to one thread; several are used by several threads at once. What is written must be text
// that XML can hold. A failure of libxml2 (there is no memory) is told by finish() alone.
class XmlWriter {
 public:
  // Begins the document with <Document xmlns="…">.
  explicit XmlWriter(const std::string& name_space);
  ~XmlWriter();
  XmlWriter(const XmlWriter&) = delete;
  XmlWriter& operator=(const XmlWriter&) = delete;

  void begin(const char* name);
  void end();
  // A whole element with nothing but text in it.
  void element(const char* name, const std::string& text);
  // The same with one attribute.
  void element(const char* name, const char* attribute, const std::string& value,
               const std::string& text);

  // Ends everything that is open, and the document; nothing may be written afterwards. Capacity.
  Result<std::string> finish();

 private:
  struct Parts;
  void note(int result) { failed_ = failed_ || result < 0; }

  std::unique_ptr<Parts> parts_;
  bool failed_ = false;
};

// An element that is open as long as this lives.
class XmlElement {
 public:
  XmlElement(XmlWriter& writer, const char* name) : writer_(writer) { writer_.begin(name); }
  ~XmlElement() { writer_.end(); }
  XmlElement(const XmlElement&) = delete;
  XmlElement& operator=(const XmlElement&) = delete;

 private:
  XmlWriter& writer_;
};

}  // namespace florin::statement
