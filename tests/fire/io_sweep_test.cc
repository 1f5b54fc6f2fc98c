// The life of a server in one scene (start and recovery, load, a snapshot at the end), of which one
// operation of the disk after the other fails: once, or for ever from then on; as an error, for
// want of room, or by being cut short. Whatever happens, the server either goes on or ends with
// words, and the next start has everything that was acknowledged.
#include "tests/fire/power_cuts.h"

namespace florin::test {
namespace {

constexpr u64 kCases = 48;
constexpr u64 kCasesOfALedger = 24;
constexpr u64 kSceneTransfers = 60;

// As commands of power_disk; the number of the operation is filled in.
const std::vector<std::string> kSweptFaults = {"fail 1 any {}",    "fail 0 any {}",
                                               "fill 1 any {}",    "fill 0 any {}",
                                               "shorten 1 any {}", "fail 1 read {}",
                                               "fail 1 sync {}",   "fail 1 rename {}",
                                               "fail 1 write {}",  "fail 1 sync_directory {}",
                                               "fill 0 write {}",  "shorten 0 any {}"};

class IoSweep : public PowerCuts {
 protected:
  void SetUp() override {
    full_disk_expected_ = true;
    PowerCuts::SetUp();
  }

  std::string case_log() const { return work_->path() + "/case.log"; }

  std::string case_log_text() const { return text_of_file(case_log()); }

  // A server that ended by itself says so at the level for it, and is not a bug that was caught.
  void expect_words(const Status& ended) {
    const std::string text = case_log_text();
    const bool told =
        text.find(" error ") != std::string::npos || text.find(" critical ") != std::string::npos;
    EXPECT_TRUE(told) << ended.error().message << "\n" << text;
    EXPECT_EQ(text.find(kBug), std::string::npos) << text;
    ++ended_;
  }

  // Fails unless the server came to its end in good order.
  Status play_scene() {
    RETURN_IF_ERROR(ledger_->start());
    ledger_->begin_load();
    ledger_->await_acknowledged(kSceneTransfers, 1000);
    ledger_->pause_load();
    return ledger_->server().stop(20'000);
  }

  // How many operations a scene takes without faults.
  u64 measure_scene() {
    const u64 before = disk_->status().operations;
    const Status ended = play_scene();
    EXPECT_TRUE(ended) << ended.error().message << "\n" << case_log_text();
    return disk_->status().operations - before;
  }

  void run_case(const std::string& fault) {
    SCOPED_TRACE(fault);
    std::filesystem::remove(case_log());
    const u64 faults = disk_->status().faults;
    disk_->ask(fault);
    if (const Status ended = play_scene(); !ended) expect_words(ended);
    met_ += disk_->status().faults == faults ? 0 : 1;
    ledger_->end_load();
    disk_->ask(fmt::format("{} {}", random_.chance(1, 3) ? "cut" : "settle", random_.next()));
    disk_->ask("power_on");
    forget_plan();
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(ledger_->verify(cli::VerificationScope::Recent));
    ASSERT_EQ(ledger_->problems(), 0u) << ledger_->report();
    ledger_->server().kill_now();
    ++figures_.crashes;
  }

  u64 ended_ = 0;  // Cases in which the server ended by itself, with words.
  u64 met_ = 0;    // Cases in which the fault was met.
};

TEST_F(IoSweep, each_failing_operation_ends_in_words_and_loses_nothing) {
  figures_.what = "failing operations in a scene";
  u64 operations = 0;
  const u64 cases = soak_count(kCases);
  for (u64 number = 0; number < cases; ++number) {
    if (number % kCasesOfALedger == 0) {
      if (number != 0) note_ledger();
      const Status made = make_ledger();
      ASSERT_TRUE(made) << made.error().message;
      ledger_->process_options().log_path = case_log();
      ASSERT_TRUE(ledger_->start());
      ledger_->server().kill_now();
      operations = measure_scene();
      ASSERT_GT(operations, 20u);
    }
    const std::string& fault = kSweptFaults[number % kSweptFaults.size()];
    const bool any = fault.find(" any ") != std::string::npos;
    const u64 nth = random_.between(1, any ? operations : operations / 8);
    run_case(fmt::format(fmt::runtime(fault), nth));
    if (HasFatalFailure()) return;
  }
  note_ledger();
  figures_.print();
  fmt::print("faults met in {} of {} cases; the server ended by itself in {}\n", met_, cases,
             ended_);
  // Otherwise the zero above says nothing.
  EXPECT_GE(met_, cases / 2);
  EXPECT_GE(ended_, cases / 8);
  EXPECT_LT(ended_, cases);
}

}  // namespace
}  // namespace florin::test
