// One pass that merges the flags of all events, and a second only when it found something.
#include "protocol/built_flags.h"

#include <array>
#include <bit>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace florin::protocol {

namespace {

constexpr std::array<std::string_view, 8> kAccountFlagNames = {"linked",
                                                               "debits_must_not_exceed_credits",
                                                               "credits_must_not_exceed_debits",
                                                               "history",
                                                               "imported",
                                                               "closed",
                                                               "frozen_debits",
                                                               "frozen_credits"};
static_assert(ledger::account_flags::kDefined == (1u << kAccountFlagNames.size()) - 1);

constexpr std::array<std::string_view, 10> kTransferFlagNames = {
    "linked",          "pending",          "post_pending_transfer", "void_pending_transfer",
    "balancing_debit", "balancing_credit", "closing_debit",         "closing_credit",
    "imported",        "capture_partial"};
static_assert(ledger::transfer_flags::kDefined == (1u << kTransferFlagNames.size()) - 1);

template <class Event>
std::optional<Refusal> check(std::span<const Event> events, u16 unbuilt,
                             std::span<const std::string_view> names) {
  u16 all_flags = 0;
  for (const Event& event : events) all_flags |= event.flags;
  if ((all_flags & unbuilt) == 0) [[likely]]
    return std::nullopt;
  for (usize index = 0; index < events.size(); ++index) {
    const u16 found = events[index].flags & unbuilt;
    if (found == 0) continue;
    const std::string_view flag = names[static_cast<usize>(std::countr_zero(found))];
    return Refusal{ledger::RefusalCode::Unsupported,
                   fmt::format("event {} has the flag {}, which this version does not support yet",
                               index, flag)};
  }
  CHECK(false);
}

}  // namespace

std::optional<Refusal> check_built_flags(std::span<const ledger::Account> events) {
  using namespace ledger::account_flags;
  return check(events, kDefined & ~kBuilt, kAccountFlagNames);
}

std::optional<Refusal> check_built_flags(std::span<const ledger::Transfer> events) {
  using namespace ledger::transfer_flags;
  return check(events, kDefined & ~kBuilt, kTransferFlagNames);
}

}  // namespace florin::protocol
