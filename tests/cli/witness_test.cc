// Witnesses at the command line: their files, and what a server makes of them.
#include <fstream>

#include <gtest/gtest.h>

#include "cli/witness_check.h"
#include "cli/witness_file.h"
#include "cli/work_directory.h"

namespace florin::cli {
namespace {

using ledger::RefusalCode;
using pipeline::ChainPoint;
using protocol::Witness;

class WitnessFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = WorkDirectory::make("");
    ASSERT_TRUE(made);
    directory_ = std::move(*made);
  }

  Result<LedgerWitness> read(const std::string& content) {
    std::ofstream(path()) << content;
    return read_witness_file(path());
  }
  std::string path() const { return directory_->path() + "/witness.json"; }

 private:
  std::unique_ptr<WorkDirectory> directory_;
};

TEST_F(WitnessFile, is_what_the_client_prints) {
  const u128 chain = make_u128(0x0123456789abcdef, 5);
  EXPECT_EQ(chain_text(chain), "0x0123456789abcdef0000000000000005");
  const auto told = read(R"({"request":"witness","ledger_id":"77","position":"12","chain":")" +
                         chain_text(chain) + "\"}\n");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->witness.position.value, 12u);
  EXPECT_EQ(told->witness.chain, chain);
  EXPECT_EQ(told->ledger_id, 77u);
}

TEST_F(WitnessFile, need_not_name_the_ledger) {
  const auto told = read(R"({"position":12,"chain":"0x7"})");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->witness.chain, 7u);
  EXPECT_EQ(told->ledger_id, 0u);
}

TEST_F(WitnessFile, that_is_none_is_named_with_what_is_wrong) {
  const char* const kWrong[][2] = {
      {"", "JSON"},
      {"{}", "'position' or 'chain' is missing"},
      {R"({"position":"12"})", "'position' or 'chain' is missing"},
      {R"({"position":"twelve","chain":"0x7"})", "position is"},
      {R"({"position":"12","chain":true})", "chain is"},
      {R"({"position":"12","chain":"0x7","ledger_id":-1})", "ledger_id is"},
  };
  for (const auto& [content, what] : kWrong) {
    const auto told = read(content);
    ASSERT_FALSE(told) << content;
    EXPECT_EQ(told.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(told.error().message.find(path()), std::string::npos) << told.error().message;
    EXPECT_NE(told.error().message.find(what), std::string::npos) << told.error().message;
  }
}

TEST_F(WitnessFile, that_is_missing_is_named) {
  const auto told = read_witness_file(path());
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, ErrorCode::NotFound);
  EXPECT_NE(told.error().message.find(path()), std::string::npos) << told.error().message;
}

class WitnessCheck : public ::testing::Test {
 protected:
  WitnessCheck() {
    const ChainPoint points[] = {{{}, 0}, {Position{3}, 30}, {Position{5}, 50}, {Position{5}, 51}};
    history_.restart(points);
  }
  RefusalCode refused(const Witness& witness) const {
    const auto refusal = refuse_witness(history_, witness);
    return refusal ? refusal->code : RefusalCode::None;
  }

  pipeline::LogHistory history_;
};

TEST_F(WitnessCheck, what_the_log_has_is_accepted) {
  const Witness kAccepted[] = {{{}, 0}, {Position{3}, 30}, {Position{5}, 50}, {Position{5}, 51}};
  for (const Witness& witness : kAccepted) EXPECT_EQ(refused(witness), RefusalCode::None);
}

TEST_F(WitnessCheck, a_position_without_a_chain_is_accepted_when_the_log_has_reached_it) {
  for (const u64 position : {1, 4, 5}) {
    EXPECT_EQ(refused({Position{position}, 0}), RefusalCode::None) << position;
  }
  EXPECT_EQ(refused({Position{6}, 0}), RefusalCode::BehindWitness);
}

TEST_F(WitnessCheck, a_log_that_is_behind_is_told_with_both_positions) {
  EXPECT_EQ(refused({Position{6}, 60}), RefusalCode::BehindWitness);
  const auto refusal = refuse_witness(history_, {Position{600}, 60});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_NE(refusal->message.find("position 600 "), std::string::npos) << refusal->message;
  EXPECT_NE(refusal->message.find("position 5:"), std::string::npos) << refusal->message;
}

TEST_F(WitnessCheck, another_history_is_told_with_its_chain) {
  EXPECT_EQ(refused({Position{4}, 40}), RefusalCode::DiffersFromWitness);
  const auto refusal = refuse_witness(history_, {Position{3}, 31});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, RefusalCode::DiffersFromWitness);
  EXPECT_NE(refusal->message.find(chain_text(31)), std::string::npos) << refusal->message;
}

}  // namespace
}  // namespace florin::cli
