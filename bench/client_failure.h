// A failed request of the blocking client as an error: whether it took effect does not matter to a
// benchmark, which ends.
#pragma once

#include "base/result.h"
#include "client/client_error.h"

namespace florin::bench {

inline tl::unexpected<Error> fail_client(const client::ClientError& error) {
  return fail(error.code, error.message);
}

}  // namespace florin::bench
