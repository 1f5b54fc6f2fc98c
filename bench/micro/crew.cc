#include "bench/micro/crew.h"

#include <chrono>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/check.h"

namespace florin::bench {
namespace {

u64 now_ns() {
  return static_cast<u64>(std::chrono::steady_clock::now().time_since_epoch().count());
}

u64 thread_interruptions() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<u64>(usage.ru_nivcsw);
}

void pin(u32 processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0);
}

}  // namespace

Crew::Crew(u32 workers) : places_(workers) {
  CHECK(workers <= std::thread::hardware_concurrency());
  pin(0);
  for (u32 worker = 1; worker < workers; ++worker) {
    threads_.emplace_back([this, worker] { follow(worker); });
  }
}

Crew::~Crew() {
  stop_.store(true, std::memory_order_relaxed);
  for (std::thread& thread : threads_) thread.join();
}

// The counters hand the work over, and what it wrote back.
void Crew::follow(u32 worker) {
  pin(worker);
  Place& place = places_[worker];
  u64 done = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (place.begun.load(std::memory_order_acquire) == done) continue;
    do_work(worker);
    place.done.store(++done, std::memory_order_release);
  }
}

void Crew::do_work(u32 worker) {
  Place& place = places_[worker];
  const u64 begin = now_ns();
  (*work_)(worker);
  place.busy_ns = now_ns() - begin;
  place.interruptions = thread_interruptions();
}

u64 Crew::interruptions() const {
  u64 sum = 0;
  for (const Place& place : places_) sum += place.interruptions;
  return sum;
}

u64 Crew::run(u32 workers, const Work& work) {
  CHECK(workers >= 1 && workers <= places_.size());
  work_ = &work;
  const u64 begin = now_ns();
  for (u32 worker = 1; worker < workers; ++worker) {
    places_[worker].begun.fetch_add(1, std::memory_order_release);
  }
  do_work(0);
  for (u32 worker = 1; worker < workers; ++worker) {
    const Place& place = places_[worker];
    while (place.done.load(std::memory_order_acquire) !=
           place.begun.load(std::memory_order_relaxed)) {
    }
  }
  return now_ns() - begin;
}

}  // namespace florin::bench
