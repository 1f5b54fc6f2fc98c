// Numbers of accounts and banks as the world outside writes them, checked.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace florin::statement {

// An IBAN (ISO 13616) without spaces and in capitals. InvalidArgument when its form, the length in
// its country or its check digits (modulo 97) are wrong; says which.
Result<std::string> normal_iban(std::string_view text);

// A BIC (ISO 9362): 8 or 11 characters in capitals. InvalidArgument says what was expected.
Result<std::string> normal_bic(std::string_view text);

}  // namespace florin::statement
