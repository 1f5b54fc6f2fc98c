// The protocol's state of one connection, without the connection: whoever owns the bytes asks where
// to receive, says what came, and sends the output. Frames are cut and read in place; requests go
// to the ledger's queue and come back through deliver(). Belongs to one network thread.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "base/limits.h"
#include "base/types.h"
#include "ledger/request.h"
#include "net/session_memory.h"
#include "protocol/messages.h"

namespace florin::net {

struct SessionLimits {
  u32 requests_max = 256;          // Unanswered requests; at the limit nothing more is read.
  u64 bytes_max = 8 * kMiB;        // Of unanswered requests or their answers, and of unsent output.
  u64 frame_bytes_max = 1 * kMiB;  // Of a request, header included.
  protocol::DecodeLimits decode;
};

SessionLimits session_limits(const Limits& limits);

// How a session answers what is asked of the server itself, at once and on its network thread.
struct ServerVoice {
  std::function<protocol::ServerInfo()> server_info;
  // Begins a snapshot soon, if none is under way. Empty: such requests are not known.
  std::function<void()> take_snapshot = {};
  // Whether the server has what a client saw; if not, why. Empty: such requests are not known.
  std::function<std::optional<protocol::Refusal>(const protocol::Witness&)> check_witness = {};
};

// What the sessions of one network thread share. Must outlive them.
struct SessionContext {
  SessionMemory& memory;
  ledger::RequestQueue& queue;
  u32 channel = 0;
  SessionLimits limits;
  ServerVoice voice;
};

class Session {
 public:
  // `owner` is what requests carry as their owner. The context must outlive the session.
  Session(SessionContext& context, void* owner);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Receiving. While wants_read(), receive_space() says where the next bytes go; it stays valid
  // until received(), which takes the first `bytes` of it.
  bool wants_read() const;
  std::span<std::byte> receive_space();
  void received(usize bytes);
  // The peer will send nothing more. What it sent is still answered.
  void peer_closed();

  // Answers a request that this session submitted, and takes it back. Not to be called from within
  // the queue's submit().
  void deliver(ledger::Request* request);

  // What is to be sent. Valid until another member is called; sent() says how much of it went.
  std::span<const std::byte> output() const;
  void sent(usize bytes);

  // Answers with an error, then ends the session.
  void refuse(ledger::RefusalCode code, std::string_view message);
  // Refuses new requests from now on, and ends the session when the others are answered.
  void shut_down();
  // The connection is lost: nothing is received or sent any more. Requests are still taken back.
  void abandon();

  // Whether the connection can be closed: no request is unanswered, nothing is left to send, and
  // nothing more will come.
  bool finished() const;
  // Whether the stream of frames was lost, or the session refused: the peer may be sending still.
  bool failed() const { return failed_; }
  u32 requests_in_flight() const { return requests_in_flight_; }
  // Whether a frame has begun that has not arrived wholly. False while reading is held back.
  bool frame_begun() const;
  u64 frames_received() const { return frames_received_; }
  u64 frames_sent() const { return frames_sent_; }

 private:
  usize unread_bytes() const { return received_end_ - frame_begin_; }
  usize unsent_bytes() const { return output_.size() - sent_bytes_; }
  bool at_limit() const;
  void cut_frames();
  bool read_header();
  void take_frame();
  void answer_at_once(protocol::RequestKind kind, u64 number, const protocol::Witness& witness);
  void answer_witness(u64 number, const protocol::Witness& witness);
  void answer_server_info(u64 number);
  void submit(SessionRequest* request, u64 number);
  void move_to_chunk(usize bytes);
  void fail(u64 number, const protocol::Refusal& refusal);
  void answer_error(u64 number, ledger::RefusalCode code, std::string_view message);

  SessionContext& context_;
  void* owner_;
  ledger::RequestSource source_;

  // The chunk being received into: bytes before frame_begin_ were taken, from there to
  // received_end_ lies the beginning of a frame, or frames that the limits hold back.
  ReceiveChunk* chunk_;
  usize frame_begin_ = 0;
  usize received_end_ = 0;
  std::optional<protocol::FrameHeader> header_;  // Of the frame that begins there, when known.

  protocol::ByteBuffer output_;
  usize sent_bytes_ = 0;  // Of the output's beginning.

  u32 requests_in_flight_ = 0;
  u64 bytes_in_flight_ = 0;
  u64 frames_received_ = 0;
  u64 frames_sent_ = 0;
  bool failed_ = false;  // The stream of frames is lost, or the session was refused.
  bool silent_ = false;  // A witness was refused: not even what was asked before is answered.
  bool peer_closed_ = false;
  bool shutting_down_ = false;
  bool abandoned_ = false;
};

}  // namespace florin::net
