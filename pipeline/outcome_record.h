// What became of a log block, written into a later one: replay compares it with what it decides
// itself, and a reader of the log can follow balances without the engine's rules.
//
// A record is a 64-byte header and its content: counts after the block, the events that were not
// created, what created transfers have other than their events, and the holds that expired. A
// record that is long stands in parts, in order, each with the same header but for its place.
// docs/log-format.md tells the same to people.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "engine/block.h"
#include "engine/tables.h"

namespace florin::pipeline {

// Stands where a logged request has its ledger::Operation.
inline constexpr u16 kOutcomesOperation = 12;

struct OutcomeHeader {
  u16 operation = kOutcomesOperation;
  u16 flags = 0;            // Zero.
  u32 event_count = 0;      // Of the block that is covered, as are the next two.
  u64 position_before = 0;  // The position after the event before its first.
  u64 sequence = 0;         // Of the log block; lower than that of the block that this stands in.
  u64 content_bytes = 0;    // All parts.
  u128 digest = 0;          // See outcome_digest().
  u64 part_offset = 0;      // Which part of the content follows this header; whole 16 bytes.
  u32 part_bytes = 0;
  u32 reserved = 0;  // Zero.
};
static_assert(sizeof(OutcomeHeader) == 64);
static_assert(std::is_trivially_copyable_v<OutcomeHeader>);
static_assert(std::has_unique_object_representations_v<OutcomeHeader>);

// The beginning of the content.
struct OutcomeCounts {
  u64 accounts = 0;   // Created, after the block.
  u64 transfers = 0;  // Ids created or consumed, after the block.
  u64 updates = 0;    // The same of updates.
  u64 deadline = 0;   // Of the hold that expires next, 2^64-1 = none.
  u32 refused = 0;    // How many events of the block were not created,
  u32 derived = 0;    // how many created transfers have other fields than their event,
  u64 expired = 0;    // and how many holds expired.
};
static_assert(sizeof(OutcomeCounts) == 48);
static_assert(std::has_unique_object_representations_v<OutcomeCounts>);

// Then, if there are any, the outcomes of refused events: a list of these, ascending, if that is
// shorter than one byte for every event (1 = created), which is written otherwise.
struct RefusedEvent {
  u32 event = 0;  // Counted from 0 in the block, as everywhere here.
  u8 outcome = 0;
  u8 reserved[3] = {};  // Zero.
};
static_assert(sizeof(RefusedEvent) == 8);

// Then the fields of transfers that their events do not say: this, and the fields that `fields`
// names, in this order. Each piece takes whole 8 bytes.
struct DerivedTransfer {
  static constexpr u16 kAmount = 1 << 0;  // 16 bytes, as the next three.
  static constexpr u16 kDebitAccountId = 1 << 1;
  static constexpr u16 kCreditAccountId = 1 << 2;
  static constexpr u16 kUserData128 = 1 << 3;
  static constexpr u16 kUserData64 = 1 << 4;  // 8 bytes.
  static constexpr u16 kUserData32 = 1 << 5;  // With this or the next: 4 bytes of user data ...
  static constexpr u16 kLedger = 1 << 6;      // ... and 4 of the ledger, 0 for what is not named.
  static constexpr u16 kCode = 1 << 7;        // In this header.
  static constexpr u16 kDefined = 0xff;

  u32 event = 0;
  u16 fields = 0;
  u16 code = 0;
};
static_assert(sizeof(DerivedTransfer) == 8);

// Then the holds that expired, in the order in which they did.
struct ExpiredHold {
  u128 transfer_id = 0;
  u128 released = 0;
  u64 event = 0;  // Released before this event was decided.
  u64 reserved = 0;
};
static_assert(sizeof(ExpiredHold) == 48);
static_assert(std::has_unique_object_representations_v<ExpiredHold>);

// What became of one log block, whole.
struct OutcomeRecord {
  // The events from this one on are of this kind.
  struct Kind {
    u32 event;
    ledger::Operation operation;
  };
  OutcomeHeader header;            // As of the first part, with part_bytes = 0.
  std::vector<std::byte> content;  // Whole 16 bytes.
  std::vector<Kind> kinds;         // Not logged; to tell differences. May be missing.
};

// A part of a record, as it stands in a body.
struct OutcomePart {
  OutcomeHeader header;
  std::span<const std::byte> content;
};

// Makes the record of a log block from the blocks of the engine that executed it: one, or several
// in their order. Belongs to one thread, which also reads the tables: the blocks are posted, their
// requests still there.
class OutcomeComposer {
 public:
  // `keeps_kinds`: for records that will be compared.
  explicit OutcomeComposer(const engine::Tables& tables, bool keeps_kinds = false)
      : tables_(tables), keeps_kinds_(keeps_kinds) {}

