// Pins the bytes of the log format: a change here is a new format version.
#include "wal/format.h"

#include <cstring>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "wal/block_check.h"

namespace florin::wal {
namespace {

BlockHeader golden_header() {
  BlockHeader header;
  header.state_machine_version = 0x11121314;
  header.log_id = make_u128(0x2f2e2d2c2b2a2928, 0x2726252423222120);
  header.previous_checksum = make_u128(0x3f3e3d3c3b3a3938, 0x3736353433323130);
  header.body_checksum = make_u128(0x4f4e4d4c4b4a4948, 0x4746454443424140);
  header.sequence = 0x51;
  header.segment = 0x52;
  header.generation = 0x53;
  header.offset = 0x3000;
  header.position_before = 0x55;
  header.event_count = 0x56;
  header.timestamp = 0x57;
  header.body_bytes = 0x58;
  header.durable_sequence = 0x59;
  header.durable_position = 0x5a;
  header.segment_bytes = 0x4000000;
  header.incarnation = 0x5c;
  header.header_checksum = header_checksum(header);
  return header;
}

std::string hex_of(const BlockHeader& header) {
  unsigned char bytes[kHeaderBytes];
  std::memcpy(bytes, &header, kHeaderBytes);
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

TEST(Format, a_header_has_these_bytes) {
  const std::string expected =
      "464c4f52494e4c47"  // magic "FLORINLG"
      "01000000"
      "14131211"                          // format, state machine version
      "202122232425262728292a2b2c2d2e2f"  // log id
      "303132333435363738393a3b3c3d3e3f"  // previous checksum
      "404142434445464748494a4b4c4d4e4f"  // body checksum
      "a81d4540a0c753d0ffb4f8add77a1d98"  // header checksum
      "5100000000000000"                  // sequence
      "5200000000000000"                  // segment
      "5300000000000000"                  // generation
      "0030000000000000"                  // offset
      "5500000000000000"                  // position before
      "5600000000000000"                  // event count
      "5700000000000000"                  // timestamp
      "5800000000000000"                  // body bytes
      "5900000000000000"                  // durable sequence
      "5a00000000000000"                  // durable position
      "0000000400000000"                  // segment bytes
      "5c00000000000000" +                // incarnation
      std::string(2 * 80, '0');
  EXPECT_EQ(hex_of(golden_header()), expected);
}

TEST(Format, body_checksums_have_these_values) {
  EXPECT_EQ(to_decimal(body_checksum({})), "204254712233039002205064565430793619839");
  std::vector<std::byte> body(kChecksumSliceBytes + 5);
  for (usize i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(i * 7);
  EXPECT_EQ(to_decimal(body_checksum(body)), "297907072400925291909609978700417404678");
}

TEST(Format, a_body_checksum_is_that_of_its_slices) {
  for (const u64 length : {u64{1}, kChecksumSliceBytes - 1, kChecksumSliceBytes,
                           kChecksumSliceBytes + 1, 3 * kChecksumSliceBytes}) {
    SCOPED_TRACE(length);
    std::vector<std::byte> body(length);
    for (usize i = 0; i < length; ++i) body[i] = static_cast<std::byte>(i * 31 >> 3);
    std::vector<u64> slices;
    const std::span<const std::byte> all(body);
    for (u64 at = 0; at < length; at += kChecksumSliceBytes) {
      slices.push_back(slice_checksum(all.subspan(at, std::min(kChecksumSliceBytes, length - at))));
    }
    EXPECT_EQ(combine_slices(slices), body_checksum(body));
    body.back() ^= std::byte{1};
    EXPECT_NE(combine_slices(slices), body_checksum(body));
  }
}

TEST(Format, a_block_takes_whole_sectors) {
  EXPECT_EQ(stored_bytes(0), 4096u);
  EXPECT_EQ(stored_bytes(3840), 4096u);
  EXPECT_EQ(stored_bytes(3841), 8192u);
}

TEST(Format, segment_names_have_sixteen_digits) {
  EXPECT_EQ(segment_name(1), "0000000000000001.log");
  EXPECT_EQ(preparing_name(12), "0000000000000012.preparing");
  EXPECT_EQ(parse_segment_name("0000000000000001.log"), 1u);
  EXPECT_EQ(parse_segment_name("9999999999999999.log"), 9999999999999999u);
  for (const char* name :
       {"", "1.log", "0000000000000000.log", "0000000000000001.preparing", "00000000000000x1.log",
        "-000000000000001.log", "0000000000000001.logs", "00000000000000001.log"}) {
    EXPECT_FALSE(parse_segment_name(name)) << name;
  }
  EXPECT_TRUE(is_preparing_name("0000000000000012.preparing"));
  EXPECT_FALSE(is_preparing_name("0000000000000012.log"));
}

// Every way in which a header may fail to be the next block, one change each.
TEST(Format, a_header_is_refused_for_what_is_wrong_with_it) {
  const BlockHeader good = golden_header();
  const BlockPlace place{0x52, 0x3000, 0x4000000};
  const BlockExpectation expectation{good.log_id, good.state_machine_version};
  LogEnd end;
  end.sequence = 0x50;
  end.generation = 0x53;
  end.position.value = 0x55;
  end.chain = good.previous_checksum;
  EXPECT_EQ(check_next(good, expectation, place, end), Defect::None);

  struct Row {
    Defect expected;
    void (*change)(BlockHeader&);
  };
  const Row rows[] = {
      {Defect::NoBlock, [](BlockHeader& h) { h.magic ^= 1; }},
      {Defect::FormatVersion, [](BlockHeader& h) { h.format_version = 2; }},
      {Defect::Reserved, [](BlockHeader& h) { h.reserved[79] = 1; }},
      {Defect::OtherLog, [](BlockHeader& h) { h.log_id ^= 1; }},
      {Defect::OtherPlace, [](BlockHeader& h) { h.segment += 1; }},
      {Defect::OtherPlace, [](BlockHeader& h) { h.offset += 4096; }},
      {Defect::BodyLength, [](BlockHeader& h) { h.body_bytes = kBodyBytesMax + 1; }},
      {Defect::BodyLength, [](BlockHeader& h) { h.body_bytes = 0x4000000 - 0x3000; }},
      {Defect::OtherSequence, [](BlockHeader& h) { h.sequence += 1; }},
      {Defect::BrokenChain, [](BlockHeader& h) { h.previous_checksum ^= 1; }},
      {Defect::GenerationDecreased, [](BlockHeader& h) { h.generation -= 1; }},
      {Defect::None, [](BlockHeader& h) { h.generation += 1; }},
      {Defect::OtherPosition, [](BlockHeader& h) { h.position_before += 1; }},
      {Defect::StateMachineVersion, [](BlockHeader& h) { h.state_machine_version += 1; }},
      {Defect::SegmentSize, [](BlockHeader& h) { h.segment_bytes += 4096; }},
  };
  for (const Row& row : rows) {
    BlockHeader changed = good;
    row.change(changed);
    const Defect unsigned_defect = check_next(changed, expectation, place, end);
    EXPECT_TRUE(unsigned_defect == Defect::HeaderChecksum || unsigned_defect == Defect::NoBlock);
    changed.header_checksum = header_checksum(changed);
    EXPECT_EQ(describe(check_next(changed, expectation, place, end)), describe(row.expected));
  }
}

}  // namespace
}  // namespace florin::wal
