// Imports that are interrupted, and go on.
#include "tests/importer/import_files.h"

namespace florin::importer {
namespace {

constexpr const char* kMapping =
    "[transfers]\nid = { column = 'id' }\nledger = { constant = 1 }\ncode = { constant = 1 }\n"
    "account_id = { column = 'account', add = 100 }\nother_account_id = { constant = 1 }\n"
    "direction = { positive = 'credit' }\namount = { column = 'amount' }\n"
    "timestamp = { column = 'date', format = '%y%m%d' }\ntimestamps = 'spread'\n"
    "new_accounts = { code = 3 }\n"
    "check = { balance = { column = 'balance' } }\n"
    "[[account]]\nid = 1\nledger = 1\ncode = 1\n";

constexpr u32 kRows = 150;
constexpr u32 kBadRows = kRows / 25;

// 12 accounts that receive 1, 2, 3, … within some days; here and there a row that is none.
std::string many_rows() {
  std::string text = "id,account,amount,date,balance\n";
  std::map<u32, u32> balances;
  for (u32 row = 1; row <= kRows; ++row) {
    const u32 account = row * row % 12;
    balances[account] += row;
    text += std::to_string(row) + "," + std::to_string(account) + "," +
            (row % 25 == 0 ? "none" : std::to_string(row)) + ",9301" +
            std::to_string(10 + row / 15) + "," + std::to_string(balances[account]) + "\n";
    if (row % 25 == 0) balances[account] -= row;
  }
  return text;
}

class ImportResume : public test::ImportFiles {
 protected:
  ImportOptions options() const {
    ImportOptions options;
    options.journal_path = path("journal");
    options.refused_path = path("refused.csv");
    options.events_max = 16;
    return options;
  }
  Result<ImportReport> run(const ImportOptions& options) {
    return import_with(kMapping, "rows.csv", many_rows(), options);
  }
  bool has_journal() const { return std::ifstream(path("journal")).good(); }
};

template <class Objects>
std::string bytes_of(const Objects& objects) {
  return {reinterpret_cast<const char*>(objects.data()), objects.size() * sizeof(objects[0])};
}

TEST_F(ImportResume, comes_to_the_same_books_wherever_it_is_interrupted) {
  const ImportReport whole = test::value_of(run(options()));
  ASSERT_FALSE(whole.stopped.has_value()) << whole.stopped->message;
  EXPECT_EQ(whole.counts.transfers_created, kRows - kBadRows);
  EXPECT_EQ(whole.counts.refused, kBadRows);
  EXPECT_EQ(whole.balances->off, 0u);
  EXPECT_FALSE(has_journal());
  const std::string accounts = bytes_of(receiver_.accounts());
  const std::string transfers = bytes_of(receiver_.transfers());
  const std::string refused = read("refused.csv");
  const usize requests = receiver_.requests();
  for (usize taken = 0; taken < whole.requests; ++taken) {
    for (const bool takes_last : {false, true}) {
      receiver_ = test::MemoryReceiver();
      receiver_.fail_after(taken, takes_last);
      const ImportReport broken = test::value_of(run(options()));
      ASSERT_TRUE(broken.stopped.has_value());
      EXPECT_EQ(broken.stopped->message, "the server is gone");
      EXPECT_TRUE(has_journal());
      receiver_.heal();
      const ImportReport rest = test::value_of(run(options()));
      ASSERT_FALSE(rest.stopped.has_value()) << rest.stopped->message;
      EXPECT_EQ(rest.rows, whole.rows);
      EXPECT_EQ(rest.counts.transfers_created + rest.counts.transfers_existing, kRows - kBadRows);
      EXPECT_EQ(rest.counts.refused, kBadRows);
      EXPECT_EQ(rest.balances->account_days, whole.balances->account_days);
      EXPECT_EQ(rest.balances->equal, whole.balances->equal);
      // The journal is behind the server by one request at most.
      EXPECT_LE(rest.requests + taken, requests + 2);
      ASSERT_EQ(bytes_of(receiver_.accounts()), accounts) << taken << takes_last;
      ASSERT_EQ(bytes_of(receiver_.transfers()), transfers) << taken << takes_last;
      ASSERT_EQ(read("refused.csv"), refused) << taken << takes_last;
      EXPECT_FALSE(has_journal());
    }
  }
}

TEST_F(ImportResume, finds_everything_there_when_it_is_repeated) {
  ASSERT_TRUE(run(options()).has_value());
  const ImportReport again = test::value_of(run(options()));
  EXPECT_EQ(again.counts.transfers_created, 0u);
  EXPECT_EQ(again.counts.transfers_existing, kRows - kBadRows);
  EXPECT_EQ(again.counts.accounts_created, 0u);
  EXPECT_EQ(again.rows_before, 0u);
}

TEST_F(ImportResume, refuses_a_journal_of_something_else) {
  receiver_.fail_after(3, false);
  ASSERT_TRUE(run(options()).has_value());
  receiver_.heal();
  const auto other_file =
      import_with(kMapping, "rows.csv", many_rows() + "151,1,1,930131,0\n", options());
  ASSERT_FALSE(other_file.has_value());
  EXPECT_NE(other_file.error().message.find("of other files, or of these as they were before"),
            std::string::npos)
      << other_file.error().message;
  const auto other_mapping =
      import_with(std::string(kMapping) + "# changed\n", "rows.csv", many_rows(), options());
  ASSERT_FALSE(other_mapping.has_value());
  EXPECT_NE(other_mapping.error().message.find("another mapping"), std::string::npos);

  ImportOptions anew = options();
  anew.restart = true;
  const ImportReport report = test::value_of(
      import_with(std::string(kMapping) + "# changed\n", "rows.csv", many_rows(), anew));
  EXPECT_FALSE(report.stopped.has_value());
  EXPECT_EQ(report.rows_before, 0u);
  EXPECT_GT(report.counts.transfers_existing, 0u);
}

TEST_F(ImportResume, refuses_a_journal_that_is_none) {
  write("journal", "{}");
  EXPECT_EQ(run(options()).error().code, ErrorCode::Corrupt);
  write("journal", "{\"format\":2}");
  EXPECT_EQ(run(options()).error().code, ErrorCode::WrongVersion);
}

}  // namespace
}  // namespace florin::importer
