// Packs and rows of the history store: what was written is read, of any content and size, and what
// was damaged is not taken for it.
#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/random.h"
#include "history/change_codec.h"
#include "history/compact_int.h"
#include "history/id_ranges.h"
#include "history/movement.h"
#include "history/row_codec.h"
#include "history/store_keys.h"
#include "tests/support/reference_changes.h"

namespace florin::test {
namespace {

using history::ChangeBatch;
using history::OtherChange;
using history::Pack;
using history::PackWriter;
using history::TransferChange;
using ledger::ChangeKind;

u128 number_of_any_size(Random& random) {
  const u64 bits = random.below(129);
  return bits == 0 ? 0 : random.next_u128() >> (128 - bits);
}

template <class Word>
Word word_of_any_size(Random& random) {
  return static_cast<Word>(number_of_any_size(random));
}

// Anything at all, in the order of places: mostly like the one before, as in a ledger.
TransferChange some_change(Random& random, const TransferChange& before) {
  TransferChange change = before;
  const auto now_and_then = [&random] { return random.chance(1, 4); };
  change.place = {before.place.position + 1, 0};
  if (now_and_then()) change.place = {before.place.position, before.place.index + 1};
  if (now_and_then()) change.place.position += word_of_any_size<u32>(random);
  ledger::Transfer& transfer = change.transfer;
  transfer.id = now_and_then() ? number_of_any_size(random) : transfer.id + 1;
  if (now_and_then()) transfer.debit_account_id = 1 + number_of_any_size(random) / 2;
  if (now_and_then()) transfer.credit_account_id = 1 + number_of_any_size(random) / 2;
  if (now_and_then()) transfer.amount = number_of_any_size(random);
  if (now_and_then()) transfer.pending_id = random.chance(1, 2) ? 0 : number_of_any_size(random);
  if (now_and_then()) transfer.user_data_128 = number_of_any_size(random);
  if (now_and_then()) transfer.user_data_64 = word_of_any_size<u64>(random);
  if (now_and_then()) transfer.user_data_32 = word_of_any_size<u32>(random);
  if (now_and_then()) transfer.timeout = word_of_any_size<u32>(random);
  if (now_and_then()) transfer.ledger = word_of_any_size<u32>(random);
  if (now_and_then()) transfer.code = word_of_any_size<u16>(random);
  if (now_and_then()) transfer.flags = word_of_any_size<u16>(random);
  change.decided = before.decided + (now_and_then() ? word_of_any_size<u32>(random) : 1);
  transfer.timestamp = change.decided;
  if (now_and_then()) transfer.timestamp = word_of_any_size<u64>(random);
  change.released = now_and_then() ? number_of_any_size(random) : transfer.amount;
  change.remaining = now_and_then() ? number_of_any_size(random) : 0;
  change.number = now_and_then() ? word_of_any_size<u64>(random) : before.number + 1;
  if (now_and_then()) change.trace_id = number_of_any_size(random);
  if (now_and_then()) change.principal = word_of_any_size<u64>(random);
  change.kind = now_and_then() ? ChangeKind::HoldExpired : ChangeKind::TransferCreated;
  change.took_all = now_and_then();
  change.hold_status = static_cast<ledger::PendingStatus>(random.below(5));
  engine::Balances balances{};
  for (u128& each : balances) each = now_and_then() ? 0 : number_of_any_size(random);
  set_balances(change, false, balances);
  for (u128& each : balances) each = now_and_then() ? 0 : number_of_any_size(random);
  set_balances(change, true, balances);
  return change;
}

OtherChange some_event(Random& random, const history::Place& place) {
  OtherChange event;
  event.place = place;
  event.decided = word_of_any_size<u64>(random);
  const u64 kind = random.below(3);
  if (kind == 0) {
    auto& account = event.what.emplace<ledger::Account>();
    account.id = number_of_any_size(random);
    account.user_data_128 = number_of_any_size(random);
    account.ledger = word_of_any_size<u32>(random);
    account.timestamp = word_of_any_size<u64>(random);
  } else if (kind == 1) {
    auto& change = event.what.emplace<ledger::AccountChange>();
    change.update.id = number_of_any_size(random);
    change.update.account_id = number_of_any_size(random);
    change.trace_id = number_of_any_size(random);
    std::memset(change.update.reason, 'x', 1 + random.below(100));
  } else {
    auto& refused = event.what.emplace<history::RefusedTransfer>();
    refused.transfer.id = number_of_any_size(random);
    refused.transfer.debit_account_id = number_of_any_size(random);
    refused.transfer.amount = number_of_any_size(random);
    refused.transfer.flags = word_of_any_size<u16>(random);
    refused.transfer.timestamp = word_of_any_size<u64>(random);
    refused.trace_id = number_of_any_size(random);
    refused.principal = word_of_any_size<u64>(random);
    refused.outcome = word_of_any_size<u8>(random);
  }
  return event;
}

std::string difference_of(const ChangeBatch& written, const Pack& read) {
  ChangeBatch found;
  found.transfers = read.transfers;
  found.others = read.others;
  return test::difference(written, found);
}

TEST(ChangeCodec, reads_the_changes_that_it_wrote) {
  PackWriter writer;
  Pack pack;
  for (u64 seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    ChangeBatch batch;
    const u64 size = random.between(1, history::kPackChangesMax);
    // The writer is given objects that stay where they are.
    batch.transfers.reserve(size);
    batch.others.reserve(size);
    TransferChange last{};
    writer.begin();
    for (u64 count = 0; count < size; ++count) {
      if (random.chance(1, 8)) {
        last.place.position += 1;
        last.place.index = 0;
        writer.add(batch.others.emplace_back(some_event(random, last.place)));
        continue;
      }
      last = some_change(random, last);
      writer.add(batch.transfers.emplace_back(last));
    }
    const std::string bytes(writer.finish());
    ASSERT_TRUE(read_pack(bytes, 0, pack));
    ASSERT_EQ(difference_of(batch, pack), "");
  }
}

TEST(ChangeCodec, reads_the_entries_of_an_account_as_far_as_they_concern_it) {
  PackWriter writer;
  Pack pack;
  for (u64 seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const u128 account = 1 + number_of_any_size(random) / 2;
    ChangeBatch batch;
    const u64 size = random.between(1, history::kPackChangesMax);
    batch.transfers.reserve(size);
    TransferChange last{};
    engine::Balances own{};
    writer.begin(account);
    for (u64 count = 0; count < size; ++count) {
      last = some_change(random, last);
      const bool credit = random.chance(1, 2);
      ledger::Transfer& transfer = last.transfer;
      (credit ? transfer.credit_account_id : transfer.debit_account_id) = account;
      u128& other = credit ? transfer.debit_account_id : transfer.credit_account_id;
      if (other == account) ++other;
      // Mostly what follows from the one before, as in a ledger.
      own = random.chance(1, 10) ? balances_of(last, credit) : moved(own, last, credit);
      set_balances(last, credit, own);
      writer.add(batch.transfers.emplace_back(last));
    }
    const std::string bytes(writer.finish());
    ASSERT_TRUE(read_pack(bytes, account, pack));
    // What a pack of entries leaves out.
    for (TransferChange& change : batch.transfers) {
      change.remaining = 0;
      change.number = 0;
      change.trace_id = 0;
      change.principal = 0;
      change.took_all = false;
      change.hold_status = ledger::PendingStatus::None;
      set_balances(change, change.transfer.credit_account_id != account, {});
    }
    ASSERT_EQ(difference_of(batch, pack), "");
  }
}

TEST(ChangeCodec, takes_no_damaged_byte_and_no_cut_pack) {
  PackWriter writer;
  Random random(5);
  std::vector<TransferChange> changes(20);
  TransferChange last{};
  writer.begin();
  for (TransferChange& change : changes) writer.add(change = last = some_change(random, last));
  const std::string bytes(writer.finish());
  Pack pack;
  ASSERT_TRUE(read_pack(bytes, 0, pack));
  for (usize at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    EXPECT_FALSE(read_pack(damaged, 0, pack)) << at;
    EXPECT_FALSE(read_pack(std::string_view(bytes).substr(0, at), 0, pack)) << at;
  }
}

TEST(ChangeCodec, a_plain_transfer_takes_some_thirty_bytes_and_an_entry_less_than_twenty) {
  PackWriter writer;
  Random random(6);
  std::vector<TransferChange> changes(history::kPackChangesMax);
  engine::Balances own{};
  u64 count = 0;
  for (TransferChange& change : changes) {
    change = {};
    ++count;
    change.place = {1'000'000 + count, 0};
    change.decided = change.transfer.timestamp = 1'700'000'000'000'000'000 + count;
    change.number = 500'000 + count;
    change.transfer.id = 700'000 + count;
    change.transfer.debit_account_id = 1 + random.below(10'000);
    change.transfer.credit_account_id = 1 + random.below(10'000);
    change.transfer.amount = random.below(100'000);
    change.transfer.ledger = 1;
    change.transfer.code = 1;
    own = {0, random.below(1'000'000'000), 0, random.below(1'000'000'000)};
    set_balances(change, false, own);
    set_balances(change, true, own);
  }
  writer.begin();
  for (const TransferChange& change : changes) writer.add(change);
  EXPECT_LT(writer.finish().size(), 35 * changes.size());
  own = {};
  for (TransferChange& change : changes) {
    change.transfer.debit_account_id = 5;
    set_balances(change, false, own = moved(own, change, false));
  }
  writer.begin(5);
  for (const TransferChange& change : changes) writer.add(change);
  EXPECT_LT(writer.finish().size(), 10 * changes.size());
}

TEST(RowCodec, reads_parts_of_ids_and_statuses_put_behind_each_other) {
  Random random(7);
  for (u32 round = 0; round < 200; ++round) {
    std::vector<history::IdRow> ids;
    std::vector<history::StatusRow> statuses;
    std::string id_value;
    std::string status_value;
    for (u64 parts = random.between(1, 4); parts > 0; --parts) {
      std::vector<history::IdRow> id_part;
      std::vector<history::StatusRow> status_part;
      history::Place pack{random.below(1000), 0};
      for (u64 count = random.between(1, 30); count > 0; --count) {
        history::IdRow row;
        row.last_byte = static_cast<u8>(random.below(256));
        if (random.chance(1, 4)) {
          row.outcome = static_cast<u8>(random.between(1, 255));
          row.place = {word_of_any_size<u64>(random), word_of_any_size<u32>(random)};
          row.number = word_of_any_size<u64>(random);
        } else {
          if (random.chance(1, 3))
            pack = {word_of_any_size<u64>(random), word_of_any_size<u32>(random)};
          row.place = pack;
          row.transfer = static_cast<u32>(random.below(64));
        }
        id_part.push_back(row);
        history::StatusRow status;
        status.last_byte = row.last_byte;
        status.reversed = random.chance(1, 2);
        status.status = static_cast<ledger::PendingStatus>(random.below(5));
        status.place = {word_of_any_size<u64>(random), word_of_any_size<u32>(random)};
        status.remaining = number_of_any_size(random);
        status_part.push_back(status);
      }
      append_part(id_part, id_value);
      append_part(status_part, status_value);
      ids.insert(ids.end(), id_part.begin(), id_part.end());
      statuses.insert(statuses.end(), status_part.begin(), status_part.end());
    }
    std::vector<history::IdRow> read_ids;
    std::vector<history::StatusRow> read_statuses;
    ASSERT_TRUE(read_parts(id_value, read_ids));
    ASSERT_TRUE(read_parts(status_value, read_statuses));
    ASSERT_EQ(read_ids.size(), ids.size());
    ASSERT_EQ(read_statuses.size(), statuses.size());
    for (usize at = 0; at < ids.size(); ++at) {
      ASSERT_EQ(read_ids[at].last_byte, ids[at].last_byte);
      ASSERT_EQ(read_ids[at].outcome, ids[at].outcome);
      ASSERT_EQ(read_ids[at].place, ids[at].place);
      ASSERT_EQ(read_ids[at].transfer, ids[at].transfer);
      ASSERT_EQ(read_ids[at].number, ids[at].number);
      ASSERT_EQ(read_statuses[at].last_byte, statuses[at].last_byte);
      ASSERT_EQ(read_statuses[at].reversed, statuses[at].reversed);
      ASSERT_EQ(read_statuses[at].status, statuses[at].status);
      ASSERT_EQ(read_statuses[at].place, statuses[at].place);
      ASSERT_TRUE(read_statuses[at].remaining == statuses[at].remaining);
    }
    EXPECT_FALSE(read_parts(std::string_view(id_value).substr(0, id_value.size() - 1), read_ids));
  }
}

TEST(RowCodec, reads_the_mark_and_knows_a_damaged_one) {
  history::MarkRow row;
  row.ledger_id = make_u128(1, 2);
  row.mark.log = {3, 4, 5, 6, Position{7}, make_u128(8, 9), Timestamp{10}};
  row.mark.last_timestamp = 11;
  row.mark.created = 12;
  row.mark.consumed = 13;
  row.mark.accounts = 14;
  row.mark.updates = 15;
  row.reversals = 16;
  row.refusals_after = 17;
  for (const u128 id : {u128{1}, u128{2}, make_u128(5, 5), kU128Max - 1}) row.ids.add(id);
  const std::string bytes = encode(row);
  history::MarkRow read;
  ASSERT_TRUE(decode(bytes, read));
  EXPECT_TRUE(read.ledger_id == row.ledger_id);
  EXPECT_EQ(read.mark, row.mark);
  EXPECT_EQ(read.reversals, row.reversals);
  EXPECT_EQ(read.refusals_after, row.refusals_after);
  EXPECT_EQ(read.ids, row.ids);
  for (usize at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_FALSE(decode(damaged, read)) << at;
  }
}

// Without the position from which on refusals are there: behind its own end.
TEST(RowCodec, reads_the_mark_of_the_first_version) {
  std::string value;
  const auto put = [&value](u128 number) {
    u8 bytes[history::kCompactBytesMax];
    const u8* const end = history::put_compact(bytes, number);
    value.append(reinterpret_cast<const char*>(bytes), static_cast<usize>(end - bytes));
  };
  constexpr u64 kVersion = 1;
  constexpr u64 kReversals = 14;
  constexpr u64 kRanges = 1;
  for (const u64 number : {kVersion, u64{2}, u64{3}, u64{4}, u64{5}, u64{6}, u64{777}, u64{8},
                           u64{9}, u64{10}, u64{11}, u64{12}, u64{13}, kReversals, kRanges}) {
    put(number);
  }
  put(make_u128(8, 9));  // The chain of the log.
  put(20);               // The range of ids.
  put(30);
  const u64 checksum = checksum64(std::as_bytes(std::span(value)));
  value.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  history::MarkRow row;
  ASSERT_TRUE(decode(value, row));
  EXPECT_EQ(row.format_version, 1u);
  EXPECT_EQ(row.mark.log.position, Position{777});
  EXPECT_EQ(row.mark.updates, 13u);
  EXPECT_EQ(row.reversals, kReversals);
  EXPECT_EQ(row.refusals_after, 777u);
  EXPECT_EQ(row.ids.count, kRanges);
}

TEST(CompactInt, keeps_numbers_of_any_size_and_their_order_of_bytes) {
  Random random(8);
  u8 bytes[history::kCompactBytesMax];
  for (u32 round = 0; round < 20'000; ++round) {
    const u128 value = number_of_any_size(random);
    const u8* const end = history::put_compact(bytes, value);
    history::CompactReader reader(bytes, static_cast<usize>(end - bytes));
    ASSERT_TRUE(reader.get() == value);
    ASSERT_TRUE(reader.at_end() && !reader.is_damaged());
    history::CompactReader cut(bytes, static_cast<usize>(end - bytes) - 1);
    cut.get();
    ASSERT_TRUE(cut.is_damaged());
    ASSERT_TRUE(history::unzigzag(history::zigzag(value)) == value);
  }
}

TEST(IdRanges, has_every_id_that_was_added_and_no_id_beyond_them) {
  for (u64 seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    history::IdRanges::List list;
    history::IdRanges ranges;
    std::vector<u128> added;
    u128 next = number_of_any_size(random) / 2;
    for (u32 count = 0; count < 200; ++count) {
      next += random.chance(1, 20) ? number_of_any_size(random) / 1024 : 1;
      added.push_back(next);
      list.add(next);
    }
    ranges.publish(list);
    for (const u128 id : added) ASSERT_TRUE(ranges.may_have(id) && list.has(id));
    const u128 largest = *std::max_element(added.begin(), added.end());
    EXPECT_FALSE(ranges.may_have(largest + 1));
    EXPECT_FALSE(list.has(largest + 1));
    EXPECT_LE(list.count, history::IdRanges::kRanges);
  }
}

TEST(IdRanges, are_not_spoilt_by_some_odd_ids) {
  history::IdRanges::List list;
  for (u64 id = 1; id <= 1000; ++id) {
    list.add(id * 3);
    if (id == 500) list.add(kU128Max - 5);
  }
  EXPECT_TRUE(list.has(kU128Max - 5));
  EXPECT_TRUE(list.has(3000));
  EXPECT_FALSE(list.has(3001));  // Those to come are known to be new.
  EXPECT_FALSE(list.has(make_u128(1, 0)));
}

}  // namespace
}  // namespace florin::test
