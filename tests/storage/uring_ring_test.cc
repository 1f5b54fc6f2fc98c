// A ring in each of the modes that kernels offer.
#include "storage/uring_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "storage/aligned_buffer.h"
#include "tests/storage/scratch.h"

namespace florin::storage {
namespace {

class UringRingTest : public testing::TestWithParam<RingMode> {
 protected:
  void SetUp() override {
    signal_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    file_.handle = ::open((scratch_ / "file").c_str(), O_RDWR | O_CREAT | O_DIRECT, 0600);
    ASSERT_GE(file_.handle, 0);
  }
  void TearDown() override {
    ::close(signal_);
    ::close(file_.handle);
  }

  ScratchDirectory scratch_;
  int signal_ = -1;
  File file_;
};

INSTANTIATE_TEST_SUITE_P(Uring, UringRingTest,
                         testing::Values(RingMode::DeferredTaskWork, RingMode::CooperativeTaskWork,
                                         RingMode::InterruptingTaskWork),
                         [](const auto& mode) {
                           return "mode_" + std::to_string(static_cast<int>(mode.param));
                         });

TEST_P(UringRingTest, signals_whenever_poll_has_something_to_do) {
  auto ring = UringRing::create(8, signal_, GetParam());
  ASSERT_TRUE(ring) << ring.error().message;
  EXPECT_GE((*ring)->mode(), GetParam());
  const AlignedBuffer buffer(kSectorBytes);
  for (u64 token = 0; token < 100; ++token) {
    (*ring)->write_then_sync(file_, token * kSectorBytes, buffer.span(), token);
    (*ring)->submit();
    Completion completion;
    do {
      pollfd waiting{signal_, POLLIN, 0};
      ASSERT_EQ(::poll(&waiting, 1, 10'000), 1) << "not signalled in time";
    } while ((*ring)->poll({&completion, 1}) == 0);
    ASSERT_EQ(completion.token, token);
    ASSERT_EQ(completion.error, 0);
    ASSERT_EQ((*ring)->in_flight(), 0u);
  }
}

TEST_P(UringRingTest, completes_for_one_who_only_polls) {
  auto ring = UringRing::create(8, signal_, GetParam());
  ASSERT_TRUE(ring) << ring.error().message;
  const AlignedBuffer buffer(kSectorBytes);
  u64 completed = 0;
  for (u64 token = 0; token < 8; ++token) {
    (*ring)->write_then_sync(file_, token * kSectorBytes, buffer.span(), token);
  }
  (*ring)->submit();
  for (u64 polls = 0; completed < 8 && polls < 1'000'000'000; ++polls) {
    Completion completions[8];
    completed += (*ring)->poll(completions);
  }
  EXPECT_EQ(completed, 8u);
}

}  // namespace
}  // namespace florin::storage
