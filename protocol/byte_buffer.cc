// The growing and releasing of a ByteBuffer's storage.
#include "protocol/byte_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace florin::protocol {

namespace {
constexpr usize kSmallestBytes = 1024;
}

ByteBuffer::~ByteBuffer() { std::free(data_); }

ByteBuffer::ByteBuffer(ByteBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

ByteBuffer& ByteBuffer::operator=(ByteBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

std::byte* ByteBuffer::extend(usize bytes) {
  if (capacity_ - size_ < bytes) grow(size_ + bytes);
  std::byte* const begin = data_ + size_;
  size_ += bytes;
  return begin;
}

void ByteBuffer::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
}

void ByteBuffer::drop_front(usize bytes) {
  CHECK(bytes <= size_ && bytes % 16 == 0);
  if (bytes == 0) return;
  std::memmove(data_, data_ + bytes, size_ - bytes);
  size_ -= bytes;
}

void ByteBuffer::clear(usize keep_bytes) {
  size_ = 0;
  if (capacity_ <= keep_bytes) return;
  std::free(std::exchange(data_, nullptr));
  capacity_ = 0;
}

void ByteBuffer::grow(usize needed) {
  const usize capacity = std::max({needed, capacity_ * 2, kSmallestBytes});
  // realloc moves large storage by remapping its pages, without copying, and aligns to 16.
  static_assert(alignof(std::max_align_t) >= 16);
  void* const moved = std::realloc(data_, capacity);
  CHECK(moved != nullptr);
  data_ = static_cast<std::byte*>(moved);
  capacity_ = capacity;
}

}  // namespace florin::protocol
