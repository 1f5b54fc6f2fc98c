// Frames that a fake server answers with.
#pragma once

#include <string_view>
#include <vector>

#include "base/check.h"
#include "ledger/request.h"
#include "protocol/messages.h"
#include "tests/client/fake_server.h"

namespace florin::test {

// What a request asked for: its events point into the frame.
inline ledger::Request asked(const FakeFrame& frame) {
  ledger::Request request;
  const auto kind = protocol::decode_request(
      std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
  CHECK(kind.has_value());
  request.number = frame.number;
  return request;
}

inline void reply(FakeConnection& connection, const ledger::Request& request) {
  protocol::ByteBuffer out;
  protocol::encode_reply(request, out);
  connection.send(out.bytes());
}

// Says that every event was created, the first at nanosecond 1000.
inline void reply_created(FakeConnection& connection, const FakeFrame& frame) {
  ledger::Request request = asked(frame);
  request.timestamp = {1000};
  request.position = {request.event_count};
  reply(connection, request);
}

inline void reply_error(FakeConnection& connection, u64 number, ledger::RefusalCode code,
                        std::string_view message) {
  protocol::ByteBuffer out;
  protocol::encode_error(number, code, message, out);
  connection.send(out.bytes());
}

}  // namespace florin::test
