#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace florin {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument: return "invalid_argument";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::AlreadyInUse: return "already_in_use";
    case ErrorCode::PermissionDenied: return "permission_denied";
    case ErrorCode::NoSpace: return "no_space";
    case ErrorCode::Io: return "io";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::WrongVersion: return "wrong_version";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::Capacity: return "capacity";
    case ErrorCode::Disconnected: return "disconnected";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::Protocol: return "protocol";
    case ErrorCode::Refused: return "refused";
  }
  return "unknown";
}

namespace {

ErrorCode code_of_errno(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return ErrorCode::NotFound;
    case EADDRINUSE:
    case EWOULDBLOCK: return ErrorCode::AlreadyInUse;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::PermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ErrorCode::NoSpace;
    case EINVAL: return ErrorCode::InvalidArgument;
    case ENOSYS:
    case EOPNOTSUPP: return ErrorCode::Unsupported;
    default: return ErrorCode::Io;
  }
}

}  // namespace

tl::unexpected<Error> fail_errno(int error_number, std::string_view action) {
  std::string message = "cannot ";
  message += action;
  message += ": ";
  message += std::generic_category().message(error_number);
  return fail(code_of_errno(error_number), std::move(message));
}

}  // namespace florin
