// Mappings as they are written, and what is said of those that are wrong.
#include "importer/mapping_file.h"

#include <gtest/gtest.h>

namespace florin::importer {
namespace {

// A mapping that is right, without its last lines.
constexpr std::string_view kTransfers =
    "[transfers]\n"
    "id = { column = 'id' }\n"
    "debit_account_id = { column = 'from' }\n"
    "credit_account_id = { column = 'to' }\n"
    "amount = { column = 'amount', decimals = 2 }\n"
    "ledger = { constant = 203 }\n"
    "code = { constant = 1 }\n";
constexpr std::string_view kTimestamp = "timestamp = { column = 'date', format = '%y%m%d' }\n";

std::string error_of(const std::string& text) {
  const auto mapping = read_mapping_text(text, "map.toml");
  return mapping ? "no error" : mapping.error().message;
}

TEST(MappingFile, reads_rules) {
  const auto mapping = read_mapping_text(std::string(kTransfers) + std::string(kTimestamp) +
                                             "timestamps = 'spread'\n"
                                             "files = ['a*.csv', 'b.csv']\n"
                                             "flags = { constant = ['pending', 'reversal'] }\n"
                                             "skip = { state = ['STORNO', 'OPEN'] }\n"
                                             "[format]\n"
                                             "delimiter = ';'\n"
                                             "decimal_sign = ','\n"
                                             "group_sign = '.'\n"
                                             "charset = 'latin1'\n"
                                             "[[account]]\n"
                                             "id = 5\n"
                                             "ledger = 203\n"
                                             "code = 7\n"
                                             "flags = ['frozen_debits']\n",
                                         "map.toml");
  ASSERT_TRUE(mapping.has_value()) << mapping.error().message;
  const TransferMapping& transfers = *mapping->transfers;
  EXPECT_FALSE(mapping->accounts.has_value());
  EXPECT_TRUE(transfers.spreads);
  EXPECT_EQ(transfers.files, (std::vector<std::string>{"a*.csv", "b.csv"}));
  EXPECT_EQ(transfers.format.delimiter, ';');
  EXPECT_TRUE(transfers.format.is_latin1);
  ASSERT_EQ(transfers.skips.size(), 1u);
  EXPECT_EQ(transfers.skips[0].texts, (std::vector<std::string>{"STORNO", "OPEN"}));
  const ValueRule& amount = transfers.fields[3].value;
  EXPECT_EQ(amount.field, "transfers.amount");
  EXPECT_EQ(amount.decimals, 2u);
  EXPECT_EQ(amount.decimal_sign, ',');
  EXPECT_EQ(amount.group_sign, '.');
  ASSERT_EQ(mapping->constant_accounts.size(), 1u);
  EXPECT_EQ(mapping->constant_accounts[0].flags, ledger::account_flags::kFrozenDebits);
  EXPECT_EQ(mapping->constant_accounts[0].timestamp, 1u);
}

TEST(MappingFile, names_the_line_of_what_is_wrong_and_what_was_expected) {
  const std::string right = std::string(kTransfers) + std::string(kTimestamp);
  ASSERT_EQ(error_of(right), "no error");
  const struct {
    std::string text;
    const char* error;
  } kCases[] = {
      {"", "expected a table [accounts], [transfers], or both"},
      {std::string(kTransfers), "map.toml line 1: transfers: 'timestamp' is missing"},
      {right + "tiemstamps = 'spread'\n", "map.toml line 9: 'transfers.tiemstamps' is not known"},
      {right + "timestamps = 'fill'\n", "line 9: transfers.timestamps: expected \"as_they_are\""},
      {right + "user_data_64 = { }\n", "line 9: transfers.user_data_64: expected one of column"},
      {right + "user_data_64 = { column = 'a', constant = 1 }\n", "expected one of column"},
      {right + "user_data_64 = 'a'\n", "line 9: transfers.user_data_64: expected a table"},
      {right + "user_data_32 = { constant = 4294967296 }\n",
       "line 9: transfers.user_data_32.constant: expected at most 4294967295"},
      {right + "user_data_32 = { column = 'a', default = 4294967296 }\n",
       "transfers.user_data_32.default: expected at most 4294967295"},
      {right + "user_data_64 = { column = 'a', as = 'uuid' }\n", "has 128 bits"},
      {right + "user_data_64 = { column = 'a', as = 'text' }\n", "expected \"number\", \"uuid\""},
      {right + "user_data_64 = { column = 'a', lookup = 'x' }\n", "no table [lookup.x]"},
      {right + "user_data_64 = { column = 'a', currency = 'XXL' }\n", "a currency of ISO 4217"},
      {right + "user_data_64 = { column = 'a', clumn = 'b' }\n",
       "line 9: 'transfers.user_data_64.clumn' is not known here"},
      {right + "user_data_64 = { columns = ['a','b'], lookup = 'x' }\n[lookup.x]\n'1/2/3' = 4\n",
       "line 11: lookup.x.1/2/3: '1/2/3' has 3 parts; expected 2"},
      {right + "flags = { constant = ['pendign'] }\n",
       "line 9: transfers.flags.constant: expected "
       "linked, pending"},
      {right + "account_id = { column = 'a' }\n", "cannot be beside account_id"},
      {right + "[transfers.check]\nbalance = { column = 'b' }\n", "whose balance it is"},
      {right + "[transfers.new_accounts]\nflags = []\n", "'code' is missing"},
      {right + "[format]\ndelimiter = ';;'\n", "line 10: format.delimiter: expected one character"},
      {right + "[format]\ncharset = 'ebcdic'\n", "expected \"utf8\" or \"latin1\""},
      {right + "[format]\ndecimal_sign = ','\ngroup_sign = ','\n", "cannot be the decimal sign"},
      {right + "[[account]]\nid = 1\nledger = 2\n", "line 9: account: 'code' is missing"},
      {right + "[[account]]\nid = 1\nledger = 2\ncode = 70000\n",
       "line 12: account.code: is too large"},
      {std::string(kTransfers) + "timestamp = { column = 'd', format = '%d' }\n",
       "line 8: transfers.timestamp.format: '%d' is no form of moments"},
      {std::string(kTransfers) + "timestamp = { column = 'd', zone = 'CET' }\n",
       "line 8: transfers.timestamp.zone: expected a distance from UTC"},
      {std::string(kTransfers) + "timestamp = { column = 'd', time = '25:00' }\n",
       "expected a time of day"},
      {"[transfers]\nid = \n", "map.toml line 2"},
  };
  for (const auto& each : kCases) {
    EXPECT_NE(error_of(each.text).find(each.error), std::string::npos)
        << error_of(each.text) << "\ninstead of\n"
        << each.error;
  }
}

TEST(MappingFile, wants_a_direction_with_an_account) {
  const std::string begin =
      "[transfers]\nid = { column = 'id' }\naccount_id = { column = 'a' }\n"
      "other_account_id = { constant = 1 }\namount = { column = 'amount' }\n"
      "ledger = { constant = 1 }\ncode = { constant = 1 }\n" +
      std::string(kTimestamp);
  EXPECT_NE(error_of(begin).find("'direction' is missing"), std::string::npos) << error_of(begin);
  EXPECT_EQ(error_of(begin + "direction = { positive = 'credit' }\n"), "no error");
  EXPECT_EQ(error_of(begin + "direction = { column = 't', debit = ['D'], credit = 'C' }\n"),
            "no error");
  EXPECT_NE(error_of(begin + "direction = { positive = 'up' }\n").find("line 9"),
            std::string::npos);
}

TEST(MappingFile, tells_of_files_that_are_not_there) {
  EXPECT_EQ(read_mapping_file("/nowhere/map.toml").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace florin::importer
