// A connection to NATS, as the sink and the target of messages use it: messages are sent without
// waiting, and the answers of JetStream are waited for together. It is never repaired: after any
// error it is of no more use, and a new one is made.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "sinks/sink_settings.h"

// Of the C client library.
typedef struct __natsConnection natsConnection;
typedef struct __natsSubscription natsSubscription;
typedef struct __natsMsg natsMsg;
typedef struct __jsCtx jsCtx;

namespace florin::sinks {

struct NatsMessage {
  std::string subject;
  std::span<const std::byte> body;
  std::string id;  // JetStream drops what it knows by its id, for some minutes; empty: none.
  // Stored only behind the last message of the chain: the newest of its subject must be that one.
  bool chained = false;
};

// The newest message of a subject.
struct StoredNatsMessage {
  u64 sequence = 0;  // In the stream; 0: there is none.
  std::vector<std::byte> body;
};

// Belongs to one thread.
class NatsConnection {
 public:
  // Connects, within seconds, and makes the stream if it is missing. Refuses one that is there and
  // does not take our subjects, or forgets what was read.
  static Result<std::unique_ptr<NatsConnection>> open(const NatsSettings& settings);
  ~NatsConnection();
  NatsConnection(const NatsConnection&) = delete;
  NatsConnection& operator=(const NatsConnection&) = delete;

  // The largest body that server and stream take.
  usize body_bytes_max() const { return body_bytes_max_; }

  Result<StoredNatsMessage> newest(const std::string& subject);

  // Chained messages follow the one with this sequence; 0: the first one follows none.
  void begin_chain(u64 sequence) { chain_end_ = sequence; }
  // Sends. Waits for answers when too many are outstanding. A chained message may be sent when no
  // other one is outstanding.
  Status publish(const NatsMessage& message);
  // Waits until every message that was sent is stored.
  Status settle() { return settle(0); }

 private:
  NatsConnection(std::string stream, std::string subject);
  Status connect(const NatsSettings& settings);
  Status prepare_stream(const NatsSettings& settings);
  Status make_stream(const NatsSettings& settings);
  Status subscribe_to_answers();
  Status settle(u64 unanswered_max);
  Status take_answer(natsMsg& answer);

  const std::string stream_;
  const std::string subject_;
  natsConnection* connection_ = nullptr;
  jsCtx* jetstream_ = nullptr;
  natsSubscription* answers_ = nullptr;
  std::string answer_subject_;        // Of most messages, ...
  std::string chain_answer_subject_;  // ... and of chained ones.
  usize body_bytes_max_ = 0;
  u64 unanswered_ = 0;
  u64 chain_end_ = 0;         // The sequence of the last message of the chain.
  bool chain_waits_ = false;  // A chained message is outstanding.
};

// The subjects that messages go to.
std::string changes_subject(const NatsSettings& settings);
std::string account_subject(const NatsSettings& settings, u128 account_id);
std::string alert_subject(const NatsSettings& settings, std::string_view kind);

}  // namespace florin::sinks
