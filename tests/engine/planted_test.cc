// Defects planted in the engine, each of which the tables of rules, the small scope, the many
// events, the random requests, the windows or the cuts must find: a proof that these tests can
// fail. Each runs in a process of its own, since some defects end it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/colliding_ids.h"
#include "tests/engine/compared_ledgers.h"
#include "tests/engine/cut_run.h"
#include "tests/engine/engine_ledger.h"
#include "tests/engine/many_events.h"
#include "tests/engine/planted_switch.h"
#include "tests/engine/small_scope.h"
#include "tests/engine/window_run.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

using engine::Defect;

// Of a part of the suite: a defect may keep the engine from ending.
constexpr u32 kSecondsMax = 60;

// The parts of the suite, bounded. Each returns whether every answer was right.

bool tables_hold() {
  for (const NamedTable& table : all_tables()) {
    EngineLedger ledger(3, StagedEngine::Mode::Stepped);
    if (!run_table(ledger, table.text).passed() || !ledger.verify()) return false;
  }
  return true;
}

struct Scope {
  ScopeReport (*run)(const ScopeOptions&);
  u64 stride;
};

constexpr Scope kScopes[] = {{run_every_transfer_flag, 1009},
                             {create_every_account_flag, 1009},
                             {make_every_account_change, 211},
                             {run_every_event, 211},
                             {run_every_pair, 509},
                             {run_every_triple, 211}};

bool small_scope_holds() {
  ScopeOptions options;
  options.ways = {{1, StagedEngine::Mode::Inline}, {3, StagedEngine::Mode::Stepped}};
  options.executed_one_in = 2;
  for (const Scope& scope : kScopes) {
    options.stride = scope.stride;
    if (!scope.run(options).difference.empty()) return false;
  }
  return true;
}

bool many_events_hold() {
  for (u64 seed = 1; seed <= 8; ++seed) {
    if (!expire_many_holds(seed).empty()) return false;
  }
  return refuse_many_events(1).empty() && tell_colliding_ids_apart().empty();
}

bool random_requests_hold() {
  for (u64 seed = 1; seed <= 40; ++seed) {
    RequestGenerator generator(seed);
    ComparedLedgers ledgers(
        small_limits(), {{1, StagedEngine::Mode::Inline}, {3, StagedEngine::Mode::Stepped}}, seed);
    for (u32 count = 1; count <= 400; ++count) {
      OwnedRequest asked = generator.next();
      ledgers.ask(std::move(asked), generator.meant_time().ns);
      generator.observe(ledgers.answer());
      if (count % 100 == 0 && !ledgers.compare().empty()) return false;
    }
  }
  return true;
}

bool cuts_hold() {
  for (u64 seed = 1; seed <= 400; ++seed) {
    StoredCut cut;
    if (!run_with_cut(draw_cut_run(seed), cut).empty()) return false;
  }
  return true;
}

bool windows_hold() {
  for (u64 seed = 1; seed <= 60; ++seed) {
    WindowRun run{.seed = seed, .partitions = seed % 2 == 0 ? 3U : 1U, .lags = seed % 4 != 0};
    run.mode = seed % 2 == 0 ? StagedEngine::Mode::Mixed : StagedEngine::Mode::Inline;
    run.window = 16;
    if (!run_in_window(run).empty()) return false;
  }
  return pass_many_through(1, 1).empty();
}

struct Part {
  const char* name;
  bool (*holds)();
};

constexpr Part kParts[] = {
    {"tables", tables_hold},           {"small scope", small_scope_holds},
    {"many events", many_events_hold}, {"random requests", random_requests_hold},
    {"windows", windows_hold},         {"cuts", cuts_hold}};
constexpr const Part& kWindows = kParts[4];
constexpr const Part& kCuts = kParts[5];

// Whether the part can meet the defect. Those of windows and those of cuts stand last.
bool may_find(const Part& part, Defect defect) {
  if (defect >= Defect::CutForgetsAccount) return &part == &kCuts;
  if (defect >= Defect::WindowForgetsDecision) return &part == &kWindows;
  return true;
}

// What a process that runs the part, with the defect, says of it.
enum class Verdict : u8 { Holds, Differs, Died, Endless };

[[noreturn]] void run_in_child(const Part& part, Defect defect) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int null = open("/dev/null", O_WRONLY);
  dup2(null, STDERR_FILENO);  // What a failing CHECK says.
  alarm(kSecondsMax);
  plant(defect);
  _exit(part.holds() ? 0 : 1);
}

Verdict judge(const Part& part, Defect defect) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) run_in_child(part, defect);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? Verdict::Holds : Verdict::Differs;
  return WTERMSIG(status) == SIGALRM ? Verdict::Endless : Verdict::Died;
}

const char* text(Verdict verdict) {
  switch (verdict) {
    case Verdict::Holds: return "nothing";
    case Verdict::Differs: return "a wrong answer";
    case Verdict::Died: return "a failed check";
    case Verdict::Endless: return "no end";
  }
  return "";
}

struct NamedDefect {
  Defect defect;
  const char* name;
};

constexpr NamedDefect kDefects[] = {
#define FLORIN_NAMED(name) {Defect::name, #name},
    FLORIN_DEFECTS(FLORIN_NAMED)
#undef FLORIN_NAMED
};

class PlantedDefect : public testing::TestWithParam<NamedDefect> {};

TEST_P(PlantedDefect, is_found) {
  // All parts tell what they find, if asked to, and not only the first that does.
  const bool ask_all = std::getenv("FLORIN_PLANTED_ALL") != nullptr;
  bool found = false;
  for (const Part& part : kParts) {
    if (!may_find(part, GetParam().defect)) continue;
    const Verdict verdict = judge(part, GetParam().defect);
    std::cout << GetParam().name << ": " << part.name << " found " << text(verdict) << "\n";
    found = found || verdict == Verdict::Differs || verdict == Verdict::Died;
    if (found && !ask_all) return;
  }
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(All, PlantedDefect, testing::ValuesIn(kDefects),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(WithoutDefects, every_part_of_the_suite_holds) {
  for (const Part& part : kParts) EXPECT_TRUE(part.holds()) << part.name;
}

}  // namespace
}  // namespace florin::test
