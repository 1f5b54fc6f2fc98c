// The fields and flags of accounts and transfers by name: what the JSON lines, the interactive
// grammar, its completion and its help all read, so that they cannot disagree.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::cli {

template <class Object>
struct Field {
  std::string_view name;
  u32 bits;  // The widest value it holds.
  u128 (*get)(const Object& object);
  void (*set)(Object& object, u128 value);  // The value must fit `bits`.
  std::string_view meaning;
};

struct FlagName {
  std::string_view name;
  u16 bit;
  std::string_view meaning;
};

// In the order of the object's members. Defined for Account and Transfer.
template <class Object>
std::span<const Field<Object>> fields();
template <class Object>
std::span<const FlagName> flag_names();

template <>
std::span<const Field<ledger::Account>> fields<ledger::Account>();
template <>
std::span<const Field<ledger::Transfer>> fields<ledger::Transfer>();
template <>
std::span<const FlagName> flag_names<ledger::Account>();
template <>
std::span<const FlagName> flag_names<ledger::Transfer>();

// The field whose value is a set of flags.
inline constexpr std::string_view kFlagsField = "flags";

constexpr u128 largest_value(u32 bits) { return bits == 128 ? kU128Max : (u128{1} << bits) - 1; }

template <class Object>
const Field<Object>* find_field(std::string_view name) {
  for (const Field<Object>& field : fields<Object>()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

template <class Object>
const FlagName* find_flag(std::string_view name) {
  for (const FlagName& flag : flag_names<Object>()) {
    if (flag.name == name) return &flag;
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

}  // namespace florin::cli
