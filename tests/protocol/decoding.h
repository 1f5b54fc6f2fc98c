// Decoding of requests in tests: what must be read, and what must be refused.
#pragma once

#include <string_view>

#include <gtest/gtest.h>

#include "protocol/messages.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {

// A message as some other client's builder writes it: at the front of aligned bytes.
class RawBody {
 public:
  template <class Builder>
  explicit RawBody(const Builder& builder)
      : RawBody(builder.GetBufferPointer(), builder.GetSize()) {}
  RawBody(const u8* bytes, usize size) {
    const std::byte zeros[16] = {};
    buffer_.append({reinterpret_cast<const std::byte*>(bytes), size});
    buffer_.append(std::span(zeros).first(round_up(size, 16) - size));
  }
  std::span<std::byte> bytes() { return buffer_.bytes(); }

 private:
  ByteBuffer buffer_;
};

inline void expect_refused(std::span<const std::byte> body, ledger::RefusalCode code,
                           std::string_view message_part, const DecodeLimits& limits = {}) {
  ledger::Request request;
  const auto decoded = decode_request(body, limits, request);
  ASSERT_FALSE(decoded.has_value()) << message_part;
  EXPECT_EQ(decoded.error().code, code) << decoded.error().message;
  EXPECT_NE(decoded.error().message.find(message_part), std::string::npos)
      << decoded.error().message;
}

inline ledger::Request expect_ledger_request(std::span<const std::byte> body) {
  ledger::Request request;
  const auto decoded = decode_request(body, {}, request);
  EXPECT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(*decoded, RequestKind::Ledger);
  return request;
}

}  // namespace florin::protocol
