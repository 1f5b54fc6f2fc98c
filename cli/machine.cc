#include "cli/machine.h"

#include <algorithm>
#include <fstream>

#include <sched.h>
#include <unistd.h>

namespace florin::cli {

std::vector<int> allowed_processors() {
  std::vector<int> numbers;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int number = 0; number < CPU_SETSIZE; ++number) {
      if (CPU_ISSET(static_cast<usize>(number), &set)) numbers.push_back(number);
    }
  }
  if (numbers.empty()) numbers.push_back(0);
  return numbers;
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
