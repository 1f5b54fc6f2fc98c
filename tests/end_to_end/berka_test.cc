// A real bank in Florin: docs/berka.md tells where its data is found and what came out. Without the
// data, the reading of its lines is tested alone.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/end_to_end/berka_replay.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

TEST(BerkaLines, are_read_exactly) {
  const BankEntry entry = must(
      parse_bank_entry(R"(52;1;940105;"VYDAJ";"PREVOD NA UCET";3372.70;-16.50;"SIPO";"ST";123)"));
  EXPECT_EQ(entry.number, 52u);
  EXPECT_EQ(entry.account, 1u);
  EXPECT_EQ(entry.date, 19'940'105u);
  EXPECT_FALSE(entry.is_credit);
  EXPECT_EQ(entry.settlement, Settlement::OtherBanks);
  EXPECT_EQ(entry.amount, 337'270u);
  EXPECT_EQ(entry.balance, -1650);
  EXPECT_EQ(must(parse_hellers("-0.05")), -5);
}

TEST(BerkaLines, that_are_not_understood_are_refused) {
  for (const char* amount : {"", "1", "1.0", "1.000", ".10", "1e2.00", "--1.00", "1.-1", "1,00"}) {
    EXPECT_FALSE(parse_hellers(amount)) << amount;
  }
  for (const char* line : {
           "",
           R"(1;1;930101;"PRIJEM";"VKLAD";700.00;700.00;"")",
           R"(1;1;930101;"OTHER";"VKLAD";700.00;700.00;"";;)",
           R"(1;1;930101;"PRIJEM";"OTHER";700.00;700.00;"";;)",
           R"(1;1;930101;"PRIJEM";"VKLAD";-700.00;700.00;"";;)",
           R"(x;1;930101;"PRIJEM";"VKLAD";700.00;700.00;"";;)",
       }) {
    EXPECT_FALSE(parse_bank_entry(line)) << line;
  }
}

class Berka : public ServerTest {};

TEST_F(Berka, balances_are_the_bank_s_own_at_the_end_of_every_day) {
  const char* directory = std::getenv("FLORIN_BERKA_DIR");
  const std::string path = std::string(directory == nullptr ? "" : directory) + "/trans.asc";
  if (directory == nullptr || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "FLORIN_BERKA_DIR does not name a directory with trans.asc; see docs/berka.md";
  }
  const std::vector<BankEntry> entries = must(read_bank_entries(path));
  const std::string transfers_max = std::to_string(2 * entries.size());
  start({"--accounts-max", "10000", "--transfers-max", transfers_max});
  client::Client client = connect();
  BerkaReplay replay(client, entries);
  replay.run();
  const BerkaFigures& figures = replay.figures();
  std::printf("%s", to_table(figures).c_str());

  EXPECT_EQ(figures.by_ledger, figures.by_arithmetic);
  EXPECT_EQ(figures.by_ledger.total - figures.by_ledger.equal, figures.corrections);
  // What does not agree for another reason than rounding is where the excerpt was cut.
  EXPECT_EQ(figures.by_ledger.other, figures.by_ledger.other_on_last_date);
  constexpr usize kExcerptEntries = 49'102;  // To 1994-03-31; the whole file has a million.
  if (entries.size() == kExcerptEntries) {
    EXPECT_EQ(figures.by_ledger, (AccountDays{39'960, 37'703, 2'229, 2'151, 28, 28}));
    EXPECT_EQ(figures.overdrawn_entries, 93u);
  }
  replay.expect_books_balance(client);

  server().kill_now();
  start({"--accounts-max", "10000", "--transfers-max", transfers_max, "--mode", "parallel",
         "--partitions", "3"});
  client::Client after_crash = connect();
  replay.expect_books_balance(after_crash);
}

}  // namespace
}  // namespace florin::test
