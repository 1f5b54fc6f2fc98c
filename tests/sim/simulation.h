// One seed: a disk, a clock, clients, and one process after another over them, through whatever the
// seed draws. First the safety phase, with faults; then the liveness phase, in which all is healed
// and the ledger must serve again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/exercise.h"
#include "tests/sim/history.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_server.h"
#include "tests/sim/trace.h"

namespace florin::test {

struct SeedResult {
  std::string failure;  // Empty: the seed passed.
  u64 trace_hash = 0;
  Exercises exercises;
};

class Simulation {
 public:
  explicit Simulation(const Scenario& scenario, bool verbose = false);
  ~Simulation();

  SeedResult run();

 private:
  enum class End : u8 { PowerCut, Kill, CleanStop };
  enum class DamageKind : u8 { BitFlip, Unreadable, Misdirected };

  void fail(std::string message);
  bool over() const { return !failure_.empty() || lost_; }

  // Safety.
  void live_one_life();
  void live(u64 steps);
  void step();
  void pass_time();
  void arm_faults();
  // Unless it is cut already.
  void cut_power_within(u64 operations);
  void begin_full_disk();
  void disturb_history();
  void watch_server();
  void end_life();
  void end_process(End end);
  void end_history();
  bool stop_cleanly();
  void damage_disk();
  void flip_bit();
  void make_unreadable();
  void misdirect();

  // Every start.
  bool start_server(bool faults);
  bool try_start(bool faults);
  void make_server();
  SimServerOptions draw_server_options();
  SimOptions disk_options(bool complete_on_poll) const;
  void judge_refused_start(const Error& error);
  void note_damage(const std::string& path, DamageKind kind);
  void forget_damage();
  bool refused_needlessly();
  void judge_recovery();
  void judge_history();
  void judge_loss();
  void keep_dropped_tail();
  void prove_witnesses();
  void put_old_copy_back();
  void go_another_way();
  void compare_recovery(bool with_snapshots);
  u64 witnessed_sequence() const;
  u64 disk_hash() const;

  // Liveness.
  void heal();
  void prove_liveness();

  std::string pick_file(const DiskImage& image);
  std::pair<std::string, u64> last_block(const DiskImage& image);
  SimStorage& disk() { return *disk_; }

  Scenario scenario_;
  Random random_;
  Trace trace_;
  Exercises exercises_;
  ManualClock clock_;
  RequestGenerator generator_;
  History history_;
  std::unique_ptr<SimStorage> disk_;
  std::unique_ptr<MemoryStore> store_;  // History, if the ledger keeps one.
  std::unique_ptr<SimServer> server_;
  ClientWorld world_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<std::pair<std::string, DamageKind>> damages_;  // Since the last were put back.
  std::optional<DiskImage> old_copy_;
  std::unique_ptr<MemoryStore> old_store_;
  Position old_copy_position_;
  u64 durable_sequence_ = 0;         // Of the log, as the last process knew it.
  std::vector<Survivor> survivors_;  // Of the last process, until a next one has recovered.
  std::string failure_;
  bool judging_ = true;    // The reference knows what the ledger should have.
  bool lost_ = false;      // Something was lost that nobody can know of: the run is over.
  bool damaged_ = false;   // There may be damage on the disk that was not healed.
  bool faults_ = true;     // The safety phase.
  bool served_ = false;    // A process started once.
  bool end_soon_ = false;  // The process has come to its end.
  bool write_error_armed_ = false;
  bool sync_error_armed_ = false;
  u64 frozen_steps_ = 0;
  u64 full_disk_steps_ = 0;
  u64 ids_found_seen_ = 0;
  u64 snapshots_seen_ = 0;
  u64 snapshot_failures_seen_ = 0;
  u64 first_segment_seen_ = 0;
  u64 operations_at_trim_ = 0;
};

}  // namespace florin::test
