#include "pipeline/thread_group.h"

#include <algorithm>
#include <limits>

#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

namespace florin::pipeline {

namespace {

usize step_all(const ThreadPlan& plan) {
  usize work = 0;
  for (Agent* agent : plan.agents) work += agent->step();
  return work;
}

// Looks for work for a while; returns whether there was some. Yields now and then, so that a thread
// that shares the processor can bring it.
bool spin_for_work(const ThreadPlan& plan, SystemClock& clock) {
  if (plan.spin_ns == 0) return false;
  constexpr u32 kLooksPerYield = 64;
  const u64 deadline = clock.monotonic_ns() + plan.spin_ns;
  while (clock.monotonic_ns() < deadline) {
    for (u32 look = 0; look < kLooksPerYield; ++look) {
      if (step_all(plan) != 0) return true;
      _mm_pause();
    }
    sched_yield();
  }
  return false;
}

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<usize>(cpu), &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);  // Advice: without it all works.
}

// Of the calling thread alone: with Linux each thread has its own.
void stand_back(int niceness) {
  const auto thread = static_cast<id_t>(gettid());
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + niceness);  // Advice too.
}

}  // namespace

void BellParker::wait(u64 sleep_ns_max) {
  constexpr u64 kLongest = std::numeric_limits<int>::max();
  int timeout_ms = timeout_ms_;
  if (sleep_ns_max != ~u64{0}) {
    // Rounded up: to wake too early would be to wake in vain.
    const u64 sleep_ms = std::min(sleep_ns_max / kNsPerMs + 1, kLongest);
    timeout_ms = timeout_ms < 0 ? static_cast<int>(sleep_ms)
                                : std::min(timeout_ms, static_cast<int>(sleep_ms));
  }
  bell_.wait({&descriptor_, 1}, timeout_ms);
}

void run_agents(const ThreadPlan& plan, const std::atomic<bool>& stop) {
  pthread_setname_np(pthread_self(), plan.name.c_str());
  if (plan.cpu >= 0) pin_to(plan.cpu);
  if (plan.niceness != 0) stand_back(plan.niceness);
  SystemClock clock;
  while (!stop.load(std::memory_order_acquire)) {
    if (step_all(plan) != 0 || spin_for_work(plan, clock)) continue;
    plan.parker->arm();
    if (step_all(plan) != 0 || stop.load(std::memory_order_acquire)) {
      plan.parker->disarm();
      continue;
    }
    u64 sleep_ns_max = ~u64{0};
    for (Agent* agent : plan.agents) sleep_ns_max = std::min(sleep_ns_max, agent->sleep_ns_max());
    plan.parker->wait(sleep_ns_max);
  }
}

ThreadGroup::~ThreadGroup() { stop(); }

void ThreadGroup::start(ThreadPlan plan) {
  threads_.push_back(std::make_unique<Running>());
  Running& running = *threads_.back();
  running.plan = std::move(plan);
  running.thread = std::thread([this, &running] { run_agents(running.plan, stop_); });
}

void ThreadGroup::stop() {
  stop_.store(true, std::memory_order_release);
  for (const auto& running : threads_) running->plan.parker->wake();
  for (const auto& running : threads_) {
    if (running->thread.joinable()) running->thread.join();
  }
  threads_.clear();
}

}  // namespace florin::pipeline
