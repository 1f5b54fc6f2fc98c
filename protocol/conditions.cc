// One pass over the conditions: each by itself, and its place behind the one before.
#include "protocol/conditions.h"

#include <fmt/format.h>

#include "base/int128.h"

namespace florin::protocol {

namespace {

using ledger::Condition;
using Wrong = std::optional<std::string>;

constexpr u16 kDebit = static_cast<u16>(Condition::Side::Debit);
constexpr u16 kCredit = static_cast<u16>(Condition::Side::Credit);
constexpr u16 kBoth = Condition::kAtLeast | Condition::kAtMost;
constexpr u128 kSign = u128{1} << 127;

// Orders numbers in two's complement.
bool is_less(u128 left, u128 right) { return (left ^ kSign) < (right ^ kSign); }

std::string to_signed_decimal(u128 value) {
  return (value & kSign) == 0 ? to_decimal(value) : "-" + to_decimal(u128{0} - value);
}

Wrong check_fields(const Condition& condition, u32 event_count) {
  if (condition.index >= event_count) {
    return fmt::format("index is {}; expected one of the {} events", condition.index, event_count);
  }
  if (condition.side != kDebit && condition.side != kCredit) {
    return fmt::format("side is {}; expected {} (debit) or {} (credit)", condition.side, kDebit,
                       kCredit);
  }
  if (condition.bounds == 0 || condition.bounds > kBoth) {
    return fmt::format("bounds is {}; expected {} (at least), {} (at most) or {} (both)",
                       condition.bounds, Condition::kAtLeast, Condition::kAtMost, kBoth);
  }
  if (condition.reserved != 0) {
    return fmt::format("reserved is {}; expected 0", condition.reserved);
  }
  if (condition.bounds == kBoth && is_less(condition.maximum, condition.minimum)) {
    return fmt::format("maximum is {}; expected at least the minimum, {}",
                       to_signed_decimal(condition.maximum), to_signed_decimal(condition.minimum));
  }
  return std::nullopt;
}

Wrong check_order(const Condition& condition, const Condition& before) {
  if (condition.index < before.index) {
    return fmt::format("index is {}; expected at least {}, that of the condition before",
                       condition.index, before.index);
  }
  if (condition.index == before.index && condition.side <= before.side) {
    return fmt::format("side is {}; expected each side of event {} once, debit before credit",
                       condition.side, condition.index);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_conditions(std::span<const Condition> conditions,
                                            u32 event_count) {
  for (usize index = 0; index < conditions.size(); ++index) {
    Wrong wrong = check_fields(conditions[index], event_count);
    if (!wrong && index > 0) wrong = check_order(conditions[index], conditions[index - 1]);
    if (wrong) return fmt::format("conditions[{}].{}", index, *wrong);
  }
  return std::nullopt;
}

}  // namespace florin::protocol
