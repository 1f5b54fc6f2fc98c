// Measuring of the two anchors.
#include "bench/load_anchors.h"

#include <memory>

#include "base/clock.h"
#include "storage/aligned_buffer.h"
#include "storage/blocking.h"
#include "storage/open_storage.h"

namespace florin::bench {
namespace {

constexpr u32 kPings = 1000;
// Many, so that the median is that of a disk which the server has stopped preparing segments on.
constexpr u32 kDurableWrites = 3000;
constexpr u64 kBudgetNs = 2'000'000'000;  // On a slow network or disk fewer are made.

// The file is written once before it is measured, as the log's segments are: the first write to a
// new extent costs several times as much.
Result<Histogram> measure_file(storage::Storage& storage, storage::File file) {
  storage::AlignedBuffer zeros(kDurableWrites * storage::kSectorBytes);
  RETURN_IF_ERROR(storage.allocate(file, zeros.size_bytes()));
  RETURN_IF_ERROR(storage::write_durably_now(storage, file, 0, zeros.span()));
  Histogram latency_ns;
  SystemClock clock;
  const u64 begin_ns = clock.monotonic_ns();
  u64 last_ns = begin_ns;
  for (u32 index = 0; index < kDurableWrites && last_ns - begin_ns < kBudgetNs; ++index) {
    const auto sector = zeros.span().first(storage::kSectorBytes);
    RETURN_IF_ERROR(
        storage::write_durably_now(storage, file, index * storage::kSectorBytes, sector));
    const u64 now_ns = clock.monotonic_ns();
    latency_ns.record(now_ns - last_ns);
    last_ns = now_ns;
  }
  return latency_ns;
}

}  // namespace

Result<Histogram> measure_pings(client::Client& client) {
  Histogram latency_ns;
  SystemClock clock;
  const u64 begin_ns = clock.monotonic_ns();
  u64 last_ns = begin_ns;
  for (u32 index = 0; index < kPings && last_ns - begin_ns < kBudgetNs; ++index) {
    if (const auto info = client.ping(); !info) {
      return fail(info.error().code, info.error().message);
    }
    const u64 now_ns = clock.monotonic_ns();
    latency_ns.record(now_ns - last_ns);
    last_ns = now_ns;
  }
  return latency_ns;
}

Result<DurableWrites> measure_durable_writes(const std::string& directory) {
  Result<std::unique_ptr<storage::Storage>> storage = storage::open_storage();
  if (!storage) return tl::unexpected(std::move(storage).error());
  const std::string path = directory + "/durable-write-probe";
  const Result<storage::File> file = (*storage)->open(path, storage::OpenMode::Create);
  RETURN_IF_ERROR(file);
  const Result<Histogram> latency_ns = measure_file(**storage, *file);
  (*storage)->close(*file);
  RETURN_IF_ERROR((*storage)->remove(path));
  RETURN_IF_ERROR(latency_ns);
  return DurableWrites{*latency_ns, (*storage)->describe()};
}

}  // namespace florin::bench
