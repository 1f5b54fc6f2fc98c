// How a request failed at the client: what went wrong and, above all, whether it can have had an
// effect on the ledger.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "base/result.h"
#include "ledger/request.h"

namespace florin::client {

struct ClientError {
  enum class Effect : u8 {
    DidNotHappen,  // Never sent whole, or refused before it was ordered: nothing changed.
    NotKnown,      // Sent, and no answer came: it may have happened. Ask again with the same ids.
  };
  Effect effect = Effect::DidNotHappen;
  ErrorCode code = ErrorCode::Io;
  ledger::RefusalCode refusal = ledger::RefusalCode::None;  // When `code` is Refused.
  std::string message;
};

// "did not happen" or "not known", for messages.
std::string_view effect_name(ClientError::Effect effect);

// A value or a ClientError; must not be ignored.
template <class T>
class [[nodiscard]] Answer : public tl::expected<T, ClientError> {
 public:
  using tl::expected<T, ClientError>::expected;
};

}  // namespace florin::client
