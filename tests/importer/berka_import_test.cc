// The real bank's transactions brought in by `florin import` with the mapping of the examples, and
// its balances compared day by day: docs/berka.md, docs/import.md.
#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/berka_bank.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

class BerkaImport : public ServerTest {};

TEST_F(BerkaImport, finds_the_bank_s_own_balances) {
  const char* const named = std::getenv("FLORIN_BERKA_DIR");
  const std::string bank = named == nullptr ? "" : named;
  if (named == nullptr || !std::filesystem::exists(bank + "/trans.asc")) {
    GTEST_SKIP() << "FLORIN_BERKA_DIR does not name a directory with trans.asc; see docs/berka.md";
  }
  const std::vector<BankEntry> entries = must(read_bank_entries(bank + "/trans.asc"));
  for (const bool with_accounts : {false, true}) {
    start({"--accounts-max", "10000", "--transfers-max", "100000"});
    const std::string files = (with_accounts ? "'" + bank + "/account.asc' " : std::string()) +
                              "'" + bank + "/trans.asc'";
    const Ran ran =
        florin("import --json --no-journal --address 127.0.0.1:" + std::to_string(server().port()) +
               " --mapping '" FLORIN_EXAMPLES "/berka/berka.toml' " + files);
    ASSERT_EQ(ran.status, 0) << ran.output;
    const auto report = nlohmann::json::parse(ran.output);
    EXPECT_EQ(report["refused"], 0);
    EXPECT_EQ(report["transfers_created"], entries.size());
    constexpr usize kExcerptEntries = 49'102;
    if (entries.size() == kExcerptEntries) {
      EXPECT_EQ(report["accounts_created"], 6 + (with_accounts ? 4500 : 1229));
      EXPECT_EQ(report["balances"]["account_days"], 39'960);
      EXPECT_EQ(report["balances"]["equal"], 37'703);
      EXPECT_EQ(report["balances"]["within_tolerance"], 2'229);
      EXPECT_EQ(report["balances"]["off"], 28);
      EXPECT_EQ(report["amounts"]["203"], "31548644980");
    }
    // What each customer has is what the lines of the file say, exactly.
    std::map<u64, i64> balances;
    for (const BankEntry& entry : entries) {
      const auto amount = static_cast<i64>(entry.amount);
      balances[entry.account] += entry.is_credit ? amount : -amount;
    }
    std::vector<u128> ids;
    for (const auto& [account, unused] : balances) ids.push_back(1'000'000 + account);
    client::Client client = connect();
    const auto found = must(client.lookup_accounts(ids));
    usize index = 0;
    for (const auto& [account, balance] : balances) {
      const auto& there = found.accounts[index++];
      ASSERT_TRUE(there.has_value()) << account;
      EXPECT_EQ(static_cast<i64>(there->credits_posted) - static_cast<i64>(there->debits_posted),
                balance)
          << account;
    }
    stop();
    std::filesystem::remove_all(data());
  }
}

}  // namespace
}  // namespace florin::test
