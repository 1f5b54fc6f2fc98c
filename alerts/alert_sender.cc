#include "alerts/alert_sender.h"

#include <algorithm>

namespace florin::alerts {

using exporter::SinkEvent;

AlertSender::AlertSender(AlertSenderOptions options, Outbox& outbox, sinks::MessageTarget& target,
                         Clock& clock, Random random, exporter::SinkListener listener)
    : options_(std::move(options)),
      outbox_(outbox),
      target_(target),
      clock_(clock),
      back_off_(options_.back_off, random),
      listener_(std::move(listener)),
      letters_(options_.dead_letter_directory, options_.name),
      together_(options_.messages_max) {}

usize AlertSender::step() {
  if (stopped()) return 0;
  if (stop_requested_.load(std::memory_order_acquire)) {
    stopped_.store(true, std::memory_order_release);
    return 0;
  }
  if (back_off_.waits(clock_.monotonic_ns())) return 0;
  const auto done = work();
  if (!done) {
    failed(done.error());
    return 1;
  }
  // An outbox without messages says nothing of the target.
  if (*done != 0) succeeded();
  return *done;
}

u64 AlertSender::sleep_ns_max() {
  if (stopped()) return ~u64{0};
  if (back_off_.failures() == 0) return options_.look_ns;
  return std::min(options_.look_ns, back_off_.due_in_ns(clock_.monotonic_ns()));
}

Result<usize> AlertSender::work() {
  const auto sent = send_next();
  if (!sent || *sent != 0) return sent;
  const u64 now = clock_.monotonic_ns();
  if (now < next_look_letters_ns_) return usize{0};
  next_look_letters_ns_ = now + options_.look_letters_ns;
  return send_letters();
}

Result<usize> AlertSender::send_next() {
  const auto messages = outbox_.next(together_);
  if (!messages) return tl::unexpected<Error>(messages.error());
  if (messages->empty()) return usize{0};
  const auto sent = target_.send(*messages);
  if (sent) {
    RETURN_IF_ERROR(outbox_.sent(messages->size()));
    together_ = std::min(2 * together_, options_.messages_max);
    const std::lock_guard lock(status_mutex_);
    status_.sent += messages->size();
    return messages->size();
  }
  if (sent.error().code != ErrorCode::Refused) return tl::unexpected<Error>(sent.error());
  RETURN_IF_ERROR(put_aside(messages->front(), sent.error()));
  RETURN_IF_ERROR(outbox_.sent(1));
  return usize{1};
}

// They come behind what was sent last; a crash in between may send them twice, which their ids
// tell.
Result<usize> AlertSender::send_letters() {
  const auto letters = letters_.asked_again();
  if (!letters) return tl::unexpected<Error>(letters.error());
  if (letters->empty()) return usize{0};
  usize taken = 0;
  for (const AlertLetter& letter : *letters) {
    const auto sent = send_one(letter.message);
    if (!sent) return tl::unexpected<Error>(sent.error());
    if (*sent) ++taken;
  }
  RETURN_IF_ERROR(letters_.sent_again());
  listener_({SinkEvent::Kind::DeliveredAgain, options_.name,
             std::to_string(taken) + " of " + std::to_string(letters->size()) + " dead letters",
             0});
  return letters->size();
}

Result<bool> AlertSender::send_one(const sinks::Message& message) {
  const auto sent = target_.send({&message, 1});
  if (sent) {
    const std::lock_guard lock(status_mutex_);
    ++status_.sent;
    return true;
  }
  if (sent.error().code != ErrorCode::Refused) return tl::unexpected<Error>(sent.error());
  RETURN_IF_ERROR(put_aside(message, sent.error()));
  return false;
}

Status AlertSender::put_aside(const sinks::Message& message, const Error& reason) {
  RETURN_IF_ERROR(letters_.add({message, reason.message, clock_.wall_time()}));
  {
    const std::lock_guard lock(status_mutex_);
    ++status_.dead_letters;
  }
  listener_(
      {SinkEvent::Kind::PutAside, options_.name, "alert " + message.id + ": " + reason.message, 0});
  return {};
}

void AlertSender::failed(const Error& error) {
  together_ = 1;
  const u64 now = clock_.monotonic_ns();
  back_off_.failed(now);
  {
    const std::lock_guard lock(status_mutex_);
    ++status_.failures;
    status_.last_error = error.message;
  }
  listener_({SinkEvent::Kind::Failed, options_.name, error.message, back_off_.due_in_ns(now)});
}

void AlertSender::succeeded() {
  if (back_off_.failures() == 0) return;
  back_off_.succeeded();
  {
    const std::lock_guard lock(status_mutex_);
    status_.last_error.clear();
  }
  listener_({SinkEvent::Kind::Recovered, options_.name, "takes alerts again", 0});
}

AlertSenderStatus AlertSender::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace florin::alerts
