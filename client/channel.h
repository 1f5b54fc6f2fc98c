// One connection to a server, with many requests in flight: requests are queued without waiting,
// and each answer goes to a handler, matched by the request's number. Neither sending nor receiving
// a small reply allocates memory.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "client/endpoint.h"
#include "client/loop.h"
#include "ledger/request.h"
#include "protocol/byte_buffer.h"
#include "protocol/messages.h"

namespace florin::client {

// Why a request will not be answered.
struct Loss {
  const Error& error;
  ledger::RefusalCode refusal;  // What the server said before it closed the connection, or None.
  // Whether the whole request had been handed to the network. If not, it did not happen: a server
  // acts on whole frames only.
  bool may_have_arrived;
};

// Who waits for answers. Called from within Loop::run_once; may queue further requests and may
// close the channel, but must not destroy it.
class ReplyHandler {
 public:
  virtual ~ReplyHandler() = default;
  // The answer, which may be an error reply, to the request queued with `tag`. The reply is valid
  // during the call only.
  virtual void answered(u64 tag, const protocol::Reply& reply) = 0;
  // The connection broke; called once for each unanswered request. The channel is closed.
  virtual void lost(u64 tag, const Loss& loss) = 0;
};

struct ChannelOptions {
  u32 requests_in_flight_max = 64;
  u64 reply_bytes_max = protocol::kReplyFrameBytesMax;
};

class Channel {
 public:
  enum class State : u8 { Connecting, Open, Closed };

  // Begins to connect. Requests may be queued at once; if the connection fails, they are lost. Loop
  // and handler must outlive the channel.
  Channel(Loop& loop, const Endpoint& endpoint, ReplyHandler& handler,
          const ChannelOptions& options = {});
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  State state() const { return state_; }
  // Why the channel is closed; meaningful in the state Closed only.
  const Error& error() const { return error_; }
  bool full() const { return tail_ - head_ == pending_.size(); }
  u32 in_flight() const { return in_flight_; }

  // To send without a copy: append one sealed frame to `output`, then say that it is there. Its
  // number must differ from those of the unanswered requests. Not when closed or full.
  protocol::ByteBuffer& output() { return output_; }
  void queued(u64 number, u64 tag);
  // The same with a copy of a whole sealed frame; its number is in its header.
  void send(std::span<const std::byte> frame, u64 tag);

  // Closes the connection and forgets the unanswered requests without calling the handler.
  void close();
  // Closes the connection; the unanswered requests are lost for this reason.
  void abandon(Error error) { break_connection(std::move(error)); }

 private:
  friend class Loop;

  struct Pending {
    u64 number = 0;
    u64 tag = 0;
    u64 end_offset = 0;  // In the stream of sent bytes: where the frame ends.
    bool answered = false;
  };

  // For the loop.
  void ready(bool readable, bool writable);
  void flush();

  Status begin_connect(const Endpoint& endpoint);
  bool finish_connect();
  void set_wants_write(bool wants_write);
  void drop_sent_bytes();
  void receive();
  bool received_nothing(i64 count);
  usize take_frames(std::span<std::byte> bytes);
  bool take_reply(u64 number, std::span<const std::byte> body);
  Pending* find_pending(u64 number);
  void break_connection(Error error, ledger::RefusalCode refusal = ledger::RefusalCode::None);

  Loop& loop_;
  ReplyHandler& handler_;
  const ChannelOptions options_;
  State state_ = State::Connecting;
  Error error_;
  std::string peer_;
  int descriptor_ = -1;
  bool wants_write_ = true;
  bool send_is_due_ = false;  // In the loop's list.

  protocol::ByteBuffer output_;
  usize output_sent_ = 0;         // Bytes of `output_` that the kernel has taken.
  u64 output_base_ = 0;           // Where `output_` begins in the stream of sent bytes.
  protocol::ByteBuffer partial_;  // The beginning of a frame that has not arrived wholly.

  // A ring of the unanswered requests, oldest first; answers mostly come in that order.
  std::vector<Pending> pending_;
  u64 head_ = 0;
  u64 tail_ = 0;
  u32 in_flight_ = 0;
};

}  // namespace florin::client
