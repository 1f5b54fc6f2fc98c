// The real bank's transactions brought in by `florin import` with the mapping of the examples, and
// its balances compared day by day: docs/berka.md, docs/import.md.
#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/berka_bank.h"
#include "tests/end_to_end/server_test.h"
#include "tests/importer/import_files.h"

namespace florin::test {
namespace {

class BerkaImport : public ServerTest {};
class BerkaMapping : public ImportFiles {};

// Files of the same form as the bank's, made up.
TEST_F(BerkaMapping, books_each_kind_of_transaction_on_its_settlement_account) {
  const auto mapping = value_of(importer::read_mapping_file(FLORIN_EXAMPLES "/berka/berka.toml"));
  importer::ImportOptions options;
  options.files = {
      write("account.asc",
            "\"account_id\";\"district_id\";\"frequency\";\"date\"\r\n"
            "7;1;\"POPLATEK MESICNE\";930101\r\n"),
      write("trans.asc",
            "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";"
            "\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n"
            "1;7;930101;\"PRIJEM\";\"VKLAD\";1000.00;1000.00;\"\";;\r\n"
            "2;7;930102;\"VYDAJ\";\"PREVOD NA UCET\";300.50;699.50;\" \";\"YZ\";\"1\"\r\n"
            "3;7;930102;\"VYDAJ\";\"VYBER\";14.60;684.90;\"SLUZBY\";;\r\n"
            "4;7;930103;\"PRIJEM\";\"\";3.20;688.20;\"UROK\";;\r\n"
            "5;7;930103;\"VYBER\";\"VYBER\";100.00;588.20;\"SANKC. UROK\";;\r\n"
            "6;7;930104;\"VYDAJ\";\"VYBER\";20.00;568.20;\"SIPO\";;\r\n"
            "7;7;930104;\"VYDAJ\";\"?\";20.00;548.20;\"\";;\r\n")};
  const auto report = value_of(importer::run_import(mapping, options, receiver_, {}));
  ASSERT_FALSE(report.stopped.has_value()) << report.stopped->message;
  EXPECT_EQ(report.counts.accounts_created, 7u);
  EXPECT_EQ(report.counts.transfers_created, 6u);
  EXPECT_EQ(report.counts.refused, 1u) << "an operation that nobody knows";
  EXPECT_EQ(receiver_.balance(1'000'007), 100'000 - 30'050 - 1'460 + 320 - 10'000 - 2'000);
  EXPECT_EQ(receiver_.balance(1), -100'000) << "cash";
  EXPECT_EQ(receiver_.balance(2), 30'050 + 2'000) << "other banks";
  EXPECT_EQ(receiver_.balance(3), 1'460) << "fees";
  EXPECT_EQ(receiver_.balance(4), -320) << "interest";
  EXPECT_EQ(receiver_.balance(5), 10'000) << "penalty interest";
  EXPECT_EQ(receiver_.transfers()[4].user_data_32, 19'930'103u);
  EXPECT_EQ(receiver_.transfers()[4].code, 5u);
  // On 3 January the bank was off by 0.10, and remained so.
  EXPECT_EQ(report.balances->account_days, 4u);
  EXPECT_EQ(report.balances->equal, 3u);
  EXPECT_EQ(report.balances->within_tolerance, 1u);
}

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
