// Whole runs: complete, the same bytes again, going on after a kill, and proven afterwards.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "exporter/durable_file.h"
#include "statement/monthly_run.h"
#include "statement/run_check.h"
#include "tests/statement/statement_world.h"
#include "tests/storage/scratch.h"

namespace florin::test {

using statement::Format;
using statement::Reference;
using statement::RunOptions;
using statement::RunSummary;

namespace {

namespace fs = std::filesystem;

constexpr u32 kAccounts = 57;

// 57 accounts in two ledgers, each with some transfers in October; two that were opened later.
void fill_bank(StatementWorld& world) {
  for (u32 account = 1; account <= kAccounts; ++account) {
    world.account(account * 1000, time_at("2026-09-01T08:00") + account,
                  account % 3 == 0 ? 392 : 978);
  }
  u64 now = time_at("2026-10-01T08:00");
  Random random(7);
  for (u32 id = 1; id <= 300; ++id) {
    ledger::Transfer event{};
    event.id = id;
    const u32 group = static_cast<u32>(random.below(19));
    event.debit_account_id = (group * 3 + 1) * 1000;
    event.credit_account_id = (random.below(19) * 3 + 2) * 1000;
    event.amount = 1 + random.below(100'000);
    if (random.chance(1, 5)) event.flags = ledger::transfer_flags::kPending;
    world.transfer(event, now += 3600 * kNsPerSecond);
  }
  world.account(500, time_at("2026-11-01T00:00"));
  world.account(99'000, time_at("2026-11-03T00:00"));
}

RunOptions options_for(const storage::ScratchDirectory& scratch, u32 threads = 2) {
  RunOptions options;
  options.directory = scratch.path();
  options.threads = threads;
  options.per_folder = 10;
  return options;
}

Result<RunSummary> run(StatementWorld& world, const Reference& reference, const RunOptions& options,
                       std::string_view text = "2026-10") {
  const auto period = statement::parse_period(reference.calendar(), text);
  return statement::run_statements(world.store(), 77, reference, *period, options,
                                   [](const auto&) {});
}

RunSummary must_run(StatementWorld& world, const RunOptions& options) {
  const auto summary = run(world, Reference(), options);
  EXPECT_TRUE(summary) << summary.error().message;
  return summary ? *summary : RunSummary{};
}

// Every file below the directory with its content.
std::map<std::string, std::string> files_in(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = fs::relative(entry.path(), directory).string();
    if (entry.is_regular_file()) files[name] = **exporter::read_whole_file(entry.path().string());
    if (entry.is_directory()) files[name + "/"] = "";
  }
  return files;
}

// The names of what is only in one of the two, or differs.
std::string difference(const std::map<std::string, std::string>& expected,
                       const std::map<std::string, std::string>& found) {
  std::string text;
  for (const auto& [name, content] : expected) {
    const auto same = found.find(name);
    if (same == found.end()) text += "missing: " + name + "\n";
    if (same != found.end() && same->second != content) text += "differs: " + name + "\n";
  }
  for (const auto& [name, content] : found) {
    if (!expected.contains(name)) text += "not expected: " + name + "\n";
  }
  return text;
}

statement::RunCheck check(const std::string& directory) {
  const auto checked = statement::check_runs(directory, 2, [](const auto&) {});
  EXPECT_TRUE(checked) << checked.error().message;
  return checked ? *checked : statement::RunCheck{};
}

}  // namespace

TEST(StatementRun, has_every_account_once) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  const RunSummary summary = must_run(world, options_for(scratch));
  EXPECT_EQ(summary.statements, kAccounts);
  EXPECT_EQ(summary.folders, 6U);
  const auto files = files_in(scratch.path());
  const Reference reference;
  for (u32 account = 1; account <= kAccounts; ++account) {
    const std::string name = fmt::format("2026-10/{:02}/{}000.csv", (account - 1) / 10, account);
    ASSERT_TRUE(files.contains(name)) << name;
    std::string expected;
    const auto built = world.build(reference, "2026-10", account * 1000);
    ASSERT_TRUE(write_statement(Format::Csv, **built, expected));
    EXPECT_EQ(files.at(name), expected);
  }
  EXPECT_EQ(files.size(), 1U + 6 + kAccounts + 6 + 1);  // Folders, statements, lists, manifest.
  const auto manifest = nlohmann::json::parse(files.at("2026-10/manifest-csv.json"));
  EXPECT_EQ(manifest["statements"], kAccounts);
  EXPECT_EQ(manifest["ledger_id"], "77");
  EXPECT_EQ(manifest["as_of_position"], std::to_string(world.store().readable().value));
  ASSERT_EQ(manifest["totals"].size(), 2U);
  EXPECT_EQ(manifest["totals"][0]["currency"], "JPY");
  EXPECT_EQ(manifest["totals"][0]["closing"], "0");
  EXPECT_EQ(manifest["totals"][1]["closing"], "0.00");  // Debits equal credits.
  EXPECT_EQ(manifest["totals"][1]["credits"], manifest["totals"][1]["debits"]);
  EXPECT_NE(manifest["totals"][1]["credits"], "0.00");
  EXPECT_EQ(check(scratch.path()).statements, kAccounts);
  EXPECT_EQ(check(scratch / "2026-10").problems_found, 0U);
}

TEST(StatementRun, makes_the_same_bytes_with_any_number_of_threads) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory first;
  const storage::ScratchDirectory second;
  const RunSummary one = must_run(world, options_for(first, 1));
  const RunSummary other = must_run(world, options_for(second, 5));
  EXPECT_EQ(difference(files_in(first.path()), files_in(second.path())), "");
  EXPECT_TRUE(one.manifest_checksum == other.manifest_checksum);
  // And when it is there already it stays.
  const RunSummary again = must_run(world, options_for(first));
  EXPECT_TRUE(again.was_complete);
  EXPECT_TRUE(again.manifest_checksum == one.manifest_checksum);
  EXPECT_EQ(again.totals, one.totals);
  EXPECT_EQ(difference(files_in(first.path()), files_in(second.path())), "");
}

