// Values that camt and MT940 both write, and the same checks of them: identifiers that must fit a
// field, days, and what an account and its currency must look like. Names for people are cut where
// a field is too short; identifiers and amounts never are.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "statement/statement.h"

namespace florin::statement {

// The longest identifier_text().
inline constexpr usize kIdentifierCharactersMax = 34;

// An id as text that fits every identifier of ISO 20022: decimal digits; an id with more than 34 of
// them is "0x" and 32 hexadecimal digits.
std::string identifier_text(u128 id);

// The text itself when it has no more characters than that; otherwise its beginning, '-', and a
// checksum of the whole in 16 hexadecimal digits (with less room than 18, the checksum alone). The
// same for the same text for ever. `characters_max` is 16 at least; the text is ASCII.
std::string short_reference(std::string_view text, usize characters_max);

// "123-0": position in the log, and index.
std::string place_text(const history::Place& place);

// The IBAN, or else the id.
std::string account_text(const Party& party);

// InvalidArgument, naming `format` and what was expected: a currency of three capital letters; an
// IBAN and a BIC, where there are any, of the form that ISO 13616 and ISO 9362 give them.
Status check_currency(std::string_view currency, u32 ledger, std::string_view format);
Status check_iban(const Party& party, std::string_view format);
Status check_bic(const Bank& bank, std::string_view format);

// Such as "entry 3 (transfer 4711)", for messages.
std::string name_of(const Entry& entry);

}  // namespace florin::statement
