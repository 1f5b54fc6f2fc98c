// Sends what is in an outbox to its target, in order, and again until it is taken: with a pause
// that grows after a failure, and alone from then on, so that one message that the target refuses
// does not take others with it. What is refused becomes a dead letter.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "alerts/alert_letters.h"
#include "alerts/outbox.h"
#include "base/agent.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/types.h"
#include "exporter/sink_driver.h"
#include "history/back_off.h"
#include "sinks/message_target.h"

namespace florin::alerts {

struct AlertSenderOptions {
  std::string name;  // Of the target.
  std::string dead_letter_directory;
  usize messages_max = 64;  // Sent together.
  history::BackOffOptions back_off;
  u64 look_ns = 100'000'000;  // How often the outbox is looked into when it was empty, ...
  u64 look_letters_ns = 1'000'000'000;  // ... and for dead letters to send again.
};

// What others may know of a sender.
struct AlertSenderStatus {
  u64 sent = 0;            // Messages, by this process.
  u64 failures = 0;        // Since the start.
  u64 dead_letters = 0;    // Since the start.
  std::string last_error;  // Empty when the last attempt succeeded.
};

// Belongs to one thread, but for the functions that say otherwise. Outbox, target and clock outlive
// it. A step takes as long as the target takes to answer, and no longer than its own limit.
class AlertSender final : public Agent {
 public:
  AlertSender(AlertSenderOptions options, Outbox& outbox, sinks::MessageTarget& target,
              Clock& clock, Random random, exporter::SinkListener listener);

  usize step() override;
  u64 sleep_ns_max() override;

  // Any thread, as are the next ones.
  AlertSenderStatus status() const;
  // What can never be sent becomes a dead letter, durably.
  Status put_aside(const sinks::Message& message, const Error& reason);
  // What is not sent stays in the outbox.
  void stop() { stop_requested_.store(true, std::memory_order_release); }
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }

 private:
  Result<usize> work();
  Result<usize> send_next();
  Result<usize> send_letters();
  Result<bool> send_one(const sinks::Message& message);
  void failed(const Error& error);
  void succeeded();

  const AlertSenderOptions options_;
  Outbox& outbox_;
  sinks::MessageTarget& target_;
  Clock& clock_;
  history::BackOff back_off_;
  exporter::SinkListener listener_;
  AlertLetters letters_;
  usize together_;  // How many messages are sent at once for now.
  u64 next_look_letters_ns_ = 0;
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> stopped_{false};
  mutable std::mutex status_mutex_;
  AlertSenderStatus status_;
};

}  // namespace florin::alerts