TEST(StatementRun, goes_on_behind_an_error_as_of_the_same_position) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory whole;
  must_run(world, options_for(whole));
  for (const u32 after : {0, 1, 9, 10, 11, 35, 56}) {
    const storage::ScratchDirectory scratch;
    const Reference reference;
    const auto period = statement::parse_period(reference.calendar(), "2026-10");
    // A store that fails once so many statements were asked of it.
    class Failing final : public history::Store {
     public:
      Failing(MemoryStore& store, u32 answers) : store_(store), left_(answers) {}
      bool may_have(u128 id) const override { return store_.may_have(id); }
      void find(std::span<const u128> ids, Position as_of,
                std::span<engine::PastTransfer> found) override {
        store_.find(ids, as_of, found);
      }
      Status append(history::ChangeBatch&& batch) override {
        return store_.append(std::move(batch));
      }
      bool has_room() const override { return true; }
      u64 open_changes() const override { return 0; }
      void seal() override {}
      Result<u64> write_run() override { return u64{0}; }
      Result<history::KnownAccount> known_account(u128 id) override {
        return store_.known_account(id);
      }
      Result<history::KnownHold> known_hold(u128 id) override { return store_.known_hold(id); }
      Position readable() const override { return store_.readable(); }
      history::Mark durable() const override { return store_.durable(); }
      Status answer(ledger::Request& request) override {
        if (left_ == 0) return fail(ErrorCode::Io, "made to fail by the test");
        --left_;
        return store_.answer(request);
      }
      Result<std::vector<history::ListedAccount>> list_accounts(u128 id, u32 limit,
                                                                Position as_of) override {
        return store_.list_accounts(id, limit, as_of);
      }

     private:
      MemoryStore& store_;
      u32 left_;
    };
    Failing failing(world.store(), after);
    const auto failed = statement::run_statements(failing, 77, reference, *period,
                                                  options_for(scratch, 1), [](const auto&) {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Io);
    EXPECT_FALSE(statement::check_runs(scratch.path(), 1, [](const auto&) {}));
    const RunSummary summary = must_run(world, options_for(scratch));
    EXPECT_EQ(difference(files_in(whole.path()), files_in(scratch.path())), "") << after;
    EXPECT_LE(summary.folders_found, after / 10);
  }
}

