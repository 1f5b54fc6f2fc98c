// Reading of /proc.
#include "bench/load_process.h"

#include <fstream>
#include <sstream>
#include <string>

#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

namespace florin::bench {
namespace {

Result<std::string> read_proc(pid_t pid, std::string_view name) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) return fail(ErrorCode::Io, fmt::format("cannot read {}", path));
  return text.str();
}

// The number that follows `key` in lines of "key number".
u64 number_after(const std::string& text, std::string_view key) {
  const usize at = text.find(key);
  if (at == std::string::npos) return 0;
  std::istringstream rest(text.substr(at + key.size()));
  u64 value = 0;
  rest >> value;
  return value;
}

// Fields 14 and 15 of /proc/PID/stat, in clock ticks; the name in field 2 may contain spaces.
u64 cpu_ns_of(const std::string& stat) {
  const usize name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  u64 user = 0;
  u64 system = 0;
  rest >> user >> system;
  return (user + system) * (kNsPerSecond / static_cast<u64>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

Result<ProcessUsage> process_usage(pid_t pid) {
  const Result<std::string> status = read_proc(pid, "status");
  RETURN_IF_ERROR(status);
  const Result<std::string> stat = read_proc(pid, "stat");
  RETURN_IF_ERROR(stat);
  const Result<std::string> io = read_proc(pid, "io");
  RETURN_IF_ERROR(io);
  ProcessUsage usage;
  usage.memory_peak_bytes = number_after(*status, "VmHWM:") * kKiB;
  usage.memory_bytes = number_after(*status, "VmRSS:") * kKiB;
  usage.written_bytes = number_after(*io, "\nwrite_bytes:");
  usage.cpu_ns = cpu_ns_of(*stat);
  return usage;
}

u64 thread_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<u64>(time.tv_sec) * kNsPerSecond + static_cast<u64>(time.tv_nsec);
}

}  // namespace florin::bench
