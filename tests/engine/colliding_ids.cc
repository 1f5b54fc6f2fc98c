#include "tests/engine/colliding_ids.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "tests/engine/compared_ledgers.h"

namespace florin::test {

namespace {

namespace transfer_flags = ledger::transfer_flags;

constexpr u64 kSeed = 1;
// An index tells ids apart by 10 and 32 bits: of so many there are likely two with the same.
constexpr u64 kIdBits = 23;

std::array<u128, 2> colliding_ids(engine::HashSeed seed) {
  std::vector<u64> keys;
  keys.reserve(u64{1} << kIdBits);
  for (u64 id = 1; id < u64{1} << kIdBits; ++id) {
    const engine::IdHash hash = seed.hash(id);
    keys.push_back(u64{hash.virtual_slot} << 32 | hash.tag);
  }
  std::vector<u64> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  CHECK(twice != sorted.end());
  const auto first = std::find(keys.begin(), keys.end(), *twice);
  const auto second = std::find(first + 1, keys.end(), *twice);
  return {static_cast<u64>(first - keys.begin()) + 1, static_cast<u64>(second - keys.begin()) + 1};
}

class Collision {
 public:
  Collision(ComparedLedgers::Way way, std::array<u128, 2> ids)
      : ids_(ids), ledgers_(small_limits(), {way}, kSeed - 1) {}

  std::string run() {
    create_account(kOther);
    create_account(ids_[0]);
    move_all_ways();  // One of them is not there.
    create_account(ids_[1]);
    move_all_ways();
    hold(ids_[0]);
    resolve(ids_[1]);  // Not there.
    hold(ids_[1]);
    resolve(ids_[1]);
    resolve(ids_[0]);
    const std::array<u128, 3> all = {ids_[0], ids_[1], kOther};
    ledgers_.ask(OwnedRequest::lookup_accounts(all), 0);
    ledgers_.ask(OwnedRequest::lookup_transfers(all), 0);
    return ledgers_.compare();
  }

 private:
  static constexpr u128 kOther = u128{1} << 64;

  void create_account(u128 id) {
    ledger::Account event{};
    event.id = id;
    event.ledger = 1;
    event.code = 1;
    ledgers_.ask(OwnedRequest::create_accounts({&event, 1}), now_ns_ += kNsPerSecond);
  }

  ledger::Transfer transfer(u128 id, u128 debit, u128 credit) {
    ledger::Transfer event{};
    event.id = id;
    event.debit_account_id = debit;
    event.credit_account_id = credit;
    event.amount = ++last_amount_;
    event.ledger = 1;
    event.code = 1;
    return event;
  }
  void ask(const std::vector<ledger::Transfer>& events) {
    ledgers_.ask(OwnedRequest::create_transfers(events), now_ns_ += kNsPerSecond);
    ledgers_.ask(OwnedRequest::lookup_transfers(ids_), 0);
  }

  void move_all_ways() {
    std::vector<ledger::Transfer> events;
    for (const u128 id : ids_) {
      events.push_back(transfer(kOther + ++last_amount_, kOther, id));
      events.push_back(transfer(kOther + ++last_amount_, id, kOther));
    }
    ask(events);
  }
  void hold(u128 id) {
    ledger::Transfer event = transfer(id, kOther, ids_[0]);
    event.flags = transfer_flags::kPending;
    ask({event});
  }
  void resolve(u128 hold) {
    ledger::Transfer event{};
    event.id = kOther + ++last_amount_;
    event.pending_id = hold;
    event.flags = transfer_flags::kVoidPendingTransfer;
    ask({event});
  }

  std::array<u128, 2> ids_;
  ComparedLedgers ledgers_;
  u64 now_ns_ = 0;
  u64 last_amount_ = 0;
};

}  // namespace

std::string tell_colliding_ids_apart() {
  using enum StagedEngine::Mode;
  // Every engine of this seed hashes alike.
  StagedEngine engine(small_limits(), 1, Inline, kSeed);
  const std::array<u128, 2> ids = colliding_ids(engine.engine().tables().seed);
  for (const ComparedLedgers::Way way : {ComparedLedgers::Way{1, Inline}, {3, Stepped}}) {
    std::string found = Collision(way, ids).run();
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace florin::test
