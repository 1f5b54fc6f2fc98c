#include "statement/pdf_document.h"

#include <chrono>
#include <optional>

#include <fmt/core.h>

#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

// Those that a statement can meet; the others are named by number, as libharu's manual has them.
std::string_view failure_text(HPDF_STATUS number) {
  switch (number) {
    case HPDF_FAILD_TO_ALLOC_MEM: return "there is not enough memory";
    case HPDF_FILE_IO_ERROR: return "a file cannot be read or written";
    case HPDF_FILE_OPEN_ERROR: return "a file cannot be opened";
    case HPDF_ARRAY_COUNT_ERR: return "there are more pages than a document can have";
    case HPDF_XREF_COUNT_ERR: return "there are more parts than a document can have";
    case HPDF_TTF_CANNOT_EMBEDDING_FONT: return "the font's licence forbids to embed it";
    case HPDF_TTF_INVALID_FOMAT: return "the font is damaged";
    case HPDF_TTF_MISSING_TABLE: return "the font lacks a table";
    default: return "libharu refuses";
  }
}

ErrorCode failure_code(HPDF_STATUS number) {
  switch (number) {
    case HPDF_FAILD_TO_ALLOC_MEM:
    case HPDF_ARRAY_COUNT_ERR:
    case HPDF_XREF_COUNT_ERR: return ErrorCode::Capacity;
    case HPDF_TTF_CANNOT_EMBEDDING_FONT:
    case HPDF_TTF_INVALID_FOMAT:
    case HPDF_TTF_MISSING_TABLE: return ErrorCode::Corrupt;
    default: return ErrorCode::Io;
  }
}

HPDF_Date date_of(u64 timestamp_ns) {
  const std::chrono::sys_seconds time{std::chrono::seconds(timestamp_ns / kNsPerSecond)};
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day{midnight};
  const std::chrono::hh_mm_ss clock{time - midnight};
  HPDF_Date date = {};
  date.year = static_cast<int>(day.year());
  date.month = static_cast<int>(static_cast<unsigned>(day.month()));
  date.day = static_cast<int>(static_cast<unsigned>(day.day()));
  date.hour = static_cast<int>(clock.hours().count());
  date.minutes = static_cast<int>(clock.minutes().count());
  date.seconds = static_cast<int>(clock.seconds().count());
  date.ind = 'Z';
  return date;
}

}  // namespace

Result<Document> Document::create() {
  Document document;
  document.document_.reset(HPDF_New(&note_failure, document.failure_.get()));
  if (!document.document_) return fail(ErrorCode::Capacity, "there is not enough memory for a PDF");
  HPDF_SetCompressionMode(document.get(), HPDF_COMP_ALL);
  return document;
}

void Document::note_failure(HPDF_STATUS number, HPDF_STATUS detail, void* failure) {
  auto& first = *static_cast<Failure*>(failure);
  if (first.number == HPDF_OK) first = {number, detail};
}

Status Document::status(std::string_view action) const {
  if (failure_->number == HPDF_OK) return {};
  return fail(failure_code(failure_->number),
              fmt::format("cannot {}: {} (libharu's error {:#06x}, detail {})", action,
                          failure_text(failure_->number), failure_->number, failure_->detail));
}

void Document::use_utf8() {
  if (!knows_utf8_) HPDF_UseUTFEncodings(get());
  knows_utf8_ = true;
}

void Document::describe(HPDF_InfoType property, const std::string& text) {
  const std::u32string characters = characters_of(text);
  // Either is written as UTF-16; that of UTF-8 takes long to set up.
  const bool western = is_western(characters);
  if (!western) use_utf8();
  HPDF_SetCurrentEncoder(get(), western ? "WinAnsiEncoding" : "UTF-8");
  HPDF_SetInfoAttr(get(), property, (western ? western_bytes(characters) : text).c_str());
}

void Document::date(u64 timestamp_ns) {
  HPDF_SetInfoDateAttr(get(), HPDF_INFO_CREATION_DATE, date_of(timestamp_ns));
  HPDF_SetInfoDateAttr(get(), HPDF_INFO_MOD_DATE, date_of(timestamp_ns));
}

Result<std::string> Document::save() {
  HPDF_SaveToStream(get());
  RETURN_IF_ERROR(status("make the PDF"));
  HPDF_ResetStream(get());
  HPDF_UINT32 size = HPDF_GetStreamSize(get());
  std::string bytes(size, '\0');
  HPDF_ReadFromStream(get(), reinterpret_cast<HPDF_BYTE*>(bytes.data()), &size);
  RETURN_IF_ERROR(status("read the PDF"));
  bytes.resize(size);
  return bytes;
}

}  // namespace florin::statement::pdf
