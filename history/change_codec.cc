#include "history/change_codec.h"

#include <cstring>
#include <span>

#include "base/check.h"
#include "base/checksum.h"
#include "history/compact_int.h"
#include "history/movement.h"

namespace florin::history {

using ledger::ChangeKind;
using ledger::Transfer;

namespace {

// A change begins with the set of what is not as expected. The frequent ones come first, so that
// most sets take one or two bytes. In a pack of entries some mean something else, or nothing.
constexpr u32 kAmount = 1 << 0;
constexpr u32 kDebit = 1 << 1;   // Entries: the other account.
constexpr u32 kCredit = 1 << 2;  // Entries: this account is the credited one.
constexpr u32 kId = 1 << 3;
constexpr u32 kDecided = 1 << 4;
constexpr u32 kPlace = 1 << 5;
constexpr u32 kNumber = 1 << 6;    // Entries: never.
constexpr u32 kBalances = 1 << 7;  // Changes: always, so it is not there.
constexpr u32 kKind = 1 << 8;
constexpr u32 kFlags = 1 << 9;
constexpr u32 kCode = 1 << 10;
constexpr u32 kPending = 1 << 11;
constexpr u32 kUser128 = 1 << 12;
constexpr u32 kUser64 = 1 << 13;
constexpr u32 kUser32 = 1 << 14;
constexpr u32 kLedger = 1 << 15;
constexpr u32 kTimeout = 1 << 16;
constexpr u32 kTimestamp = 1 << 17;
constexpr u32 kReleased = 1 << 18;
constexpr u32 kRemaining = 1 << 19;
constexpr u32 kTrace = 1 << 20;
constexpr u32 kPrincipal = 1 << 21;
constexpr u32 kOther = 1 << 22;  // By itself: a change that moved no money follows.

constexpr usize kChecksumBytes = 4;
// The longest record: a change with 30 numbers, or another one of 40.
constexpr usize kRecordBytesMax = 50 * kCompactBytesMax;

const TransferChange kNothing{};

u8 kind_byte(const TransferChange& change, bool whole) {
  u32 byte = static_cast<u32>(change.kind);
  if (whole) byte |= static_cast<u32>(change.hold_status) << 4 | (change.took_all ? 1U << 7 : 0U);
  return static_cast<u8>(byte);
}

u128 expected_pending(const Transfer& before) {
  return before.pending_id == 0 ? 0 : before.pending_id + 1;
}

u128 expected_released(const TransferChange& change) {
  const bool releases = change.kind == ChangeKind::HoldExpired ||
                        (change.transfer.flags & ledger::transfer_flags::kResolves) != 0;
  return releases ? change.transfer.amount : 0;
}

u128 expected_remaining(const TransferChange& change) {
  const bool holds = change.kind == ChangeKind::TransferCreated &&
                     (change.transfer.flags & ledger::transfer_flags::kPending) != 0;
  return holds ? change.transfer.amount : 0;
}

template <class Object>
u8* put_words(u8* at, const Object& object) {
  u64 words[sizeof(Object) / sizeof(u64)];
  std::memcpy(words, &object, sizeof words);
  for (const u64 word : words) at = put_compact(at, word);
  return at;
}

template <class Object>
void get_words(CompactReader& reader, Object& object) {
  u64 words[sizeof(Object) / sizeof(u64)];
  for (u64& word : words) word = reader.get64();
  std::memcpy(&object, words, sizeof words);
}

// Which of the counters are not zero, and those.
u8* put_balances(u8* at, const engine::Balances& balances) {
  u8& present = *at++;
  present = 0;
  for (u32 index = 0; index < balances.size(); ++index) {
    if (balances[index] == 0) continue;
    present = static_cast<u8>(present | 1U << index);
    at = put_compact(at, balances[index]);
  }
  return at;
}

u32 checksum_of(const u8* bytes, usize size) {
  return static_cast<u32>(checksum64({reinterpret_cast<const std::byte*>(bytes), size}));
}

}  // namespace

PackWriter::PackWriter() : buffer_((kPackChangesMax + 1) * kRecordBytesMax) {}

void PackWriter::begin() { begin(0); }

void PackWriter::begin(u128 account) {
  at_ = buffer_.data();
  count_ = 0;
  account_ = account;
  before_ = &kNothing;
  place_before_ = {};
  decided_before_ = 0;
  credit_before_ = false;
}

struct PackWriter::Comparison {
  bool whole = true;  // A pack of changes.
  bool credit = false;
  u64 step = 0;    // How much further the position is.
  u128 other = 0;  // The debit account, or the other one in a pack of entries.
  u128 other_before = 0;
  engine::Balances own{};  // In a pack of entries.
};

u32 PackWriter::differences(const TransferChange& change, const Comparison& with) const {
  const Transfer& transfer = change.transfer;
  const Transfer& before = before_->transfer;
  u32 set = 0;
  const auto differs = [&set](u32 what, bool yes) { set |= yes ? what : 0; };
  differs(kAmount, transfer.amount != before.amount);
  differs(kDebit, with.other != with.other_before);
  differs(kId, transfer.id != before.id + with.step);
  differs(kDecided, change.decided != decided_before_ + with.step);
  differs(kPlace, with.step != 1 || change.place.index != 0);
  differs(kKind, kind_byte(change, with.whole) != kind_byte(*before_, with.whole));
  differs(kFlags, transfer.flags != before.flags);
  differs(kCode, transfer.code != before.code);
  differs(kPending, transfer.pending_id != expected_pending(before));
  differs(kUser128, transfer.user_data_128 != before.user_data_128);
  differs(kUser64, transfer.user_data_64 != before.user_data_64);
  differs(kUser32, transfer.user_data_32 != before.user_data_32);
  differs(kLedger, transfer.ledger != before.ledger);
  differs(kTimeout, transfer.timeout != before.timeout);
  differs(kTimestamp, transfer.timestamp != change.decided);
  differs(kReleased, change.released != expected_released(change));
  return set | differences_in_scope(change, with);
}

// What only one of the two kinds of packs has, or has in its own way.
u32 PackWriter::differences_in_scope(const TransferChange& change, const Comparison& with) const {
  u32 set = 0;
  const auto differs = [&set](u32 what, bool yes) { set |= yes ? what : 0; };
  if (with.whole) {
    const Transfer& before = before_->transfer;
    differs(kCredit, change.transfer.credit_account_id != before.credit_account_id);
    differs(kNumber, change.number != before_->number + 1);
    differs(kRemaining, change.remaining != expected_remaining(change));
    differs(kTrace, change.trace_id != before_->trace_id);
    differs(kPrincipal, change.principal != before_->principal);
    return set;
  }
  const engine::Balances own_before = balances_of(*before_, credit_before_);
  differs(kCredit, with.credit);
  differs(kBalances, count_ == 0 || with.own != moved(own_before, change, with.credit));
  return set;
}

u8* PackWriter::put_who(u8* at, u32 set, const TransferChange& change,
                        const Comparison& with) const {
  const Transfer& transfer = change.transfer;
  const Transfer& before = before_->transfer;
  if ((set & kPlace) != 0) {
    at = put_compact(at, with.step);
    at = put_compact(at, change.place.index);
  }
  if ((set & kKind) != 0) *at++ = kind_byte(change, with.whole);
  if ((set & kFlags) != 0) at = put_compact(at, transfer.flags);
  if ((set & kId) != 0) at = put_difference(at, transfer.id, before.id + with.step);
  if ((set & kDebit) != 0) at = put_difference(at, with.other, with.other_before);
  if (with.whole && (set & kCredit) != 0) {
    at = put_difference(at, transfer.credit_account_id, before.credit_account_id);
  }
  if ((set & kAmount) != 0) at = put_compact(at, transfer.amount);
  if ((set & kPending) != 0) {
    // As it is, or relative to the last one: whichever is shorter, and the first byte says which.
    const u128 relative = zigzag(transfer.pending_id - expected_pending(before));
    const bool shorter = transfer.pending_id != 0 && relative < transfer.pending_id;
    *at++ = shorter ? 1 : 0;
    at = put_compact(at, shorter ? relative : transfer.pending_id);
  }
  return at;
}

u8* PackWriter::put_what(u8* at, u32 set, const TransferChange& change,
                         const Comparison& with) const {
  const Transfer& transfer = change.transfer;
  const Transfer& before = before_->transfer;
  if ((set & kUser128) != 0) {
    at = put_difference(at, transfer.user_data_128, before.user_data_128);
  }
  if ((set & kUser64) != 0) at = put_difference64(at, transfer.user_data_64, before.user_data_64);
  if ((set & kUser32) != 0) at = put_compact(at, transfer.user_data_32);
  if ((set & kTimeout) != 0) at = put_compact(at, transfer.timeout);
  if ((set & kLedger) != 0) at = put_compact(at, transfer.ledger);
  if ((set & kCode) != 0) at = put_compact(at, transfer.code);
  if ((set & kDecided) != 0) at = put_difference64(at, change.decided, decided_before_ + with.step);
  if ((set & kTimestamp) != 0) at = put_difference64(at, transfer.timestamp, change.decided);
  if ((set & kReleased) != 0) at = put_compact(at, change.released);
  if ((set & kRemaining) != 0) at = put_compact(at, change.remaining);
  if ((set & kNumber) != 0) at = put_difference64(at, change.number, before_->number + 1);
  if ((set & kTrace) != 0) at = put_compact(at, change.trace_id);
  if ((set & kPrincipal) != 0) at = put_compact(at, change.principal);
  if (with.whole) {
    at = put_balances(at, balances_of(change, false));
    at = put_balances(at, balances_of(change, true));
  } else if ((set & kBalances) != 0) {
    at = put_balances(at, with.own);
  }
  return at;
}

void PackWriter::add(const TransferChange& change) {
  CHECK(count_ < kPackChangesMax);
  const Transfer& transfer = change.transfer;
  const Transfer& before = before_->transfer;
  Comparison with;
  with.whole = account_ == 0;
  with.step = change.place.position - place_before_.position;
  with.other = transfer.debit_account_id;
  with.other_before = before.debit_account_id;
  if (!with.whole) {
    with.credit = transfer.credit_account_id == account_;
    if (!with.credit) with.other = transfer.credit_account_id;
    if (!credit_before_) with.other_before = before.credit_account_id;
    with.own = balances_of(change, with.credit);
  }
  const u32 set = differences(change, with);
  u8* const at = put_who(put_compact(at_, set), set, change, with);
  at_ = put_what(at, set, change, with);
  ++count_;
  before_ = &change;
  credit_before_ = with.credit;
  place_before_ = change.place;
  decided_before_ = change.decided;
}

void PackWriter::add(const OtherChange& event) {
  CHECK(count_ < kPackChangesMax && account_ == 0);
  u8* at = put_compact(at_, kOther);
  *at++ = static_cast<u8>(kind_of(event));
  at = put_compact(at, event.place.position - place_before_.position);
  at = put_compact(at, event.place.index);
  at = put_difference64(at, event.decided, decided_before_);
  if (const ledger::Account* const created = event.created()) {
    at = put_words(at, *created);
  } else if (const ledger::AccountChange* const updated = event.updated()) {
    at = put_words(at, *updated);
  } else {
    const RefusedTransfer& refused = *event.refused();
    *at++ = refused.outcome;
    at = put_words(at, refused.transfer);
    at = put_compact(at, refused.trace_id);
    at = put_compact(at, refused.principal);
  }
  at_ = at;
  ++count_;
  place_before_ = event.place;
  decided_before_ = event.decided;
}

std::string_view PackWriter::finish() {
  const auto size = static_cast<usize>(at_ - buffer_.data());
  CHECK(size + kChecksumBytes <= buffer_.size());
  const u32 checksum = checksum_of(buffer_.data(), size);
  std::memcpy(at_, &checksum, kChecksumBytes);
  return {reinterpret_cast<const char*>(buffer_.data()), size + kChecksumBytes};
}

namespace {

// Reads the changes of a pack one after the other.
class PackReader {
 public:
  PackReader(std::string_view bytes, u128 account, Pack& pack)
      : reader_(bytes.data(), bytes.size()), account_(account), pack_(pack) {}

