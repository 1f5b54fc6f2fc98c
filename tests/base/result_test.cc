// Results: values and errors travel, errno values get the code that callers act on, and an error is
// passed up without its message being changed.
#include "base/result.h"

#include <array>
#include <cerrno>
#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace florin {
namespace {

struct Mapping {
  int error_number;
  ErrorCode code;
};

constexpr std::array kMappings{
    Mapping{ENOENT, ErrorCode::NotFound},
    Mapping{ENOTDIR, ErrorCode::NotFound},
    Mapping{EADDRINUSE, ErrorCode::AlreadyInUse},
    Mapping{EWOULDBLOCK, ErrorCode::AlreadyInUse},
    Mapping{EACCES, ErrorCode::PermissionDenied},
    Mapping{EPERM, ErrorCode::PermissionDenied},
    Mapping{EROFS, ErrorCode::PermissionDenied},
    Mapping{ENOSPC, ErrorCode::NoSpace},
    Mapping{EDQUOT, ErrorCode::NoSpace},
    Mapping{EFBIG, ErrorCode::NoSpace},
    Mapping{EINVAL, ErrorCode::InvalidArgument},
    Mapping{ENOSYS, ErrorCode::Unsupported},
    Mapping{EOPNOTSUPP, ErrorCode::Unsupported},
    Mapping{EIO, ErrorCode::Io},
    Mapping{EBADF, ErrorCode::Io},
};

TEST(FailErrno, gives_each_errno_the_code_that_callers_act_on) {
  for (const Mapping& mapping : kMappings) {
    const Status status = fail_errno(mapping.error_number, "open the log");
    ASSERT_FALSE(status);
    EXPECT_EQ(error_code_name(status.error().code), error_code_name(mapping.code))
        << mapping.error_number;
  }
}

TEST(FailErrno, says_what_could_not_be_done_and_why) {
  const Status status = fail_errno(ENOENT, "open 'ledger/identity'");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "cannot open 'ledger/identity': No such file or directory");
}

TEST(ErrorCodeName, every_code_has_its_own) {
  std::set<std::string_view> names;
  const auto last = static_cast<u8>(ErrorCode::Refused);
  for (u8 code = 0; code <= last; ++code) names.insert(error_code_name(ErrorCode{code}));
  EXPECT_EQ(names.size(), last + 1U);
  EXPECT_FALSE(names.contains("unknown"));
}

Result<std::unique_ptr<int>> make_box(bool works) {
  if (!works) return fail(ErrorCode::Capacity, "the shelf holds 3 boxes");
  return std::make_unique<int>(7);
}

Status put_away(bool works, int& steps) {
  RETURN_IF_ERROR(make_box(works));
  ++steps;
  return {};
}

TEST(Result, carries_a_value_that_can_only_be_moved) {
  auto box = make_box(true);
  ASSERT_TRUE(box);
  const std::unique_ptr<int> taken = std::move(*box);
  EXPECT_EQ(*taken, 7);
}

TEST(ReturnIfError, passes_the_error_up_unchanged_and_goes_on_without_one) {
  int steps = 0;
  EXPECT_TRUE(put_away(true, steps));
  EXPECT_EQ(steps, 1);
  const Status status = put_away(false, steps);
  ASSERT_FALSE(status);
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(status.error().code, ErrorCode::Capacity);
  EXPECT_EQ(status.error().message, "the shelf holds 3 boxes");
}

}  // namespace
}  // namespace florin
