// The ledger's rules, written as tables, put to the engine: inline and in stages.
#include <gtest/gtest.h>

#include "tests/engine/engine_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

class EngineTables : public testing::TestWithParam<std::tuple<usize, u32>> {};

TEST_P(EngineTables, hold_inline_and_in_stages) {
  const auto& [index, partitions] = GetParam();
  const NamedTable& table = all_tables()[index];
  for (const auto mode : {StagedEngine::Mode::Inline, StagedEngine::Mode::Stepped}) {
    EngineLedger ledger(partitions, mode);
    const TableReport report = run_table(ledger, table.text);
    EXPECT_TRUE(report.passed()) << table.name << "\n" << report.text();
    EXPECT_TRUE(ledger.verify());
  }
}

std::string case_name(const testing::TestParamInfo<std::tuple<usize, u32>>& param) {
  std::string name = all_tables()[std::get<0>(param.param)].name;
  for (char& character : name) {
    if (std::isalnum(static_cast<unsigned char>(character)) == 0) character = '_';
  }
  return name + "_p" + std::to_string(std::get<1>(param.param));
}

std::vector<u32> partition_counts() {
  if (kSanitized) return {3};
  return {1, 3};
}

INSTANTIATE_TEST_SUITE_P(AllTables, EngineTables,
                         testing::Combine(testing::Range(usize{0}, all_tables().size()),
                                          testing::ValuesIn(partition_counts())),
                         case_name);

}  // namespace
}  // namespace florin::test
