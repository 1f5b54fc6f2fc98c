#include "history/row_codec.h"

#include <cstring>
#include <span>

#include "base/checksum.h"
#include "history/compact_int.h"

namespace florin::history {

namespace {

// Bytes put into a string, a number at a time.
class Text {
 public:
  explicit Text(std::string& target) : target_(target) {}
  void put(u128 value) {
    u8 bytes[kCompactBytesMax];
    const u8* const end = put_compact(bytes, value);
    target_.append(reinterpret_cast<const char*>(bytes), static_cast<usize>(end - bytes));
  }
  void byte(u8 value) { target_.push_back(static_cast<char>(value)); }

 private:
  std::string& target_;
};

// How an id's row begins: the last byte of the id, then the form.
enum class Form : u8 { NewPack = 0, SamePack = 1, Consumed = 2 };

constexpr u8 kReversedBit = 128;

}  // namespace

void append_part(const std::vector<IdRow>& rows, std::string& value) {
  Text text(value);
  text.put(rows.size());
  Place pack;
  for (const IdRow& row : rows) {
    text.byte(row.last_byte);
    if (row.outcome != 0) {
      text.byte(static_cast<u8>(Form::Consumed));
      text.byte(row.outcome);
      text.put(row.place.position);
      text.put(row.place.index);
      text.put(row.number);
      continue;
    }
    const bool same = row.place == pack;
    text.byte(static_cast<u8>(same ? Form::SamePack : Form::NewPack));
    if (!same) {
      text.put(row.place.position);
      text.put(row.place.index);
      pack = row.place;
    }
    text.byte(static_cast<u8>(row.transfer));
  }
}

bool read_parts(std::string_view value, std::vector<IdRow>& rows) {
  rows.clear();
  CompactReader reader(value.data(), value.size());
  while (!reader.at_end()) {
    Place pack;
    for (u64 left = reader.get64(); left > 0 && !reader.is_damaged(); --left) {
      IdRow& row = rows.emplace_back();
      row.last_byte = reader.byte();
      const u8 form = reader.byte();
      if (form > static_cast<u8>(Form::Consumed)) return false;
      if (form == static_cast<u8>(Form::Consumed)) {
        row.outcome = reader.byte();
        row.place = {reader.get64(), reader.get32()};
        row.number = reader.get64();
        if (row.outcome == 0) return false;
        continue;
      }
      if (form == static_cast<u8>(Form::NewPack)) pack = {reader.get64(), reader.get32()};
      row.place = pack;
      row.transfer = reader.byte();
    }
  }
  return !reader.is_damaged();
}

void append_part(const std::vector<StatusRow>& rows, std::string& value) {
  Text text(value);
  text.put(rows.size());
  u64 position = 0;
  for (const StatusRow& row : rows) {
    text.byte(row.last_byte);
    text.byte(static_cast<u8>(static_cast<u8>(row.status) | (row.reversed ? kReversedBit : 0)));
    // Rows stand by id and place: the position may go back from one id to the next.
    text.put(zigzag(u128{row.place.position} - position));
    text.put(row.place.index);
    text.put(row.remaining);
    position = row.place.position;
  }
}

bool read_parts(std::string_view value, std::vector<StatusRow>& rows) {
  rows.clear();
  CompactReader reader(value.data(), value.size());
  while (!reader.at_end()) {
    u64 position = 0;
    for (u64 left = reader.get64(); left > 0 && !reader.is_damaged(); --left) {
      StatusRow& row = rows.emplace_back();
      row.last_byte = reader.byte();
      const u8 status = reader.byte();
      row.reversed = (status & kReversedBit) != 0;
      if ((status & ~kReversedBit) > static_cast<u8>(ledger::PendingStatus::Expired)) return false;
      row.status = static_cast<ledger::PendingStatus>(status & ~kReversedBit);
      position = low_half(u128{position} + unzigzag(reader.get()));
      row.place = {position, reader.get32()};
      row.remaining = reader.get();
    }
  }
  return !reader.is_damaged();
}

std::string encode(const AccountRow& row) {
  std::string value;
  Text text(value);
  text.put(row.place.position);
  text.put(row.place.index);
  text.put(row.timestamp);
  text.put(row.ledger);
  text.put(row.code);
  return value;
}

bool decode(std::string_view value, AccountRow& row) {
  CompactReader reader(value.data(), value.size());
  row.place = {reader.get64(), reader.get32()};
  row.timestamp = reader.get64();
  row.ledger = reader.get32();
  row.code = static_cast<u16>(reader.get32());
  return reader.at_end() && !reader.is_damaged();
}

// The version comes first and the checksum last, in every version.
std::string encode(const MarkRow& row) {
  std::string value;
  Text text(value);
  text.put(row.format_version);
  text.put(row.ledger_id);
  const wal::LogEnd& log = row.mark.log;
  for (const u64 number :
       {log.segment, log.offset, log.sequence, log.generation, log.position.value, log.timestamp.ns,
        row.mark.last_timestamp, row.mark.created, row.mark.consumed, row.mark.accounts,
        row.mark.updates, row.reversals, row.refusals_after, u64{row.ids.count}}) {
    text.put(number);
  }
  text.put(log.chain);
  for (usize index = 0; index < row.ids.count; ++index) {
    text.put(row.ids.ranges[index].first);
    text.put(row.ids.ranges[index].last);
  }
  const u64 checksum = checksum64(std::as_bytes(std::span(value)));
  value.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return value;
}

bool decode(std::string_view value, MarkRow& row) {
  u64 checksum = 0;
  if (value.size() <= sizeof checksum) return false;
  const std::string_view content = value.substr(0, value.size() - sizeof checksum);
  std::memcpy(&checksum, value.data() + content.size(), sizeof checksum);
  if (checksum != checksum64(std::as_bytes(std::span(content)))) return false;
  CompactReader reader(content.data(), content.size());
  row.format_version = reader.get32();
  if (!is_known_format(row.format_version)) return !reader.is_damaged();
  row.ledger_id = reader.get();
  wal::LogEnd& log = row.mark.log;
  for (u64* const number :
       {&log.segment, &log.offset, &log.sequence, &log.generation, &log.position.value,
        &log.timestamp.ns, &row.mark.last_timestamp, &row.mark.created, &row.mark.consumed,
        &row.mark.accounts, &row.mark.updates, &row.reversals}) {
    *number = reader.get64();
  }
  row.refusals_after = row.format_version == 1 ? log.position.value : reader.get64();
  const u64 ranges = reader.get64();
  log.chain = reader.get();
  if (ranges > IdRanges::kRanges) return false;
  row.ids.count = ranges;
  for (usize index = 0; index < ranges; ++index) {
    row.ids.ranges[index].first = reader.get();
    row.ids.ranges[index].last = reader.get();
  }
  return reader.at_end() && !reader.is_damaged();
}

}  // namespace florin::history
