// Messages that the FlatBuffers builder writes, and their vectors of structs, whose bytes are the
// ledger's own: they are written from its values and read in place.
#pragma once

#include <cstring>
#include <span>

#include <flatbuffers/flatbuffers.h>

#include "base/types.h"
#include "protocol/byte_buffer.h"
#include "protocol/frame.h"

namespace florin::protocol {

// Of the fields of a message beside its vectors, roughly: so that its storage is taken at once.
inline constexpr usize kBesidesVectors = 256;

// A builder with room for `bytes` at once; for messages with structs beside their vectors. When the
// library's own grows, it aligns its storage to 8 bytes only, and writes those to 16 all the same.
inline flatbuffers::FlatBufferBuilder aligned_builder(usize bytes) {
  return flatbuffers::FlatBufferBuilder(round_up(bytes, kFrameAlignment), nullptr, false,
                                        kFrameAlignment);
}

// Appends the finished message as a sealed frame, filled up with zeros.
inline void append_message(const flatbuffers::FlatBufferBuilder& builder, u64 request_number,
                           ByteBuffer& out) {
  const usize offset = out.size();
  const usize body_bytes = round_up(builder.GetSize(), kFrameAlignment);
  std::byte* const frame = out.extend(kFrameHeaderBytes + body_bytes);
  std::memset(frame + kFrameHeaderBytes + body_bytes - kFrameAlignment, 0, kFrameAlignment);
  std::memcpy(frame + kFrameHeaderBytes, builder.GetBufferPointer(), builder.GetSize());
  seal_frame(out.bytes().subspan(offset), request_number);
}

template <class Wire, class Value>
flatbuffers::Offset<flatbuffers::Vector<const Wire*>> copy_structs(
    flatbuffers::FlatBufferBuilder& builder, std::span<const Value> values) {
  static_assert(sizeof(Wire) == sizeof(Value) && alignof(Wire) == alignof(Value));
  return builder.CreateVectorOfStructs(reinterpret_cast<const Wire*>(values.data()), values.size());
}

// The structs of a vector (null = none) as the ledger's own. False when they are not aligned: the
// verifier of the library checks that they lie within the body, and no more, so that a vector at an
// odd place would crash whoever copies its structs.
template <class Value, class Wire>
[[nodiscard]] bool view_structs(const flatbuffers::Vector<const Wire*>* vector,
                                std::span<const Value>& values) {
  static_assert(sizeof(Wire) == sizeof(Value) && alignof(Wire) == alignof(Value));
  values = {};
  if (vector == nullptr || vector->size() == 0) return true;
  if (reinterpret_cast<std::uintptr_t>(vector->Data()) % alignof(Value) != 0) return false;
  values = {reinterpret_cast<const Value*>(vector->Data()), vector->size()};
  return true;
}

}  // namespace florin::protocol
