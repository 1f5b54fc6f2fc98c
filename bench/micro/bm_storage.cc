// Durable writes to a file of zeros: how long one takes, by size, by how many are in flight, by how
// they are made durable, and by what else the processors do. Writes into the temporary directory
// (TMPDIR). One iteration is one write; p50_us and p99_us are from asking to completion.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sched.h>

#include "base/check.h"
#include "base/clock.h"
#include "storage/aligned_buffer.h"
#include "storage/blocking.h"
#include "storage/open_storage.h"

namespace florin::storage {
namespace {

constexpr u64 kFileBytes = 64 * kMiB;
constexpr int kPatienceMs = 10'000;

// What the processors do beside writing, and how the writer waits.
enum class Load : i64 {
  IdleSpinning,    // Nothing; the writer polls all the time.
  IdleParked,      // Nothing; the writer sleeps until there is something to poll.
  YieldingParked,  // Every processor is busy with work that gives way to the writer, which sleeps.
  BusySpinning,    // Every processor is busy with work as important as the writer, which polls.
  BusyParked,      // The same, and the writer sleeps: it is woken in competition with that work.
};

bool is_parked(Load load) { return load != Load::IdleSpinning && load != Load::BusySpinning; }

// Keeps every processor busy while it lives.
class BusyProcessors {
 public:
  explicit BusyProcessors(Load load) {
    if (load == Load::IdleSpinning || load == Load::IdleParked) return;
    const int policy = load == Load::YieldingParked ? SCHED_IDLE : SCHED_OTHER;
    for (u32 processor = 0; processor < std::thread::hardware_concurrency(); ++processor) {
      threads_.emplace_back([this, processor, policy] { spin_on(processor, policy); });
    }
  }
  ~BusyProcessors() {
    is_over_.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads_) thread.join();
  }
  BusyProcessors(const BusyProcessors&) = delete;
  BusyProcessors& operator=(const BusyProcessors&) = delete;

 private:
  void spin_on(u32 processor, int policy) const {
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(processor, &processors);
    pthread_setaffinity_np(pthread_self(), sizeof processors, &processors);
    const sched_param parameters{};
    pthread_setschedparam(pthread_self(), policy, &parameters);
    // Relaxed: the flag carries nothing but itself.
    while (!is_over_.load(std::memory_order_relaxed)) continue;
  }

  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

// A file of zeros in the temporary directory, removed at the end.
class ZeroedFile {
 public:
  explicit ZeroedFile(Storage& storage) : storage_(storage) {
    std::filesystem::remove(path_);
    const auto file = storage_.open(path_, OpenMode::Create);
    CHECK(file.has_value());
    file_ = *file;
    const AlignedBuffer zeros(kMiB);
    for (u64 offset = 0; offset < kFileBytes; offset += zeros.size_bytes()) {
      CHECK(write_durably_now(storage_, file_, offset, zeros.span()).has_value());
    }
  }
  ~ZeroedFile() {
    storage_.close(file_);
    std::filesystem::remove(path_);
  }
  ZeroedFile(const ZeroedFile&) = delete;
  ZeroedFile& operator=(const ZeroedFile&) = delete;

  File file() const { return file_; }

 private:
  Storage& storage_;
  std::string path_ = std::filesystem::temp_directory_path() / "florin_bm_storage";
  File file_;
};

// Writes round and round the file; remembers how long each write took.
class Writer {
 public:
  Writer(Storage& storage, File file, u64 write_bytes, bool is_parked)
      : storage_(storage), file_(file), buffer_(write_bytes), is_parked_(is_parked) {
    std::ranges::fill(buffer_.span(), std::byte{0x5a});
  }

  void start_one() {
    const u64 token = asked_ns_.size();
    asked_ns_.push_back(clock_.monotonic_ns());
    storage_.write(file_, offset_, buffer_.span(), Durability::Durable, token);
    storage_.submit();
    offset_ = (offset_ + buffer_.size_bytes()) % kFileBytes;
  }

  void finish_one() {
    Completion completion;
    while (storage_.poll({&completion, 1}) == 0) {
      if (is_parked_) wait_for_completion(storage_, kPatienceMs);
    }
    CHECK(completion.error == 0);
    const u64 latency_ns = clock_.monotonic_ns() - asked_ns_[completion.token];
    latency_us_.push_back(static_cast<double>(latency_ns) / 1000);
  }

  double latency_us_at(double share) {
    const auto rank = static_cast<usize>(share * static_cast<double>(latency_us_.size() - 1));
    const auto place = latency_us_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(latency_us_.begin(), place, latency_us_.end());
    return *place;
  }

 private:
  Storage& storage_;
  File file_;
  AlignedBuffer buffer_;
  bool is_parked_;
  SystemClock clock_;
  u64 offset_ = 0;
  std::vector<u64> asked_ns_;
  std::vector<double> latency_us_;
};

std::string label(FlushMethod method, Load load) {
  std::string text = method == FlushMethod::Dsync ? "RWF_DSYNC" : "linked fdatasync";
  switch (load) {
    case Load::IdleSpinning: return text + ", idle, spinning";
    case Load::IdleParked: return text + ", idle, parked";
    case Load::YieldingParked: return text + ", processors busy but yielding, parked";
    case Load::BusySpinning: return text + ", processors busy, spinning";
    case Load::BusyParked: return text + ", processors busy, parked";
  }
  return text;
}

void durable_write(benchmark::State& state) {
  const auto write_bytes = static_cast<u64>(state.range(0));
  const i64 depth = state.range(1);
  StorageOptions options;
  options.flush_method = static_cast<FlushMethod>(state.range(2));
  const auto load = static_cast<Load>(state.range(3));

  auto storage = open_storage(options);
  CHECK(storage.has_value());
  const ZeroedFile file(**storage);
  Writer writer(**storage, file.file(), write_bytes, is_parked(load));
  const BusyProcessors busy(load);
  for (i64 index = 1; index < depth; ++index) writer.start_one();
  for (auto _ : state) {
    writer.start_one();
    writer.finish_one();
  }
  for (i64 index = 1; index < depth; ++index) writer.finish_one();
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetLabel(label(options.flush_method, load));
  state.counters["p50_us"] = writer.latency_us_at(0.5);
  state.counters["p99_us"] = writer.latency_us_at(0.99);
}

BENCHMARK(durable_write)
    ->ArgNames({"bytes", "depth", "method", "load"})
    ->ArgsProduct({{4 << 10, 128 << 10, 1 << 20},
                   {1, 2, 4},
                   {static_cast<i64>(FlushMethod::LinkedFdatasync),
                    static_cast<i64>(FlushMethod::Dsync)},
                   benchmark::CreateDenseRange(static_cast<i64>(Load::IdleSpinning),
                                               static_cast<i64>(Load::BusyParked), 1)})
    ->MinTime(0.3)
    ->UseRealTime();

}  // namespace
}  // namespace florin::storage
