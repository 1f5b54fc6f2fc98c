// Sinks and targets as the settings ask for them.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "exporter/sink.h"
#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// What changes of this ledger go into; it connects when it is opened. The settings take changes.
// The clock outlives it.
std::unique_ptr<exporter::Sink> make_sink(const SinkSettings& settings, u128 ledger_id,
                                          Clock& clock);

// What alerts go to; it connects when it has something to send. InvalidArgument: this kind takes no
// alerts; errors of reading a secret. The clock outlives it.
Result<std::unique_ptr<MessageTarget>> make_target(const SinkSettings& settings, Clock& clock);

}  // namespace florin::sinks
