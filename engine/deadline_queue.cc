#include "engine/deadline_queue.h"

#include <algorithm>

#include "base/check.h"

namespace florin::engine {

namespace {

constexpr usize kChildren = 4;

}  // namespace

void DeadlineQueue::add(u32 hold) {
  heap_.emplace_back();
  sift_up(heap_.size() - 1, {holds_[hold].deadline, holds_[hold].timestamp, hold});
}

void DeadlineQueue::remove(u32 hold) {
  const usize place = holds_[hold].queue_place;
  CHECK(place < heap_.size() && heap_[place].hold == hold);
  const Entry removed = heap_[place];
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  if (last < removed && !planted(Defect::ExpiryLosesOrder)) {
    sift_up(place, last);
  } else {
    sift_down(place, last);
  }
}

void DeadlineQueue::sift_up(usize place, const Entry& entry) {
  while (place != 0) {
    const usize parent = (place - 1) / kChildren;
    if (!(entry < heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void DeadlineQueue::sift_down(usize place, const Entry& entry) {
  while (true) {
    const usize begin = place * kChildren + 1;
    if (begin >= heap_.size()) break;
    const usize end = std::min(begin + kChildren, heap_.size());
    const auto least = std::min_element(heap_.begin() + static_cast<std::ptrdiff_t>(begin),
                                        heap_.begin() + static_cast<std::ptrdiff_t>(end));
    if (!(*least < entry)) break;
    const auto child = static_cast<usize>(least - heap_.begin());
    put(place, *least);
    place = child;
  }
  put(place, entry);
}

}  // namespace florin::engine
