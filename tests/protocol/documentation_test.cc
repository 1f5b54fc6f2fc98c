// docs/protocol.md says what the code does: its schema, examples, errors and outcomes.
#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ledger/outcome.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"

namespace florin::protocol {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Documentation : public testing::Test {
 protected:
  void expect_said(const std::string& text) const {
    EXPECT_NE(page.find(text), std::string::npos) << "docs/protocol.md does not say: " << text;
  }
  std::string page = read_file("docs/protocol.md");
};

std::string hex_dump(const ByteBuffer& buffer) {
  std::string text;
  for (usize i = 0; i < buffer.size(); ++i) {
    if (i % 16 == 0) text += fmt::format("{:04x} ", i);
    text += fmt::format(" {:02x}", static_cast<unsigned>(buffer.data()[i]));
    if (i % 16 == 15) text += "\n";
  }
  return text;
}

TEST_F(Documentation, has_the_schema) { expect_said(read_file("protocol/florin.fbs")); }

TEST_F(Documentation, has_the_bytes_of_its_examples) {
  ByteBuffer buffer;
  encode_ping({.number = 1}, buffer);
  expect_said(hex_dump(buffer));
  ledger::Transfer transfer{};
  transfer.id = 1;
  transfer.debit_account_id = 2;
  transfer.credit_account_id = 3;
  transfer.amount = 100;
  transfer.ledger = 1;
  transfer.code = 1;
  buffer.clear();
  encode_create_transfers({.number = 2}, std::span(&transfer, 1), buffer);
  expect_said(hex_dump(buffer));
}

TEST_F(Documentation, names_every_error) {
  u16 number = 1;
  for (; ledger::name(static_cast<ledger::RefusalCode>(number)) != "unknown"; ++number) {
    const auto code = static_cast<ledger::RefusalCode>(number);
    expect_said(fmt::format("| {} | `{}` |", number, ledger::name(code)));
  }
  EXPECT_GT(number, 15);
}

TEST_F(Documentation, names_every_request_with_its_number) {
  const char* const* const names = wire::EnumNamesRequestBody();
  for (u32 number = 1; number <= static_cast<u32>(wire::RequestBody::MAX); ++number) {
    expect_said(fmt::format("| `{}` | {} |", names[number], number));
  }
}

TEST_F(Documentation, tells_the_maxima) {
  const auto grouped = [](u64 value) {
    std::string text = std::to_string(value);
    for (usize place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
    return text;
  };
  std::replace(page.begin(), page.end(), '\n', ' ');
  expect_said(grouped(kRequestFrameBytesMax) + " bytes");
  expect_said(grouped(kReplyFrameBytesMax) + " bytes");
  expect_said(fmt::format("1 to {} events or ids, `UpdateAccounts` 1 to {}",
                          grouped(ledger::kRequestEventsMax), grouped(ledger::kUpdateEventsMax)));
  expect_said(fmt::format("1 to {} objects, of changes 1 to {};", grouped(ledger::kQueryLimitMax),
                          grouped(ledger::kAccountChangesLimitMax)));
  expect_said(fmt::format("1 to {} changes", grouped(ledger::kChangeEventsLimitMax)));
  expect_said(fmt::format("`limit`, 1 to {}, `cursor`", grouped(ledger::kStatementLimitMax)));
  expect_said(fmt::format("up to {} ms", grouped(ledger::kQueryWaitMsMax)));
  expect_said(fmt::format("`limit` of 1 to {}.", grouped(ledger::kTrialBalanceLinesMax)));
  expect_said(fmt::format("({} to {} seconds)", ledger::kVelocityWindowMin,
                          grouped(ledger::kVelocityWindowMax)));
  expect_said(fmt::format("1 to {} bytes", ledger::kReasonBytesMax));
}

TEST_F(Documentation, has_a_line_for_every_bit) {
  const auto bits = [](u64 defined) { return static_cast<u32>(std::bit_width(defined)); };
  for (u32 bit = 0; bit < bits(ledger::transfer_flags::kDefined); ++bit) {
    expect_said(
        fmt::format("\n| {} | {}", bit, bit < bits(ledger::account_flags::kDefined) ? "`" : "| `"));
  }
  for (u32 bit = 0; bit < bits(ledger::account_changes::kDefined); ++bit) {
    const char* const verb = bit == 0 || bit == 2   ? "freeze_"
                             : bit == 1 || bit == 3 ? "unfreeze_"
                             : bit < 7              ? "set_user_data_"
                             : bit % 2 == 1         ? "set_"
                                                    : "clear_";
    expect_said(fmt::format("\n| {} | `{}", bit, verb));
  }
}

TEST_F(Documentation, names_every_outcome) {
  // The lists are wrapped.
  std::replace(page.begin(), page.end(), '\n', ' ');
  for (u32 number = 1; number < ledger::kAccountOutcomeEnd; ++number) {
    expect_said(fmt::format("{} `{}`", number, ledger::name(*ledger::account_outcome(number))));
  }
  for (u32 number = 1; number < ledger::kTransferOutcomeEnd; ++number) {
    const ledger::TransferOutcome outcome = *ledger::transfer_outcome(number);
    expect_said(fmt::format("{} `{}`{}", number, ledger::name(outcome),
                            ledger::is_transient(outcome) ? " T" : ""));
  }
  for (u32 number = 1; number < ledger::kUpdateOutcomeEnd; ++number) {
    const ledger::UpdateOutcome outcome = *ledger::update_outcome(number);
    expect_said(fmt::format("{} `{}`{}", number, ledger::name(outcome),
                            ledger::is_transient(outcome) ? " T" : ""));
  }
}

}  // namespace
}  // namespace florin::protocol
