// What happened in a run, as one number: two runs of a seed must have the same. And as text, for
// whoever looks for the cause of a failure.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <span>
#include <string>

#include "base/checksum.h"
#include "base/types.h"

namespace florin::test {

class Trace {
 public:
  explicit Trace(bool verbose) : verbose_(verbose) {}

  bool verbose() const { return verbose_; }
  u64 hash() const { return hash_; }

  void note(const char* what, std::initializer_list<u64> values = {}) {
    mix(std::as_bytes(std::span(what, std::char_traits<char>::length(what))));
    mix(std::as_bytes(std::span(values.begin(), values.size())));
    if (!verbose_) return;
    std::printf("%8llu  %s", static_cast<unsigned long long>(++lines_), what);
    for (const u64 value : values) std::printf(" %llu", static_cast<unsigned long long>(value));
    std::printf("\n");
  }
  // Text is for people: it is not part of the number.
  void say(const std::string& text) const {
    if (verbose_) std::printf("          %s\n", text.c_str());
  }

 private:
  void mix(std::span<const std::byte> bytes) {
    const u64 both[] = {hash_, checksum64(bytes)};
    hash_ = checksum64(std::as_bytes(std::span(both)));
  }

  bool verbose_;
  u64 hash_ = 0;
  u64 lines_ = 0;
};

}  // namespace florin::test
