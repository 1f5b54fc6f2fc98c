// The log after any damage. Damage that leaves the checksums wrong gives the same blocks, or a
// refusal; with checksums made right again anything may be read, but it must be read in peace.
#include "base/check.h"
#include "pipeline/log_record.h"
#include "tests/fuzz/disk_edits.h"
#include "tests/wal/small_log.h"

namespace florin::test {

namespace {

using wal::test::Outcome;
using wal::test::SmallLog;

const SmallLog& small_log(u8 number) {
  static const SmallLog kPlain = wal::test::plain_log();
  static const SmallLog kRecycled = wal::test::recycled_log();
  return number % 2 == 0 ? kPlain : kRecycled;
}

// Reads as much as there is, and the requests in it, if they are such.
FuzzVerdict read_in_peace(const DiskImage& image, const SmallLog& log) {
  SimStorage disk(1, image);
  const auto reader = wal::Reader::open(disk, wal::test::kDirectory, wal::test::kLogId,
                                        wal::test::kVersion, log.from);
  if (!reader) {
    CHECK(!reader.error().message.empty());
    return FuzzVerdict::Refused;
  }
  u64 sequence = log.from.sequence;
  for (;;) {
    const auto block = (*reader)->next();
    if (!block) {
      CHECK(!block.error().message.empty());
      return FuzzVerdict::Refused;
    }
    if (!block->has_value()) return FuzzVerdict::Taken;
    CHECK((*block)->header.sequence == ++sequence);
    pipeline::RecordReader records((*block)->body);
    for (auto entry = records.next(); entry && entry->has_value(); entry = records.next()) {
      CHECK((*entry)->record.event_count > 0);
    }
  }
}

FuzzVerdict run_log(std::span<const std::byte> input) {
  InputReader reader(input);
  const SmallLog& log = small_log(reader.take<u8>());
  DiskImage image = log.image;
  const DiskEdits edits = apply_edits(reader.rest(), image);
  if (edits.repairs != 0) return read_in_peace(image, log);
  const Outcome outcome = wal::test::outcome_of(image, log);
  CHECK(outcome != Outcome::Invented);
  // The newest blocks are vouched for by the marks: with both damaged, nobody knows of them.
  if (!edits.marks) CHECK(outcome == Outcome::Same || outcome == Outcome::Refused);
  return outcome == Outcome::Refused ? FuzzVerdict::Refused : FuzzVerdict::Taken;
}

std::vector<Bytes> log_seeds() {
  std::vector<Bytes> seeds;
  const std::byte written[] = {std::byte{0xff}, std::byte{1}};
  for (u8 which = 0; which < 2; ++which) {
    for (u8 repairs = 0; repairs <= Repairs::kAll; ++repairs) {
      for (u8 file = 0; file < 3; ++file) {
        const DiskEdit edit{.kind = static_cast<u8>(file % DiskEdit::kKinds),
                            .file = file,
                            .other = 1,
                            .bytes = 2,
                            .offset = static_cast<u32>(80 + 8 * repairs + 4096 * file),
                            .value = 1};
        Bytes seed = edit_seed(repairs, edit, written);
        seed.insert(seed.begin(), static_cast<std::byte>(which));
        seeds.push_back(std::move(seed));
      }
    }
  }
  return seeds;
}

}  // namespace

const FuzzTarget kLogTarget{"log", run_log, log_seeds, nullptr, 256, 10'000, 50'000};

}  // namespace florin::test
