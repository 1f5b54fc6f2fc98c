// Threads that do a piece of work together, each on a processor of its own, and how long it took
// from the common start to the last end.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/types.h"

namespace florin::bench {

class Crew {
 public:
  using Work = std::function<void(u32 worker)>;

  // The calling thread is worker 0, the others look for work all the time. There must be as many
  // processors.
  explicit Crew(u32 workers);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Lets the first `workers` run `work` at once; returns nanoseconds.
  u64 run(u32 workers, const Work& work);
  // How long a worker was busy with the last work.
  u64 busy_ns(u32 worker) const { return places_[worker].busy_ns; }
  // How often others have taken the processor of a worker, up to the end of its last work.
  u64 interruptions() const;

 private:
  struct alignas(128) Place {
    std::atomic<u64> begun{0};  // Works handed to it.
    std::atomic<u64> done{0};
    u64 busy_ns = 0;
    u64 interruptions = 0;
  };

  void follow(u32 worker);
  void do_work(u32 worker);

  std::vector<Place> places_;
  const Work* work_ = nullptr;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace florin::bench
