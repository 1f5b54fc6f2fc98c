// Deliveries whose process is killed: a child of the test delivers from a store in memory into a
// sink of its own, and is ended with SIGKILL wherever it is.
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "exporter/sink.h"
#include "exporter/sink_driver.h"
#include "tests/support/memory_store.h"

namespace florin::test {

// Makes the sink in the child: what it opens belongs to the child.
using MakeSink = std::function<std::unique_ptr<exporter::Sink>()>;

enum class KillOutcome { Killed, Delivered, Failed };

// Forks; the child delivers all of the store, and ends by itself when it is done. It is killed
// `kill_after_us` after it was started. The calling process has no other threads.
KillOutcome deliver_and_kill(const exporter::SinkDriverOptions& options, const MakeSink& make_sink,
                             MemoryStore& store, u64 kill_after_us);

}  // namespace florin::test
