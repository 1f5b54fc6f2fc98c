#include "tests/support/answers.h"

#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace florin::test {

namespace {

std::string outcome_name(ledger::Operation operation, u32 number) {
  if (operation == ledger::Operation::CreateAccounts) {
    return std::string(ledger::name(static_cast<ledger::AccountOutcome>(number)));
  }
  return std::string(ledger::name(static_cast<ledger::TransferOutcome>(number)));
}

std::string exceptions_text(const ledger::Request& request) {
  std::string text;
  for (const ledger::EventResult& result : request.exceptions) {
    text += fmt::format(" [{}] {} at {}", result.index,
                        outcome_name(request.operation, result.outcome), result.timestamp);
  }
  return text.empty() ? " all created" : text;
}

template <class Value>
bool equal_bytes(const std::vector<Value>& left, const std::vector<Value>& right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size() * sizeof(Value)) == 0);
}

}  // namespace

std::string difference(const ledger::Request& expected, const ledger::Request& actual) {
  const std::string what(ledger::name(expected.operation));
  if (expected.position != actual.position) {
    return fmt::format("{}: position {} instead of {}", what, actual.position.value,
                       expected.position.value);
  }
  if (!equal_bytes(expected.exceptions, actual.exceptions)) {
    return fmt::format("{}:{} instead of{}", what, exceptions_text(actual),
                       exceptions_text(expected));
  }
  if (!equal_bytes(expected.accounts, actual.accounts)) return what + ": accounts differ";
  if (!equal_bytes(expected.transfers, actual.transfers)) return what + ": transfers differ";
  if (expected.transfer_outcomes != actual.transfer_outcomes) return what + ": outcomes differ";
  if (!equal_bytes(expected.totals, actual.totals)) return what + ": totals differ";
  if (expected.more_totals != actual.more_totals) return what + ": more_totals differs";
  return "";
}

}  // namespace florin::test
