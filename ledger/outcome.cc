#include "ledger/outcome.h"

#include <array>

#include "base/check.h"

namespace florin::ledger {

namespace {

enum class Kind : u8 { Final, Transient };

struct Entry {
  u32 number;
  std::string_view text;
  Kind kind;
};

constexpr auto kAccountEntries = std::to_array<Entry>({{0, "undecided", Kind::Final},
                                                       {1, "created", Kind::Final},
#define FLORIN_ENTRY(name, number, text) {number, text, Kind::Final},
                                                       FLORIN_ACCOUNT_REFUSALS(FLORIN_ENTRY)
#undef FLORIN_ENTRY
});

constexpr auto kTransferEntries = std::to_array<Entry>({{0, "undecided", Kind::Final},
                                                        {1, "created", Kind::Final},
#define FLORIN_ENTRY(name, number, text, kind) {number, text, Kind::kind},
                                                        FLORIN_TRANSFER_REFUSALS(FLORIN_ENTRY)
#undef FLORIN_ENTRY
});

constexpr auto kUpdateEntries = std::to_array<Entry>({{0, "undecided", Kind::Final},
                                                      {1, "created", Kind::Final},
#define FLORIN_ENTRY(name, number, text, kind) {number, text, Kind::kind},
                                                      FLORIN_UPDATE_REFUSALS(FLORIN_ENTRY)
#undef FLORIN_ENTRY
});

// The list is in order of precedence, and each number is the entry's place in it: so there is no
// gap, no duplicate, and comparing numbers compares precedence.
template <usize size>
constexpr bool numbers_are_places(const std::array<Entry, size>& entries) {
  for (usize place = 0; place < size; ++place) {
    if (entries[place].number != place) return false;
  }
  return true;
}

static_assert(numbers_are_places(kAccountEntries));
static_assert(numbers_are_places(kTransferEntries));
static_assert(numbers_are_places(kUpdateEntries));
static_assert(kAccountEntries.size() == kAccountOutcomeEnd);
static_assert(kTransferEntries.size() == kTransferOutcomeEnd);
static_assert(kUpdateEntries.size() == kUpdateOutcomeEnd);

}  // namespace

std::string_view name(AccountOutcome outcome) {
  const auto number = static_cast<usize>(outcome);
  CHECK(number < kAccountEntries.size());
  return kAccountEntries[number].text;
}

std::string_view name(TransferOutcome outcome) {
  const auto number = static_cast<usize>(outcome);
  CHECK(number < kTransferEntries.size());
  return kTransferEntries[number].text;
}

std::string_view name(UpdateOutcome outcome) {
  const auto number = static_cast<usize>(outcome);
  CHECK(number < kUpdateEntries.size());
  return kUpdateEntries[number].text;
}

std::optional<AccountOutcome> account_outcome(u32 number) {
  if (number >= kAccountOutcomeEnd) return std::nullopt;
  return static_cast<AccountOutcome>(number);
}

std::optional<TransferOutcome> transfer_outcome(u32 number) {
  if (number >= kTransferOutcomeEnd) return std::nullopt;
  return static_cast<TransferOutcome>(number);
}

std::optional<UpdateOutcome> update_outcome(u32 number) {
  if (number >= kUpdateOutcomeEnd) return std::nullopt;
  return static_cast<UpdateOutcome>(number);
}

bool is_transient(UpdateOutcome outcome) {
  return kUpdateEntries[static_cast<usize>(outcome)].kind == Kind::Transient;
}

bool is_transient(TransferOutcome outcome) {
  return kTransferEntries[static_cast<usize>(outcome)].kind == Kind::Transient;
}

}  // namespace florin::ledger
