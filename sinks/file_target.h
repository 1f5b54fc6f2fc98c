// Messages appended to a file, the body of each as a line of its own.
#pragma once

#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// The file is made if missing, and opened for each call: it may be renamed meanwhile, as programs
// that rotate logs do. What was begun and not finished by a crash is cut off by the next call.
class FileTarget final : public MessageTarget {
 public:
  explicit FileTarget(AlertFileSettings settings) : settings_(std::move(settings)) {}

  // All messages are on stable storage, or none is in the file.
  Status send(std::span<const Message> messages) override;

 private:
  const AlertFileSettings settings_;
};

}  // namespace florin::sinks
