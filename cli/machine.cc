#include "cli/machine.h"

#include <algorithm>
#include <fstream>

#include <sched.h>
#include <unistd.h>

namespace florin::cli {

u32 processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

u64 memory_bytes() {
  const u64 machine =
      static_cast<u64>(sysconf(_SC_PHYS_PAGES)) * static_cast<u64>(sysconf(_SC_PAGESIZE));
  std::ifstream file("/sys/fs/cgroup/memory.max");
  u64 group = 0;
  if (file >> group) return std::min(machine, group);  // "max" is not a number: no limit.
  return machine;
}

}  // namespace florin::cli