  bool read() {
    while (!reader_.at_end()) {
      const u32 set = reader_.get32();
      if (set == kOther && account_ == 0) {
        if (!other()) return false;
      } else if ((set & ~(kOther - 1)) == 0) {
        transfer(set);
      } else {
        return false;
      }
      if (reader_.is_damaged()) return false;
    }
    return true;
  }

 private:
  engine::Balances balances() {
    engine::Balances read{};
    const u8 present = reader_.byte();
    for (u32 index = 0; index < read.size(); ++index) {
      if ((present >> index & 1) != 0) read[index] = reader_.get();
    }
    return read;
  }

  bool other() {
    OtherChange& event = pack_.others.emplace_back();
    const auto kind = static_cast<ChangeKind>(reader_.byte());
    event.place.position = place_.position + reader_.get64();
    event.place.index = reader_.get32();
    event.decided = reader_.difference64(decided_);
    place_ = event.place;
    decided_ = event.decided;
    if (kind == ChangeKind::AccountCreated) {
      get_words(reader_, event.what.emplace<ledger::Account>());
    } else if (kind == ChangeKind::AccountUpdated) {
      get_words(reader_, event.what.emplace<ledger::AccountChange>());
    } else if (kind == ChangeKind::TransferRefused) {
      auto& refused = event.what.emplace<RefusedTransfer>();
      refused.outcome = reader_.byte();
      get_words(reader_, refused.transfer);
      refused.trace_id = reader_.get();
      refused.principal = reader_.get64();
    } else {
      return false;
    }
    return true;
  }

