// A growable run of bytes that frames are appended to and sent from. New bytes are not initialised,
// and the storage is kept for the next use. The first byte is aligned to 16, so that a frame's
// events are aligned as long as only whole frames are appended. Belongs to one thread.
#pragma once

#include <span>

#include "base/types.h"

namespace florin::protocol {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer();
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept;
  ByteBuffer& operator=(ByteBuffer&& other) noexcept;

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  usize size() const { return size_; }
  usize capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> bytes() { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Adds uninitialised bytes at the end and returns where they begin. Moves the storage when it is
  // full: pointers into it do not survive.
  std::byte* extend(usize bytes);
  void append(std::span<const std::byte> bytes);
  // Forgets the first bytes and moves the others to the front. `bytes` must be a multiple of 16, so
  // that the frames behind stay aligned.
  void drop_front(usize bytes);
  // Forgets the bytes. Storage beyond `keep_bytes` is given back.
  void clear(usize keep_bytes = kMiB);

 private:
  void grow(usize needed);

  std::byte* data_ = nullptr;
  usize size_ = 0;
  usize capacity_ = 0;
};

}  // namespace florin::protocol
