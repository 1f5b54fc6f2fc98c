// A message of fixed shape, built once by the FlatBuffers builder, then stamped out by copying:
// some fields are set in the copy, and the vector of structs that ends the message gets any length.
// So a frame is written straight into its buffer, with its events copied once or not at all.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "base/check.h"
#include "base/types.h"
#include "protocol/byte_buffer.h"
#include "protocol/frame.h"

namespace florin::protocol {

// Writes a field that is narrower than a word by storing the whole word, which holds it wholly. The
// checksum of the frame reads words right afterwards, and a read that needs two recent stores waits
// until all stores before them have left for the cache: up to 100 ns.
template <class Value>
void set_in_word(std::byte* frame, usize offset, Value value) {
  static_assert(sizeof(Value) < sizeof(u64));
  const usize begin = offset / sizeof(u64) * sizeof(u64);
  const usize shift = (offset - begin) * 8;
  constexpr u64 kMask = (u64{1} << (sizeof(Value) * 8)) - 1;
  u64 word = 0;
  std::memcpy(&word, frame + begin, sizeof(word));
  word = (word & ~(kMask << shift)) | u64{value} << shift;
  std::memcpy(frame + begin, &word, sizeof(word));
}

class Stencil {
 public:
  // `builder` holds a finished message. If `element_bytes` is not 0, the message was begun with
  // start_vector_at_end, so that its last bytes are that one element, and before it the length.
  Stencil(const flatbuffers::FlatBufferBuilder& builder, usize element_bytes)
      : element_bytes_(element_bytes) {
    const auto* const first = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
    CHECK(builder.GetSize() > element_bytes);
    message_.assign(first, first + builder.GetSize() - element_bytes);
    message_.resize(round_up(message_.size(), kFrameAlignment));
    CHECK(element_bytes == 0 || (builder.GetSize() - element_bytes) % kFrameAlignment == 0);
  }

  // Appends an unsealed frame with room for `count` elements; returns its offset in the buffer.
  usize stamp(usize count, ByteBuffer& out) const {
    const usize offset = out.size();
    std::byte* const frame =
        out.extend(kFrameHeaderBytes + message_.size() + element_bytes_ * count);
    std::memcpy(frame + kFrameHeaderBytes, message_.data(), message_.size());
    if (element_bytes_ != 0) {
      set_in_word(frame, elements_offset() - sizeof(u32), static_cast<u32>(count));
    }
    return offset;
  }

  // Where in a frame the elements begin.
  usize elements_offset() const { return kFrameHeaderBytes + message_.size(); }

 private:
  std::vector<std::byte> message_;  // Without the element.
  usize element_bytes_;
};

// Begins a message with a vector of one zero struct. What is created first stands last in the
// bytes, so that the vector can be given any length afterwards.
template <class Element>
flatbuffers::Offset<flatbuffers::Vector<const Element*>> start_vector_at_end(
    flatbuffers::FlatBufferBuilder& builder) {
  static_assert(sizeof(Element) % kFrameAlignment == 0);
  CHECK(builder.GetSize() == 0);
  builder.ForceDefaults(true);
  builder.ForceVectorAlignment(1, sizeof(Element), kFrameAlignment);
  const Element element;
  return builder.CreateVectorOfStructs(&element, 1);
}

// Seals the frame that begins at `offset` and ends with the buffer.
inline void seal_last_frame(ByteBuffer& out, usize offset, u64 request_number) {
  seal_frame(out.bytes().subspan(offset), request_number);
}

}  // namespace florin::protocol
