// What becomes of rows: each rule of a mapping, and the ledger's own words.
#include "tests/importer/import_files.h"
#include "tests/importer/moments.h"

namespace florin::importer {
namespace {

using ledger::Transfer;
using test::kDay;
using test::kJanuary5;

class ImportRules : public test::ImportFiles {
 protected:
  // Accounts 1 and 2 are there; `rules` come to what every mapping here says.
  std::string mapping(const std::string& rules) const {
    return "[transfers]\nid = { column = 'id' }\nledger = { constant = 1 }\n"
           "code = { constant = 1 }\n" +
           rules +
           "[[account]]\nid = 1\nledger = 1\ncode = 1\n[[account]]\nid = 2\nledger = 1\n"
           "code = 1\n";
  }
  ImportReport import(const std::string& rules, const std::string& text,
                      const ImportOptions& options = {}) {
    return test::value_of(import_with(mapping(rules), "rows.csv", text, options));
  }
  const std::vector<Transfer>& transfers() const { return receiver_.transfers(); }
};

constexpr const char* kBothSides =
    "debit_account_id = { constant = 1 }\ncredit_account_id = { constant = 2 }\n";
constexpr const char* kAmount = "amount = { column = 'amount', decimals = 2 }\n";
constexpr const char* kDate = "timestamp = { column = 'date', format = '%y%m%d' }\n";
const std::string kUsual = std::string(kBothSides) + kAmount + kDate;

TEST_F(ImportRules, reads_amounts_exactly) {
  const struct {
    const char* format;
    const char* text;
    u64 expected;
  } kCases[] = {
      {"", "12.34", 1234},
      {"", "12.3", 1230},
      {"", "12", 1200},
      {"", "0.07", 7},
      {"[format]\ndelimiter = ';'\ndecimal_sign = ','\ngroup_sign = '.'\n", "1.234.567,89",
       123456789},
      {"[format]\ndelimiter = ';'\ndecimal_sign = ','\n", "1234567,8", 123456780},
  };
  u64 id = 1;
  for (const auto& each : kCases) {
    const std::string delimiter = *each.format == '\0' ? "," : ";";
    const ImportReport report =
        import(kUsual + each.format, "id" + delimiter + "amount" + delimiter + "date\n" +
                                         std::to_string(id) + delimiter + each.text + delimiter +
                                         (id < 10 ? "93010" : "9301") + std::to_string(id) + "\n");
    ASSERT_EQ(report.counts.transfers_created, 1u) << each.text << report.refusals.front();
    EXPECT_EQ(transfers().back().amount, each.expected) << each.text;
    ++id;
  }
}

TEST_F(ImportRules, refuses_texts_that_are_no_values_and_goes_on) {
  const ImportReport report = import(kUsual,
                                     "id,amount,date\n"
                                     "1,12.345,930105\n"
                                     "2,-1.00,930105\n"
                                     "3,\"1,50\",930105\n"
                                     "4,1.50,930230\n"
                                     "5,1.50\n"
                                     "6,1.50,930105,7\n"
                                     ",1.50,930105\n"
                                     "8,1.50,\"930105\n"
                                     "9,1.50,93\"0105\n"
                                     "10,1.50,930105\n");
  ASSERT_EQ(report.counts.refused, 9u);
  const char* const kReasons[] = {
      "line 2: transfers.amount: column amount is '12.345'; expected digits with up to 2 decimals",
      "line 3: transfers.amount: column amount is '-1.00'; expected digits",
      "line 4: transfers.amount: column amount is '1,50'; expected digits",
      ("line 5: transfers.timestamp: column date is '930230'; expected a moment since 1970 written "
       "as %y%m%d"),
      "line 6: has 2 columns; expected 3",
      "line 7: has 4 columns; expected 3",
      "line 8: transfers.id: column id is empty; expected a value",
      "line 9: a quote",
      "line 10: a quote (\") stands within a cell",
  };
  for (usize index = 0; index < std::size(kReasons); ++index) {
    EXPECT_NE(report.refusals[index].find(kReasons[index]), std::string::npos)
        << report.refusals[index] << "\ninstead of\n"
        << kReasons[index];
  }
  ASSERT_EQ(transfers().size(), 1u);
  EXPECT_EQ(transfers()[0].id, 10u);
}

TEST_F(ImportRules, spreads_the_rows_of_an_instant_over_ascending_nanoseconds) {
  import(kUsual + "timestamps = 'spread'\n",
         "id,amount,date\n1,1,930105\n2,1,930105\n3,1,930105\n4,1,930106\n5,1,930106\n");
  ASSERT_EQ(transfers().size(), 5u);
  const u64 kExpected[] = {kJanuary5, kJanuary5 + 1, kJanuary5 + 2, kJanuary5 + kDay,
                           kJanuary5 + kDay + 1};
  for (usize index = 0; index < 5; ++index) {
    EXPECT_EQ(transfers()[index].timestamp, kExpected[index]) << index;
  }
}

TEST_F(ImportRules, refuses_a_row_that_goes_back_in_time) {
  const ImportReport spread = import(kUsual + "timestamps = 'spread'\n",
                                     "id,amount,date\n1,1,930106\n2,1,930105\n3,1,930106\n");
  ASSERT_EQ(spread.counts.refused, 1u);
  EXPECT_NE(spread.refusals[0].find("line 3: its moment is before that of a row above it"),
            std::string::npos);
  const ImportReport as_they_are = import(kUsual, "id,amount,date\n11,1,930107\n12,1,930107\n");
  ASSERT_EQ(as_they_are.counts.refused, 1u);
  EXPECT_NE(as_they_are.refusals[0].find(
                "line 3: transfer 12: imported_event_timestamp_must_not_regress"),
            std::string::npos)
      << as_they_are.refusals[0];
}

TEST_F(ImportRules, swaps_the_sides_by_a_column) {
  const ImportReport report =
      import(std::string(kAmount) + kDate +
                 "account_id = { column = 'account' }\nother_account_id = { constant = 2 }\n"
                 "direction = { column = 'type', credit = ['IN'], debit = ['OUT', 'FEE'] }\n"
                 "timestamps = 'spread'\n",
             "id,account,type,amount,date\n1,1,IN,5,930105\n2,1,OUT,3,930105\n3,1,FEE,1,930105\n"
             "4,1,in,1,930105\n");
  EXPECT_EQ(report.counts.transfers_created, 3u);
  EXPECT_EQ(receiver_.balance(1), 100);
  ASSERT_EQ(report.counts.refused, 1u);
  EXPECT_NE(report.refusals[0].find("column type is 'in'; expected 'IN' for a credit, 'OUT', 'FEE' "
                                    "for a debit"),
            std::string::npos)
      << report.refusals[0];
}

TEST_F(ImportRules, swaps_the_sides_by_the_sign) {
  const std::string rules = std::string(kAmount) + kDate +
                            "account_id = { column = 'account' }\n"
                            "other_account_id = { constant = 2 }\ntimestamps = 'spread'\n";
  import(rules + "direction = { positive = 'credit' }\n",
         "id,account,amount,date\n1,1,5.00,930105\n2,1,-3.00,930105\n3,1,+0.50,930105\n");
  EXPECT_EQ(receiver_.balance(1), 250);
  import(rules + "direction = { positive = 'debit' }\n",
         "id,account,amount,date\n4,1,5.00,930107\n5,1,-3.00,930107\n");
  EXPECT_EQ(receiver_.balance(1), 50);
}

TEST_F(ImportRules, looks_up_numbers_of_ids_and_codes) {
  const ImportReport report = import(
      std::string(kAmount) + kDate +
          "debit_account_id = { columns = ['symbol', 'kind'], lookup = 'side' }\n"
          "credit_account_id = { constant = 2 }\ntimestamps = 'spread'\n"
          "user_data_64 = { column = 'symbol', lookup = 'symbols', default = 9, add = 100 }\n"
          "[lookup.side]\n'*/CASH' = 1\n'FEE/*' = 3\n[lookup.symbols]\nFEE = 1\n"
          "[[account]]\nid = 3\nledger = 1\ncode = 1\n",
      "id,symbol,kind,amount,date\n1, ,CASH,1,930105\n2,FEE,CARD,1,930105\n3,X,CARD,1,930105\n");
  ASSERT_EQ(transfers().size(), 2u);
  EXPECT_EQ(transfers()[0].debit_account_id, 1u);
  EXPECT_EQ(transfers()[0].user_data_64, 109u);
  EXPECT_EQ(transfers()[1].debit_account_id, 3u);
  EXPECT_EQ(transfers()[1].user_data_64, 101u);
  EXPECT_NE(report.refusals.at(0).find("lookup.side has nothing for 'X/CARD'"), std::string::npos)
      << report.refusals[0];
}

TEST_F(ImportRules, reads_numbers_in_other_forms) {
  import(kUsual +
             "user_data_128 = { column = 'uuid', as = 'uuid' }\n"
             "user_data_64 = { column = 'hex', default = 8 }\n"
             "user_data_32 = { column = 'small', add = 19_000_000 }\n"
             "flags = { column = 'flags' }\ntimestamps = 'spread'\n",
         "id,amount,date,uuid,hex,small,flags\n"
         "1,1,930105,00000000-0000-0001-0000-00000000000F,0xff,930105,pending|linked\n"
         "2,1,930105,00000000000000000000000000000001,,5,\n");
  ASSERT_EQ(transfers().size(), 2u);
  EXPECT_EQ(transfers()[0].user_data_128, make_u128(1, 15));
  EXPECT_EQ(transfers()[0].user_data_64, 255u);
  EXPECT_EQ(transfers()[0].user_data_32, 19'930'105u);
  EXPECT_EQ(transfers()[0].flags,
            ledger::transfer_flags::kPending | ledger::transfer_flags::kImported)
      << "what has happened needs no chain";
  EXPECT_EQ(transfers()[1].user_data_64, 8u);
  EXPECT_EQ(transfers()[1].flags, ledger::transfer_flags::kImported);
}

TEST_F(ImportRules, refuses_numbers_that_do_not_fit_their_field) {
  const ImportReport report = import(kUsual + "user_data_32 = { column = 'small', add = 10 }\n",
                                     "id,amount,date,small\n1,1,930105,4294967286\n"
                                     "2,1,930105,99999999999\n");
  ASSERT_EQ(report.counts.refused, 2u);
  EXPECT_NE(report.refusals[0].find("expected at most 4294967295 with 10 added"), std::string::npos)
      << report.refusals[0];
}

TEST_F(ImportRules, makes_ids_of_texts) {
  const std::string rules =
      std::string("[transfers]\nid = { columns = ['branch', 'id'], as = 'hash' }\n") +
      "ledger = { constant = 1 }\ncode = { constant = 1 }\n" + kUsual +
      "timestamps = 'spread'\n[[account]]\nid = 1\nledger = 1\ncode = 1\n"
      "[[account]]\nid = 2\nledger = 1\ncode = 1\n";
  const std::string text = "branch,id,amount,date\nA,TX-1,1,930105\nB,TX-1,1,930105\n";
  EXPECT_EQ(test::value_of(import_with(rules, "a.csv", text)).counts.transfers_created, 2u);
  EXPECT_NE(transfers()[0].id, transfers()[1].id);
  EXPECT_GT(transfers()[0].id, u128{1} << 64);
  EXPECT_EQ(test::value_of(import_with(rules, "a.csv", text)).counts.transfers_existing, 2u)
      << "the same text is the same id for ever";
}

TEST_F(ImportRules, joins_date_and_time_and_takes_off_the_zone) {
  import(std::string(kBothSides) + kAmount +
             "timestamp = { columns = ['date', 'time'], format = '%Y-%m-%d %H:%M', zone = '+01:00' "
             "}\n",
         "id,amount,date,time\n1,1,1993-01-05,09:30\n");
  ASSERT_EQ(transfers().size(), 1u);
  EXPECT_EQ(transfers()[0].timestamp, kJanuary5 + (8 * 60 + 30) * 60 * kNsPerSecond);
}

TEST_F(ImportRules, passes_rows_and_lines_over) {
  const ImportReport report =
      import(kUsual +
                 "skip = { state = ['STORNO', ''] }\ntimestamps = 'spread'\n"
                 "format = { skip_lines = 2 }\n",
             "Bank of Nowhere\nprinted on paper\nid,amount,date,state\n1,1,930105,BOOKED\n"
             "2,1,930105,STORNO\n\n3,1,930105,\n4,1,930105,x\n");
  EXPECT_EQ(report.counts.transfers_created, 2u);
  EXPECT_EQ(report.counts.skipped, 2u);
  EXPECT_EQ(report.counts.refused, 0u);
}

TEST_F(ImportRules, takes_names_of_columns_from_the_mapping) {
  import(kUsual + "format = { columns = ['date', 'id', 'amount'], delimiter = ' ' }\n",
         "930105 7 1.50\n");
  ASSERT_EQ(transfers().size(), 1u);
  EXPECT_EQ(transfers()[0].id, 7u);
}

TEST_F(ImportRules, reads_latin_1) {
  ImportOptions options;
  options.refused_path = path("refused.csv");
  const ImportReport report = import(
      std::string(kAmount) + kDate +
          "debit_account_id = { column = 'Druh', lookup = 'kinds' }\n"
          "credit_account_id = { constant = 2 }\nformat = { charset = 'latin1', delimiter = ';' }\n"
          "[lookup.kinds]\n'pou\u017e\u00edt\u00e9' = 9\n'v\u00fdb\u011br' = 8\n'd\u00e1rek' = 1\n",
      "id;Druh;amount;date\n1;d\xe1rek;1;930105\n2;\"d\xe1\";1;930105\n", options);
  EXPECT_EQ(report.counts.transfers_created, 1u);
  EXPECT_NE(read("refused.csv")
                .find(",3,\"transfers.debit_account_id: lookup.kinds has nothing for "
                      "'d\u00e1'\",\"2;\"\"d\u00e1\"\";1;930105\""),
            std::string::npos)
      << read("refused.csv");
}

TEST_F(ImportRules, opens_accounts_that_transfers_name) {
  const std::string toml =
      "[transfers]\nid = { column = 'id' }\nledger = { constant = 7 }\ncode = { constant = 1 }\n"
      "debit_account_id = { column = 'from' }\ncredit_account_id = { column = 'to' }\n"
      "timestamps = 'spread'\nnew_accounts = { code = 30, flags = ['history'] }\n" +
      std::string(kAmount) + kDate;
  const ImportReport report = test::value_of(
      import_with(toml, "rows.csv", "id,from,to,amount,date\n1,5,6,1,930105\n2,6,7,1,930105\n"));
  EXPECT_EQ(report.counts.accounts_created, 3u);
  EXPECT_EQ(report.counts.transfers_created, 2u);
  const auto& accounts = receiver_.accounts();
  ASSERT_EQ(accounts.size(), 3u);
  EXPECT_EQ(accounts[0].id, 5u);
  EXPECT_EQ(accounts[0].timestamp, kJanuary5 - kNsPerSecond);
  EXPECT_EQ(accounts[1].timestamp, kJanuary5 - kNsPerSecond + 1);
  EXPECT_EQ(accounts[2].timestamp, kJanuary5 - kNsPerSecond + 2);
  EXPECT_EQ(accounts[2].code, 30u);
  EXPECT_EQ(accounts[2].ledger, 7u);
  EXPECT_EQ(accounts[2].flags, ledger::account_flags::kHistory | ledger::account_flags::kImported);
}

TEST_F(ImportRules, compares_the_balances_of_each_day) {
  const ImportReport report =
      import(std::string(kAmount) + kDate +
                 "account_id = { column = 'account' }\nother_account_id = { constant = 2 }\n"
                 "direction = { positive = 'credit' }\ntimestamps = 'spread'\n"
                 "check = { balance = { column = 'balance', decimals = 2 }, tolerance = '0.20' }\n",
             "id,account,amount,date,balance\n"
             "1,1,5.00,930105,3.00\n"  // The bank's order within the day is another one.
             "2,1,-2.00,930105,-2.00\n"
             "3,1,1.00,930106,4.10\n"  // The bank rounded: off by 0.10, and carried along.
             "4,1,1.00,930107,5.10\n"
             "5,1,1.00,930108,9.10\n");  // Off by 3.00.
  ASSERT_TRUE(report.balances.has_value());
  EXPECT_EQ(report.balances->account_days, 4u);
  EXPECT_EQ(report.balances->equal, 2u);
  EXPECT_EQ(report.balances->within_tolerance, 1u);
  EXPECT_EQ(report.balances->off, 1u);
  ASSERT_EQ(report.balances->examples.size(), 1u);
  EXPECT_EQ(report.balances->examples[0],
            "account 1 on the day that ends 1993-01-08: 6.10 in the ledger, 9.10 recorded, off by "
            "3.00");
}

TEST_F(ImportRules, names_a_column_that_a_file_does_not_have) {
  const ImportReport report = import(kUsual, "id,amount,day\n1,1,930105\n");
  ASSERT_TRUE(report.stopped.has_value());
  EXPECT_NE(report.stopped->message.find("line 1 names no column 'date', which transfers.timestamp "
                                         "needs; it names id, amount, day"),
            std::string::npos)
      << report.stopped->message;
}

TEST_F(ImportRules, stops_when_too_many_rows_were_refused) {
  std::string text = "id,amount,date\n";
  for (u32 row = 0; row < 50; ++row) text += "1,x,930105\n";
  ImportOptions options;
  options.refusals_max = 49;
  const ImportReport report = import(kUsual, text, options);
  ASSERT_TRUE(report.stopped.has_value());
  EXPECT_EQ(report.stopped->message,
            "50 rows were refused, and at most 49 may be (--refusals-max)");
  options.refusals_max = 50;
  EXPECT_FALSE(import(kUsual, text, options).stopped.has_value());
}

TEST_F(ImportRules, reports_refused_rows_by_line_whoever_refused_them) {
  ImportOptions options;
  options.refused_path = path("refused.csv");
  import(kUsual, "id,amount,date\n1,1,930105\n2,1,930105\n3,x,930106\n4,1,930107\n", options);
  const std::string name = "\"" + path("rows.csv") + "\"";
  EXPECT_EQ(
      read("refused.csv"),
      "file,line,reason,row\n" + name +
          ",3,\"transfer 2: imported_event_timestamp_must_not_regress\",\"2,1,930105\"\n" + name +
          ",4,\"transfers.amount: column amount is 'x'; expected digits with up to 2 decimals "
          "behind a '.', of at most 128 bits\",\"3,x,930106\"\n");
}

TEST_F(ImportRules, keeps_quoted_line_ends_and_their_numbers) {
  const ImportReport report = import(
      kUsual + "skip = { note = [\"two\\nlines\"] }\ntimestamps = 'spread'\n",
      "id,amount,date,note\n1,1,930105,\"two\r\nlines\"\n2,1,930105,\"two\nlines\"\n3,x,930105,\n");
  EXPECT_EQ(report.counts.skipped, 1u);
  EXPECT_NE(report.refusals.at(0).find("line 6:"), std::string::npos) << report.refusals[0];
}

constexpr const char* kOwnAccounts =
    R"({"id":"1","ledger":9,"code":4,"flags":["frozen_debits"],"user_data_64":"18446744073709551615","timestamp":"1993-01-04"}
{"kind":"account_created","position":"2","account_id":"2","ledger":9,"code":4,"flags":16,"timestamp":"725000000000000000"}
)";

TEST_F(ImportRules, understands_the_ledger_s_own_words) {
  const ImportReport report = test::value_of(import_with(
      "", "all.ndjson",
      std::string(kOwnAccounts) +
          R"({"kind":"transfer_created","transfer_id":"340282366920938463463374607431768211454","debit_account_id":"1","credit_account_id":"2","amount":"5","ledger":9,"code":3,"flags":257,"timestamp":"726000000000000000","remaining":"0"}
{"kind":"account_updated","account_id":"1"}
{"kind":"hold_expired","transfer_id":"3"}
{"kind":"transfer_refused","transfer_id":"4","debit_account_id":"1","credit_account_id":"2","amount":"5","ledger":9,"code":3,"flags":0,"timestamp":"0","reason":"exceeds_credits"}
{"id":"8","debit_account_id":"1","credit_account_id":"2","amount":5,"ledger":9,"code":3,"timestamp":"1993-01-05T00:00:01Z"}
{"kind":"other"}
)"));
  EXPECT_EQ(report.counts.accounts_created, 1u) << "the second account is older than the first";
  EXPECT_EQ(report.counts.skipped, 3u);
  ASSERT_EQ(receiver_.accounts().size(), 1u);
  EXPECT_EQ(receiver_.accounts()[0].user_data_64, ~u64{0});
  EXPECT_EQ(report.counts.refused, 4u);
}

TEST_F(ImportRules, understands_csv_in_the_ledger_s_own_words) {
  const ImportReport report = test::value_of(import_with(
      "", "accounts.csv", "id,ledger,code,timestamp\n1,9,4,1993-01-04\n2,9,4,1993-01-05\n"));
  EXPECT_EQ(report.counts.accounts_created, 2u);
  const ImportReport after = test::value_of(
      import_with("", "transfers.csv",
                  "id,debit_account_id,credit_account_id,amount,ledger,code,flags,timestamp\n"
                  "1,1,2,5,9,1,,1993-01-06\n2,1,2,5,9,1,pending,1993-01-07\n"));
  EXPECT_EQ(after.counts.transfers_created, 2u);
  EXPECT_EQ(after.counts.refused, 0u);
  const auto nothing = test::value_of(import_with("", "else.csv", "colour,size\nred,5\n"));
  ASSERT_TRUE(nothing.stopped.has_value());
  EXPECT_NE(nothing.stopped->message.find("names no column that is known"), std::string::npos);
}

TEST_F(ImportRules, cuts_requests_at_their_size) {
  std::string text = "id,amount,date\n";
  for (u32 row = 1; row <= 100; ++row) text += std::to_string(row) + ",1,930105\n";
  ImportOptions options;
  options.events_max = 30;
  const ImportReport report = import(kUsual + "timestamps = 'spread'\n", text, options);
  EXPECT_EQ(report.counts.transfers_created, 100u);
  EXPECT_EQ(receiver_.largest_request(), 30u);
  EXPECT_EQ(report.requests, 5u) << "one of accounts, four of transfers";
}

TEST_F(ImportRules, tells_tables_apart_by_the_names_of_files) {
  const std::string toml = mapping(kUsual + "files = ['t*.csv']\n") +
                           "[accounts]\nfiles = ['a.csv']\nid = { column = 'id' }\n"
                           "ledger = { constant = 1 }\ncode = { constant = 1 }\n"
                           "timestamp = { column = 'date', format = '%y%m%d' }\n";
  ImportOptions options;
  options.files = {write("a.csv", "id,date\n50,920101\n")};
  const auto report =
      test::value_of(import_with(toml, "trans.csv", "id,amount,date\n1,1,930105\n", options));
  EXPECT_EQ(report.counts.accounts_created, 3u);
  EXPECT_EQ(report.counts.transfers_created, 1u);
  const auto neither = import_with(toml, "other.csv", "id,amount,date\n1,1,930105\n");
  ASSERT_FALSE(neither.has_value());
  EXPECT_NE(neither.error().message.find("other.csv fits no table of the mapping"),
            std::string::npos)
      << neither.error().message;
}

}  // namespace
}  // namespace florin::importer
