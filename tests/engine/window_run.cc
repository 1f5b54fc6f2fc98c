#include "tests/engine/window_run.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "tests/engine/endless_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {

namespace {

// A past that knows nothing beyond a position yet.
class ShownPast final : public engine::Past {
 public:
  explicit ShownPast(engine::Past& whole) : whole_(whole) {}

  // Only ever further.
  void show_until(u64 position) { until_ = std::max(until_, position); }
  u64 hits() const { return hits_; }

  bool may_have(u128 id) const override { return whole_.may_have(id); }
  void find(std::span<const u128> ids, Position as_of,
            std::span<engine::PastTransfer> found) override {
    whole_.find(ids, Position{std::min(as_of.value, until_)}, found);
    for (const engine::PastTransfer& one : found) hits_ += one.outcome != 0 ? 1 : 0;
  }

 private:
  engine::Past& whole_;
  u64 until_ = 0;
  u64 hits_ = 0;
};

GeneratorOptions window_requests(u64 seed) {
  GeneratorOptions options;
  options.impossible_cursors = seed % 4 == 0 ? 3 : 0;
  options.retried_requests = 14;
  if (seed % 3 == 0) options.lookup_requests = 20;
  return options;
}

Limits windowed_limits(u64 window) {
  Limits limits = small_limits();
  limits.transfers_max = window;
  return limits;
}

class RunInWindow {
 public:
  explicit RunInWindow(const WindowRun& run)
      : run_(run),
        random_(run.seed * 31 + 7),
        generator_(run.seed, window_requests(run.seed)),
        endless_(small_limits(), run.seed * 7 + 5),
        past_(endless_.past()),
        engine_(windowed_limits(run.window), run.partitions, run.mode, run.seed * 13 + 3) {
    if (!run.lags) past_.show_until(~u64{0});
    engine_.engine().set_past(&past_);
    engine_.between_steps([this] { retire_some(); });
    engine_.verify_at_block_ends();
  }

  std::string run() {
    std::string found;
    for (u32 count = 1; count <= run_.requests && found.empty(); ++count) {
      ask();
      if (count % 50 == 0 || count == run_.requests) found = compare();
    }
    if (found.empty() && engine_.engine().digest() != endless_.digest()) {
      return "the window shows in the digest";
    }
    counts_.came_back = past_.hits();
    counts_.completed = endless_.completed();
    counts_.ids = engine_.engine().transfers_used();
    return found;
  }

  const WindowCounts& counts() const { return counts_; }

 private:
  struct Asked {
    OwnedRequest actual;
    const ledger::Request* expected;
  };

  void ask() {
    OwnedRequest asked = generator_.next();
    const ledger::Request& expected = endless_.ask(asked.request(), generator_.meant_time().ns);
    generator_.observe(expected);
    make_room();
    if (random_.chance(1, 5)) {
      engine_.drain();
      retire_some();
    }
    asked_.push_back({std::move(asked), &expected});
    ledger::Request& actual = asked_.back().actual.request();
    actual.position = expected.position;
    actual.timestamp = expected.timestamp;
    engine_.run(actual, expected.timestamp.ns);
  }

  // Durable is anything up to what was decided; a past that is ahead is durable beyond that.
  void retire_some() {
    if (!engine_.is_idle() || !random_.chance(run_.retire_chance, 100)) return;
    const u64 decided = engine_.engine().books().window.position;
    u64 durable = random_.chance(1, 2) ? decided : random_.below(decided + 1);
    if (!run_.lags && random_.chance(1, 4)) durable = endless_.position().value;
    past_.show_until(durable);
    const u64 before = engine_.engine().transfers_in_memory();
    const bool expected = engine_.engine().retirable(Position{durable}) > 0;
    const u64 count =
        engine_.engine().retire(Position{durable}, random_.between(1, run_.ids_at_once_max));
    counts_.retired += count;
    counts_.in_memory_max = std::max(counts_.in_memory_max, before);
    CHECK(engine_.engine().transfers_in_memory() == before - count);
    CHECK(count == 0 || expected || decided == 0);
  }

