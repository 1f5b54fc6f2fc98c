// A document of libharu: owned, with its errors as values. libharu reports a failed call to a
// handler and refuses every later one, so it is enough to ask once, when the document is saved.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <hpdf.h>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement::pdf {

// Belongs to one thread; documents know nothing of each other.
class Document {
 public:
  // Capacity when there is no memory.
  static Result<Document> create();

  HPDF_Doc get() const { return document_.get(); }

  // What failed first, if anything did: "cannot <action>: <what libharu says>".
  Status status(std::string_view action) const;

  // Makes libharu's encoding "UTF-8" known. It may be asked for again.
  void use_utf8();

  // One of the document's properties, in UTF-8.
  void describe(HPDF_InfoType property, const std::string& text);
  // Creation and modification, in UTC: the same time for the same statement.
  void date(u64 timestamp_ns);

  // The bytes of the file. The document is not used afterwards.
  Result<std::string> save();

 private:
  struct Failure {
    HPDF_STATUS number = HPDF_OK;
    HPDF_STATUS detail = 0;
  };
  struct Free {
    void operator()(HPDF_Doc document) const { HPDF_Free(document); }
  };

  Document() = default;
  static void note_failure(HPDF_STATUS number, HPDF_STATUS detail, void* failure);

  // On the heap, as libharu keeps its address; freed after the document.
  std::unique_ptr<Failure> failure_ = std::make_unique<Failure>();
  std::unique_ptr<std::remove_pointer_t<HPDF_Doc>, Free> document_;
  bool knows_utf8_ = false;
};

}  // namespace florin::statement::pdf
