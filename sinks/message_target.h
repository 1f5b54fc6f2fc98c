// Where messages go that are not rows of a table: a stream of NATS, a topic of Kafka, an HTTPS
// address, a file. What alerts are sent to.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "base/types.h"

namespace florin::sinks {

struct Message {
  std::string id;    // The same for the same message for ever: receivers drop what they know.
  std::string kind;  // Such as "alert.amount_above": part of a subject, or a header.
  std::string key;   // What must stay in order among each other, such as an account id.
  std::string body;  // JSON.
};

// Belongs to one thread.
class MessageTarget {
 public:
  virtual ~MessageTarget() = default;
  // Returns when the receiver has all of them; an error means that it may work later, and that some
  // may have arrived: they are sent again. Refused: the receiver will never take the first of them.
  virtual Status send(std::span<const Message> messages) = 0;
};

}  // namespace florin::sinks
