// Exported files: whole, in order, each change once, the same bytes again, whatever fails.
#include "exporter/file_sink.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <zstd.h>

#include "base/checksum.h"
#include "exporter/change_reader.h"
#include "exporter/export_day.h"
#include "tests/exporter/made_changes.h"

namespace florin::test {

using exporter::FileSink;
using exporter::FileSinkOptions;
using exporter::TextKind;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

std::string decompressed(const std::string& compressed) {
  std::string text(ZSTD_getFrameContentSize(compressed.data(), compressed.size()), '\0');
  const usize bytes =
      ZSTD_decompress(text.data(), text.size(), compressed.data(), compressed.size());
  EXPECT_EQ(ZSTD_isError(bytes), 0U);
  EXPECT_EQ(bytes, text.size());
  return text;
}

std::string text_of(const std::string& directory, const exporter::Manifest& manifest) {
  std::string text;
  for (const exporter::ClosedFile& file : manifest.files) {
    const std::string stored = content_of(directory + "/" + file.name);
    EXPECT_EQ(stored.size(), file.stored_bytes);
    EXPECT_EQ(checksum128(std::as_bytes(std::span(stored))), file.checksum);
    std::string content = manifest.compressed ? decompressed(stored) : stored;
    EXPECT_EQ(content.size(), file.text_bytes);
    content.erase(0, exporter::first_line(manifest.kind).size());
    text += content;
  }
  return text;
}

std::string text_of_all(MemoryStore& store, TextKind kind) {
  const exporter::ChangePage all = all_changes(store);
  std::string text;
  for (usize event = 0; event < all.events.size(); ++event) {
    append_line(kind, all, event, text);
  }
  return text;
}

FileSinkOptions small_files(const std::string& directory, TextKind kind = TextKind::Ndjson) {
  FileSinkOptions options;
  options.directory = directory;
  options.ledger_id = 99;
  options.kind = kind;
  options.text_bytes_max = 20'000;
  return options;
}

// Delivers all that the store has from where the sink stands.
Status deliver_all(FileSink& sink, MemoryStore& store, u32 page) {
  const auto stand = sink.open();
  if (!stand) return tl::unexpected<Error>(stand.error());
  history::Place place = stand->next;
  exporter::ChangeReader reader(store);
  for (;;) {
    const auto changes = reader.read(place, page);
    if (!changes) return tl::unexpected<Error>(changes.error());
    if ((*changes)->events.empty()) return sink.commit({place, {}, 0});
    const auto delivered = sink.deliver(**changes, 0);
    if (!delivered) return tl::unexpected<Error>(delivered.error());
    place = (*changes)->next;
  }
}

#define ASSERT_OK(expression)                                        \
  do {                                                               \
    const auto& result_or_error = (expression);                      \
    ASSERT_TRUE(result_or_error) << result_or_error.error().message; \
  } while (false)

}  // namespace

TEST(FileSink, files_together_have_every_change_once_and_in_order) {
  for (const TextKind kind : {TextKind::Ndjson, TextKind::Csv}) {
    const ScratchDirectory scratch;
    MemoryStore store;
    MadeChanges made(1);
    made.append_to(store, 3'000);
    FileSink sink(small_files(scratch / "out", kind));
    ASSERT_OK(deliver_all(sink, store, 77));
    ASSERT_OK(sink.close());
    EXPECT_EQ(text_of(scratch / "out", sink.manifest()), text_of_all(store, kind));
    ASSERT_GT(sink.manifest().files.size(), 20U);
    EXPECT_FALSE(std::filesystem::exists(scratch / "out/open.part"));
  }
}

// The days of the changes name the files, and each day counts from 1.
TEST(FileSink, files_are_named_by_the_day_of_their_changes) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(2);
  made.append_to(store, 3'000);
  FileSink sink(small_files(scratch / "out"));
  ASSERT_OK(deliver_all(sink, store, 500));
  ASSERT_OK(sink.close());
  std::string day;
  u64 number = 0;
  u64 days = 0;
  for (const exporter::ClosedFile& file : sink.manifest().files) {
    days += file.day != day ? 1 : 0;
    number = file.day != day ? 1 : number + 1;
    day = file.day;
    EXPECT_EQ(file.number, number);
    char name[64];
    std::snprintf(name, sizeof(name), "florin-%s-%05u.ndjson.zst", day.c_str(),
                  static_cast<unsigned>(number));
    EXPECT_EQ(file.name, name);
    std::istringstream lines(decompressed(content_of(scratch / ("out/" + file.name))));
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line);
      ASSERT_EQ(exporter::day_of(std::stoull(json["logged_at"].get<std::string>())), day);
    }
  }
  EXPECT_GE(days, 2U);
  EXPECT_EQ(sink.manifest().files.front().day, "2026-11-01");
}

