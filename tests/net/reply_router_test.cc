// Replies find the network thread that their request came from.
#include "net/reply_router.h"

#include <gtest/gtest.h>

namespace florin::net {
namespace {

class CountingSink final : public ledger::ReplySink {
 public:
  void deliver(ledger::Request*) override { ++delivered; }
  void flush() override { ++flushed; }
  int delivered = 0;
  int flushed = 0;
};

TEST(ReplyRouter, delivers_by_channel_and_flushes_only_those) {
  CountingSink sinks[3];
  ReplyRouter router({&sinks[0], &sinks[1], &sinks[2]});
  ledger::Request request;
  request.reply_channel = 2;
  router.deliver(&request);
  router.deliver(&request);
  request.reply_channel = 0;
  router.deliver(&request);
  router.flush();
  router.flush();
  EXPECT_EQ(sinks[0].delivered, 1);
  EXPECT_EQ(sinks[0].flushed, 1);
  EXPECT_EQ(sinks[1].delivered, 0);
  EXPECT_EQ(sinks[1].flushed, 0);
  EXPECT_EQ(sinks[2].delivered, 2);
  EXPECT_EQ(sinks[2].flushed, 1);
}

}  // namespace
}  // namespace florin::net
