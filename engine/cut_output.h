// Fills buffers with the records of one kind.
#pragma once

#include <cstring>

#include "base/check.h"
#include "engine/cut_records.h"

namespace florin::engine {

// Belongs to one thread.
class CutOutput {
 public:
  explicit CutOutput(CutKind kind) : kind_(kind) {}

  // Virtual slots are told only of accounts.
  void begin(CutBuffers& buffers, u32 first_virtual_slot = 0, u32 last_virtual_slot = 0) {
    CHECK(filling_ == nullptr);
    buffers_ = &buffers;
    number_ = 0;
    first_virtual_slot_ = first_virtual_slot;
    last_virtual_slot_ = last_virtual_slot;
  }
  // The first record has this number.
  void begin_at(CutBuffers& buffers, u64 first_number) {
    begin(buffers);
    number_ = first_number;
  }
  // Takes a buffer if there is none to be filled; false when all are in use.
  bool has_room() { return filling_ != nullptr || take(buffers_->take()); }
  // The same, but makes one if need be.
  void make_room() {
    if (filling_ == nullptr) take(buffers_->take_at_once());
  }

  // Requires room.
  template <class Record>
  void add(const Record& record) {
    std::memcpy(filling_->body() + filling_->body_bytes, &record, sizeof(Record));
    filling_->body_bytes += sizeof(Record);
    ++filling_->records;
    ++number_;
    if (filling_->room() < sizeof(Record)) hand_over();
  }
  // What is added from now on is of this virtual slot, which is not before any other.
  void reach(u32 virtual_slot);

  // What was added since goes out, however little it is.
  void hand_over() {
    if (filling_ == nullptr) return;
    if (filling_->records == 0) return drop();
    buffers_->hand_over(filling_);
    filling_ = nullptr;
  }
  // What was not handed over comes to nothing.
  void drop() {
    if (filling_ != nullptr) buffers_->give_back(filling_);
    filling_ = nullptr;
  }

 private:
  bool take(CutBuffer* buffer) {
    if (buffer == nullptr) return false;
    buffer->kind = kind_;
    buffer->first_virtual_slot = first_virtual_slot_;
    buffer->last_virtual_slot = last_virtual_slot_;
    buffer->records = 0;
    buffer->first_number = number_;
    buffer->body_bytes = 0;
    filling_ = buffer;
    return true;
  }

  CutKind kind_;
  CutBuffers* buffers_ = nullptr;
  CutBuffer* filling_ = nullptr;
  u64 number_ = 0;  // Of the next record.
  u32 first_virtual_slot_ = 0;
  u32 last_virtual_slot_ = 0;
};

inline void CutOutput::reach(u32 virtual_slot) {
  first_virtual_slot_ = virtual_slot;
  last_virtual_slot_ = virtual_slot;
  if (filling_ != nullptr) filling_->last_virtual_slot = virtual_slot;
}

}  // namespace florin::engine
