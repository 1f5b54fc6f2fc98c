// Outboxes: first in, first out, over many files, across crashes.
#include "alerts/outbox.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/exporter/made_changes.h"

namespace florin::test {

using alerts::Outbox;

namespace {

sinks::Message message_number(u64 number) {
  return {
      "rule." + std::to_string(number), "alert.test", std::to_string(number % 7),
      "{\"n\":" + std::to_string(number) + ",\"pad\":\"" + std::string(number % 50, 'x') + "\"}"};
}

void expect_same(const sinks::Message& left, const sinks::Message& right) {
  EXPECT_EQ(left.id, right.id);
  EXPECT_EQ(left.kind, right.kind);
  EXPECT_EQ(left.key, right.key);
  EXPECT_EQ(left.body, right.body);
}

usize files_in(const std::string& directory) {
  usize files = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    files += file.path().extension() == ".tsv" ? 1 : 0;
  }
  return files;
}

}  // namespace

TEST(Outbox, shows_only_what_was_published) {
  const ScratchDirectory scratch;
  Outbox outbox(scratch / "out");
  EXPECT_TRUE(outbox.next(5)->empty());
  ASSERT_TRUE(outbox.open(0));
  ASSERT_TRUE(outbox.append(message_number(1)));
  ASSERT_TRUE(outbox.sync());
  EXPECT_TRUE(outbox.next(5)->empty());
  EXPECT_EQ(outbox.unsent_bytes(), 0U);
  outbox.publish();
  EXPECT_EQ(outbox.unsent_bytes(), outbox.end());
  const auto messages = outbox.next(5);
  ASSERT_EQ(messages->size(), 1U);
  expect_same(messages->front(), message_number(1));
  ASSERT_TRUE(outbox.sent(1));
  EXPECT_TRUE(outbox.next(5)->empty());
  EXPECT_EQ(outbox.unsent_bytes(), 0U);
}

// At random: appended, published, sent, taken up again from what was published; each message comes
// once, in order, and files that are sent are removed.
TEST(Outbox, keeps_order_over_files_and_restarts) {
  for (u64 seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const ScratchDirectory scratch;
    auto outbox = std::make_unique<Outbox>(scratch / "out", 500);
    ASSERT_TRUE(outbox->open(0));
    u64 appended = 0;
    u64 published = 0;
    u64 published_end = 0;
    u64 sent = 0;
    for (u32 step = 0; step < 150; ++step) {
      const u64 what = random.below(10);
      if (what < 5) {
        ASSERT_TRUE(outbox->append(message_number(appended++)));
      } else if (what < 7) {
        ASSERT_TRUE(outbox->sync());
        outbox->publish();
        published = appended;
        published_end = outbox->end();
      } else if (what < 9) {
        const auto messages = outbox->next(1 + random.below(8));
        ASSERT_TRUE(messages) << messages.error().message;
        ASSERT_EQ(messages->empty(), sent == published);
        if (messages->empty()) continue;
        const usize taken = 1 + random.below(messages->size());
        for (usize each = 0; each < taken; ++each) {
          expect_same((*messages)[each], message_number(sent + each));
        }
        ASSERT_TRUE(outbox->sent(taken));
        sent += taken;
      } else {
        if (random.chance(1, 2)) outbox = std::make_unique<Outbox>(scratch / "out", 500);
        const auto opened = outbox->open(published_end);
        ASSERT_TRUE(opened) << opened.error().message;
        appended = published;
      }
      ASSERT_LE(files_in(scratch / "out"), 3 + (appended - sent) * 100 / 500);
    }
    EXPECT_GT(sent, 10U);
  }
}

TEST(Outbox, that_lost_files_says_so) {
  const ScratchDirectory scratch;
  u64 end = 0;
  {
    Outbox outbox(scratch / "out");
    ASSERT_TRUE(outbox.open(0));
    ASSERT_TRUE(outbox.append(message_number(1)));
    ASSERT_TRUE(outbox.sync());
    end = outbox.end();
  }
  Outbox longer(scratch / "out");
  const auto torn = longer.open(end + 1);
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code, ErrorCode::Corrupt);
  std::filesystem::remove_all(scratch / "out");
  Outbox gone(scratch / "out");
  const auto lost = gone.open(end);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::Corrupt);
  std::filesystem::create_directories(scratch / "out");
  std::ofstream(scratch / "out/sent") << "many\n";
  Outbox wrong(scratch / "out");
  ASSERT_FALSE(wrong.open(0));
}

}  // namespace florin::test
