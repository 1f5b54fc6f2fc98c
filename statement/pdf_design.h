// How a statement looks: its measures, colours and kinds of text.
#pragma once

#include "statement/pdf_sheet.h"

namespace florin::statement::pdf {

inline constexpr Colour kInk = {0x1c, 0x25, 0x2e};
inline constexpr Colour kGrey = {0x66, 0x72, 0x7f};
inline constexpr Colour kAccent = {0x0e, 0x4a, 0x63};
inline constexpr Colour kNegative = {0xa3, 0x1d, 0x1d};
inline constexpr Colour kCredit = {0x1d, 0x6b, 0x43};
inline constexpr Colour kRule = {0xdc, 0xe1, 0xe6};
inline constexpr Colour kTint = {0xf3, 0xf6, 0xf8};

inline constexpr Style kTitle = {Weight::Bold, 18, kInk};
inline constexpr Style kHeading = {Weight::Bold, 11, kInk};
inline constexpr Style kBankName = {Weight::Bold, 15, kAccent};
inline constexpr Style kBody = {Weight::Regular, 9, kInk};
inline constexpr Style kBodyBold = {Weight::Bold, 9, kInk};
inline constexpr Style kMuted = {Weight::Regular, 8, kGrey};
inline constexpr Style kLabel = {Weight::Regular, 7.5, kGrey};
inline constexpr Style kSmall = {Weight::Regular, 7, kGrey};
inline constexpr Style kAddress = {Weight::Regular, 10.5, kInk};

// The margins, with room for holes on the left.
inline constexpr double kLeft = millimetres(25);
inline constexpr double kRight = kPageWidth - millimetres(20);
inline constexpr double kWidth = kRight - kLeft;
// Nothing of a table stands below.
inline constexpr double kBottom = millimetres(275);
inline constexpr double kHairline = 0.5;
// Numbers of accounts and transfers are set smaller before they are shortened.
inline constexpr double kNumberSizeMin = 4.5;

// `style` in another colour, weight or size.
constexpr Style with_colour(Style style, Colour colour) {
  return {style.weight, style.size, colour};
}
constexpr Style with_size(Style style, double size) { return {style.weight, size, style.colour}; }

}  // namespace florin::statement::pdf