  void transfer(u32 set) {
    const bool first = pack_.transfers.empty();
    TransferChange& change = pack_.transfers.emplace_back();
    const TransferChange& earlier = first ? kNothing : pack_.transfers[pack_.transfers.size() - 2];
    const auto has = [set](u32 what) { return (set & what) != 0; };
    const u64 step = has(kPlace) ? reader_.get64() : 1;
    change.place = {place_.position + step, has(kPlace) ? reader_.get32() : 0};
    who(set, earlier, step, change);
    what(set, earlier, step, change);
    if (account_ == 0) {
      set_balances(change, false, balances());
      set_balances(change, true, balances());
    } else {
      own_ = has(kBalances) ? balances() : moved(own_, change, has(kCredit));
      set_balances(change, has(kCredit), own_);
    }
    credit_before_ = has(kCredit);
    place_ = change.place;
    decided_ = change.decided;
  }

  void who(u32 set, const TransferChange& earlier, u64 step, TransferChange& change) {
    const Transfer& before = earlier.transfer;
    Transfer& now = change.transfer;
    const auto has = [set](u32 which) { return (set & which) != 0; };
    if (has(kKind)) {
      const u8 kind = reader_.byte();
      change.kind = static_cast<ChangeKind>(kind & 15);
      change.hold_status = static_cast<ledger::PendingStatus>(kind >> 4 & 7);
      change.took_all = (kind & 128) != 0;
    } else {
      change.kind = earlier.kind;
      change.hold_status = earlier.hold_status;
      change.took_all = earlier.took_all;
    }
    now.flags = has(kFlags) ? static_cast<u16>(reader_.get32()) : before.flags;
    now.id = has(kId) ? reader_.difference(before.id + step) : before.id + step;
    accounts(set, before, now);
    now.amount = has(kAmount) ? reader_.get() : before.amount;
    now.pending_id = expected_pending(before);
    if (!has(kPending)) return;
    const bool relative = reader_.byte() != 0;
    now.pending_id = relative ? reader_.difference(now.pending_id) : reader_.get();
  }

