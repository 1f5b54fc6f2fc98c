// What can be said of accounts, transfers, updates, reversals and filters, by name: what the JSON
// lines, the typed commands, their completion and their help all read, so that they cannot
// disagree.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/types.h"
#include "cli/command.h"
#include "client/reversal.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/condition.h"
#include "ledger/query.h"
#include "ledger/transfer.h"

namespace florin::cli {

// How a value is written. Numbers stand for anything but cursors and texts.
enum class FieldForm : u8 {
  Number,
  Amount,  // Typed: also "12.34EUR", where ledgers have names.
  Ledger,  // Typed: also by its name.
  Flags,
  Time,           // Also a date or a time of day, UTC.
  LastTime,       // The same; a date means its last moment.
  Cursor,         // next:as_of or next:as_of:index, set as a text.
  PendingStatus,  // By name.
  Text,
};

template <class Object>
struct Field {
  std::string_view name;
  u32 bits = 0;  // The widest value it holds; of a text, 0.
  u128 (*get)(const Object& object) = nullptr;
  void (*set)(Object& object, u128 value) = nullptr;  // The value must fit `bits`.
  std::string_view meaning;
  FieldForm form = FieldForm::Number;
  // Of a text, and of a cursor, which is only set. Setting tells whether it fits.
  std::string_view (*get_text)(const Object& object) = nullptr;
  bool (*set_text)(Object& object, std::string_view text) = nullptr;
};

struct FlagName {
  std::string_view name;
  u32 bit = 0;
  std::string_view meaning;
};

template <class Object>
struct Schema {
  std::span<const Field<Object>> fields;  // In the order of the object's members.
  std::span<const FlagName> flags;        // Of the field whose form is Flags.
  // What is said by the word alone: `newest_first` when typed, true in JSON.
  std::span<const FlagName> words;
  void (*set_word)(Object& object, u32 bit) = nullptr;
  // What an object is before anything is said of it, and what is mended after everything was.
  Object (*blank)() = [] { return Object{}; };
  void (*finish)(Object& object) = [](Object&) {};
};

// Defined for Account, Transfer, AccountUpdate, Reversal and TrialBalanceFilter.
template <class Object>
const Schema<Object>& schema();

template <>
const Schema<ledger::Account>& schema<ledger::Account>();
template <>
const Schema<ledger::Transfer>& schema<ledger::Transfer>();
template <>
const Schema<ledger::AccountUpdate>& schema<ledger::AccountUpdate>();
template <>
const Schema<client::Reversal>& schema<client::Reversal>();
template <>
const Schema<ledger::TrialBalanceFilter>& schema<ledger::TrialBalanceFilter>();

// The names of the kinds of changes, as bits of QueryFilter::kinds.
std::span<const FlagName> change_kind_names();

// What the filter of this kind of query may say.
const Schema<ledger::QueryFilter>& filter_schema(CommandKind kind);

// The names of the bits of AccountUpdate::changes, all of them.
std::span<const FlagName> change_names();

// A condition as it is typed beside the fields of its transfer.
struct BoundName {
  std::string_view name;
  ledger::Condition::Side side;
  u16 bound = 0;  // Condition::kAtLeast or kAtMost.
  std::string_view meaning;
};
std::span<const BoundName> bound_names();

// What is said of a whole create_transfers, by a word beside the fields of any of its events.
inline constexpr u32 kDryRun = 1 << 0;
inline constexpr u32 kBalances = 1 << 1;
std::span<const FlagName> transfer_words();

// Of a query that names none.
inline constexpr u32 kQueryLimitDefault = 100;

constexpr u128 largest_value(u32 bits) { return bits == 128 ? kU128Max : (u128{1} << bits) - 1; }

// Of fields or flags; nothing when none has the name.
template <class Named>
const Named* find_named(std::span<const Named> all, std::string_view name) {
  for (const Named& one : all) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

// "id, ledger, code", for messages: the names of fields or flags.
template <class Named>
std::string joined_names(std::span<const Named> all) {
  std::string names;
  for (const Named& one : all) {
    if (!names.empty()) names += ", ";
    names += one.name;
  }
  return names;
}

// The names of everything that can be said of an object.
template <class Object>
std::string known_names(const Schema<Object>& known) {
  const std::string words = joined_names(known.words);
  return joined_names(known.fields) + (words.empty() ? "" : ", " + words);
}

}  // namespace florin::cli
