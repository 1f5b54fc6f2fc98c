// How many instructions the parts take that every transfer passes. Nothing in here depends on time,
// addresses, threads or chance, so that a count is the same on every run and machine. Run it by
// tools/check_instructions, which compares the counts with those of expected.json.
#include <cstdio>
#include <cstring>

#include <gnu/libc-version.h>

#include "bench/instructions/counter.h"

int main(int argc, char** argv) {
  // What the counts depend on beside the code.
  if (argc == 2 && std::strcmp(argv[1], "--build") == 0) {
    std::printf("%s, glibc %s\n", FLORIN_BUILD, gnu_get_libc_version());
    return 0;
  }
  if (RUNNING_ON_VALGRIND == 0) {
    std::fprintf(stderr, "count_instructions: run it by tools/check_instructions\n");
    return 1;
  }
  florin::bench::Counter counter;
  florin::bench::count_engine(counter);
  florin::bench::count_requests(counter);
  florin::bench::count_history(counter);
  return 0;
}
