// Histories of a ledger that does not lie are accepted, and checking them takes no more time than
// it should.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>

#include <gtest/gtest.h>

#include "tests/history/made_history.h"
#include "tests/history/order_checker.h"
#include "tests/history/position_checker.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

// Of builds that are not meant to be fast.
#if defined(__OPTIMIZE__)
constexpr double kSlowdown = kSanitized ? 30 : 1;
#else
constexpr double kSlowdown = 30;
#endif

// Of the processor, whatever else the machine does.
double seconds_of(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

usize count(const History& history, const std::function<bool(const Call&)>& takes) {
  return static_cast<usize>(std::ranges::count_if(history.calls, takes));
}

TEST(GoodHistory, of_any_seed_is_accepted_by_both_checkers) {
  for (u64 seed = 1; seed <= 40 * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MadeOptions options;
    options.seed = seed;
    options.calls = 1500;
    options.sessions = 1 + seed % 9;
    options.cut_off_share = seed % 12;
    options.bank.customers = 4 + seed % 30;
    const History history = make_history(options);
    EXPECT_EQ(text(check_by_positions(history)), "");
    EXPECT_EQ(text(check_by_orders(history)), "");
    if (HasFailure()) return;
  }
}

TEST(GoodHistory, has_what_the_checkers_look_at) {
  MadeOptions options;
  options.calls = 4000;
  options.cut_off_share = 5;
  const History history = make_history(options);
  const auto is_write = [](const Call& call) { return call.asked.request().is_logged(); };
  const usize cut_off = count(
      history, [&](const Call& call) { return is_write(call) && call.end == CallEnd::Unknown; });
  EXPECT_GT(cut_off, 50u);
  usize created = 0;
  usize refused = 0;
  u64 last_position = 0;
  usize positions = 0;
  for (const Call& call : history.calls) {
    const ledger::Request& request = call.asked.request();
    last_position = std::max(last_position, request.position.value);
    if (!is_write(call) || call.end != CallEnd::Answered) continue;
    refused += request.exceptions.size();
    created += request.event_count - request.exceptions.size();
    positions += request.event_count;
  }
  // A workload that is mostly refused would prove little; one that never is, as little.
  EXPECT_GT(created, 2 * refused);
  EXPECT_GT(refused, 100u);
  EXPECT_LT(positions, last_position);  // The rest was cut off, or ticks.
}

// The largest history that is checked: the time that each checker takes is printed.
TEST(GoodHistory, is_checked_in_time_that_grows_with_its_length) {
  MadeOptions options;
  options.calls = soak_factor() == 1 ? 100'000 : 340'000;  // Three times as many operations.
  options.sessions = 32;
  options.bank.customers = 64;
  const History history = make_history(options);
  std::string by_positions;
  std::string by_orders;
  const double positions_s = seconds_of([&] { by_positions = text(check_by_positions(history)); });
  const double orders_s = seconds_of([&] { by_orders = text(check_by_orders(history)); });
  EXPECT_EQ(by_positions, "");
  EXPECT_EQ(by_orders, "");
  usize operations = 0;  // Events, ids that were looked up, and listings.
  for (const Call& call : history.calls) {
    operations += std::max<usize>(1, call.asked.request().event_count);
  }
  std::printf("%zu operations in %zu calls: %.2f s by positions, %.2f s by orders\n", operations,
              history.calls.size(), positions_s, orders_s);
  RecordProperty("seconds_by_positions", std::to_string(positions_s));
  RecordProperty("seconds_by_orders", std::to_string(orders_s));
  // Several times what it takes.
  EXPECT_LT(positions_s + orders_s, 100e-6 * static_cast<double>(options.calls) * kSlowdown);
}

}  // namespace
}  // namespace florin::test