  void begin(u64 sequence, Position position_before);
  void add(const engine::Block& block);
  OutcomeRecord finish();

 private:
  // Logged requests of the block added last: first item, and its number in the log block.
  struct Run {
    u32 item;
    u32 event;
  };

  void add_refused(const engine::BlockRequest& request, u32 first_event);
  void add_derived(const engine::Block& block);
  void add_expired(const engine::Block& block);
  void find_runs(const engine::Block& block, u32 first_event);
  // For ascending items: the event that an item is.
  u32 event_of(u32 item, usize& run) const;
  std::vector<std::byte> refused_bytes() const;

  const engine::Tables& tables_;
  const bool keeps_kinds_;
  OutcomeHeader header_;
  OutcomeCounts counts_;
  std::vector<RefusedEvent> refused_;
  std::vector<u64> timestamps_;     // Of refused events, as they were answered.
  std::vector<std::byte> content_;  // The counts, not yet filled in, and the derived transfers.
  std::vector<ExpiredHold> expired_;
  std::vector<OutcomeRecord::Kind> kinds_;
  std::vector<Run> runs_;
};

// Content comes in multiples of this many bytes, as do requests in a body.
inline constexpr u64 kContentUnit = 16;

// Bytes of a part with so much content.
inline u64 outcome_part_bytes(u64 content_bytes) { return sizeof(OutcomeHeader) + content_bytes; }

// The part at the beginning of `bytes`, of which it may take less; the bytes it takes are
// outcome_part_bytes(part_bytes). Corrupt: it cannot be. Nothing of the content is looked at.
Result<OutcomePart> parse_outcome_part(std::span<const std::byte> bytes);

// What a whole content says. Used to tell differences, and by whoever follows the log.
struct Outcomes {
  struct Derived {
    DerivedTransfer header;
    u128 amount = 0;
    u128 debit_account_id = 0;
    u128 credit_account_id = 0;
    u128 user_data_128 = 0;
    u64 user_data_64 = 0;
    u32 user_data_32 = 0;
    u32 ledger = 0;
  };
  OutcomeCounts counts;
  std::vector<RefusedEvent> refused;
  std::vector<Derived> derived;
  std::vector<ExpiredHold> expired;
};
// Corrupt: the content is not what this version writes, to the last byte.
Result<Outcomes> parse_outcomes(const OutcomeHeader& header, std::span<const std::byte> content);

// Writes records into the bodies of blocks, in parts where they do not fit. Belongs to one thread.
class OutcomeQueue {
 public:
  void push(OutcomeRecord record);
  bool empty() const { return records_.empty(); }
  // What all of it takes in bodies that are large enough.
  u64 bytes() const { return bytes_; }
  // Takes parts for a body that has room for `bytes_max`, to `target`; returns how many bytes that
  // is: whole 16, and 0 when not even a part fits.
  u64 take(std::byte* target, u64 bytes_max);
  void clear();

 private:
  std::deque<OutcomeRecord> records_;
  u64 taken_ = 0;  // Of the content of the first.
  u64 bytes_ = 0;
};

// Compares what a log says of its blocks with what replay decides. Belongs to one thread.
class OutcomeCheck {
 public:
  // Records about blocks up to `sequence` are passed over: their state came from elsewhere.
  explicit OutcomeCheck(u64 sequence = 0) : passed_over_(sequence) {}

  // A log block was executed; in the order of their sequences.
  void expect(OutcomeRecord own);
  // A part was read from a body, in order. Corrupt: it says something else than was decided, which
  // the message tells with the position, or it stands where it cannot.
  Status check(const OutcomePart& logged);
  u64 blocks_checked() const { return blocks_checked_; }
  // At the end of the log: the records that are not, or not whole, in the log yet; whoever writes
  // on may log them.
  OutcomeQueue take_unlogged();

 private:
  std::deque<OutcomeRecord> own_;  // Not whole in the log so far.
  u64 passed_over_;
  u64 checked_bytes_ = 0;  // Of the content of the first.
  u64 blocks_checked_ = 0;
};

}  // namespace florin::pipeline
