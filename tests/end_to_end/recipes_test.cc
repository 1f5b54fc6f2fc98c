// Every page of the recipes and of the reference, run against a server of its own: its commands
// answer what it says, the accounts have the balances that it states, and a restart keeps them.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>

#include "base/int128.h"
#include "cli/fields.h"
#include "tests/end_to_end/documented_commands.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

// "recipes/deposit", without the indexes.
std::vector<std::string> pages() {
  std::vector<std::string> found;
  for (const char* folder : {"recipes", "reference"}) {
    const std::filesystem::path path = std::filesystem::path(FLORIN_DOCS) / folder;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      const std::string page = entry.path().stem().string();
      if (page != "README") found.push_back(std::string(folder) + "/" + page);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string path_of(const std::string& page) { return FLORIN_DOCS "/" + page + ".md"; }

std::string text_of(const std::string& page) {
  std::ifstream file(path_of(page));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A line for each account.
std::string balances_text(const std::vector<ledger::Account>& accounts) {
  std::string text;
  for (const ledger::Account& account : accounts) {
    text += to_decimal(account.id) + ": debits " + to_decimal(account.debits_pending) + " + " +
            to_decimal(account.debits_posted) + ", credits " + to_decimal(account.credits_pending) +
            " + " + to_decimal(account.credits_posted) + "\n";
  }
  return text;
}

std::string to_hex(const void* bytes, usize size) {
  std::string text;
  for (usize i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const u8 byte = static_cast<const u8*>(bytes)[i];
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

class RecipePage : public ServerTest, public testing::WithParamInterface<std::string> {
 protected:
  void run_command(const DocumentedStep& step) {
    const Ran ran = florin(step.command + " --json --server " + server().host() + ":" +
                           std::to_string(server().port()));
    const auto answer = nlohmann::json::parse(ran.output, nullptr, false);
    ASSERT_FALSE(answer.is_discarded()) << step.place << ": " << ran.output;
    EXPECT_EQ(difference(step.comment, answer), "") << step.place << ": " << ran.output;
  }

  // As the page states them, at the latest when holds that are due have expired.
  void compare_balances(client::Client& client, const DocumentedStep& step) {
    std::string found;
    const std::string stated = balances_text(step.balances);
    const bool held = eventually(
        [&] {
          found = balances_text(look_up(client, step.balances));
          return found == stated;
        },
        std::chrono::seconds(10));
    EXPECT_TRUE(held) << step.place << ": the page states\n" << stated << "but there is\n" << found;
  }

  static std::vector<ledger::Account> look_up(client::Client& client,
                                              const std::vector<ledger::Account>& stated) {
    std::vector<u128> ids;
    for (const ledger::Account& account : stated) ids.push_back(account.id);
    std::vector<ledger::Account> found;
    for (const auto& account : must(client.lookup_accounts(ids)).accounts) {
      found.push_back(account.value_or(ledger::Account{}));
    }
    return found;
  }

  static void expect_balanced(client::Client& client) {
    for (const ledger::LedgerTotals& line : must(client.get_trial_balance({0, 100})).lines) {
      EXPECT_EQ(line.debits_pending, line.credits_pending);
      EXPECT_EQ(line.debits_posted, line.credits_posted);
    }
  }

  // Accounts, their limits, transfers with what became of them, changes of accounts: the bytes of
  // each.
  static std::vector<std::string> everything(client::Client& client) {
    ledger::QueryFilter filter;
    filter.limit = 1000;
    std::vector<std::string> all;
    std::vector<u128> ids;
    for (const ledger::Account& account : must(client.query_accounts(filter)).accounts) {
      all.push_back(bytes_of(account));
      ids.push_back(account.id);
    }
    for (const auto& limits : must(client.lookup_limits(ids)).limits) {
      all.push_back(bytes_of(*limits));
    }
    for (const auto& listed : must(client.query_transfers(filter)).transfers) {
      all.push_back(bytes_of(listed.transfer) + bytes_of(listed.status));
    }
    for (const auto& change : must(client.get_account_changes(filter)).changes) {
      all.push_back(bytes_of(change));
    }
    return all;
  }

  template <class Object>
  static std::string bytes_of(const Object& object) {
    return to_hex(&object, sizeof(object));
  }
};

TEST_P(RecipePage, does_what_it_says) {
  start({"--mode", "inline"});
  client::Client client = connect();
  const std::vector<DocumentedStep> steps = documented_steps(path_of(GetParam()));
  const auto tables = std::count_if(
      steps.begin(), steps.end(), [](const DocumentedStep& step) { return step.command.empty(); });
  EXPECT_GT(std::ssize(steps), tables) << "no commands";
  for (const DocumentedStep& step : steps) {
    if (step.command.empty()) {
      compare_balances(client, step);
    } else {
      run_command(step);
    }
  }
  expect_balanced(client);
  if (!GetParam().starts_with("recipes/")) return;
  EXPECT_GT(tables, 0) << "no balances";
  const std::vector<std::string> kept = everything(client);
  stop();
  start({"--mode", "parallel", "--partitions", "3"});
  client::Client after = connect();
  EXPECT_EQ(everything(after), kept) << "a restart makes another ledger of it";
}

INSTANTIATE_TEST_SUITE_P(Documents, RecipePage, testing::ValuesIn(pages()),
                         [](const testing::TestParamInfo<std::string>& page) {
                           std::string name = page.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

TEST(Pages, are_all_on_their_index) {
  for (const std::string& page : pages()) {
    const usize slash = page.find('/');
    const std::string index = text_of(page.substr(0, slash) + "/README");
    EXPECT_NE(index.find("](" + page.substr(slash + 1) + ".md)"), std::string::npos) << page;
  }
}

// One row for each flag, in the order of the bits.
void expect_flags(const std::string& page, std::span<const cli::FlagName> flags) {
  const std::string text = text_of(page);
  usize at = 0;
  for (const cli::FlagName& flag : flags) {
    u32 bit = 0;
    while ((u32{1} << bit) != flag.bit) ++bit;
    const std::string row = "\n| " + std::to_string(bit) + " | `" + std::string(flag.name) + "` |";
    at = text.find(row, at);
    ASSERT_NE(at, std::string::npos) << page << " does not say in its place: " << row;
  }
}

TEST(Pages, tell_each_flag_and_change) {
  expect_flags("reference/account", cli::schema<ledger::Account>().flags);
  expect_flags("reference/transfer", cli::schema<ledger::Transfer>().flags);
  std::vector<cli::FlagName> changes(cli::change_names().begin(), cli::change_names().end());
  std::sort(changes.begin(), changes.end(),
            [](const auto& left, const auto& right) { return left.bit < right.bit; });
  EXPECT_EQ(changes.size(), 15u);
  expect_flags("reference/account_update", changes);
}

}  // namespace
}  // namespace florin::test
