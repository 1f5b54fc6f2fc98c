// Statements against what was done, and against answers that do not add up.
#include "statement/builder.h"

#include <fstream>

#include <gtest/gtest.h>

#include "statement/signed_amount.h"
#include "tests/statement/statement_world.h"
#include "tests/storage/scratch.h"
#include "tests/support/request_generator.h"

namespace florin::test {

using statement::Day;
using statement::Entry;
using statement::Period;
using statement::Reference;
using statement::Signed;
using statement::Statement;
using statement::StatementBuilder;

namespace {

Statement must_build(StatementWorld& world, const Reference& reference, std::string_view period,
                     u128 account) {
  auto built = world.build(reference, period, account);
  EXPECT_TRUE(built) << built.error().message;
  EXPECT_TRUE(built && *built) << "no statement";
  return built && *built ? **built : Statement{};
}

Reference bank_of_berlin() {
  const storage::ScratchDirectory scratch;
  std::ofstream(scratch / "bank.toml")
      << "name = 'Florin Bank'\ntime_zone = 'Europe/Berlin'\nholders = 'holders.csv'\n"
         "[codes.14]\ntext = 'Payment'\nmt940 = 'TRF'\n";
  std::ofstream(scratch / "holders.csv")
      << "account_id,name,iban\n101,Ada,DE89370400440532013000\n102,Grace,\n";
  auto reference = Reference::open(scratch / "bank.toml");
  EXPECT_TRUE(reference) << reference.error().message;
  return std::move(*reference);
}

Signed credit(u128 amount) { return {amount, false}; }
Signed debit(u128 amount) { return {amount, true}; }

Period any_period(u64 first_ns, u64 last_ns) {
  Period period;
  period.kind = statement::PeriodKind::AdHoc;
  period.text = "some days";
  period.first_ns = first_ns;
  period.last_ns = last_ns;
  return period;
}

}  // namespace

TEST(StatementBuilder, makes_what_happened) {
  StatementWorld world;
  fill(world);
  const Reference reference;
  const Statement october = must_build(world, reference, "2026-10", 101);
  EXPECT_EQ(october.id, "101-2026-10");
  EXPECT_EQ(october.currency, "EUR");
  EXPECT_EQ(october.decimals, 2U);
  EXPECT_EQ(october.number, 2U);
  EXPECT_EQ(october.number_in_year, 2U);
  EXPECT_EQ(october.created_at_ns, time_at("2026-11-01T00:00"));
  EXPECT_EQ(october.opening, credit(10'000));
  EXPECT_EQ(october.closing, credit(10'000 - 2'500 - 400 + 123 + 2'500));
  EXPECT_EQ(october.available, credit(october.closing.magnitude - 600));
  ASSERT_EQ(october.entries.size(), 4U);
  const Entry& first = october.entries[0];
  EXPECT_EQ(first.number, 1U);
  EXPECT_TRUE(first.transfer_id == 2 && first.amount == 2'500);
  EXPECT_FALSE(first.credit || first.reversal);
  EXPECT_EQ(first.balance, credit(7'500));
  EXPECT_EQ(first.booked, (Day{2026, 10, 1}));
  EXPECT_EQ(first.place.position, 5U);
  EXPECT_TRUE(first.counterparty.account_id == 102);
  EXPECT_EQ(first.kind.text, "Code 14");
  const Entry& captured = october.entries[1];
  EXPECT_TRUE(captured.amount == 400 && captured.reverses_or_posts == 3 && captured.code == 14);
  const Entry& reversal = october.entries[3];
  EXPECT_TRUE(reversal.credit && reversal.reversal && reversal.reverses_or_posts == 2);
  EXPECT_TRUE(reversal.counterparty.account_id == 102 && reversal.amount == 2'500);
  EXPECT_EQ(october.credits.count, 2U);
  EXPECT_TRUE(october.credits.sum == 2'623 && october.debits.sum == 2'900);
  ASSERT_EQ(october.holds.size(), 1U);
  EXPECT_TRUE(october.holds[0].transfer_id == 3 && october.holds[0].amount == 600);
  EXPECT_FALSE(october.holds[0].credit);
  EXPECT_EQ(october.holds[0].expires_at, 0U);
}

TEST(StatementBuilder, follows_the_statement_before) {
  StatementWorld world;
  fill(world);
  const Reference reference;
  for (const u128 account : {1, 101, 102}) {
    Signed closing = credit(0);
    u64 number = 0;
    for (const char* const period : {"2026-09", "2026-10", "2026-11", "2026-12", "2027-01"}) {
      const Statement made = must_build(world, reference, period, account);
      EXPECT_EQ(made.opening, closing) << period;
      EXPECT_EQ(made.number, ++number);
      closing = made.closing;
    }
  }
  EXPECT_EQ(must_build(world, reference, "2026-10", 1).opening, debit(10'000));
  EXPECT_EQ(must_build(world, reference, "2027-01", 101).number_in_year, 1U);
  EXPECT_TRUE(must_build(world, reference, "2026-12", 101).entries.empty());
  const Statement days = must_build(world, reference, "2026-10-02/2026-10-25", 101);
  EXPECT_EQ(days.number, 0U);
  EXPECT_EQ(days.id, "101-2026-10-02--2026-10-25");
  EXPECT_EQ(days.entries.size(), 2U);
}

TEST(StatementBuilder, has_none_of_an_account_that_was_not_there) {
  StatementWorld world;
  fill(world);
  const Reference reference;
  for (const u128 account : {103, 999}) {
    const auto built = world.build(reference, "2026-10", account);
    ASSERT_TRUE(built) << built.error().message;
    EXPECT_FALSE(built->has_value());
  }
  EXPECT_EQ(must_build(world, reference, "2026-11", 103).opening, credit(0));
}

TEST(StatementBuilder, keeps_the_days_and_names_of_the_bank) {
  StatementWorld world;
  fill(world);
  const Reference reference = bank_of_berlin();
  // Opened at half past midnight of the 1st of October in Berlin, when it was September in UTC.
  EXPECT_FALSE(world.build(reference, "2026-09", 102).value().has_value());
  const Statement october = must_build(world, reference, "2026-10", 102);
  EXPECT_EQ(october.number, 1U);
  EXPECT_EQ(october.time_zone, "Europe/Berlin");
  EXPECT_EQ(october.account.name, "Grace");
  ASSERT_EQ(october.entries.size(), 2U);
  EXPECT_EQ(october.entries[0].counterparty.name, "Ada");
  EXPECT_EQ(october.entries[0].counterparty.iban, "DE89370400440532013000");
  EXPECT_EQ(october.entries[0].kind.mt940, "TRF");
  EXPECT_EQ(october.entries[1].booked, (Day{2026, 10, 31}));
  EXPECT_EQ(must_build(world, reference, "2026-10-31", 102).entries.size(), 1U);
  const Statement ada = must_build(world, reference, "2026-10-25", 101);  // 25 hours.
  EXPECT_EQ(ada.last_ns - ada.first_ns + 1, 25 * 3600 * kNsPerSecond);
  ASSERT_EQ(ada.entries.size(), 1U);
  EXPECT_EQ(ada.entries[0].booked, (Day{2026, 10, 25}));
}

// Everything that a random ledger does, in periods that begin and end anywhere, in pages of any
// size: the builder finds no fault, and the sums are those of the store's own list.
TEST(StatementBuilder, adds_up_whatever_happened) {
  u64 entries = 0;
  u64 holds = 0;
  for (u64 seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    GeneratorOptions options = writes_only();
    options.start_ns = time_at("2026-10-01T00:00");
    RequestGenerator generator(seed, options);
    ReferenceLedger ledger;
    ReferenceChanges changes;
    MemoryStore store;
    for (u32 each = 0; each < 150; ++each) {
      OwnedRequest request = generator.next();
      ledger.apply(request.request(), generator.meant_time());
      generator.observe(request.request());
      changes.follow(request.request(), ledger);
      ASSERT_TRUE(store.append(changes.take()));
    }
    Random random(seed);
    const Reference reference;
    const auto transfers = store.transfers();
    for (const auto& [id, account] : ledger.accounts()) {
      const u64 one = 1 + random.below(ledger.last_timestamp().ns + 5);
      const u64 other = transfers[random.below(transfers.size())].transfer.timestamp;
      const Period period = any_period(std::min(one, other), std::max(one, other));
      const u32 limit = 1 + static_cast<u32>(random.below(9));
      StatementBuilder builder(reference, period, store.readable(), [&](ledger::Request& request) {
        request.filter.limit = limit;
        return store.answer(request);
      });
      const auto built = builder.build(id);
      ASSERT_TRUE(built) << built.error().message;
      if (!*built) {
        EXPECT_GT(account.timestamp, period.last_ns);
        continue;
      }
      u128 sums[2] = {0, 0};
      for (const auto& change : transfers) {
        const ledger::Transfer& transfer = change.transfer;
        const bool posted = (transfer.flags & (ledger::transfer_flags::kPending |
                                               ledger::transfer_flags::kVoidPendingTransfer)) == 0;
        const bool within =
            transfer.timestamp >= period.first_ns && transfer.timestamp <= period.last_ns;
        if (change.kind != ledger::ChangeKind::TransferCreated || !posted || !within) continue;
        if (transfer.debit_account_id == id) sums[0] += transfer.amount;
        if (transfer.credit_account_id == id) sums[1] += transfer.amount;
      }
      EXPECT_TRUE((*built)->debits.sum == sums[0] && (*built)->credits.sum == sums[1]);
      entries += (*built)->entries.size();
      holds += (*built)->holds.size();
    }
  }
  EXPECT_GT(entries, 300U);
  EXPECT_GT(holds, 30U);
}

// Each thing that an answer can have wrong is found, and told with the account.
TEST(StatementBuilder, finds_answers_that_do_not_add_up) {
  StatementWorld world;
  fill(world);
  using Spoil = std::function<void(ledger::Request&)>;
  const bool of_entries = false;
  const bool of_holds = true;
  const std::tuple<const char*, bool, Spoil> lies[] = {
      {"an amount", of_entries, [](auto& request) { request.transfers[1].amount += 1; }},
      {"an entry is missing", of_entries,
       [](auto& request) {
         request.transfers.pop_back();
         request.account_balances.pop_back();
       }},
      {"an entry twice", of_entries,
       [](auto& request) {
         request.transfers.push_back(request.transfers.back());
         request.account_balances.push_back(request.account_balances.back());
       }},
      {"an entry in between", of_entries,
       [](auto& request) {
         request.transfers.erase(request.transfers.begin() + 1);
         request.account_balances.erase(request.account_balances.begin() + 3);
       }},
      {"a running balance", of_entries,
       [](auto& request) { request.account_balances[3].credits_posted += 1; }},
      {"the opening balance", of_entries,
       [](auto& request) { request.account_balances[0].debits_posted += 1; }},
      {"the closing balance", of_entries,
       [](auto& request) { request.account_balances[1].debits_posted += 1; }},
      {"the other side", of_entries,
       [](auto& request) {
         std::swap(request.transfers[0].debit_account_id, request.transfers[0].credit_account_id);
       }},
      {"opened later", of_entries,
       [](auto& request) { request.accounts[0].timestamp = time_at("2026-11-01T00:00"); }},
      {"no balances", of_entries, [](auto& request) { request.account_balances.clear(); }},
      {"a balance less", of_entries, [](auto& request) { request.account_balances.pop_back(); }},
      {"pages without end", of_entries,
       [](auto& request) {
         request.more = true;
         request.next_cursor = request.filter.cursor;
       }},
      {"what is pending", of_entries,
       [](auto& request) { request.account_balances[1].debits_pending += 1; }},
      {"a hold is missing", of_holds,
       [](auto& request) {
         request.transfers.clear();
         request.transfer_statuses.clear();
       }},
      {"what is left of a hold", of_holds,
       [](auto& request) { request.transfer_statuses[0].remaining -= 1; }},
      {"a state less", of_holds, [](auto& request) { request.transfer_statuses.clear(); }},
      {"holds without end", of_holds, [](auto& request) { request.more = true; }},
  };
  const Reference reference;
  const auto period = statement::parse_period(reference.calendar(), "2026-10");
  for (const auto& [what, holds, spoil] : lies) {
    StatementBuilder builder(reference, *period, world.store().readable(),
                             [&, spoiled = spoil, asked_for = holds](ledger::Request& request) {
                               const Status answered = world.store().answer(request);
                               const bool about_holds = request.filter.flags != 0;
                               if (about_holds == asked_for) spoiled(request);
                               return answered;
                             });
    const auto built = builder.build(101);
    ASSERT_FALSE(built) << what;
    EXPECT_EQ(built.error().code, ErrorCode::Corrupt) << what;
    EXPECT_NE(built.error().message.find("account 101 for 2026-10"), std::string::npos)
        << built.error().message;
  }
}

TEST(StatementBuilder, passes_on_refusals_and_errors) {
  StatementWorld world;
  fill(world);
  const Reference reference;
  const auto period = statement::parse_period(reference.calendar(), "2026-10");
  StatementBuilder refused(reference, *period, Position{1}, [](ledger::Request& request) {
    request.refusal = ledger::RefusalCode::Busy;
    request.refusal_message = "too much to do";
    return Status{};
  });
  EXPECT_NE(refused.build(101).error().message.find("too much to do"), std::string::npos);
  world.store().fail_answers(1, ErrorCode::Io);
  EXPECT_EQ(world.build(reference, "2026-10", 101).error().code, ErrorCode::Io);
  EXPECT_TRUE(world.build(reference, "2026-10", 101));
}

TEST(SignedAmount, is_written_with_its_sign) {
  EXPECT_EQ(statement::signed_text(debit(5), 2), "-0.05");
  EXPECT_EQ(statement::signed_text(credit(1'234), 2), "12.34");
  EXPECT_EQ(statement::balance_of_sides(5, 5), credit(0));
  EXPECT_EQ(statement::balance_of_sides(kU128Max, 0), credit(kU128Max));
  EXPECT_EQ(statement::balance_of_sides(0, kU128Max), debit(kU128Max));
}

}  // namespace florin::test