// Whatever the pages, the commits and the moments of a crash were.
TEST(FileSink, an_export_made_again_has_the_same_files) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(3);
  made.append_to(store, 2'000);
  FileSink once(small_files(scratch / "once"));
  ASSERT_OK(deliver_all(once, store, 2'000));
  ASSERT_OK(once.close());
  Random random(4);
  for (u32 life = 0; life < 40; ++life) {
    FileSink sink(small_files(scratch / "often"));
    const auto place = sink.open();
    ASSERT_OK(place);
    exporter::ChangeReader reader(store);
    auto next = place->next;
    for (u64 pages = 1 + random.below(6); pages != 0; --pages) {
      const auto page = reader.read(next, static_cast<u32>(1 + random.below(60)));
      ASSERT_OK(page);
      if ((*page)->events.empty()) break;
      ASSERT_OK(sink.deliver(**page, 0));
      next = (*page)->next;
      if (random.chance(1, 2)) ASSERT_OK(sink.commit({next, {}, 0}));
    }
  }
  FileSink last(small_files(scratch / "often"));
  ASSERT_OK(deliver_all(last, store, 100));
  ASSERT_OK(last.close());
  ASSERT_EQ(last.manifest().files.size(), once.manifest().files.size());
  for (const exporter::ClosedFile& file : once.manifest().files) {
    EXPECT_EQ(content_of(scratch / ("once/" + file.name)),
              content_of(scratch / ("often/" + file.name)));
  }
  EXPECT_EQ(content_of(scratch / "once/manifest.json"),
            content_of(scratch / "often/manifest.json"));
}

// What a crash between any two steps of closing a file leaves: the state before the manifest was
// put in place, with the closed file there; and that after it, with open.json still there.
TEST(FileSink, goes_on_from_every_moment_of_closing_a_file) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(5);
  made.append_to(store, 300);
  const auto options = small_files(scratch / "out");
  {
    FileSink sink(options);
    ASSERT_OK(deliver_all(sink, store, 10));
  }
  const auto copy = [&](const std::string& name, const std::string& as) {
    std::filesystem::copy_file(scratch / ("out/" + name), scratch / as,
                               std::filesystem::copy_options::overwrite_existing);
  };
  copy("manifest.json", "manifest.before");
  copy("open.json", "open.before");
  copy("open.part", "part.before");
  const auto put_back = [&](const std::string& from, const std::string& name) {
    std::filesystem::copy_file(scratch / from, scratch / ("out/" + name),
                               std::filesystem::copy_options::overwrite_existing);
  };
  FileSink closed(options);
  ASSERT_OK(closed.open());
  ASSERT_OK(closed.close());
  const std::string manifest_after = content_of(scratch / "out/manifest.json");
  put_back("manifest.before", "manifest.json");
  put_back("open.before", "open.json");
  put_back("part.before", "open.part");
  FileSink before_manifest(options);
  ASSERT_OK(deliver_all(before_manifest, store, 10));
  ASSERT_OK(before_manifest.close());
  EXPECT_EQ(content_of(scratch / "out/manifest.json"), manifest_after);
  put_back("open.before", "open.json");
  put_back("part.before", "open.part");
  FileSink after_manifest(options);
  const auto place = after_manifest.open();
  ASSERT_OK(place);
  EXPECT_EQ(place->next, after_manifest.manifest().next);
  EXPECT_EQ(place->last_logged_at, made.last_timestamp());
  EXPECT_EQ(text_of(scratch / "out", after_manifest.manifest()),
            text_of_all(store, TextKind::Ndjson));
}

TEST(FileSink, closes_the_file_of_a_day_that_is_over) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(6);
  made.append_to(store, 5);
  FileSink sink(small_files(scratch / "out"));
  ASSERT_OK(deliver_all(sink, store, 10));
  constexpr u64 kDayNs = 86'400'000'000'000;
  ASSERT_OK(sink.rest({MadeChanges::kStartNs + kDayNs + 59'000'000'000}));
  EXPECT_EQ(sink.manifest().files.size(), 0U);
  ASSERT_OK(sink.rest({MadeChanges::kStartNs + kDayNs + 61'000'000'000}));
  ASSERT_EQ(sink.manifest().files.size(), 1U);
  EXPECT_EQ(sink.manifest().files[0].changes, 5U);
}

TEST(FileSink, refuses_a_directory_of_another_ledger_or_format) {
  const ScratchDirectory scratch;
  FileSink first(small_files(scratch / "out"));
  ASSERT_OK(first.open());
  auto other_ledger = small_files(scratch / "out");
  other_ledger.ledger_id = 100;
  const auto refused = FileSink(other_ledger).open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(refused.error().message.find("ledger 99, and this is ledger 100"), std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(FileSink(small_files(scratch / "out", TextKind::Csv)).open());
  auto plain = small_files(scratch / "out");
  plain.compressed = false;
  EXPECT_FALSE(FileSink(plain).open());
  EXPECT_TRUE(FileSink(small_files(scratch / "out")).open());
}

TEST(FileSink, names_the_file_that_is_damaged) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(7);
  made.append_to(store, 100);
  {
    FileSink sink(small_files(scratch / "out"));
    ASSERT_OK(deliver_all(sink, store, 10));
  }
  std::filesystem::resize_file(scratch / "out/open.part", 10);
  const auto shortened = FileSink(small_files(scratch / "out")).open();
  ASSERT_FALSE(shortened);
  EXPECT_EQ(shortened.error().code, ErrorCode::Corrupt);
  EXPECT_NE(shortened.error().message.find("open.part has 10 bytes"), std::string::npos);
  std::ofstream(scratch / "out/manifest.json") << "{\"format\": 1";
  const auto torn = FileSink(small_files(scratch / "out")).open();
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find("manifest.json"), std::string::npos) << torn.error().message;
}

// A disk that is full: an error, and everything once there is room.
TEST(FileSink, goes_on_when_a_full_disk_has_room_again) {
  const ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made(8);
  made.append_to(store, 2'000);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit whole{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &whole), 0);
  rlimit little = whole;
  little.rlim_cur = 9'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  FileSink sink(small_files(scratch / "out"));
  const Status full = deliver_all(sink, store, 100);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &whole), 0);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find(scratch / "out"), std::string::npos) << full.error().message;
  ASSERT_OK(deliver_all(sink, store, 100));
  ASSERT_OK(sink.close());
  EXPECT_EQ(text_of(scratch / "out", sink.manifest()), text_of_all(store, TextKind::Ndjson));
}

}  // namespace florin::test
