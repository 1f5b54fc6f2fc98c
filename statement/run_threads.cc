#include "statement/run_threads.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace florin::statement {

namespace {

// The numbers that are still to be given out, and what came of the others. Any thread.
class FolderQueue {
 public:
  explicit FolderQueue(usize count) : count_(count) {}

  // Nothing more to do: false.
  bool take(usize& index) {
    const std::lock_guard lock(mutex_);
    if (next_ == count_ || !errors_.empty()) return false;
    index = next_++;
    return true;
  }
  void failed(usize index, const Error& error) {
    const std::lock_guard lock(mutex_);
    errors_.emplace(index, error);
  }
  void worker_ended() {
    const std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }
  // Whether all workers have ended.
  bool wait(u32 workers) {
    constexpr auto kReportEvery = std::chrono::milliseconds(200);
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kReportEvery, [&] { return ended_ == workers; });
  }
  // After all workers ended.
  Status result() const {
    if (errors_.empty()) return {};
    return tl::unexpected<Error>(errors_.begin()->second);
  }

 private:
  const usize count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  usize next_ = 0;
  u32 ended_ = 0;
  std::map<usize, Error> errors_;
};

}  // namespace

Status work_on_folders(usize count, u32 threads, const std::function<Status(usize)>& work,
                       const std::function<void()>& report) {
  FolderQueue queue(count);
  const u32 workers = static_cast<u32>(std::clamp<usize>(threads, 1, std::max<usize>(count, 1)));
  std::vector<std::thread> running;
  for (u32 each = 0; each < workers; ++each) {
    running.emplace_back([&] {
      usize index = 0;
      while (queue.take(index)) {
        if (const Status done = work(index); !done) queue.failed(index, done.error());
      }
      queue.worker_ended();
    });
  }
  while (!queue.wait(workers)) report();
  for (std::thread& thread : running) thread.join();
  report();
  return queue.result();
}

}  // namespace florin::statement
