// The retry engine of the blocking client: takes one request to its answer, over as many
// connections as that needs, until its deadline. On each new connection it first presents the
// witnesses that it keeps; a server that refuses one gets no request. Belongs to one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "client/channel.h"
#include "client/client_error.h"
#include "client/endpoint.h"
#include "client/loop.h"
#include "client/options.h"
#include "client/witness_keeper.h"
#include "protocol/byte_buffer.h"

namespace florin::client {

// What is to be asked. `frame` is one sealed frame; every attempt sends the same bytes.
struct Call {
  std::string_view name;  // For messages.
  std::span<const std::byte> frame;
  bool changes_state = false;  // If not, a failed call always "did not happen".
  // How long the server was asked to wait with its answer: the deadline is so much later.
  std::chrono::milliseconds wait{0};
};

class Caller final : private ReplyHandler {
 public:
  // Takes over the answer; called once, with a reply that is not an error. What it returns becomes
  // the result of the call.
  using TakeReply = std::function<Answer<void>(const protocol::Reply&)>;

  Caller(const ClientOptions& options, Random random, std::unique_ptr<Loop> loop);

  // Connects before `options.connect_deadline` has passed.
  Answer<void> connect();
  Answer<void> call(const Call& call, const TakeReply& take_reply);

  void set_deadline(std::chrono::milliseconds deadline) { options_.deadline = deadline; }

 private:
  enum class Progress : u8 {
    Waiting,
    Answered,  // `result_` is the end of the call; or the witness was accepted.
    Refused,   // `last_error_` and `last_refusal_` say why.
    Lost,      // `last_error_` says why, and `last_refusal_` if the server told.
  };

  void answered(u64 tag, const protocol::Reply& reply) override;
  void lost(u64 tag, const Loss& loss) override;

  void start(std::chrono::milliseconds deadline);
  void attempt(const Call& call);
  bool present_witnesses();
  bool exchange(std::span<const std::byte> frame, u64 tag);
  void refused(const protocol::Reply& reply);
  bool open_channel();
  void run_while_waiting();
  bool goes_on() const;
  void back_off();
  ClientError failure(const Call& call) const;

  ClientOptions options_;
  Random random_;
  SystemClock clock_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Channel> channel_;
  std::vector<Endpoint> endpoints_;
  usize next_endpoint_ = 0;
  WitnessKeeper known_;
  bool witnesses_presented_ = false;  // On this connection.
  protocol::ByteBuffer witness_frame_;

  // Of the call in progress.
  u64 deadline_ns_ = 0;
  u64 pause_ns_ = 0;
  const TakeReply* take_reply_ = nullptr;
  Progress progress_ = Progress::Waiting;
  bool may_have_happened_ = false;  // An earlier attempt was sent whole and never answered.
  Error last_error_;
  ledger::RefusalCode last_refusal_ = ledger::RefusalCode::None;
  Answer<void> result_;
};

}  // namespace florin::client
