// Accounts and their updates within a small scope.
#include <array>

#include "tests/engine/scope_runner.h"
#include "tests/engine/small_scope.h"

namespace florin::test {

namespace {

namespace account_changes = ledger::account_changes;
namespace account_flags = ledger::account_flags;

constexpr u64 kScopeStartNs = 1'000'000'000'000;
constexpr u64 kStepNs = 1'000;
constexpr u64 kCasesPerLedger = 1024;

// Asks in one ledger after the other; time goes on by itself.
class Sequence {
 public:
  explicit Sequence(const ScopeOptions& options) : options_(options) {}

  // A new ledger, if the last is full or there is none. Returns whether it is new.
  bool begin_case() {
    ++report_.cases;
    if (cases_ == kCasesPerLedger) end_ledger();
    ++cases_;
    if (ledgers_ != nullptr) return false;
    ledgers_ = std::make_unique<ComparedLedgers>(scope_limits(), options_.ways, report_.cases);
    now_ = kScopeStartNs;
    return true;
  }
  void ask(OwnedRequest asked) {
    now_ += kStepNs;
    const bool write = asked.request().is_logged();
    ledgers_->ask(std::move(asked), now_);
    if (!write) return;
    report_.created += ledgers_->answer().event_count - ledgers_->answer().exceptions.size();
  }
  // Later than every time that was given before, and earlier than the next request.
  u64 past_time() const { return now_ + kStepNs / 2; }
  bool failed() const { return !report_.difference.empty(); }
  ScopeReport finish() {
    end_ledger();
    return report_;
  }

 private:
  void end_ledger() {
    if (ledgers_ != nullptr && !failed()) report_.difference = ledgers_->compare();
    ledgers_.reset();
    cases_ = 0;
  }

  ScopeOptions options_;
  ScopeReport report_;
  std::unique_ptr<ComparedLedgers> ledgers_;
  u64 cases_ = 0;
  u64 now_ = 0;
};

// The account; behind one that is linked another that succeeds; before it one that is refused and
// makes the request imported or not.
OwnedRequest account_request(u128 id, u16 flags, bool imported, u64 timestamp) {
  ledger::Account first = simple_account(0);
  ledger::Account event = simple_account(id);
  ledger::Account last = simple_account(id + 1);
  event.flags = flags;
  event.timestamp = timestamp;
  if (imported) {
    first.flags = account_flags::kImported;
    first.timestamp = 1;
    last.flags = account_flags::kImported;
    last.timestamp = timestamp + 1;
  }
  std::vector<ledger::Account> events = {first, event};
  if ((flags & account_flags::kLinked) != 0) events.push_back(last);
  return OwnedRequest::create_accounts(events);
}

ledger::AccountUpdate update_event(u128 id, u128 account_id, u32 changes) {
  using namespace account_changes;
  ledger::AccountUpdate event{};
  event.id = id;
  event.account_id = account_id;
  event.changes = changes;
  event.reason_length = 1;
  event.reason[0] = 'r';
  const auto value = static_cast<u32>(low_half(id) % 1000);
  if (changes & kSetUserData128) event.user_data_128 = value;
  if (changes & kSetUserData64) event.user_data_64 = value;
  if (changes & kSetUserData32) event.user_data_32 = value;
  if (changes & kSetOverdraftLimit) event.overdraft_limit = value;
  if (changes & kSetBalanceLimit) event.balance_limit = value;
  if (changes & kSetTransferLimit) event.transfer_limit = value;
  if (changes & kSetVelocityLimit) {
    event.velocity_sum_limit = value;
    event.velocity_count_limit = value;
    event.velocity_window = 60 + value % 2;
  }
  return event;
}

}  // namespace

ScopeReport create_every_account_flag(const ScopeOptions& options) {
  Sequence sequence(options);
  for (u64 number = 0; number < 0x10000 * 4 && !sequence.failed(); number += options.stride) {
    const auto flags = static_cast<u16>(number / 4);
    const bool imported = (number & 1) != 0;
    sequence.begin_case();
    const u64 timestamp = (number & 2) != 0 ? sequence.past_time() : 0;
    const u128 id = u128{number} * 2 + 1;
    const OwnedRequest asked = account_request(id, flags, imported, timestamp);
    sequence.ask(asked.ask_again());
    sequence.ask(asked.ask_again());
    const std::array<u128, 2> ids = {id, id + 1};
    sequence.ask(OwnedRequest::lookup_accounts(ids));
  }
  return sequence.finish();
}

ScopeReport make_every_account_change(const ScopeOptions& options) {
  Sequence sequence(options);
  const u128 account_id = 1;
  const u128 missing_id = 2;
  for (u32 number = 0; number < 0x10000 && !sequence.failed();
       number += static_cast<u32>(options.stride)) {
    // Beyond the defined bits: one more, another for each.
    const bool undefined = number > account_changes::kDefined;
    const u32 changes =
        undefined ? (number & account_changes::kDefined) | 1U << (15 + number % 17) : number;
    if (sequence.begin_case()) {
      const ledger::Account account = simple_account(account_id);
      sequence.ask(OwnedRequest::create_accounts({&account, 1}));
    }
    const u128 id = u128{number} * 8 + 1;
    // Rolled back, with the one before it and the one that fails.
    std::vector<ledger::AccountUpdate> chain = {
        update_event(id, account_id, changes), update_event(id + 1, account_id, changes ^ 3),
        update_event(id + 2, missing_id, account_changes::kFreezeDebits)};
    chain[0].flags = ledger::AccountUpdate::kLinked;
    chain[1].flags = ledger::AccountUpdate::kLinked;
    sequence.ask(OwnedRequest::update_accounts(chain));
    chain[0].flags = 0;
    sequence.ask(OwnedRequest::update_accounts({&chain[0], 1}));
    sequence.ask(OwnedRequest::update_accounts({&chain[0], 1}));
    // Made as a chain, repeated as a whole, and once more with what no update may have.
    std::vector<ledger::AccountUpdate> pair = {update_event(id + 3, account_id, changes),
                                               update_event(id + 4, account_id, changes)};
    pair[0].flags = ledger::AccountUpdate::kLinked;
    sequence.ask(OwnedRequest::update_accounts(pair));
    sequence.ask(OwnedRequest::update_accounts(pair));
    pair[1].timestamp = 1;
    sequence.ask(OwnedRequest::update_accounts(pair));
    sequence.ask(OwnedRequest::lookup_accounts({&account_id, 1}));
    sequence.ask(OwnedRequest::lookup_limits({&account_id, 1}));
  }
  return sequence.finish();
}

}  // namespace florin::test
