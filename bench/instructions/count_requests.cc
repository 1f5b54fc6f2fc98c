// Requests and replies as bytes, their order, and the image of a block that is logged.
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/instructions/counter.h"
#include "bench/micro/ordering.h"
#include "bench/workload.h"
#include "ledger/outcome.h"
#include "protocol/frame.h"
#include "protocol/messages.h"

namespace florin::bench {
namespace {

// How often each is done, the first time not counted.
constexpr u32 kTimes = 4;

// Requests of so many transfers, and as many requests as are looked at together.
struct Batch {
  const char* name;
  u32 transfers;
  u32 requests;
};
constexpr Batch kBatches[] = {{"batch_8189", 8189, 1}, {"batch_100", 100, 64}, {"single", 1, 4096}};

// As the load generator makes it (LoadGenerator::issue): drawn into its place in the frame.
void make_request(Workload& workload, u64 number, u32 transfers, protocol::ByteBuffer& out) {
  const protocol::OpenRequest open = protocol::open_request(
      ledger::Operation::CreateTransfers, {.number = number, .trace_id = 0}, transfers, out);
  auto* const events = reinterpret_cast<ledger::Transfer*>(open.events);
  for (u32 index = 0; index < transfers; ++index) workload.next(events[index]);
  protocol::seal_request(open, out);
}

// As a session does it (Session::take_frame): header, checksum, message. Returns the frame's size.
usize decode_frame(std::span<std::byte> bytes, ledger::Request& request) {
  const auto header = protocol::parse_header(bytes.first<protocol::kFrameHeaderBytes>(),
                                             protocol::kRequestFrameBytesMax);
  CHECK(header);
  const std::span<std::byte> frame = bytes.first(protocol::frame_bytes(*header));
  CHECK(protocol::verify_frame(frame));
  const auto kind =
      protocol::decode_request(frame.subspan(protocol::kFrameHeaderBytes), {}, request);
  CHECK(kind && *kind == protocol::RequestKind::Ledger);
  return frame.size();
}

void count_frames(Counter& counter, const Batch& batch) {
  const u64 transfers = u64{batch.requests} * batch.transfers;
  Workload workload({.seed = 42}, {transfers * kTimes, batch.transfers, 4});
  protocol::ByteBuffer out;
  ledger::Request request;
  const auto make = [&] {
    for (u32 number = 1; number <= batch.requests; ++number) {
      make_request(workload, number, batch.transfers, out);
    }
  };
  const auto decode = [&] {
    for (usize at = 0; at < out.size();) {
      at += decode_frame(out.bytes().subspan(at), request);
      CHECK(request.event_count == batch.transfers);
    }
  };
  for (u32 turn = 0; turn < kTimes; ++turn) {
    out.clear(out.size());
    if (turn == 0) {
      make();
      decode();
    } else {
      counter.count(std::string("request/make/") + batch.name, transfers, make);
      counter.count(std::string("request/decode/") + batch.name, transfers, decode);
    }
  }
}

void count_order(Counter& counter, const Batch& batch) {
  Ordering ordering(batch.requests, batch.transfers);
  const auto order = [&] {
    ordering.submit();
    ordering.form();
  };
  for (u32 turn = 0; turn < kTimes; ++turn) {
    if (turn == 0) {
      order();
      ordering.prepare();
    } else {
      counter.count(std::string("request/order/") + batch.name, ordering.transfers(), order);
      counter.count(std::string("request/prepare/") + batch.name, ordering.transfers(),
                    [&] { ordering.prepare(); });
    }
    ordering.release();
  }
}

// The unit is a reply.
void count_reply(Counter& counter, const std::string& name, const ledger::Request& request) {
  constexpr u32 kReplies = 256;
  protocol::ByteBuffer out;
  const auto encode = [&] {
    for (u32 count = 0; count < kReplies; ++count) protocol::encode_reply(request, out);
  };
  for (u32 turn = 0; turn < kTimes; ++turn) {
    out.clear(out.size());
    if (turn == 0) {
      encode();
    } else {
      counter.count("reply/" + name, kReplies, encode);
    }
  }
}

void count_replies(Counter& counter) {
  ledger::Request write;
  write.operation = ledger::Operation::CreateTransfers;
  write.event_count = 100;
  write.number = 7;
  write.position = Position{1'000'000};
  write.timestamp = Timestamp{1'000'000};
  count_reply(counter, "created", write);
  for (u32 index = 0; index < write.event_count; ++index) {
    write.exceptions.push_back({2'000'000 + index, index,
                                static_cast<u32>(ledger::TransferOutcome::DebitAccountNotFound)});
  }
  count_reply(counter, "exceptions_100", write);
  ledger::Request lookup;
  lookup.operation = ledger::Operation::LookupTransfers;
  lookup.event_count = 100;
  lookup.transfers.resize(lookup.event_count);
  lookup.transfer_statuses.resize(lookup.event_count);
  count_reply(counter, "transfers_100", lookup);
}

}  // namespace

void count_requests(Counter& counter) {
  for (const Batch& batch : kBatches) {
    count_frames(counter, batch);
    count_order(counter, batch);
  }
  count_replies(counter);
}

}  // namespace florin::bench
