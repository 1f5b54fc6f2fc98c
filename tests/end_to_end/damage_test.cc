// A stopped server's files, damaged: what had been acknowledged is refused with file and offset,
// and comes back with the right bytes; a torn tail is dropped and said to be.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/checksum.h"
#include "storage/identity.h"
#include "tests/end_to_end/log_blocks.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

constexpr u64 kTransfers = 20;

class Damage : public ServerTest {
 protected:
  // Accounts 1 and 2, then transfers 1 to kTransfers, each a block of its own. Without a snapshot
  // at the stop every block is needed.
  void write_blocks(const Arguments& arguments = {"--no-snapshot-at-stop"}) {
    start(arguments);
    client::Client client = connect();
    create_two_accounts(client);
    for (u64 id = 1; id <= kTransfers; ++id) make_transfers(client, id, 1);
  }

  static void make_transfers(client::Client& client, u64 first, u64 count) {
    std::vector<ledger::Transfer> events;
    for (u64 id = first; id < first + count; ++id) events.push_back(transfer(id, 1, 2, 10));
    for (const auto& result : must(client.create_transfers(events)).results) {
      EXPECT_EQ(result.outcome, ledger::TransferOutcome::Created);
    }
  }

  // Of the transfers 1 to `last`, as a started server has them.
  u64 transfers_found(u64 last) {
    client::Client client = connect();
    std::vector<u128> ids;
    for (u64 id = 1; id <= last; ++id) ids.push_back(id);
    const client::Transfers found = must(client.lookup_transfers(ids));
    return static_cast<u64>(
        std::count_if(found.transfers.begin(), found.transfers.end(),
                      [](const auto& one) { return one.transfer.has_value(); }));
  }

  // Zeros from this byte of the block to its end.
  static void wipe(const LogBlock& block, u64 first) {
    change_file(block.path, block.header.offset + first,
                wal::stored_bytes(block.header.body_bytes) - first, zero);
  }

  // As if the power had failed before any of it was durable.
  void forget_history() { std::filesystem::remove_all(data() + "/history"); }

  static void flip(std::span<std::byte> bytes) { bytes[0] ^= std::byte{0x10}; }
  static void zero(std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
  }
};

TEST_F(Damage, of_acknowledged_blocks_is_refused_with_file_and_offset) {
  write_blocks();
  stop();
  const std::vector<LogBlock> blocks = first_segment_blocks(data());
  ASSERT_GE(blocks.size(), kTransfers + 1);
  for (const usize index : {usize{0}, blocks.size() / 2, blocks.size() - 1}) {
    const LogBlock& block = blocks[index];
    for (const u64 place : {u64{20}, wal::kHeaderBytes + 5}) {
      SCOPED_TRACE("block " + std::to_string(index + 1) + ", byte " + std::to_string(place));
      change_file(block.path, block.header.offset + place, 1, flip);
      const std::string said = refused_start("--accounts-max 10", block.path);
      EXPECT_NE(said.find("damaged at byte " + std::to_string(block.header.offset) + ":"),
                std::string::npos)
          << said;
      change_file(block.path, block.header.offset + place, 1, flip);
    }
  }
  start();
  EXPECT_EQ(transfers_found(kTransfers), kTransfers);
}

TEST_F(Damage, of_a_middle_of_a_log_that_went_on_after_a_kill_is_refused) {
  write_blocks();
  server().kill_now();
  const std::vector<LogBlock> blocks = first_segment_blocks(data());
  start({"--no-snapshot-at-stop"});
  client::Client client = connect();
  make_transfers(client, kTransfers + 1, 5);
  make_transfers(client, kTransfers + 6, 1);
  stop();
  // The last block of the first run: acknowledged, as later blocks say.
  const LogBlock& last = blocks.back();
  change_file(last.path, last.header.offset, storage::kSectorBytes, zero);
  refused_start("", "damaged at byte " + std::to_string(last.header.offset));
}

