#include "tests/exporter/made_changes.h"

#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "exporter/change_reader.h"
#include "ledger/outcome.h"

namespace florin::test {

using engine::Counter;

namespace {

constexpr u64 kMinuteNs = 60'000'000'000;

u128& counter(engine::Balances& balances, Counter which) {
  return balances[static_cast<usize>(which)];
}

u8 refused_outcome(Random& random) {
  for (;;) {
    const auto number = static_cast<u32>(2 + random.below(ledger::kTransferOutcomeEnd - 2));
    const auto outcome = ledger::transfer_outcome(number);
    if (outcome && *outcome != ledger::TransferOutcome::Exists) return static_cast<u8>(number);
  }
}

ledger::Transfer asked_transfer(Random& random) {
  ledger::Transfer asked{};
  asked.id = random.chance(1, 8) ? 0 : make_u128(random.next(), random.next());
  asked.debit_account_id = random.below(4);
  asked.credit_account_id = random.below(4);
  asked.amount = random.chance(1, 8) ? ledger::kAmountMax : random.below(1'000'000);
  asked.pending_id = random.below(3);
  asked.timeout = static_cast<u32>(random.below(3));
  asked.ledger = random.chance(1, 8) ? 0 : 978;
  asked.code = static_cast<u16>(random.below(3));
  asked.flags = static_cast<u16>(random.next());
  asked.user_data_64 = random.below(2);
  return asked;
}

}  // namespace

history::Place MadeChanges::next_place() {
  mark_.last_timestamp += 1 + random_.below(2 * kMinuteNs);
  return {++mark_.log.position.value, 0};
}

void MadeChanges::add_account(history::ChangeBatch& batch) {
  history::OtherChange event{};
  event.place = next_place();
  event.decided = mark_.last_timestamp;
  auto& account = event.what.emplace<ledger::Account>();
  account.id = ++mark_.accounts;
  account.ledger = 978;
  account.code = 10;
  account.timestamp = event.decided;
  balances_.push_back({});
  batch.others.push_back(event);
}

void MadeChanges::add_update(history::ChangeBatch& batch) {
  history::OtherChange event{};
  event.place = next_place();
  event.decided = mark_.last_timestamp;
  auto& account_change = event.what.emplace<ledger::AccountChange>();
  ledger::AccountUpdate& update = account_change.update;
  update.id = make_u128(7, event.place.position);
  update.account_id = 1 + random_.below(balances_.size());
  update.changes = ledger::account_changes::kFreezeDebits;
  constexpr std::string_view kReason = "said \"stop\", twice\nby letter";
  std::memcpy(update.reason, kReason.data(), kReason.size());
  update.reason_length = kReason.size();
  update.timestamp = event.decided;
  account_change.principal = 3;
  batch.others.push_back(event);
}

void MadeChanges::add_transfer(history::ChangeBatch& batch) {
  history::TransferChange change{};
  change.place = next_place();
  change.decided = mark_.last_timestamp;
  change.number = mark_.created++;
  ledger::Transfer& transfer = change.transfer;
  transfer.id = make_u128(random_.next(), change.place.position);
  const u64 debit = random_.below(balances_.size());
  const u64 credit = (debit + 1 + random_.below(balances_.size() - 1)) % balances_.size();
  transfer.debit_account_id = debit + 1;
  transfer.credit_account_id = credit + 1;
  transfer.amount = random_.below(1'000'000);
  transfer.ledger = 978;
  transfer.code = 1;
  transfer.timestamp = change.decided;
  counter(balances_[debit], Counter::DebitsPosted) += transfer.amount;
  counter(balances_[credit], Counter::CreditsPosted) += transfer.amount;
  std::memcpy(&change.balances.debit_account_debits_pending, balances_[debit].data(),
              sizeof(engine::Balances));
  std::memcpy(&change.balances.credit_account_debits_pending, balances_[credit].data(),
              sizeof(engine::Balances));
  batch.transfers.push_back(change);
}

void MadeChanges::add_refusal(history::ChangeBatch& batch) {
  history::OtherChange event{};
  event.place = next_place();
  event.decided = mark_.last_timestamp;
  auto& refused = event.what.emplace<history::RefusedTransfer>();
  refused.transfer = asked_transfer(random_);
  refused.outcome = refused_outcome(random_);
  batch.others.push_back(event);
}

void MadeChanges::append_to(MemoryStore& store, u32 changes) {
  while (changes != 0) {
    history::ChangeBatch batch;
    const u32 size = static_cast<u32>(1 + random_.below(std::min(changes, 50U)));
    for (u32 each = 0; each < size; ++each) {
      if (balances_.size() < 2 || random_.chance(1, 20)) {
        add_account(batch);
      } else if (random_.chance(1, 15)) {
        add_update(batch);
      } else if (refuses_ && random_.chance(1, 4)) {
        add_refusal(batch);
      } else {
        add_transfer(batch);
      }
    }
    append(store, batch);
    changes -= size;
  }
}

void MadeChanges::append_refusals_to(MemoryStore& store, u32 changes) {
  history::ChangeBatch batch;
  for (u32 each = 0; each < changes; ++each) add_refusal(batch);
  append(store, batch);
}

void MadeChanges::append(MemoryStore& store, history::ChangeBatch& batch) {
  ++mark_.log.sequence;
  batch.end = mark_;
  const Status appended = store.append(std::move(batch));
  ASSERT_TRUE(appended) << appended.error().message;
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "florin-export-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

exporter::ChangePage all_changes(MemoryStore& store, exporter::Refusals refusals) {
  exporter::ChangeReader reader(store);
  exporter::ChangePage all;
  for (;;) {
    const auto page = reader.read(all.next, 100, refusals);
    EXPECT_TRUE(page) << page.error().message;
    if (!page || (*page)->events.empty()) return all;
    for (const ledger::ChangeEvent& event : (*page)->events) append_change(**page, event, all);
    all.next = (*page)->next;
  }
}

}  // namespace florin::test
