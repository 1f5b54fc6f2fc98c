// Making and reading frames in tests.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/transfer.h"
#include "protocol/byte_buffer.h"
#include "protocol/frame.h"

namespace florin::protocol {

// The header of the frame at the front of the bytes, which must be whole and right.
inline FrameHeader header_of(std::span<const std::byte> frame) {
  EXPECT_GE(frame.size(), kFrameHeaderBytes);
  const auto header = parse_header(frame.first<kFrameHeaderBytes>(), kReplyFrameBytesMax);
  EXPECT_TRUE(header.has_value()) << header.error().message;
  return *header;
}

// The body of the only frame of the buffer, verified.
inline std::span<const std::byte> body_of(ByteBuffer& buffer) {
  EXPECT_EQ(frame_bytes(header_of(buffer.bytes())), buffer.size());
  EXPECT_TRUE(verify_frame(buffer.bytes()));
  return buffer.bytes().subspan(kFrameHeaderBytes);
}

inline ledger::Transfer transfer_with_id(u128 id) {
  ledger::Transfer transfer{};
  transfer.id = id;
  transfer.debit_account_id = id + 1;
  transfer.credit_account_id = make_u128(7, 9);
  transfer.amount = id * 3;
  transfer.ledger = 1;
  transfer.code = 2;
  return transfer;
}

inline std::vector<ledger::Transfer> transfers(u32 count) {
  std::vector<ledger::Transfer> result;
  for (u32 i = 0; i < count; ++i) result.push_back(transfer_with_id(make_u128(1, i + 1)));
  return result;
}

}  // namespace florin::protocol
