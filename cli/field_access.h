// Makes the entries of the tables of fields out of pointers to members.
#pragma once

#include <string_view>

#include "cli/fields.h"

namespace florin::cli {

template <auto Member>
struct Access;

template <class Object, class Value, Value Object::*Member>
struct Access<Member> {
  static u128 get(const Object& object) { return object.*Member; }
  static void set(Object& object, u128 value) { object.*Member = static_cast<Value>(value); }
  static constexpr Field<Object> field(std::string_view name, std::string_view meaning,
                                       FieldForm form = FieldForm::Number) {
    return {name, sizeof(Value) * 8, &get, &set, meaning, form};
  }
  // Of an update: a value that is given is a change, whatever the value is.
  template <u32 change>
  static void set_changing(Object& object, u128 value) {
    set(object, value);
    object.changes |= change;
  }
  template <u32 change>
  static constexpr Field<Object> changing(std::string_view name, std::string_view meaning) {
    return {name, sizeof(Value) * 8, &get, &set_changing<change>, meaning};
  }
};

}  // namespace florin::cli
