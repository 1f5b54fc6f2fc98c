// What the operating system says that a process has used.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "base/types.h"

namespace florin::bench {

struct ProcessUsage {
  u64 memory_peak_bytes = 0;  // The most that was ever resident.
  u64 memory_bytes = 0;       // Resident now.
  u64 written_bytes = 0;      // Handed to disks since the start of the process.
  u64 cpu_ns = 0;             // In user and kernel mode, all threads, since the start.
};

// Of another process of this user, from /proc.
Result<ProcessUsage> process_usage(pid_t pid);
// Processor time of the calling thread.
u64 thread_cpu_ns();

}  // namespace florin::bench
