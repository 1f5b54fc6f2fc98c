// Which hosts stay on this machine.
#include "net/address.h"

#include <gtest/gtest.h>

namespace florin::net {
namespace {

TEST(Address, loopback_is_told_from_everything_else) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "128.0.0.1", "127.0.0.1.example.com",
                           "::ffff:1.2.3.4", "", "LOCALHOST.", "127.0.0"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace florin::net
