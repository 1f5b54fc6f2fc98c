#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace florin {

void check_failed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "florin: bug: check failed at %s:%d: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace florin
