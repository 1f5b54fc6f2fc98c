#include "tests/alerts/killed_steps.h"

#include <filesystem>
#include <map>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/random.h"

namespace florin::test {

namespace {

struct KillPlan {
  u64 step = 0;
  u64 steps_taken = 0;
  std::string directory;
  Random random{1};
  std::map<ino_t, off_t> synced;  // Sizes.

  // What an earlier process left is on the disk.
  void know_what_survived() {
    std::error_code none_yet;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory, none_yet)) {
      struct stat status {};
      if (::stat(file.path().c_str(), &status) == 0) synced[status.st_ino] = status.st_size;
    }
  }

  void lose_unsynced() {
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
      if (file.path().extension() != ".tsv") continue;
      struct stat status {};
      if (::stat(file.path().c_str(), &status) != 0) continue;
      const auto known = synced.find(status.st_ino);
      const off_t kept = known == synced.end() ? 0 : known->second;
      if (status.st_size <= kept) continue;
      const auto lost =
          static_cast<off_t>(random.below(static_cast<u64>(status.st_size - kept) + 1));
      if (::truncate(file.path().c_str(), status.st_size - lost) != 0) ::_exit(1);
    }
  }

  void before_step() {
    if (step == 0 || ++steps_taken != step) return;
    lose_unsynced();
    ::_exit(kKilled);
  }

  void after_sync(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0) synced[status.st_ino] = status.st_size;
  }
};

// Outlives the test, since the C library's functions can be called until the process ends.
std::unique_ptr<KillPlan> kill_plan;

// Nothing is really synced: what a test would lose by it, it loses by its plan.
int synced_by(int descriptor) {
  if (kill_plan) kill_plan->before_step();
  if (::fcntl(descriptor, F_GETFD) < 0) return -1;
  if (kill_plan) kill_plan->after_sync(descriptor);
  return 0;
}

}  // namespace

void kill_before_step(u64 step, const std::string& directory, u64 seed) {
  kill_plan = std::make_unique<KillPlan>();
  kill_plan->step = step;
  kill_plan->directory = directory;
  kill_plan->random = Random(seed);
  kill_plan->know_what_survived();
}

int killable_sync(int descriptor) { return synced_by(descriptor); }
int killable_rename(const char* from, const char* to) {
  if (kill_plan) kill_plan->before_step();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int killable_unlink(const char* path) {
  if (kill_plan) kill_plan->before_step();
  // Another file may get its number.
  struct stat status {};
  if (kill_plan && ::stat(path, &status) == 0) kill_plan->synced.erase(status.st_ino);
  return static_cast<int>(::syscall(SYS_unlink, path));
}

}  // namespace florin::test

extern "C" {
int fsync(int descriptor) { return florin::test::killable_sync(descriptor); }
int fdatasync(int descriptor) { return florin::test::killable_sync(descriptor); }
int rename(const char* from, const char* to) noexcept {
  return florin::test::killable_rename(from, to);
}
int unlink(const char* path) noexcept { return florin::test::killable_unlink(path); }
}