  void make_room() {
    if (engine_.engine().transfers_in_memory() <= run_.window) return;
    engine_.drain();
    const u64 decided = engine_.engine().books().window.position;
    past_.show_until(decided);
    counts_.retired += engine_.engine().retire(Position{decided}, ~u64{0} / 4);
    CHECK(engine_.engine().retire(Position{decided}, 1) == 0);
    CHECK(engine_.engine().transfers_in_memory() == engine_.engine().books().holds.open_count());
  }

  std::string compare() {
    engine_.drain();
    for (Asked& asked : asked_) {
      const std::string found = endless_.compare(*asked.expected, asked.actual.request());
      if (!found.empty()) return found;
    }
    asked_.clear();
    const Status verified = engine_.engine().verify();
    return verified ? "" : verified.error().message;
  }

  const WindowRun run_;
  Random random_;
  RequestGenerator generator_;
  EndlessLedger endless_;
  ShownPast past_;
  StagedEngine engine_;
  std::deque<Asked> asked_;  // Requests stay where they are while the engine works on them.
  WindowCounts counts_;
};

}  // namespace

std::string pass_many_through(u32 partitions, u64 seed) {
  constexpr u32 kRequests = 500;
  constexpr u32 kPerRequest = 60;
  constexpr u64 kStartNs = 1'000'000'000'000;
  Limits limits = windowed_limits(64);
  limits.block_bytes_max = 16 * kKiB;
  limits.small_share_bytes = 4 * kKiB;
  limits.frame_bytes_max = 16 * kKiB;
  EndlessLedger endless(small_limits(), seed);
  StagedEngine staged(limits, partitions, StagedEngine::Mode::Mixed, seed);
  engine::Engine& engine = staged.engine();
  engine.set_past(&endless.past());
  std::deque<OwnedRequest> asked;
  const auto ask = [&](OwnedRequest request) {
    const ledger::Request& expected =
        endless.ask(request.request(), kStartNs + (asked.size() + 1) * 200'000'000);
    asked.push_back(std::move(request));
    ledger::Request& actual = asked.back().request();
    actual.position = expected.position;
    actual.timestamp = expected.timestamp;
    staged.run(actual, expected.timestamp.ns);
    staged.drain();
    const std::string found = endless.compare(expected, actual);
    engine.retire(staged.position(), 2 * kPerRequest);
    return found;
  };
  std::vector<ledger::Account> accounts(2);
  for (ledger::Account& account : accounts) {
    account.id = 1 + static_cast<u64>(&account - accounts.data());
    account.ledger = account.code = 1;
  }
  accounts[1].flags = ledger::account_flags::kDebitsMustNotExceedCredits;
  std::string found = ask(OwnedRequest::create_accounts(accounts));
  for (u64 request = 1; request <= kRequests && found.empty(); ++request) {
    std::vector<ledger::Transfer> events(kPerRequest);
    for (u32 index = 0; index < kPerRequest; ++index) {
      ledger::Transfer& event = events[index];
      event.id = request * kPerRequest + index;
      // One in three is refused for want of funds, which consumes its id; the holds expire soon.
      const bool refused = index % 3 == 0;
      event.debit_account_id = refused ? 2 : 1;
      event.credit_account_id = refused ? 1 : 2;
      event.amount = refused ? kU128Max >> 8 : 1;
      event.ledger = event.code = 1;
      if (index % 3 == 1) {
        event.flags = ledger::transfer_flags::kPending;
        event.timeout = 1;
      }
    }
    found = ask(OwnedRequest::create_transfers(events));
  }
  if (!found.empty()) return found;
  if (engine.digest() != endless.digest()) return "the window shows in the digest";
  if (engine.transfers_used() != u64{kRequests} * kPerRequest) return "not all were decided";
  const Status verified = engine.verify();
  return verified ? "" : verified.error().message;
}

std::string run_in_window(const WindowRun& run, WindowCounts* counts) {
  RunInWindow one(run);
  const std::string found = one.run();
  if (counts != nullptr) *counts = one.counts();
  if (found.empty()) return found;
  return fmt::format("seed {}, partitions {}: {}", run.seed, run.partitions, found);
}

}  // namespace florin::test
