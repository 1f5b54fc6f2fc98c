// Filters of sinks: what is wanted arrives with its objects, what is not is passed over for good.
#include "exporter/change_filter.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/exporter/made_changes.h"

namespace florin::test {

using exporter::ChangeFilter;
using exporter::ChangePage;
using ledger::ChangeKind;

namespace {

ChangePage some_changes() {
  MemoryStore store;
  MadeChanges made(7);
  made.append_to(store, 400);
  return all_changes(store);
}

ChangePage some_with_refusals() {
  MemoryStore store;
  MadeChanges made(8);
  made.refuse_some();
  made.append_to(store, 800);
  return all_changes(store, exporter::Refusals::Included);
}

bool concerns(const ledger::Transfer& transfer, u128 account) {
  return transfer.debit_account_id == account || transfer.credit_account_id == account;
}

constexpr u8 bit_of(ChangeKind kind) { return static_cast<u8>(1U << static_cast<u8>(kind)); }

}  // namespace

TEST(ChangeFilter, without_a_wish_takes_everything) {
  const ChangePage page = some_changes();
  ChangePage wanted;
  copy_wanted(ChangeFilter{}, page, wanted);
  EXPECT_TRUE(ChangeFilter{}.takes_all());
  ASSERT_EQ(wanted.events.size(), page.events.size());
  for (usize at = 0; at < page.events.size(); ++at) {
    EXPECT_EQ(exporter::place_of(wanted.events[at]), exporter::place_of(page.events[at]));
  }
  EXPECT_EQ(wanted.next, page.next);
}

TEST(ChangeFilter, takes_refused_transfers_only_by_their_kind) {
  const ChangePage page = some_with_refusals();
  const auto places = [](const ChangePage& of, bool refused) {
    std::vector<history::Place> found;
    for (const auto& event : of.events) {
      if ((event.kind == static_cast<u8>(ChangeKind::TransferRefused)) == refused) {
        found.push_back(exporter::place_of(event));
      }
    }
    return found;
  };
  ASSERT_GT(places(page, true).size(), 50U);
  struct {
    u8 kinds;
    bool refusals, others;
  } const table[] = {
      {0, false, true},
      {ledger::kChangeKindsUsual, false, true},
      {ledger::kChangeKindsDefined, true, true},
      {bit_of(ChangeKind::TransferRefused), true, false},
  };
  for (const auto& row : table) {
    ChangeFilter filter;
    filter.kinds = row.kinds;
    EXPECT_EQ(filter.takes_refusals(), row.refusals) << int{row.kinds};
    EXPECT_EQ(filter.takes_all(), row.others) << int{row.kinds};
    ChangePage wanted;
    copy_wanted(filter, page, wanted);
    using Places = std::vector<history::Place>;
    EXPECT_EQ(places(wanted, true), row.refusals ? places(page, true) : Places{});
    EXPECT_EQ(places(wanted, false), row.others ? places(page, false) : Places{});
    EXPECT_EQ(wanted.next, page.next);
  }
}

// By what was asked for, as nothing else is known of them.
TEST(ChangeFilter, takes_refused_transfers_by_account_ledger_code_and_amount) {
  const ChangePage page = some_with_refusals();
  ChangeFilter filter;
  filter.kinds = bit_of(ChangeKind::TransferRefused);
  filter.accounts = {2};
  filter.ledgers = {978};
  filter.codes = {1};
  filter.amount_min = 300'000;
  EXPECT_FALSE(filter.takes_all());
  usize expected = 0;
  for (const auto& event : page.events) {
    if (event.kind != static_cast<u8>(ChangeKind::TransferRefused)) continue;
    const ledger::Transfer& asked = page.transfers[event.object];
    const bool fits =
        concerns(asked, 2) && asked.ledger == 978 && asked.code == 1 && asked.amount >= 300'000;
    expected += fits ? 1 : 0;
    EXPECT_EQ(exporter::wants(filter, page, event), fits);
  }
  EXPECT_GT(expected, 3U);
}

TEST(ChangeFilter, takes_kinds_each_with_its_object) {
  const ChangePage page = some_changes();
  for (const ChangeKind kind :
       {ChangeKind::AccountCreated, ChangeKind::AccountUpdated, ChangeKind::TransferCreated}) {
    ChangeFilter filter;
    filter.kinds = bit_of(kind);
    EXPECT_FALSE(filter.takes_all());
    ChangePage wanted;
    copy_wanted(filter, page, wanted);
    EXPECT_FALSE(wanted.events.empty()) << static_cast<int>(kind);
    std::set<history::Place> places;
    for (const auto& event : wanted.events) {
      EXPECT_EQ(event.kind, static_cast<u8>(kind));
      places.insert(exporter::place_of(event));
    }
    usize expected = 0;
    for (const auto& event : page.events) {
      if (event.kind != static_cast<u8>(kind)) continue;
      ++expected;
      EXPECT_TRUE(places.contains(exporter::place_of(event)));
    }
    EXPECT_EQ(wanted.events.size(), expected);
    EXPECT_EQ(wanted.transfers.size(), wanted.balances.size());
  }
}

TEST(ChangeFilter, takes_a_transfer_for_either_of_its_accounts) {
  const ChangePage page = some_changes();
  const u128 account = page.transfers.front().credit_account_id;
  ChangeFilter filter;
  filter.kinds = bit_of(ChangeKind::TransferCreated);
  filter.accounts = {account};
  ChangePage wanted;
  copy_wanted(filter, page, wanted);
  usize expected = 0;
  for (const auto& event : page.events) {
    if (event.kind != static_cast<u8>(ChangeKind::TransferCreated)) continue;
    expected += concerns(page.transfers[event.object], account) ? 1 : 0;
  }
  EXPECT_GT(expected, 0U);
  EXPECT_LT(expected, page.transfers.size());
  ASSERT_EQ(wanted.events.size(), expected);
  for (const auto& event : wanted.events) {
    EXPECT_TRUE(concerns(wanted.transfers[event.object], account));
  }
}

TEST(ChangeFilter, takes_amounts_codes_and_ledgers) {
  const ChangePage page = some_changes();
  const ledger::Transfer& sample = page.transfers[page.transfers.size() / 2];
  ChangeFilter filter;
  filter.kinds = bit_of(ChangeKind::TransferCreated);
  filter.ledgers = {sample.ledger};
  filter.codes = {sample.code};
  filter.amount_min = sample.amount;
  usize expected = 0;
  for (const auto& event : page.events) {
    if (event.kind != static_cast<u8>(ChangeKind::TransferCreated)) continue;
    const ledger::Transfer& transfer = page.transfers[event.object];
    const bool fits = transfer.ledger == sample.ledger && transfer.code == sample.code &&
                      transfer.amount >= sample.amount;
    expected += fits ? 1 : 0;
    EXPECT_EQ(exporter::wants(filter, page, event), fits);
  }
  EXPECT_GT(expected, 0U);
}

}  // namespace florin::test
