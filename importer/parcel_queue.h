// The way of parcels from the reading thread to the sending one: a few at a time, in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "importer/parcel.h"

namespace florin::importer {

// Any thread. A parcel is a millisecond's work: a mutex costs nothing beside it.
class ParcelQueue {
 public:
  // So many are read ahead: 8 MiB of transfers, 50 ms of work.
  static constexpr usize kParcelsMax = 8;

  // Waits for room. False when nobody takes any more.
  bool push(Parcel parcel);
  // Waits for a parcel.
  Parcel pop();
  // Nobody takes any more.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Parcel> parcels_;
  bool closed_ = false;
};

}  // namespace florin::importer
