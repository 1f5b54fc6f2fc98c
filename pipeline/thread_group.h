// Threads that run agents, and how they wait: a while by looking again, then asleep until a bell or
// a descriptor wakes them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/agent.h"
#include "base/doorbell.h"
#include "base/types.h"

namespace florin::pipeline {

// How a thread sleeps. Between `arm` and `wait` or `disarm` its agents look for work once more.
class Parker {
 public:
  virtual ~Parker() = default;
  virtual void arm() = 0;
  virtual void disarm() = 0;
  virtual void wait(u64 sleep_ns_max) = 0;
  virtual void wake() = 0;  // Any thread.
};

// Sleeps on a bell, and on a descriptor if one is given; for `timeout_ms` at most, -1 = no limit.
class BellParker final : public Parker {
 public:
  explicit BellParker(Doorbell& bell, int descriptor = -1, int timeout_ms = -1)
      : bell_(bell), descriptor_(descriptor), timeout_ms_(timeout_ms) {}
  void arm() override { bell_.arm(); }
  void disarm() override { bell_.disarm(); }
  void wait(u64 sleep_ns_max) override;
  void wake() override { bell_.ring(); }

 private:
  Doorbell& bell_;
  int descriptor_;
  int timeout_ms_;
};

struct ThreadPlan {
  std::string name;            // At most 15 characters.
  std::vector<Agent*> agents;  // Stepped in turn.
  Parker* parker = nullptr;
  int cpu = -1;      // To pin to, or -1.
  u64 spin_ns = 0;   // How long to look again before sleeping.
  int niceness = 0;  // More than the process has: for work that others should not wait for.
};

// Runs the agents of one thread until `stop` is set and its parker woken. On the calling thread.
void run_agents(const ThreadPlan& plan, const std::atomic<bool>& stop);

// Owns the threads; stops and joins them when it goes.
class ThreadGroup {
 public:
  ThreadGroup() = default;
  ~ThreadGroup();
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  void start(ThreadPlan plan);
  // Ends all threads, after what they are doing.
  void stop();

 private:
  struct Running {
    ThreadPlan plan;
    std::thread thread;
  };
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Running>> threads_;
};

}  // namespace florin::pipeline
