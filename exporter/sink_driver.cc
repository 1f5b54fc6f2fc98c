#include "exporter/sink_driver.h"

#include <algorithm>

namespace florin::exporter {

SinkDriver::SinkDriver(SinkDriverOptions options, Sink& sink, history::Store& store, Clock& clock,
                       Random random, SinkListener listener)
    : options_(std::move(options)),
      refusals_(options_.filter.takes_refusals() ? Refusals::Included : Refusals::LeftOut),
      sink_(sink),
      store_(store),
      reader_(store),
      clock_(clock),
      back_off_(options_.back_off, random),
      listener_(std::move(listener)),
      letters_(options_.dead_letter_directory, options_.name) {}

usize SinkDriver::step() {
  if (stopped()) return 0;
  const bool stopping = stop_requested_.load(std::memory_order_acquire);
  if (!stopping && back_off_.waits(clock_.monotonic_ns())) return 0;
  const auto done = work();
  if (!done) {
    failed(done.error());
    if (stopping) stopped_.store(true, std::memory_order_release);
    return 1;
  }
  succeeded();
  if (stopping && *done == 0) stopped_.store(true, std::memory_order_release);
  return *done;
}

u64 SinkDriver::sleep_ns_max() {
  if (stopped()) return ~u64{0};
  const u64 now = clock_.monotonic_ns();
  if (back_off_.failures() != 0) return back_off_.due_in_ns(now);
  u64 until = next_look_ns_;
  if (uncommitted_ != 0)
    until = std::min(until, uncommitted_since_ns_ + options_.commit_interval_ns);
  return until > now ? until - now : 0;
}

Result<usize> SinkDriver::work() {
  if (!open_) RETURN_IF_ERROR(open_sink());
  if (!proven_) {
    // After a crash history may have to come up to where the sink stands.
    const Position end = store_.readable();
    if (end.value < stand_.last.position) {
      wait_for_ledger(end);
      return usize{0};
    }
    RETURN_IF_ERROR(prove_stand());
  }
  auto page = reader_.read(stand_.next, options_.page_changes_max, refusals_);
  if (!page) return tl::unexpected<Error>(std::move(page).error());
  const usize changes = (*page)->events.size();
  if ((*page)->next != stand_.next) RETURN_IF_ERROR(deliver_page(**page));
  const bool stopping = stop_requested_.load(std::memory_order_acquire);
  if (uncommitted_ != 0 && (commit_due() || (stopping && changes == 0))) {
    RETURN_IF_ERROR(commit());
    return changes + 1;
  }
  if (changes != 0) return changes;
  // All is delivered: time for what is not urgent.
  const u64 now = clock_.monotonic_ns();
  if (now >= next_look_ns_) {
    next_look_ns_ = now + options_.look_ns;
    RETURN_IF_ERROR(deliver_again());
    if (uncommitted_ == 0) RETURN_IF_ERROR(sink_.rest(clock_.wall_time()));
  }
  return usize{0};
}

Status SinkDriver::open_sink() {
  const auto stand = sink_.open();
  if (!stand) return tl::unexpected<Error>(stand.error());
  stand_ = *stand;
  proven_ = stand_.last_logged_at == 0;
  uncommitted_ = 0;
  open_ = true;
  publish();
  return {};
}

void SinkDriver::wait_for_ledger(Position end) {
  const u64 now = clock_.monotonic_ns();
  next_look_ns_ = now + options_.look_ns;
  if (!waits_since_ns_) waits_since_ns_ = now;
  if (wait_told_ || now - *waits_since_ns_ < options_.wait_told_ns) return;
  wait_told_ = true;
  const std::string message =
      "it has changes up to position " + std::to_string(stand_.last.position) +
      ", and the ledger ends at position " + std::to_string(end.value) +
      ": was it put back to an earlier moment, or is it another copy? Nothing is delivered; begin "
      "the sink's data anew, or put it back too";
  {
    const std::lock_guard lock(status_mutex_);
    status_.last_error = message;
  }
  listener_({SinkEvent::Kind::Waits, options_.name, message, 0});
}

// The same change in the same place, logged at the same nanosecond: otherwise the sink has changes
// of another ledger, such as one that was put back to an earlier moment and went on differently. It
// may be a refused transfer, which the sink wanted once.
Status SinkDriver::prove_stand() {
  const history::Place& last = stand_.last;
  const auto page = reader_.read(last, 1, Refusals::Included);
  if (!page) return tl::unexpected<Error>(page.error());
  const bool same = !(*page)->events.empty() && place_of((*page)->events[0]) == last &&
                    (*page)->events[0].timestamp == stand_.last_logged_at;
  if (!same) {
    return fail(
        ErrorCode::InvalidArgument,
        "what was exported ends with a change at position " + std::to_string(last.position) +
            " that this ledger does not have: it was put back to an earlier moment, or is "
            "another copy. Export into another directory, and tell those who read this one");
  }
  proven_ = true;
  waits_since_ns_.reset();
  if (!wait_told_) return {};
  wait_told_ = false;
  const std::lock_guard lock(status_mutex_);
  status_.last_error.clear();
  return {};
}

Status SinkDriver::deliver_page(const ChangePage& page) {
  if (uncommitted_ == 0) uncommitted_since_ns_ = clock_.monotonic_ns();
  if (options_.filter.takes_all()) {
    RETURN_IF_ERROR(deliver_wanted(page));
  } else {
    copy_wanted(options_.filter, page, wanted_);
    RETURN_IF_ERROR(deliver_wanted(wanted_));
    uncommitted_ += page.events.size() - wanted_.events.size();
  }
  // What is not wanted moves the place on all the same, also refused transfers that are not in the
  // page: so they are not looked through again, nobody takes the sink for one that is behind, and
  // a ledger that was put back to a moment among them is found out.
  if (page.events.empty()) ++uncommitted_;
  stand_ = {page.next, place_before(page.next), page.last_logged_at};
  return {};
}

Status SinkDriver::deliver_wanted(const ChangePage& page) {
  for (usize first = 0; first < page.events.size();) {
    const auto delivery = sink_.deliver(page, first);
    if (!delivery) return tl::unexpected<Error>(delivery.error());
    first += delivery->taken;
    uncommitted_ += delivery->taken;
    if (!delivery->rejected) continue;
    RETURN_IF_ERROR(put_aside(place_of(page.events[first]), *delivery->rejected));
    ++first;
    ++uncommitted_;
  }
  return {};
}

Status SinkDriver::put_aside(const history::Place& place, const Error& reason) {
  RETURN_IF_ERROR(letters_.add({place, reason.message, clock_.wall_time()}));
  {
    const std::lock_guard lock(status_mutex_);
    ++status_.dead_letters;
  }
  listener_({SinkEvent::Kind::PutAside, options_.name,
             "position " + std::to_string(place.position) + ", change " +
                 std::to_string(place.index) + ": " + reason.message,
             0});
  return {};
}

// They come behind what was delivered last; a crash in between may deliver them twice, which their
// places tell.
Status SinkDriver::deliver_again() {
  const auto letters = letters_.asked_again();
  if (!letters) return tl::unexpected<Error>(letters.error());
  if (letters->empty()) return {};
  u64 taken = 0;
  for (const DeadLetter& letter : *letters) {
    const auto delivered = deliver_letter(letter);
    if (!delivered) return tl::unexpected<Error>(delivered.error());
    if (*delivered) ++taken;
  }
  RETURN_IF_ERROR(commit());
  RETURN_IF_ERROR(letters_.delivered_again());
  listener_({SinkEvent::Kind::DeliveredAgain, options_.name,
             std::to_string(taken) + " of " + std::to_string(letters->size()) + " dead letters",
             0});
  return {};
}

Result<bool> SinkDriver::deliver_letter(const DeadLetter& letter) {
  const auto page = reader_.read(letter.place, 1, Refusals::Included);
  if (!page) return tl::unexpected<Error>(page.error());
  if ((*page)->events.empty() || place_of((*page)->events[0]) != letter.place) {
    return fail(ErrorCode::NotFound, "history has no change " + std::to_string(letter.place.index) +
                                         " at position " + std::to_string(letter.place.position) +
                                         ", which a dead letter names");
  }
  const auto delivery = sink_.deliver(**page, 0);
  if (!delivery) return tl::unexpected<Error>(delivery.error());
  if (!delivery->rejected) return true;
  RETURN_IF_ERROR(put_aside(letter.place, *delivery->rejected));
  return false;
}

bool SinkDriver::commit_due() const {
  return uncommitted_ >= options_.commit_changes_max ||
         clock_.monotonic_ns() >= uncommitted_since_ns_ + options_.commit_interval_ns;
}

Status SinkDriver::commit() {
  RETURN_IF_ERROR(sink_.commit(stand_));
  {
    const std::lock_guard lock(status_mutex_);
    status_.changes += uncommitted_;
  }
  uncommitted_ = 0;
  publish();
  return {};
}

// The sink's own place says where to go on: what was delivered since may or may not be there.
void SinkDriver::failed(const Error& error) {
  open_ = false;
  const u64 now = clock_.monotonic_ns();
  back_off_.failed(now);
  {
    const std::lock_guard lock(status_mutex_);
    ++status_.failures;
    status_.last_error = error.message;
  }
  listener_({SinkEvent::Kind::Failed, options_.name, error.message, back_off_.due_in_ns(now)});
}

void SinkDriver::succeeded() {
  if (back_off_.failures() == 0) return;
  back_off_.succeeded();
  {
    const std::lock_guard lock(status_mutex_);
    status_.last_error.clear();
  }
  listener_({SinkEvent::Kind::Recovered, options_.name, "delivers again", 0});
}

void SinkDriver::publish() {
  const std::lock_guard lock(status_mutex_);
  status_.committed = stand_.next;
}

SinkStatus SinkDriver::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace florin::exporter
