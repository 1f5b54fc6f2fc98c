// The real server is killed: at every named point of its writing, at random moments, while it
// recovers, after having been stopped for a while, and while it ends in good order. The power stays
// on, but for a part of the kills, where it is cut at the same moment.
#include <csignal>
#include <map>

#include "tests/fire/fire_storage.h"
#include "tests/fire/power_cuts.h"

namespace florin::test {
namespace {

constexpr u64 kRounds = 100;
constexpr u64 kRoundsOfALedger = 12;
constexpr u64 kReachMs = 1500;     // How long a point is waited for.
constexpr u64 kPatienceMs = 8000;  // The same, for one that was not reached in the rounds.
constexpr u64 kPausesMax = 2;      // Rounds with a pause of a second or two, in 100.
constexpr u64 kAttemptsMax = 8;    // Of a place that was not reached in the rounds.

using enum FirePoint;
using enum FireFile;

// Every point that a server comes to again and again.
const std::vector<FirePlace> kPlaces = {
    {BeforeWrite, Log},
    {SubmittedWrite, Log},
    {AfterSync, Log},
    {BeforeDirectorySync, Log},
    {AfterDirectorySync, Log},
    {BeforeCreate, Preparing},
    {AfterCreate, Preparing},
    {BeforeWrite, Preparing},
    {SubmittedWrite, Preparing},
    {AfterWrite, Preparing},
    {BeforeSync, Preparing},
    {AfterSync, Preparing},
    {BeforeRename, Preparing},
    {AfterRename, Preparing},
    {BeforeWrite, Marks},
    {SubmittedWrite, Marks},
    {AfterSync, Marks},
    {BeforeCreate, Snapshot},
    {AfterCreate, Snapshot},
    {BeforeWrite, Snapshot},
    {SubmittedWrite, Snapshot},
    {AfterWrite, Snapshot},
    {BeforeSync, Snapshot},
    {AfterSync, Snapshot},
    {BeforeRename, Snapshot},
    {AfterRename, Snapshot},
    {BeforeDirectorySync, Snapshot},
    {AfterDirectorySync, Snapshot},
    {BeforeRemove, Snapshot},
    {AfterRemove, Snapshot},
    {BeforeRename, Log},
    {AfterRename, Log},
};

class Kills : public PowerCuts {
 protected:
  void SetUp() override {
    program_ = FIRE_SERVER_PROGRAM;
    PowerCuts::SetUp();
  }

  Status start_to_die_at(const FirePlace& place, u64 nth) {
    return ledger_->start_with({"--die-at", to_text(place), "--die-nth", std::to_string(nth)});
  }

  // Load until the server is gone, or for a while; then a moment of rest, in which marks are
  // written. Whether the server came to the place and died.
  bool load_until_death(u64 most_ms) {
    ledger_->begin_load();
    const bool dead = ledger_->await_exit(most_ms);
    ledger_->pause_load();
    return dead || ledger_->await_exit(100);
  }

  // The server runs into the place, the nth time that it comes there; or, if it does not come
  // there, is killed after a while.
  Status die_at(const FirePlace& place, u64 nth, u64 most_ms) {
    // Segments are prepared by a new log; later ones are old files under new names.
    if (place.file == Preparing) {
      note_ledger();
      RETURN_IF_ERROR(make_ledger());
    } else {
      ledger_->server().kill_now();
    }
    const Status started = start_to_die_at(place, nth);
    if (!started) {
      ++reached_[to_text(place)];
      figures_.in_recovery += place.file == Preparing ? 0 : 1;
    } else if (load_until_death(most_ms)) {
      ++reached_[to_text(place)];
    }
    ledger_->end_load();
    return {};
  }

  Status kill_at_random() {
    ledger_->begin_load();
    ledger_->await_exit(random_.between(5, 200));
    ledger_->end_load();
    return {};
  }

  Status kill_in_recovery() {
    ledger_->end_load();
    ++figures_.in_recovery;
    return cli::start_and_kill(ledger_->process_options(), random_.between(1, 60));
  }

  // Requests run into their deadlines, and come to an end when the server goes on.
  Status pause_and_kill() {
    ledger_->begin_load();
    ledger_->await_acknowledged(50);
    ::kill(ledger_->server().pid(), SIGSTOP);
    ledger_->await_exit(random_.between(1000, 2000));
    ::kill(ledger_->server().pid(), SIGCONT);
    if (!ledger_->await_acknowledged(50)) {
      ledger_->load().problems().add("a server that was stopped for a while does not go on");
    }
    ledger_->end_load();
    return {};
  }

  Status end_in_good_order() {
    ledger_->begin_load();
    ledger_->await_acknowledged(random_.between(1, 200));
    const Status stopped = ledger_->server().stop(20'000);
    ledger_->pause_load();
    return stopped;
  }

  Status run_round(u64 round) {
    if (round % 100 < kPausesMax) return pause_and_kill();
    switch (random_.below(10)) {
      case 0: return kill_at_random();
      case 1:
      case 2: return kill_in_recovery();
      case 3: return end_in_good_order();
      default:
        return die_at(kPlaces[next_place_++ % kPlaces.size()], random_.between(1, 3),
                      random_.between(100, kReachMs));
    }
  }

  // After each round everything is compared, in one of three after a power cut too.
  Status recover_and_verify(bool all) {
    if (random_.chance(1, 3)) {
      disk_->ask(fmt::format("cut {}", random_.next()));
      disk_->ask("power_on");
      ++cuts_too_;
    }
    RETURN_IF_ERROR(start());
    return ledger_->verify(all ? cli::VerificationScope::All : cli::VerificationScope::Recent);
  }

  void finish_round(const Status& done, bool all) {
    ASSERT_TRUE(done) << done.error().message << "\n" << ledger_->report();
    ++figures_.crashes;
    const Status recovered = recover_and_verify(all);
    ASSERT_TRUE(recovered) << recovered.error().message << "\n" << ledger_->report();
    ASSERT_EQ(ledger_->problems(), 0u) << ledger_->report();
  }

  void print_places() const {
    fmt::print("with a power cut at the same moment: {}. Ended at:", cuts_too_);
    for (const FirePlace& place : kPlaces) {
      const auto found = reached_.find(to_text(place));
      fmt::print(" {}={}", to_text(place), found == reached_.end() ? 0 : found->second);
    }
    fmt::print("\n");
  }

  usize next_place_ = 0;
  u64 cuts_too_ = 0;
  std::map<std::string, u64> reached_;
};

TEST_F(Kills, lose_nothing_that_was_acknowledged) {
  figures_.what = "kills";
  const u64 rounds = soak_count(kRounds);
  for (u64 round = 0; round < rounds; ++round) {
    if (round % kRoundsOfALedger == 0) {
      if (round != 0) note_ledger();
      const Status begun = begin_ledger();
      ASSERT_TRUE(begun) << begun.error().message;
    }
    const bool last = round % kRoundsOfALedger == kRoundsOfALedger - 1;
    finish_round(run_round(round), last);
    if (HasFatalFailure()) return;
  }
  for (const FirePlace& place : kPlaces) {
    for (u64 attempt = 0; attempt < kAttemptsMax && !reached_.contains(to_text(place)); ++attempt) {
      finish_round(die_at(place, 1, kPatienceMs), false);
      if (HasFatalFailure()) return;
    }
  }
  note_ledger();
  figures_.print();
  print_places();
  // Otherwise the zero above says nothing.
  EXPECT_GT(figures_.acknowledged, figures_.crashes * 100);
  EXPECT_EQ(reached_.size(), kPlaces.size());
}

}  // namespace
}  // namespace florin::test
