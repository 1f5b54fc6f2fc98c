// Values of fields, taken from the words of a typed line.
#pragma once

#include <optional>
#include <span>

#include "cli/fields.h"
#include "cli/grammar_error.h"
#include "cli/tokens.h"
#include "money/amount.h"

namespace florin::cli {

// Each takes the words of one value. `what` names it in messages.
Parsed<u128> take_number(Tokenizer& tokens, u32 bits, std::string_view what,
                         FieldForm form = FieldForm::Number);
Parsed<u128> take_flags(Tokenizer& tokens, u32 bits, std::span<const FlagName> known);
Parsed<Token> take_word(Tokenizer& tokens, std::string_view what);

// The values of one event or filter. Amounts in a currency must all be of one ledger, which is that
// of the event: settle_ledger says so, or names the ledger of an event that names none.
class ObjectValues {
 public:
  ObjectValues(Tokenizer& tokens, const money::LedgerNames& names)
      : tokens_(tokens), names_(names) {}

  Parsed<u128> take_amount(std::string_view what);
  // May begin with a '-'; in two's complement.
  Parsed<u128> take_signed_amount(std::string_view what);
  // A number, or the name of a ledger.
  Parsed<u128> take_ledger();
  Parsed<void> settle_ledger(u128& ledger) const;

 private:
  Parsed<u128> amount_of(const Token& token, std::string_view text);

  Tokenizer& tokens_;
  const money::LedgerNames& names_;
  u32 ledger_ = 0;         // Of the amounts in a currency, 0 = there were none.
  Token currency_amount_;  // One of them.
};

}  // namespace florin::cli
