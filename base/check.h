// CHECK: an assertion that stays on in production. A failed check is a bug in Florin: the process
// prints where and what, and aborts, because going on could make money wrong.
#pragma once

namespace florin {

[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace florin

#define CHECK(condition)                                      \
  do {                                                        \
    if (!(condition)) [[unlikely]] {                          \
      ::florin::check_failed(__FILE__, __LINE__, #condition); \
    }                                                         \
  } while (false)
