// Errors as values: what the operating system, a disk or a peer did to us. A refusal (a normal
// answer of the ledger) is not an error, and a bug is a CHECK.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "base/types.h"

namespace florin {

// What kind of failure it was, for those who act on it; the message is for the person who reads it.
enum class ErrorCode : u8 {
  InvalidArgument,   // The caller gave something that cannot be.
  NotFound,          // A file, directory or address does not exist.
  AlreadyInUse,      // Another process holds the lock or the port.
  PermissionDenied,  // The operating system refused access.
  NoSpace,           // The disk is full.
  Io,                // A read, write or sync failed.
  Corrupt,           // Stored bytes are not what was written.
  WrongVersion,      // Written by, or for, another version of Florin.
  Unsupported,       // The platform does not offer what is needed.
  Capacity,          // A configured maximum is too small.
  Disconnected,      // The peer closed the connection or cannot be reached.
  Timeout,           // A deadline passed.
  Protocol,          // The peer sent something that is not the protocol.
  Refused,           // The peer answered with an error.
};

std::string_view error_code_name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::Io;
  std::string message;  // A whole sentence part: names what was wrong and what was expected.
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// An error from errno: "cannot <action>: <what the system says>", with the matching code.
tl::unexpected<Error> fail_errno(int error_number, std::string_view action);

}  // namespace florin

// Evaluates an expression of type Status or Result and returns its error to the caller, if it has
// one.
#define RETURN_IF_ERROR(expression)                                                 \
  do {                                                                              \
    if (auto&& status_or_error = (expression); !status_or_error) {                  \
      return ::tl::unexpected<::florin::Error>(std::move(status_or_error.error())); \
    }                                                                               \
  } while (false)