TEST(StatementRun, keeps_its_position_when_the_ledger_goes_on_meanwhile) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  world.store().fail_answers(1, ErrorCode::Io);
  ASSERT_FALSE(run(world, Reference(), options_for(scratch, 1)));
  const Position before = world.store().readable();
  world.account(77'777, time_at("2026-11-05T00:00"));
  const RunSummary summary = must_run(world, options_for(scratch));
  EXPECT_EQ(summary.as_of, before);
}

// SIGKILL at any moment: what is there is whole, and the next attempt completes it to the bytes of
// a run that nobody disturbed. Every other one beside statements of another format.
TEST(StatementRunKills, survives_being_killed) {
  StatementWorld world;
  fill_bank(world);
  RunOptions small;
  small.threads = 1;
  small.per_folder = 3;
  const auto run_into = [&](const storage::ScratchDirectory& scratch, Format format) {
    RunOptions options = small;
    options.directory = scratch.path();
    options.format = format;
    must_run(world, options);
  };
  const storage::ScratchDirectory whole;
  run_into(whole, Format::Csv);
  const auto alone = files_in(whole.path());
  run_into(whole, Format::Json);
  const auto beside = files_in(whole.path());
  const char* const kills = std::getenv("FLORIN_STATEMENT_KILLS");
  const u64 seeds = kills == nullptr ? 6 : std::stoull(kills);
  u32 killed = 0;
  for (u64 seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const storage::ScratchDirectory scratch;
    if (seed % 2 == 0) run_into(scratch, Format::Json);
    const auto& expected = seed % 2 == 0 ? beside : alone;
    RunOptions options = small;
    options.directory = scratch.path();
    bool ended = false;
    for (u32 attempt = 0; attempt < 3 && !ended; ++attempt) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) ::_exit(run(world, Reference(), options) ? 0 : 1);
      ::usleep(static_cast<useconds_t>(random.below(15'000)));  // The moment is what is drawn.
      ::kill(child, SIGKILL);
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ended = WIFEXITED(status);
      killed += ended ? 0 : 1;
      // Whatever has its name is whole.
      for (const auto& [name, content] : files_in(scratch.path())) {
        const bool on_its_way = name.find(".part/") != std::string::npos ||
                                name.find(".new") != std::string::npos ||
                                name.find("unfinished") != std::string::npos;
        if (on_its_way) continue;
        ASSERT_TRUE(expected.contains(name)) << name;
        EXPECT_EQ(content, expected.at(name)) << name;
      }
    }
    must_run(world, options);
    EXPECT_EQ(difference(expected, files_in(scratch.path())), "");
    EXPECT_EQ(check(scratch.path()).problems_found, 0U);
  }
  EXPECT_GT(killed, 0U);
}

TEST(StatementRun, that_ended_right_behind_its_manifest_is_ended_by_the_next) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  must_run(world, options_for(scratch));
  const auto whole = files_in(scratch.path());
  const std::string unfinished = "2026-10/" + statement::unfinished_name(Format::Csv);
  std::ofstream(scratch.path() + "/" + unfinished) << "{}";
  EXPECT_EQ(difference(whole, files_in(scratch.path())), "not expected: " + unfinished + "\n");
  EXPECT_TRUE(must_run(world, options_for(scratch)).was_complete);
  EXPECT_EQ(difference(whole, files_in(scratch.path())), "");
}

TEST(StatementRun, refuses_a_folder_of_something_else) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  must_run(world, options_for(scratch));
  const auto period = statement::parse_period(statement::Calendar::utc(), "2026-10");
  const auto other_ledger = statement::run_statements(world.store(), 78, Reference(), *period,
                                                      options_for(scratch), [](const auto&) {});
  ASSERT_FALSE(other_ledger);
  EXPECT_NE(other_ledger.error().message.find("another ledger"), std::string::npos);
  RunOptions other_size = options_for(scratch);
  other_size.per_folder = 11;
  EXPECT_NE(run(world, Reference(), other_size).error().message.find("another size"),
            std::string::npos);
  std::ofstream(scratch / "bank.toml") << "name = 'a'\n";
  const auto bank = Reference::open(scratch / "bank.toml");
  EXPECT_NE(run(world, *bank, options_for(scratch)).error().message.find("files of the bank's"),
            std::string::npos);
  // Another format, and another period, have files of their own.
  RunOptions json = options_for(scratch);
  json.format = Format::Json;
  EXPECT_EQ(must_run(world, json).statements, kAccounts);
  EXPECT_TRUE(run(world, Reference(), options_for(scratch), "2026-11-01/2026-11-02"));
  EXPECT_EQ(check(scratch.path()).manifests, 3U);
  EXPECT_EQ(check(scratch.path()).problems_found, 0U);
}

