// What a process used, and the anchors of latency.
#include "bench/load_process.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "bench/load_anchors.h"
#include "tests/client/fake_server.h"

namespace florin::bench {
namespace {

TEST(ProcessUsage, counts_memory_and_processor_time) {
  const auto before = process_usage(getpid());
  ASSERT_TRUE(before.has_value()) << before.error().message;
  const u64 thread_before_ns = thread_cpu_ns();
  std::vector<std::byte> memory(64 * kMiB, std::byte{1});
  volatile u64 work = 0;
  while (thread_cpu_ns() - thread_before_ns < 50'000'000) work = work + 1;
  const auto after = process_usage(getpid());
  ASSERT_TRUE(after.has_value());
  EXPECT_GT(after->memory_bytes, before->memory_bytes + 32 * kMiB);
  EXPECT_GE(after->memory_peak_bytes, after->memory_bytes);
  EXPECT_GE(after->cpu_ns, before->cpu_ns + 20'000'000);
  EXPECT_EQ(memory[memory.size() / 2], std::byte{1});
}

TEST(ProcessUsage, of_no_process_is_an_error) {
  EXPECT_FALSE(process_usage(0x7fff'ffff).has_value());
}

TEST(Anchors, durable_writes_are_measured_and_leave_nothing_behind) {
  std::string directory = testing::TempDir() + "florin-anchors-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const auto writes = measure_durable_writes(directory);
  ASSERT_TRUE(writes.has_value()) << writes.error().message;
  EXPECT_GT(writes->latency_ns.count(), 0u);
  EXPECT_FALSE(writes->method.empty());
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  std::filesystem::remove(directory);
}

TEST(Anchors, durable_writes_need_a_directory) {
  EXPECT_FALSE(measure_durable_writes("/nonexistent-directory").has_value());
}

TEST(Anchors, pings_are_measured) {
  test::FakeServer server([](test::FakeConnection& connection, const test::FakeFrame& frame) {
    protocol::ByteBuffer out;
    protocol::encode_server_info(frame.number, {}, out);
    connection.send(out.bytes());
  });
  client::ClientOptions options;
  options.port = server.port();
  auto client = client::Client::connect(options, Random(1));
  ASSERT_TRUE(client.has_value());
  const auto pings = measure_pings(*client);
  ASSERT_TRUE(pings.has_value());
  EXPECT_EQ(pings->count(), server.frames().size());
  EXPECT_GT(pings->min(), 0u);
}

}  // namespace
}  // namespace florin::bench
