// Parsing of HOST:PORT.
#include "client/endpoint.h"

#include <gtest/gtest.h>

namespace florin::client {
namespace {

TEST(HostPort, takes_addresses_and_names_with_a_port) {
  struct Row {
    const char* text;
    const char* host;
    u16 port;
  };
  for (const Row& row :
       {Row{"127.0.0.1:7717", "127.0.0.1", 7717}, Row{"ledger.example:1", "ledger.example", 1},
        Row{"[::1]:65535", "::1", 65535}}) {
    const auto parsed = parse_host_port(row.text);
    ASSERT_TRUE(parsed.has_value()) << row.text;
    EXPECT_EQ(parsed->host, row.host);
    EXPECT_EQ(parsed->port, row.port);
  }
}

TEST(HostPort, refuses_everything_else) {
  for (const char* text : {"", "host", ":7717", "host:", "host:0", "host:65536", "host:77x",
                           "host:-1", "::1:7717", "[::1]", "[]:7717", "[::1:7717"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(Resolve, knows_the_loopback_and_not_a_name_that_cannot_be) {
  const auto found = resolve("127.0.0.1", 7717);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->front().text, "127.0.0.1:7717");
  EXPECT_FALSE(resolve("256.256.256.256.invalid", 7717).has_value());
}

}  // namespace
}  // namespace florin::client