// As a power cut leaves it: neither a later block nor a mark was written behind the torn one.
TEST_F(Damage, torn_tail_is_dropped_and_said_so) {
  write_blocks();
  client::Client client = connect();
  make_transfers(client, kTransfers + 1, 100);  // A block of several sectors.
  server().kill_now();
  forget_history();
  std::vector<LogBlock> blocks = first_segment_blocks(data());
  for (; blocks.back().header.event_count != 100; blocks.pop_back()) wipe(blocks.back(), 0);
  const LogBlock& last = blocks.back();
  const u64 stored = wal::stored_bytes(last.header.body_bytes);
  wipe(last, storage::kSectorBytes);
  set_marks_to(data(), last);
  refused_start("", "damaged at byte " + std::to_string(last.header.offset));
  set_marks_to(data(), blocks[blocks.size() - 2]);
  start({"--no-snapshot-at-stop"});
  EXPECT_NE(server_log().find("torn tail (1 blocks, " + std::to_string(stored) + " bytes)"),
            std::string::npos)
      << server_log();
  EXPECT_EQ(transfers_found(kTransfers + 100), kTransfers);
  client::Client again = connect();
  make_transfers(again, kTransfers + 1, 100);
  stop();
  start();
  EXPECT_EQ(transfers_found(kTransfers + 100), kTransfers + 100);
}

TEST_F(Damage, last_blocks_that_never_reached_the_disk_are_missed_only_if_a_mark_names_them) {
  write_blocks();
  server().kill_now();
  forget_history();
  std::vector<LogBlock> blocks = first_segment_blocks(data());
  u64 events = 0;
  while (events == 0) {  // The last block may hold outcomes alone.
    wipe(blocks.back(), 0);
    events = blocks.back().header.event_count;
    if (events != 0) set_marks_to(data(), blocks.back());
    blocks.pop_back();
  }
  refused_start("", "damaged at byte");
  set_marks_to(data(), blocks.back());
  start();
  EXPECT_EQ(transfers_found(kTransfers), kTransfers - events);
}

// Neither the marks nor a later block tell of them: history does.
TEST_F(Damage, blocks_that_history_has_are_missed_in_a_log_that_ends_before_them) {
  write_blocks();
  stop();
  std::vector<LogBlock> blocks = first_segment_blocks(data());
  for (u64 events = 0; events == 0; blocks.pop_back()) {
    events = blocks.back().header.event_count;
    wipe(blocks.back(), 0);
  }
  set_marks_to(data(), blocks.back());
  const std::string said = refused_start("", "history ends at position 22 ");
  EXPECT_NE(said.find("beyond the end of the log"), std::string::npos) << said;
}

TEST_F(Damage, of_blocks_that_a_snapshot_has_is_no_concern) {
  write_blocks({});
  stop();
  const LogBlock block = first_segment_blocks(data())[kTransfers / 2];
  change_file(block.path, block.header.offset + 20, 1, flip);
  start();
  EXPECT_EQ(transfers_found(kTransfers), kTransfers);
}

TEST_F(Damage, of_the_identity_is_refused_with_its_name) {
  write_blocks();
  stop();
  const std::string identity = data() + "/identity";
  change_file(identity, 40, 1, flip);
  refused_start("", identity + " does not have its checksum");
  change_file(identity, 40, 1, flip);
  run_shell("mv '" + identity + "' '" + identity + ".away'");
  refused_start("", identity + " is missing");
  run_shell("mv '" + identity + ".away' '" + identity + "'");
  start();
  EXPECT_EQ(transfers_found(kTransfers), kTransfers);
}

TEST_F(Damage, other_versions_are_named_and_not_called_damage) {
  write_blocks();
  stop();
  const LogBlock block = first_segment_blocks(data()).front();
  change_file(block.path, 0, wal::kHeaderBytes, [&](std::span<std::byte> bytes) {
    wal::BlockHeader header = block.header;
    header.state_machine_version += 41;
    header.header_checksum = 0;
    header.header_checksum = wal::header_checksum(header);
    std::memcpy(bytes.data(), &header, sizeof(header));
  });
  const u32 version = block.header.state_machine_version + 41;
  refused_start("", "state machine version " + std::to_string(version));
  change_file(data() + "/identity", 0, storage::kSectorBytes, [](std::span<std::byte> bytes) {
    storage::IdentitySector sector;
    std::memcpy(&sector, bytes.data(), sizeof(sector));
    sector.format_version = 77;
    sector.checksum = 0;
    sector.checksum = checksum128(std::as_bytes(std::span(&sector, 1)));
    std::memcpy(bytes.data(), &sector, sizeof(sector));
  });
  refused_start("", data() + "/identity has format version 77");
}

}  // namespace
}  // namespace florin::test
