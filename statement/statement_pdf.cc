#include "statement/statement_pdf.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "statement/pdf_design.h"
#include "statement/pdf_document.h"
#include "statement/pdf_fonts.h"
#include "statement/pdf_pages.h"
#include "statement/pdf_sheet.h"
#include "statement/pdf_tables.h"
#include "statement/pdf_text.h"

namespace florin::statement {
namespace {

// A title bar has no room for more, and a document's properties no need.
constexpr usize kPropertyCharactersMax = 200;

bool is_beyond_helvetica(std::string_view text) {
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  return !is_ascii && !pdf::is_western(pdf::characters_of(text));
}

bool is_beyond_helvetica(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return is_beyond_helvetica(text); });
}

bool is_beyond_helvetica(const Party& party) {
  return is_beyond_helvetica(party.name) || is_beyond_helvetica(party.iban) ||
         is_beyond_helvetica(party.address);
}

// The weights of text that Helvetica does not have: names in the letterhead and heads of tables are
// bold.
std::set<pdf::Weight> embedded_weights(const Statement& statement) {
  const auto is_other = [](const auto& item) {
    return is_beyond_helvetica(item.kind.text) || is_beyond_helvetica(item.counterparty);
  };
  const Bank& bank = statement.bank;
  std::set<pdf::Weight> weights;
  if (is_beyond_helvetica({bank.name, statement.currency})) {
    weights = {pdf::Weight::Regular, pdf::Weight::Bold};
  } else if (is_beyond_helvetica({bank.bic, statement.id}) || is_beyond_helvetica(bank.address) ||
             is_beyond_helvetica(statement.account) ||
             std::any_of(statement.entries.begin(), statement.entries.end(), is_other) ||
             std::any_of(statement.holds.begin(), statement.holds.end(), is_other)) {
    weights = {pdf::Weight::Regular};
  }
  return weights;
}

std::string property(std::string_view text) {
  std::u32string characters = pdf::characters_of(text);
  if (characters.size() > kPropertyCharactersMax) characters.resize(kPropertyCharactersMax);
  return pdf::utf8_of(characters);
}

void describe(pdf::Document& document, const Statement& statement) {
  const std::string account = pdf::account_of(statement.account);
  document.describe(HPDF_INFO_TITLE, property(account + ": " + pdf::title_of(statement)));
  document.describe(HPDF_INFO_AUTHOR, property(statement.bank.name));
  document.describe(HPDF_INFO_SUBJECT, property("Account statement " + statement.id));
  document.describe(HPDF_INFO_CREATOR, "Florin");
  document.date(statement.created_at_ns);
}

}  // namespace

Result<std::string> pdf_of(const Statement& statement, const PdfOptions& options) {
  auto document = pdf::Document::create();
  RETURN_IF_ERROR(document);
  auto fonts = pdf::Fonts::open(*document, options, embedded_weights(statement));
  RETURN_IF_ERROR(fonts);
  pdf::Sheet sheet(*fonts);
  const double top = pdf::compose_first_page(sheet, statement);
  const double end = pdf::compose_entries(sheet, statement, top);
  pdf::compose_holds(sheet, statement, end);
  pdf::compose_feet(sheet, statement);
  describe(*document, statement);
  RETURN_IF_ERROR(sheet.write(*document, *fonts));
  return document->save();
}

}  // namespace florin::statement
