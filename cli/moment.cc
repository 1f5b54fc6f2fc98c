#include "cli/moment.h"

#include "base/int128.h"
#include "cli/value_parser.h"

namespace florin::cli {

Result<replay::Until> parse_until(const std::string& text) {
  replay::Until until;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (digits) {
    const auto position = parse_u128(text);
    if (position && high_half(*position) == 0) {
      until.position = Position{low_half(*position)};
      return until;
    }
  } else if (const auto moment = parse_moment(text, DateMeans::LastMoment)) {
    until.time = Timestamp{*moment};
    return until;
  }
  return fail(ErrorCode::InvalidArgument,
              "--until is '" + text +
                  "'; expected a position, such as 1234567, or a time, such as "
                  "2026-09-30T23:59:59 or 2026-09-30");
}

}  // namespace florin::cli
