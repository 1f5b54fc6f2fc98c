// A request as a frame, and its reply as the request's answer.
#pragma once

#include "ledger/request.h"
#include "protocol/messages.h"

namespace florin::test {

// Appends the frame. The request must be one that clients can make.
void encode_request(const ledger::Request& request, u64 number, protocol::ByteBuffer& out);

void take_reply(const protocol::Reply& reply, ledger::Request& request);

}  // namespace florin::test