TEST(StatementRun, says_which_statement_could_not_be_written) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  {
    std::ofstream(scratch / "2026-10") << "a file where the folder should be";
    const auto failed = run(world, Reference(), options_for(scratch));
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message.find("2026-10"), std::string::npos);
  }
}

TEST(StatementRun, of_nobody_is_empty) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  const auto summary = run(world, Reference(), options_for(scratch), "2026-08");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->statements, 0U);
  EXPECT_EQ(check(scratch.path()).problems_found, 0U);
}

TEST(RunCheck, finds_every_kind_of_damage) {
  StatementWorld world;
  fill_bank(world);
  const storage::ScratchDirectory scratch;
  must_run(world, options_for(scratch));
  const std::string root = scratch / "2026-10";
  const std::string victim = root + "/02/25000.csv";
  const auto problems_with = [&](const std::string& path, const std::string& content) {
    const std::string before = **exporter::read_whole_file(path);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    const statement::RunCheck checked = check(root);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << before;
    EXPECT_GT(checked.problems_found, 0U) << path;
    return checked.problems.empty() ? "" : checked.problems.front();
  };
  const auto replaced = [](std::string text, std::string_view what, std::string_view by) {
    const usize at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  };
  const std::string content = **exporter::read_whole_file(victim);
  EXPECT_EQ(
      problems_with(victim, content + " "),
      fmt::format("{} has {} bytes; expected {}", victim, content.size() + 1, content.size()));
  EXPECT_EQ(problems_with(victim, replaced(content, "opening", "openinG")),
            victim + " has another checksum than the list says");
  const std::string list = root + "/02/statements-csv.ndjson";
  const std::string lines = **exporter::read_whole_file(list);
  EXPECT_NE(problems_with(list, replaced(lines, "\"bytes\":", "\"bytes\":1")), "");
  EXPECT_NE(problems_with(list, lines.substr(0, lines.size() / 2)), "");
  EXPECT_NE(problems_with(list, ""), "");
  const std::string manifest = root + "/manifest-csv.json";
  const std::string text = **exporter::read_whole_file(manifest);
  EXPECT_NE(problems_with(manifest, replaced(text, "\"debits\": \"", "\"debits\": \"1")), "");
  EXPECT_NE(problems_with(manifest, replaced(text, "\"statements\": 5", "\"statements\": 6")), "");
  EXPECT_NE(problems_with(manifest, text.substr(0, text.size() / 2)), "");

  fs::rename(victim, root + "/02/1.csv");
  const statement::RunCheck renamed = check(root);
  ASSERT_EQ(renamed.problems_found, 2U);
  EXPECT_EQ(renamed.problems[0], root + "/02/1.csv is in no list");
  EXPECT_EQ(renamed.problems[1], victim + " is missing");
  fs::rename(root + "/02/1.csv", victim);
  fs::create_directory(root + "/99");
  fs::copy_file(victim, root + "/99/25000.csv");
  EXPECT_EQ(check(root).problems_found, 1U);
  fs::remove_all(root + "/99");
  fs::remove(list);
  EXPECT_GT(check(root).problems_found, 0U);
  EXPECT_FALSE(statement::check_runs(scratch / "nothing", 1, [](const auto&) {}));
}

TEST(RunTotals, tell_none_that_exceed_128_bits) {
  statement::RunFile file;
  file.ledger = 1;
  file.credits = kU128Max;
  statement::RunTotals totals;
  totals.add(file);
  EXPECT_FALSE(totals.all().at(1).exceeded);
  totals.add(file);
  EXPECT_TRUE(totals.all().at(1).exceeded);
  statement::RunManifest manifest;
  manifest.totals = totals;
  const auto again = statement::parse_manifest(statement::manifest_text(manifest), "some.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->totals, totals);
  using statement::Signed;
  EXPECT_TRUE(statement::adds_up({5, true}, 10, 2, {3, false}));
  EXPECT_FALSE(statement::adds_up({5, true}, 10, 2, {4, false}));
}

}  // namespace florin::test
