#include "history/run_writer.h"

namespace florin::history {

RunWriter::RunWriter(const Parts& parts, const BackOffOptions& back_off, Random random)
    : parts_(parts), durable_(parts.store.durable()), back_off_(back_off, random) {}

usize RunWriter::step() {
  if (back_off_.waits(parts_.clock.monotonic_ns())) return 0;
  const auto changes = parts_.store.write_run();
  if (!changes) {
    back_off_.failed(parts_.clock.monotonic_ns());
    status_.note_failure(changes.error(), listener_);
    return 0;
  }
  const Mark durable = parts_.store.durable();
  if (durable == durable_) return 0;
  durable_ = durable;
  back_off_.succeeded();
  status_.note_success(listener_);
  runs_written_.fetch_add(1, std::memory_order_relaxed);
  changes_written_.fetch_add(*changes, std::memory_order_relaxed);
  parts_.gate.publish_durable(durable.log.position, durable.log.segment);
  if (parts_.durable != nullptr) parts_.durable->published(durable.log.position);
  parts_.recorder_bell.ring();  // There is room again.
  return 1;
}

u64 RunWriter::sleep_ns_max() { return back_off_.due_in_ns(parts_.clock.monotonic_ns()); }

}  // namespace florin::history
