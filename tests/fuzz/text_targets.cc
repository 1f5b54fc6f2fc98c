// Lines for `florin client`: JSON, and what people type.
#include <string>

#include "base/check.h"
#include "cli/json_reader.h"
#include "cli/text_grammar.h"
#include "tests/fuzz/target.h"

namespace florin::test {

namespace {

std::string_view text_of(std::span<const std::byte> input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

bool equal(const cli::Command& left, const cli::Command& right) {
  return left.kind == right.kind && left.accounts.size() == right.accounts.size() &&
         left.transfers.size() == right.transfers.size();
}

FuzzVerdict run_json(std::span<const std::byte> input) {
  const std::string line(text_of(input));
  const auto command = cli::parse_json_command(line);
  if (!command) {
    CHECK(!command.error().message.empty());
    return FuzzVerdict::Refused;
  }
  // It says the same with space around it.
  const auto again = cli::parse_json_command("  " + line + "  ");
  CHECK(again && equal(*command, *again));
  return FuzzVerdict::Taken;
}

const money::LedgerNames& ledger_names() {
  static const money::LedgerNames kNames = [] {
    money::LedgerNames names;
    CHECK(names.add("978=EUR"));
    CHECK(names.add("7=points:0"));
    return names;
  }();
  return kNames;
}

FuzzVerdict run_typed(std::span<const std::byte> input) {
  const std::string_view line = text_of(input);
  const auto parsed = cli::parse_typed_line(line, ledger_names());
  if (parsed) return FuzzVerdict::Taken;
  CHECK(!parsed.error().message.empty());
  CHECK(parsed.error().position <= line.size());
  CHECK(!cli::render_error(line, parsed.error()).empty());
  return FuzzVerdict::Refused;
}

constexpr std::string_view kJsonLines[] = {
    R"({"request":"lookup_accounts","ids":["1","0x2",3]})",
    R"({"request":"create_accounts","events":[{"id":"1","ledger":1,"code":10,"flags":["history"]}]})",
    R"({"request":"create_transfers","events":[{"id":1,"amount":"5","flags":["pending","linked"],)"
    R"("timeout":5},{"id":2}],"dry_run":true})",
    R"({"request":"create_transfers","events":[{"id":1},{"id":2}],"balances":true,"conditions":)"
    R"([{"index":0,"side":"debit","at_least":"-5","at_most":100},{"index":1,"side":"credit"}]})",
    R"({"request":"query_transfers","account_id":1,"limit":5,"newest_first":true,"cursor":)"
    R"({"next":"7","as_of":9},"timestamp_min":"2026-10-01","pending_status":"expired"})",
    R"({"request":"reverse_transfers","events":[{"id":9,"original_id":8,"code":1}]})",
    R"({"request":"update_accounts","events":[{"id":1,"account_id":2,"reason":"court \u00a7 12",)"
    R"("freeze_debits":true,"overdraft_limit":"9","clear_balance_limit":true}]})",
    R"({"request":"get_trial_balance","ledger_min":1,"limit":9})",
    R"({"request":"get_account_transfers","account_id":1,"debits":true,"cursor":"5:9:2"})",
    R"({"request":"get_balance_at","ids":["1",2],"at":"2026-10-31T12:00:00.5Z"})",
    R"({"request":"get_change_events","from":"7:0:1","kinds":["hold_expired"],"wait_ms":5})",
    R"({"request":"get_statement","account_id":1,"timestamp_min":"2026-10-01",)"
    R"("timestamp_max":"2026-10-31","holds":true})",
    R"({"request":"ping"})",
    R"({"request":"\ud83d\ude00","ids":[1e99,-1,[[[[]]]],null]})"};

constexpr std::string_view kTypedLines[] = {
    "create_accounts id=1 ledger=1 code=10, id=2 ledger=978 code=10 flags=history|linked;",
    "create_transfers id=1 debit_account_id=1 credit_account_id=2 amount=12.34EUR code=1",
    "create_transfers id=1 amount=7 credit_at_most=100 debit_at_least=-5.00EUR, id=2 dry_run",
    "create_transfers id=1 debit_account_id=1 credit_account_id=2 amount='5 points' code=1 dry_run",
    "lookup_accounts 1 2 99",
    "query_transfers account_id=1 newest_first limit=3",
    "update_accounts id=1 account_id=2 reason=\"because it is so\" overdraft_limit=9",
    "reverse_transfers id=9 original_id=8 code=1",
    "get_account_balances account_id=1 newest_first cursor=5:9:2 timestamp_min=2026-10-01",
    "get_balance_at id=1, 2 at='2026-10-31 12:00:00'",
    "get_change_events from=1000 kinds=account_created|hold_expired wait_ms=5",
    "get_statement account_id=1 timestamp_min=2026-10-01 timestamp_max=2026-10-31 holds",
    "trial_balance",
    "help create_transfers",
    "exit"};

std::vector<Bytes> seeds_of(std::span<const std::string_view> lines) {
  std::vector<Bytes> seeds;
  for (const std::string_view line : lines) seeds.push_back(bytes_of(line));
  return seeds;
}

std::vector<Bytes> json_seeds() { return seeds_of(kJsonLines); }
std::vector<Bytes> typed_seeds() { return seeds_of(kTypedLines); }

}  // namespace

const FuzzTarget kJsonTarget{"json", run_json, json_seeds, nullptr, 2 * kKiB, 40'000, 20'000};
const FuzzTarget kTypedTarget{"typed", run_typed, typed_seeds, nullptr, 2 * kKiB, 60'000, 20'000};

}  // namespace florin::test
