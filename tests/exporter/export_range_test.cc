// Ranges exported by hand.
#include "exporter/export_range.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/exporter/made_changes.h"

namespace florin::test {

using exporter::PlaceRange;
using exporter::TextKind;

namespace {

std::string text_of(MemoryStore& store, const PlaceRange& range, TextKind kind) {
  std::string text;
  const auto done = exporter::export_as_text(
      store, range, kind,
      [&](std::string_view piece) {
        text += piece;
        return Status{};
      },
      [](const auto&) {});
  EXPECT_TRUE(done) << done.error().message;
  return text;
}

std::string lines_between(const exporter::ChangePage& all, const history::Place& first,
                          const history::Place& end) {
  std::string text;
  for (usize event = 0; event < all.events.size(); ++event) {
    const history::Place place = exporter::place_of(all.events[event]);
    if (place >= first && place < end) append_line(TextKind::Ndjson, all, event, text);
  }
  return text;
}

}  // namespace

TEST(ExportRange, has_the_changes_of_the_range_and_no_others) {
  MemoryStore store;
  MadeChanges made(1);
  made.append_to(store, 5'000);
  const exporter::ChangePage all = all_changes(store);
  for (const auto& [first, end] : std::initializer_list<std::pair<u64, u64>>{
           {1, 2}, {1, 5'001}, {700, 4'321}, {2'048, 2'049}, {5'000, 9'000}}) {
    const std::string text = text_of(store, {{first, 0}, {end, 0}}, TextKind::Ndjson);
    EXPECT_EQ(text, lines_between(all, {first, 0}, {end, 0}));
    EXPECT_EQ(std::ranges::count(text, '\n'), std::min<u64>(end, 5'001) - first);
  }
  EXPECT_EQ(text_of(store, {{9, 0}, {9, 0}}, TextKind::Ndjson), "");
  EXPECT_EQ(text_of(store, {{9, 0}, {9, 0}}, TextKind::Csv), exporter::first_line(TextKind::Csv));
}

// Of refused transfers too: a range with them begins with those of its time.
TEST(ExportRange, finds_the_first_place_of_a_time) {
  MemoryStore store;
  MadeChanges made(2);
  made.refuse_some();
  made.append_to(store, 800);
  const exporter::ChangePage all = all_changes(store, exporter::Refusals::Included);
  Random random(3);
  for (u32 each = 0; each < 200; ++each) {
    const usize event = random.below(all.events.size());
    const u64 time = all.events[event].timestamp;
    const auto at = exporter::first_place_from(store, time);
    ASSERT_TRUE(at);
    EXPECT_EQ(at->position, all.events[event].position);
    const auto behind = exporter::first_place_from(store, time + 1);
    ASSERT_TRUE(behind);
    EXPECT_EQ(behind->position, all.events[event].position + 1);
  }
  EXPECT_LE(exporter::first_place_from(store, 0)->position, 1U);
  EXPECT_EQ(exporter::first_place_from(store, ~u64{0})->position, 801U);
}

// Two exports into one directory are one export.
TEST(ExportRange, goes_on_in_a_directory_that_has_files) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(4);
  made.append_to(store, 600);
  exporter::FileSinkOptions options;
  options.directory = scratch / "out";
  options.compressed = false;
  options.text_bytes_max = 30'000;
  const auto no_report = [](const auto&) {};
  const auto half = exporter::export_to_files(store, {{100, 0}, {300, 0}}, options, no_report);
  ASSERT_TRUE(half) << half.error().message;
  EXPECT_EQ(half->changes, 200U);
  EXPECT_EQ(half->position.value, 299U);
  const auto rest = exporter::export_to_files(store, {{100, 0}, {501, 0}}, options, no_report);
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(rest->changes, 201U);
  const auto nothing = exporter::export_to_files(store, {{100, 0}, {501, 0}}, options, no_report);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->changes, 0U);
  const auto manifest = exporter::read_manifest(scratch / "out");
  ASSERT_TRUE(manifest && *manifest);
  std::string text;
  for (const auto& file : (*manifest)->files) {
    text += **exporter::read_whole_file(scratch / ("out/" + file.name));
  }
  EXPECT_EQ(text, lines_between(all_changes(store), {100, 0}, {501, 0}));
}

TEST(ExportRange, has_refused_transfers_when_they_are_asked_for) {
  MemoryStore store;
  MadeChanges made(5);
  made.refuse_some();
  made.append_to(store, 1'000);
  made.append_refusals_to(store, ledger::kQueryExaminedMax + 5);
  made.append_to(store, 1'000);
  const u64 last = store.readable().value;
  const PlaceRange without{{100, 0}, {last - 100, 0}};
  PlaceRange with = without;
  with.refusals = exporter::Refusals::Included;
  EXPECT_EQ(text_of(store, without, TextKind::Ndjson),
            lines_between(all_changes(store), without.first, without.end));
  const std::string text = text_of(store, with, TextKind::Ndjson);
  EXPECT_EQ(text,
            lines_between(all_changes(store, exporter::Refusals::Included), with.first, with.end));
  EXPECT_EQ(std::ranges::count(text, '\n'), last - 200);
  EXPECT_NE(text.find("transfer_refused"), std::string::npos);
}

// A directory is one or the other: its reader need not guess which refusals he has.
TEST(ExportRange, does_not_mix_files_with_refused_transfers_and_without) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(6);
  made.refuse_some();
  made.append_to(store, 200);
  exporter::FileSinkOptions options;
  options.compressed = false;
  const auto no_report = [](const auto&) {};
  const auto changes_of = [&](const char* directory, PlaceRange range) -> Result<u64> {
    options.directory = scratch / directory;
    const auto done = exporter::export_to_files(store, range, options, no_report);
    if (!done) return tl::unexpected<Error>(done.error());
    return done->changes;
  };
  const PlaceRange without;
  PlaceRange with;
  with.refusals = exporter::Refusals::Included;
  EXPECT_EQ(*changes_of("without", without), all_changes(store).events.size());
  EXPECT_EQ(*changes_of("with", with), 200U);
  EXPECT_EQ(*changes_of("without", without), 0U);
  EXPECT_EQ(*changes_of("with", with), 0U);
  const auto refused = changes_of("without", with);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is of files without refused transfers, which were asked "
                                         "for; choose another directory, or the same options"),
            std::string::npos)
      << refused.error().message;
  const auto too_many = changes_of("with", without);
  ASSERT_FALSE(too_many);
  EXPECT_NE(too_many.error().message.find("is of files with refused transfers, and they were not"),
            std::string::npos)
      << too_many.error().message;
  // Manifests of before say nothing about it.
  const auto manifest = exporter::read_whole_file(scratch / "without/manifest.json");
  ASSERT_TRUE(manifest && *manifest);
  EXPECT_EQ((*manifest)->find("refusals"), std::string::npos);
}

}  // namespace florin::test
