// Text in SWIFT's character set x, the only one that an MT940 can hold:
// a-z A-Z 0-9 / - ? : ( ) . , ' + and space.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace florin::statement {

// The text with what the set lacks written otherwise: "Müller & Søn" is "Mueller + Son". Covers the
// letters of Europe (Latin, Greek, Cyrillic) and common signs; anything else is a '?'. Spaces in a
// row become one, those at both ends go.
std::string swift_text(std::string_view text);

// Splits a text of the set into at most `lines_max` lines of at most `characters_max` characters (8
// at least); what does not fit is left out. No line but the first begins with ':' or '-', which
// begin fields and end messages: where neither can be avoided, '.' stands instead. Lines are split
// beside spaces only where there is no other place nearby, as readers may drop them there.
std::vector<std::string> swift_lines(std::string_view text, usize characters_max, usize lines_max);

}  // namespace florin::statement
