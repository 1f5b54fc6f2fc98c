// Names of effects.
#include "client/client_error.h"

namespace florin::client {

std::string_view effect_name(ClientError::Effect effect) {
  switch (effect) {
    case ClientError::Effect::DidNotHappen: return "did not happen";
    case ClientError::Effect::NotKnown: return "not known";
  }
  return "unknown";
}

}  // namespace florin::client
