// Clients of a fake server, and what they send.
#pragma once

#include <array>

#include <gtest/gtest.h>

#include "client/client.h"
#include "tests/client/fake_server.h"

namespace florin::client {

inline constexpr u64 kSeed = 42;
// Long enough for any answer on a busy machine; tests that wait for a deadline set a short one.
inline constexpr std::chrono::milliseconds kPatience{30'000};
inline constexpr std::chrono::milliseconds kShort{150};

inline ClientOptions options_for(const test::FakeServer& server,
                                 std::chrono::milliseconds deadline = kPatience) {
  ClientOptions options;
  options.port = server.port();
  options.deadline = deadline;
  options.connect_deadline = kPatience;
  options.backoff_min = std::chrono::milliseconds(1);
  options.backoff_max = std::chrono::milliseconds(4);
  return options;
}

inline Client connected(const test::FakeServer& server,
                        std::chrono::milliseconds deadline = kPatience) {
  auto client = Client::connect(options_for(server, deadline), Random(kSeed));
  EXPECT_TRUE(client.has_value());
  return std::move(*client);
}

inline std::array<ledger::Transfer, 3> three_transfers() {
  std::array<ledger::Transfer, 3> transfers{};
  for (usize index = 0; index < transfers.size(); ++index) {
    transfers[index].id = 100 + index;
    transfers[index].debit_account_id = 1;
    transfers[index].credit_account_id = 2;
    transfers[index].amount = 7;
    transfers[index].ledger = 1;
    transfers[index].code = 1;
  }
  return transfers;
}

}  // namespace florin::client
