// A connection between a client and a ledger under test: two streams of bytes that may be cut,
// stalled, split and merged at any byte, but neither reordered nor changed.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/types.h"

namespace florin::test {

// One direction, of bounded length: who writes faster than the other reads must wait.
class Stream {
 public:
  static constexpr usize kBytesMax = 16 * kKiB;

  usize size() const { return bytes_.size(); }
  usize room() const { return kBytesMax - bytes_.size(); }
  // Appends a beginning of `bytes` and says how much that was.
  usize write(std::span<const std::byte> bytes, Random& random);
  // Moves a beginning of what is there into `target` and says how much that was.
  usize read(std::span<std::byte> target, Random& random);

 private:
  std::deque<std::byte> bytes_;
};

struct Link {
  Stream to_server;
  Stream to_client;
  bool cut = false;            // Nothing passes any more. Each side learns of it by itself.
  bool client_closed = false;  // The client will send nothing more, ...
  bool server_closed = false;  // ... or the server.
  u64 stalled_steps = 0;
  // Frames that the ledger's answers must arrive as, by the request's number: what the client
  // receives is compared with them.
  std::map<u64, std::vector<std::byte>> answers;
};

}  // namespace florin::test
