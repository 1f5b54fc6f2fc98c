// Where a server listens: text, names and socket addresses.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::client {

struct HostPort {
  std::string host;
  u16 port = 0;
};

// Parses "HOST:PORT"; the host is an IPv4 address, a DNS name, or an IPv6 address in brackets.
Result<HostPort> parse_host_port(std::string_view text);

// A socket address, opaque to all but those who open sockets.
struct Endpoint {
  alignas(8) std::array<std::byte, 128> address{};  // A sockaddr of some family.
  u32 address_bytes = 0;
  std::string text;  // For messages: "127.0.0.1:7717".
};

// The addresses of a host, in the order to try them: at least one. Asks the resolver when the host
// is a name, and blocks for as long as that takes.
Result<std::vector<Endpoint>> resolve(const std::string& host, u16 port);

}  // namespace florin::client
