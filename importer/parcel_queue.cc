#include "importer/parcel_queue.h"

namespace florin::importer {

bool ParcelQueue::push(Parcel parcel) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || parcels_.size() < kParcelsMax; });
  if (closed_) return false;
  parcels_.push_back(std::move(parcel));
  changed_.notify_all();
  return true;
}

Parcel ParcelQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !parcels_.empty(); });
  Parcel parcel = std::move(parcels_.front());
  parcels_.pop_front();
  changed_.notify_all();
  return parcel;
}

void ParcelQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace florin::importer
