// Currency exchange as docs/recipes/currency_exchange.md tells it, over many random deals: no money
// is made or lost, and what rounding leaves over is where the page says.
#include <fstream>
#include <iterator>

#include "base/int128.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

// Minor units of the bought currency for one minor unit of the sold one.
struct Rate {
  u32 num = 1;
  u32 den = 1;
};

struct Deal {
  u128 sold = 0;
  u128 bought = 0;
};

// The formulas of the page.
Deal sell(u128 amount, Rate rate) { return {amount, amount * rate.num / rate.den}; }
Deal buy(u128 amount, Rate rate) { return {(amount * rate.den + rate.num - 1) / rate.num, amount}; }
// In parts of 1 / den of a minor unit of the bought currency.
u128 rest(Deal deal, Rate rate) { return deal.sold * rate.num - deal.bought * rate.den; }

// Many small amounts, since there rounding weighs most, and some large ones.
u128 random_amount(Random& random) { return 1 + random.below(u64{1} << random.between(1, 34)); }

Rate random_rate(Random& random) {
  if (random.chance(1, 2)) return {static_cast<u32>(random.between(1, 30'000)), 10'000};
  return {static_cast<u32>(random.between(1, ~u32{0})),
          static_cast<u32>(random.between(1, ~u32{0}))};
}

TEST(Exchange, rounds_against_the_customer_by_less_than_one_minor_unit) {
  constexpr u64 kSeed = 71;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  for (int i = 0; i < 100'000; ++i) {
    const Rate rate = random_rate(random);
    const u128 amount = random.next_u128() >> random.between(32, 127);
    const Deal sale = sell(amount, rate);
    ASSERT_LE(sale.bought * rate.den, amount * rate.num);
    ASSERT_LT(rest(sale, rate), rate.den);
    const Deal purchase = buy(amount, rate);
    ASSERT_LE(amount * rate.den, purchase.sold * rate.num);
    ASSERT_LT(rest(purchase, rate), rate.num);
    const Rate back{rate.den, rate.num};
    ASSERT_LE(sell(sale.bought, back).bought, amount) << "gained by going there and back";
    ASSERT_LE(purchase.bought, sell(buy(amount, rate).sold, rate).bought);
  }
}

TEST(Exchange, has_the_deals_of_its_page) {
  std::ifstream file(FLORIN_DOCS "/recipes/currency_exchange.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Rate dollars{10'837, 10'000};
  const Rate yen{16'327, 10'000};
  const std::pair<Deal, Rate> deals[] = {
      {sell(12'345, dollars), dollars}, {buy(10'000, dollars), dollars}, {sell(1'234, yen), yen}};
  for (const auto& [deal, rate] : deals) {
    const std::string row = " | " + to_decimal(deal.sold) + " | " + to_decimal(deal.bought) +
                            " | " + to_decimal(rest(deal, rate)) + " / 10000 ";
    EXPECT_NE(page.find(row), std::string::npos) << row;
    const std::string event = " amount=" + to_decimal(deal.bought) + " ";
    EXPECT_NE(page.find(event), std::string::npos) << event;
  }
}

// The accounts of the page, for one pair of currencies.
constexpr u64 kNostroSold = 2, kNostroBought = 12;
constexpr u64 kLiquiditySold = 5, kLiquidityBought = 15;
constexpr u64 kCustomerSold = 101, kCustomerBought = 201;
constexpr u32 kLedgerSold = 978, kLedgerBought = 840;
constexpr u64 kFundsSold = u64{1} << 38, kFundsBought = u64{1} << 38;

class ExchangeServer : public ServerTest {
 protected:
  static ledger::Account account_of(u64 id, u32 ledger, u16 flags) {
    ledger::Account made = simple_account(id);
    made.ledger = ledger;
    made.flags = flags;
    return made;
  }

  ledger::Transfer transfer_of(u64 debit, u64 credit, u128 amount, u32 ledger, u16 flags = 0) {
    ledger::Transfer made = transfer(++last_id_, debit, credit, 0);
    made.amount = amount;
    made.ledger = ledger;
    made.flags = flags;
    return made;
  }

  void open_accounts(client::Client& client) {
    constexpr u16 kLimited = ledger::account_flags::kDebitsMustNotExceedCredits;
    const ledger::Account accounts[] = {account_of(kNostroSold, kLedgerSold, 0),
                                        account_of(kNostroBought, kLedgerBought, 0),
                                        account_of(kLiquiditySold, kLedgerSold, kLimited),
                                        account_of(kLiquidityBought, kLedgerBought, kLimited),
                                        account_of(kCustomerSold, kLedgerSold, kLimited),
                                        account_of(kCustomerBought, kLedgerBought, kLimited)};
    for (const auto& result : must(client.create_accounts(accounts)).results) {
      ASSERT_EQ(result.outcome, ledger::AccountOutcome::Created);
    }
    const ledger::Transfer funds[] = {
        transfer_of(kNostroSold, kCustomerSold, kFundsSold, kLedgerSold),
        transfer_of(kNostroBought, kLiquidityBought, kFundsBought, kLedgerBought)};
    for (const auto& result : must(client.create_transfers(funds)).results) {
      ASSERT_EQ(result.outcome, ledger::TransferOutcome::Created);
    }
  }

  // Makes the deals in one request, and adds those that were made to `made_`.
  void make(client::Client& client, const std::vector<Deal>& deals, Rate rate) {
    std::vector<ledger::Transfer> events;
    for (const Deal& deal : deals) {
      events.push_back(transfer_of(kCustomerSold, kLiquiditySold, deal.sold, kLedgerSold,
                                   ledger::transfer_flags::kLinked));
      events.push_back(transfer_of(kLiquidityBought, kCustomerBought, deal.bought, kLedgerBought));
    }
    const auto results = must(client.create_transfers(events)).results;
    ASSERT_EQ(results.size(), events.size());
    for (usize i = 0; i < deals.size(); ++i) {
      expect_outcomes(deals[i], results[2 * i].outcome, results[2 * i + 1].outcome);
      if (results[2 * i].outcome != ledger::TransferOutcome::Created) continue;
      made_.sold += deals[i].sold;
      made_.bought += deals[i].bought;
      rests_ += rest(deals[i], rate);
    }
  }

  void expect_outcomes(Deal deal, ledger::TransferOutcome first, ledger::TransferOutcome second) {
    using enum ledger::TransferOutcome;
    if (made_.sold + deal.sold > kFundsSold) {
      EXPECT_EQ(first, ExceedsCredits);
      EXPECT_EQ(second, LinkedEventFailed);
      ++refused_by_customer_;
    } else if (made_.bought + deal.bought > kFundsBought) {
      EXPECT_EQ(first, LinkedEventFailed);
      EXPECT_EQ(second, ExceedsCredits);
      ++refused_by_bank_;
    } else {
      EXPECT_EQ(first, Created);
      EXPECT_EQ(second, Created);
      ++deals_made_;
    }
  }

  void expect_books(client::Client& client, Rate rate) {
    const u128 ids[] = {kCustomerSold, kLiquiditySold, kLiquidityBought, kCustomerBought};
    const auto found = must(client.lookup_accounts(ids)).accounts;
    EXPECT_EQ(found[0]->debits_posted, made_.sold);
    EXPECT_EQ(found[1]->credits_posted, made_.sold);
    EXPECT_EQ(found[2]->debits_posted, made_.bought);
    EXPECT_EQ(found[3]->credits_posted, made_.bought);
    // What the bank's liquidity got is worth what it gave, and all that rounding left over.
    EXPECT_EQ(found[1]->credits_posted * rate.num - found[2]->debits_posted * rate.den, rests_);
    const auto lines = must(client.get_trial_balance({0, 10})).lines;
    ASSERT_EQ(lines.size(), 2u);
    for (const ledger::LedgerTotals& line : lines) {
      EXPECT_EQ(line.debits_posted, line.credits_posted);
      EXPECT_EQ(line.debits_pending, line.credits_pending);
      ledger::WideSum total;
      total.add(line.ledger == kLedgerSold ? kFundsSold + made_.sold : kFundsBought + made_.bought);
      EXPECT_EQ(line.debits_posted, total);
    }
  }

  u64 last_id_ = 1000;
  Deal made_;
  u128 rests_ = 0;
  u32 deals_made_ = 0, refused_by_customer_ = 0, refused_by_bank_ = 0;
};

class ExchangeAt : public ExchangeServer, public testing::WithParamInterface<Rate> {};

TEST_P(ExchangeAt, makes_and_loses_no_money_and_leaves_the_rest_with_the_bank) {
  constexpr u64 kSeed = 72;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  start();
  client::Client client = connect();
  open_accounts(client);
  const Rate rate = GetParam();
  for (int request = 0; request < 40; ++request) {
    std::vector<Deal> deals;
    for (int i = 0; i < 100; ++i) {
      const u128 amount = random_amount(random);
      const Deal deal = random.chance(1, 2) ? sell(amount, rate) : buy(amount, rate);
      // An amount that comes to nothing is not sent.
      if (deal.bought != 0) deals.push_back(deal);
    }
    make(client, deals, rate);
  }
  expect_books(client, rate);
  EXPECT_GT(deals_made_, 100u);
  EXPECT_GT(refused_by_customer_ + refused_by_bank_, 0u);
}

INSTANTIATE_TEST_SUITE_P(Rates, ExchangeAt,
                         testing::Values(Rate{10'837, 10'000}, Rate{16'327, 10'000},
                                         Rate{612, 1'000'000}, Rate{999'983, 7}, Rate{1, 3}),
                         [](const testing::TestParamInfo<Rate>& rate) {
                           return std::to_string(rate.param.num) + "_for_" +
                                  std::to_string(rate.param.den);
                         });

}  // namespace
}  // namespace florin::test
