// A whole ledger on disk, snapshots and log, recovered after any damage: the same ledger, or a
// refusal. With checksums made right again another ledger may come out, but one whose books
// balance.
#include <algorithm>

#include "base/check.h"
#include "replay/recovery.h"
#include "tests/fuzz/disk_edits.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/manual_clock.h"
#include "wal/marks.h"

namespace florin::test {

namespace {

// As SimLedger has them.
constexpr const char* kLogDirectory = "/log";
constexpr const char* kSnapshotDirectory = "/snapshots";

Limits small_ledger_limits() {
  Limits limits = tiny_limits();
  limits.accounts_max = 200;
  limits.transfers_max = 2'000;
  limits.account_updates_max = 200;
  return limits;
}

GeneratorOptions few_accounts() {
  GeneratorOptions options = client_requests();
  options.accounts = 12;
  options.request_events_max = 6;
  return options;
}

// Until the marks name the newest block: before that, nobody could say that it is missing.
void rest(SimLedger& ledger) {
  constexpr u32 kStepsMax = 1'000'000;
  const auto marked = [&] {
    const Result<wal::Mark> mark = wal::read_marks(ledger.disk(), kLogDirectory, kSimLogId);
    CHECK(mark);
    return mark->durable_sequence == ledger.log().appended_sequence();
  };
  for (u32 steps = 0; !marked(); ++steps) {
    CHECK(steps < kStepsMax);
    ledger.clock().monotonic += 1'000'000;
    for (u32 each = 0; each < 10; ++each) ledger.step();
  }
}

struct SmallLedger {
  DiskImage image;
  engine::StateDigest digest;
};

void live(SimLedger& ledger, RequestGenerator& generator, u32 requests) {
  for (u32 sent = 0; sent < requests; ++sent) {
    OwnedRequest request = generator.next();
    ledger.clock().wall_ns += generator.pause_ns();
    ledger.submit(std::move(request), 0);
    ledger.settle();
    for (const OwnedRequest& answered : ledger.take_answered())
      generator.observe(answered.request());
  }
}

SmallLedger make_small_ledger() {
  SimLedgerOptions options;
  options.limits = small_ledger_limits();
  options.snapshots = true;
  SimLedger ledger(7, options);
  ledger.start();
  RequestGenerator generator(7, few_accounts());
  // A stop takes a snapshot: two are kept, and a tail behind the newer.
  for (u32 round = 0; round < 2; ++round) {
    live(ledger, generator, 12);
    ledger.stop();
    ledger.settle_stop();
    ledger.crash();
    ledger.start();
  }
  live(ledger, generator, 12);
  rest(ledger);
  SmallLedger made;
  made.digest = ledger.engine().digest();
  ledger.crash();
  made.image = ledger.disk().image();
  const auto snapshots = std::ranges::count_if(
      made.image.files, [](const auto& file) { return file.first.ends_with(".snapshot"); });
  CHECK(snapshots == 2);
  return made;
}

const SmallLedger& small_ledger() {
  static const SmallLedger kLedger = make_small_ledger();
  return kLedger;
}

Result<replay::Recovered> recover(const DiskImage& image) {
  SimStorage disk(1, image);
  ManualClock clock;
  replay::RecoveryOptions options;
  options.log_directory = kLogDirectory;
  options.log_id = kSimLogId;
  options.limits = small_ledger_limits();
  options.snapshot_directory = kSnapshotDirectory;
  return replay::recover(disk, clock, options, [](const replay::RecoveryProgress&) {});
}

FuzzVerdict run_recovery(std::span<const std::byte> input) {
  const SmallLedger& ledger = small_ledger();
  DiskImage image = ledger.image;
  const DiskEdits edits = apply_edits(input, image);
  const Result<replay::Recovered> recovered = recover(image);
  if (!recovered) {
    CHECK(!recovered.error().message.empty());
    CHECK(edits.files > 0);
    return FuzzVerdict::Refused;
  }
  const Status verified = recovered->engine->verify();
  CHECK(verified);
  // The newest blocks are vouched for by the marks: with both damaged, nobody knows of them.
  if (edits.repairs == 0 && !edits.marks) CHECK(recovered->engine->digest() == ledger.digest);
  return FuzzVerdict::Taken;
}

std::vector<Bytes> recovery_seeds() {
  std::vector<Bytes> seeds;
  const std::byte written[] = {std::byte{0xff}, std::byte{1}};
  const u8 files = static_cast<u8>(small_ledger().image.files.size());
  for (u8 repairs = 0; repairs <= Repairs::kAll; ++repairs) {
    for (u8 file = 0; file < files; ++file) {
      const DiskEdit edit{.kind = static_cast<u8>((file + repairs) % DiskEdit::kKinds),
                          .file = file,
                          .other = 1,
                          .bytes = 2,
                          .offset = static_cast<u32>(4096 * (file + 1) + 300),
                          .value = 1};
      seeds.push_back(edit_seed(repairs, edit, written));
    }
  }
  return seeds;
}

}  // namespace

const FuzzTarget kRecoveryTarget{"recovery", run_recovery, recovery_seeds, nullptr,
                                 256,        300,          500'000};

}  // namespace florin::test
