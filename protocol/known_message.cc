#include "protocol/known_message.h"

#include <cstring>
#include <vector>

#include "base/check.h"
#include "protocol/florin.gen.h"
#include "protocol/request_stencils.h"

namespace florin::protocol {

namespace {

// The bytes before the events: all fixed, but for the trace id and, at the end, the count.
class KnownTransfers {
 public:
  KnownTransfers() {
    ByteBuffer frame;
    const Stencil& stencil = request_stencil(ledger::Operation::CreateTransfers);
    stencil.stamp(0, frame);
    const auto bytes = frame.bytes().subspan(kFrameHeaderBytes);
    fixed_.assign(bytes.begin(), bytes.end());
    const auto* const message = flatbuffers::GetRoot<wire::Request>(bytes.data());
    CHECK(message->trace_id() != nullptr);
    const auto* const trace = reinterpret_cast<const std::byte*>(message->trace_id());
    trace_begin_ = static_cast<usize>(trace - bytes.data());
    CHECK(trace_begin_ + sizeof(u128) <= count_begin());
  }

  bool begins(std::span<const std::byte> body) const {
    if (body.size() <= fixed_.size()) return false;
    const usize trace_end = trace_begin_ + sizeof(u128);
    return std::memcmp(body.data(), fixed_.data(), trace_begin_) == 0 &&
           std::memcmp(body.data() + trace_end, fixed_.data() + trace_end,
                       count_begin() - trace_end) == 0;
  }
  u128 trace_id(std::span<const std::byte> body) const {
    u128 trace = 0;
    std::memcpy(&trace, body.data() + trace_begin_, sizeof(trace));
    return trace;
  }
  u32 count(std::span<const std::byte> body) const {
    u32 count = 0;
    std::memcpy(&count, body.data() + count_begin(), sizeof(count));
    return count;
  }
  usize events_begin() const { return fixed_.size(); }

 private:
  usize count_begin() const { return fixed_.size() - sizeof(u32); }

  std::vector<std::byte> fixed_;
  usize trace_begin_ = 0;
};

}  // namespace

bool take_known_transfers(std::span<const std::byte> body, u32 events_max,
                          ledger::Request& request) {
  static const KnownTransfers known;
  if (!known.begins(body)) return false;
  const u32 count = known.count(body);
  if (count == 0 || count > events_max) return false;
  if (body.size() != known.events_begin() + u64{count} * sizeof(ledger::Transfer)) return false;
  request.operation = ledger::Operation::CreateTransfers;
  request.event_count = count;
  request.events = body.data() + known.events_begin();
  request.trace_id = known.trace_id(body);
  return true;
}

}  // namespace florin::protocol