  void what(u32 set, const TransferChange& earlier, u64 step, TransferChange& change) {
    const Transfer& before = earlier.transfer;
    Transfer& now = change.transfer;
    const auto has = [set](u32 which) { return (set & which) != 0; };
    now.user_data_128 =
        has(kUser128) ? reader_.difference(before.user_data_128) : before.user_data_128;
    now.user_data_64 =
        has(kUser64) ? reader_.difference64(before.user_data_64) : before.user_data_64;
    now.user_data_32 = has(kUser32) ? reader_.get32() : before.user_data_32;
    now.timeout = has(kTimeout) ? reader_.get32() : before.timeout;
    now.ledger = has(kLedger) ? reader_.get32() : before.ledger;
    now.code = has(kCode) ? static_cast<u16>(reader_.get32()) : before.code;
    change.decided = has(kDecided) ? reader_.difference64(decided_ + step) : decided_ + step;
    now.timestamp = has(kTimestamp) ? reader_.difference64(change.decided) : change.decided;
    change.released = has(kReleased) ? reader_.get() : expected_released(change);
    if (account_ != 0) return;
    change.remaining = has(kRemaining) ? reader_.get() : expected_remaining(change);
    change.number = earlier.number + 1;
    if (has(kNumber)) change.number = reader_.difference64(change.number);
    change.trace_id = has(kTrace) ? reader_.get() : earlier.trace_id;
    change.principal = has(kPrincipal) ? reader_.get64() : earlier.principal;
  }

  void accounts(u32 set, const Transfer& before, Transfer& now) {
    const auto has = [set](u32 what) { return (set & what) != 0; };
    if (account_ == 0) {
      now.debit_account_id = before.debit_account_id;
      if (has(kDebit)) now.debit_account_id = reader_.difference(before.debit_account_id);
      now.credit_account_id = before.credit_account_id;
      if (has(kCredit)) now.credit_account_id = reader_.difference(before.credit_account_id);
      return;
    }
    u128 other = credit_before_ ? before.debit_account_id : before.credit_account_id;
    if (has(kDebit)) other = reader_.difference(other);
    now.debit_account_id = has(kCredit) ? other : account_;
    now.credit_account_id = has(kCredit) ? account_ : other;
  }

  CompactReader reader_;
  const u128 account_;
  Pack& pack_;
  Place place_;
  u64 decided_ = 0;
  engine::Balances own_{};
  bool credit_before_ = false;
};

}  // namespace

bool read_pack(std::string_view bytes, u128 account, Pack& pack) {
  pack.transfers.clear();
  pack.others.clear();
  if (bytes.size() <= kChecksumBytes) return false;
  const usize size = bytes.size() - kChecksumBytes;
  u32 checksum = 0;
  std::memcpy(&checksum, bytes.data() + size, kChecksumBytes);
  if (checksum != checksum_of(reinterpret_cast<const u8*>(bytes.data()), size)) return false;
  pack.transfers.reserve(kPackChangesMax);
  return PackReader(bytes.substr(0, size), account, pack).read() &&
         pack.transfers.size() + pack.others.size() <= kPackChangesMax;
}

}  // namespace florin::history
