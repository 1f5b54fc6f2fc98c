// Which hosts a listener may be given, and which of them stay on this machine.
#pragma once

#include <string_view>

namespace florin::net {

// Whether a listener on this host can be reached from this machine only: "localhost", an IPv4
// address in 127.0.0.0/8, or ::1. Anything else, names included, is not.
bool is_loopback(std::string_view host);

}  // namespace florin::net
