// Parsing of host and port, and the call of the system's resolver.
#include "client/endpoint.h"

#include <charconv>
#include <cstring>
#include <memory>

#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/check.h"

namespace florin::client {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

tl::unexpected<Error> fail_resolve(int code, const std::string& host) {
  const bool unknown = code == EAI_NONAME || code == EAI_SERVICE;
  return fail(unknown ? ErrorCode::NotFound : ErrorCode::Disconnected,
              fmt::format("cannot resolve the host \"{}\": {}", host, gai_strerror(code)));
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [text] {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is not HOST:PORT, such as 127.0.0.1:7717 or [::1]:7717", text));
  };
  const usize colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return wrong();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();
  }
  u16 port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [stopped, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || stopped != end || port == 0) return wrong();
  return HostPort{std::string(host), port};
}

Result<std::vector<Endpoint>> resolve(const std::string& host, u16 port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  const std::string service = std::to_string(port);
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (code != 0) return fail_resolve(code, host);
  const AddressList list(found);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    Endpoint& endpoint = endpoints.emplace_back();
    CHECK(entry->ai_addrlen <= endpoint.address.size());
    std::memcpy(endpoint.address.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.address_bytes = static_cast<u32>(entry->ai_addrlen);
    endpoint.text = fmt::format("{}:{}", host, port);
  }
  CHECK(!endpoints.empty());
  return endpoints;
}

}  // namespace florin::client
