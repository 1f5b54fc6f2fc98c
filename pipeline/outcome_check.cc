// Reading outcome records: nothing is believed that was not looked at; and the comparison with what
// replay decides.
#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"
#include "pipeline/outcome_record.h"

namespace florin::pipeline {

namespace {

tl::unexpected<Error> corrupt_outcomes(const std::string& what) {
  return fail(ErrorCode::Corrupt, "a logged outcome record " + what);
}

// Values one after the other, as long as there are bytes.
class ContentReader {
 public:
  explicit ContentReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <class Value>
  bool read(Value& value) {
    if (rest_.size() < sizeof(value)) return false;
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_ = rest_.subspan(sizeof(value));
    return true;
  }
  std::span<const std::byte> rest() const { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

Status read_refused_list(ContentReader& reader, const OutcomeHeader& header, Outcomes& outcomes) {
  for (u32 count = 0; count < outcomes.counts.refused; ++count) {
    RefusedEvent refused;
    if (!reader.read(refused)) return corrupt_outcomes("ends inside its refused events");
    constexpr u8 kZeros[sizeof(refused.reserved)] = {};
    const bool ascends = outcomes.refused.empty() || outcomes.refused.back().event < refused.event;
    if (refused.event >= header.event_count || !ascends || refused.outcome <= ledger::kCreated ||
        std::memcmp(refused.reserved, kZeros, sizeof(kZeros)) != 0) {
      return corrupt_outcomes(fmt::format("has an impossible refusal of event {}", refused.event));
    }
    outcomes.refused.push_back(refused);
  }
  return {};
}

Status read_outcome_bytes(ContentReader& reader, const OutcomeHeader& header, Outcomes& outcomes) {
  const u64 padded = round_up(header.event_count, sizeof(u64));
  if (reader.rest().size() < padded) return corrupt_outcomes("ends inside its outcomes");
  for (u64 event = 0; event < padded; ++event) {
    u8 outcome = 0;
    CHECK(reader.read(outcome));
    const bool is_padding = event >= header.event_count;
    if (is_padding ? outcome != 0 : outcome == 0) {
      return corrupt_outcomes(
          fmt::format("has the impossible outcome {} of event {}", outcome, event));
    }
    if (!is_padding && outcome != ledger::kCreated) {
      outcomes.refused.push_back({static_cast<u32>(event), outcome, {}});
    }
  }
  if (outcomes.refused.size() != outcomes.counts.refused) {
    return corrupt_outcomes(fmt::format("has {} refused events and says {}",
                                        outcomes.refused.size(), outcomes.counts.refused));
  }
  return {};
}

bool read_fields(ContentReader& reader, Outcomes::Derived& derived) {
  const u16 fields = derived.header.fields;
  const auto read = [&](u16 field, auto& value) {
    return (fields & field) == 0 || reader.read(value);
  };
  bool whole = read(DerivedTransfer::kAmount, derived.amount) &&
               read(DerivedTransfer::kDebitAccountId, derived.debit_account_id) &&
               read(DerivedTransfer::kCreditAccountId, derived.credit_account_id) &&
               read(DerivedTransfer::kUserData128, derived.user_data_128) &&
               read(DerivedTransfer::kUserData64, derived.user_data_64);
  if ((fields & (DerivedTransfer::kUserData32 | DerivedTransfer::kLedger)) != 0) {
    whole = whole && reader.read(derived.user_data_32) && reader.read(derived.ledger);
  }
  return whole;
}

bool is_possible(const Outcomes::Derived& derived) {
  const auto named = [&](u16 field) { return (derived.header.fields & field) != 0; };
  return derived.header.fields != 0 && (derived.header.fields & ~DerivedTransfer::kDefined) == 0 &&
         (named(DerivedTransfer::kCode) || derived.header.code == 0) &&
         (named(DerivedTransfer::kUserData32) || derived.user_data_32 == 0) &&
         (named(DerivedTransfer::kLedger) || derived.ledger == 0);
}

Status read_derived(ContentReader& reader, const OutcomeHeader& header, Outcomes& outcomes) {
  for (u32 count = 0; count < outcomes.counts.derived; ++count) {
    Outcomes::Derived derived;
    if (!reader.read(derived.header) || !read_fields(reader, derived)) {
      return corrupt_outcomes("ends inside its derived transfers");
    }
    const bool ascends =
        outcomes.derived.empty() || outcomes.derived.back().header.event < derived.header.event;
    if (derived.header.event >= header.event_count || !ascends || !is_possible(derived)) {
      return corrupt_outcomes(
          fmt::format("has impossible fields of event {}", derived.header.event));
    }
    outcomes.derived.push_back(derived);
  }
  return {};
}

Status read_expired(ContentReader& reader, const OutcomeHeader& header, Outcomes& outcomes) {
  for (u64 count = 0; count < outcomes.counts.expired; ++count) {
    ExpiredHold expired;
    if (!reader.read(expired)) return corrupt_outcomes("ends inside its expired holds");
    const bool ascends = outcomes.expired.empty() || outcomes.expired.back().event <= expired.event;
    if (expired.event >= header.event_count || !ascends || expired.reserved != 0) {
      return corrupt_outcomes(fmt::format("has an impossible expiry at event {}", expired.event));
    }
    outcomes.expired.push_back(expired);
  }
  return {};
}

// The outcome of an event in words of its kind.
std::string outcome_text(const OutcomeRecord& own, u32 event, u8 outcome) {
  if (outcome == ledger::kCreated) return "created";
  auto operation = ledger::Operation::Tick;
  for (const OutcomeRecord::Kind& kind : own.kinds) {
    if (kind.event <= event) operation = kind.operation;
  }
  std::string_view known;
  if (operation == ledger::Operation::CreateTransfers) {
    if (const auto found = ledger::transfer_outcome(outcome)) known = ledger::name(*found);
  } else if (operation == ledger::Operation::CreateAccounts) {
    if (const auto found = ledger::account_outcome(outcome)) known = ledger::name(*found);
  } else if (operation == ledger::Operation::UpdateAccounts) {
    if (const auto found = ledger::update_outcome(outcome)) known = ledger::name(*found);
  }
  return known.empty() ? fmt::format("outcome {}", outcome) : std::string(known);
}

std::string position_text(const OutcomeRecord& own, u64 event) {
  return fmt::format("position {}", own.header.position_before + event + 1);
}

// The first event that was refused in one of the two, or otherwise in the other.
std::string refusal_difference(const OutcomeRecord& own_record, const Outcomes& own,
                               const Outcomes& logged) {
  usize mine = 0;
  usize theirs = 0;
  while (mine < own.refused.size() || theirs < logged.refused.size()) {
    const u64 none = ~u64{0};
    const u64 my_event = mine < own.refused.size() ? own.refused[mine].event : none;
    const u64 their_event = theirs < logged.refused.size() ? logged.refused[theirs].event : none;
    const u64 event = std::min(my_event, their_event);
    const u8 my_outcome = my_event == event ? own.refused[mine++].outcome : ledger::kCreated;
    const u8 their_outcome =
        their_event == event ? logged.refused[theirs++].outcome : ledger::kCreated;
    if (my_outcome == their_outcome) continue;
    return fmt::format("{} was logged as {}, and replay decides {}",
                       position_text(own_record, event),
                       outcome_text(own_record, static_cast<u32>(event), their_outcome),
                       outcome_text(own_record, static_cast<u32>(event), my_outcome));
  }
  return {};
}

std::string describe(const Outcomes::Derived& derived) {
  return fmt::format("amount {}, accounts {} and {}, ledger {}, code {}, user data {}, {}, {}",
                     to_decimal(derived.amount), to_decimal(derived.debit_account_id),
                     to_decimal(derived.credit_account_id), derived.ledger, derived.header.code,
                     to_decimal(derived.user_data_128), derived.user_data_64, derived.user_data_32);
}

std::string describe(const ExpiredHold& expired) {
  return fmt::format("hold {} releasing {}", to_decimal(expired.transfer_id),
                     to_decimal(expired.released));
}

u64 event_of(const Outcomes::Derived& derived) { return derived.header.event; }
u64 event_of(const ExpiredHold& expired) { return expired.event; }

// The first difference of two lists, in the words of its entries.
template <class Entry>
std::string list_difference(const OutcomeRecord& own_record, std::span<const Entry> own,
                            std::span<const Entry> logged, std::string_view what) {
  for (usize index = 0; index < std::max(own.size(), logged.size()); ++index) {
    const std::string mine = index < own.size() ? describe(own[index]) : "none";
    const std::string theirs = index < logged.size() ? describe(logged[index]) : "none";
    const u64 event = index < own.size() ? event_of(own[index]) : event_of(logged[index]);
    const bool same_place = index >= own.size() || index >= logged.size() ||
                            event_of(own[index]) == event_of(logged[index]);
    if (mine == theirs && same_place) continue;
    return fmt::format("at {} the log says of {}: {}; replay: {}", position_text(own_record, event),
                       what, theirs, mine);
  }
  return {};
}

std::string count_difference(const OutcomeCounts& own, const OutcomeCounts& logged) {
  const auto text = [](const OutcomeCounts& counts) {
    return fmt::format("{} accounts, {} transfers, {} updates, next deadline {}", counts.accounts,
                       counts.transfers, counts.updates, counts.deadline);
  };
  if (text(own) == text(logged)) return {};
  return fmt::format("after the block the log counts {}; replay {}", text(logged), text(own));
}

std::string difference(const OutcomeRecord& own_record, const OutcomePart& part) {
  const OutcomeHeader& mine = own_record.header;
  const OutcomeHeader& theirs = part.header;
  if (mine.position_before != theirs.position_before || mine.event_count != theirs.event_count) {
    return fmt::format("the log says of {} events after position {}; replay {} after {}",
                       theirs.event_count, theirs.position_before, mine.event_count,
                       mine.position_before);
  }
  if (part.content.size() == theirs.content_bytes) {
    const auto own = parse_outcomes(mine, own_record.content);
    CHECK(own);
    const auto logged = parse_outcomes(theirs, part.content);
    if (!logged) return logged.error().message;
    std::string found = refusal_difference(own_record, *own, *logged);
    if (!found.empty()) return found;
    found =
        list_difference<Outcomes::Derived>(own_record, own->derived, logged->derived, "a transfer");
    if (!found.empty()) return found;
    found = list_difference<ExpiredHold>(own_record, own->expired, logged->expired, "an expiry");
    if (!found.empty()) return found;
    found = count_difference(own->counts, logged->counts);
    if (!found.empty()) return found;
    return "the timestamps answered to refused events differ";
  }
  return fmt::format("bytes {} to {} of their {} bytes differ", theirs.part_offset,
                     theirs.part_offset + theirs.part_bytes, theirs.content_bytes);
}

// What all parts of a record have in common.
bool is_of(const OutcomeHeader& part, const OutcomeHeader& record) {
  return part.event_count == record.event_count && part.position_before == record.position_before &&
         part.content_bytes == record.content_bytes && part.digest == record.digest;
}

}  // namespace

Result<OutcomePart> parse_outcome_part(std::span<const std::byte> bytes) {
  OutcomePart part;
  if (bytes.size() < sizeof(part.header)) return corrupt_outcomes("ends inside its header");
  std::memcpy(&part.header, bytes.data(), sizeof(part.header));
  const OutcomeHeader& header = part.header;
  if (header.operation != kOutcomesOperation || header.flags != 0 || header.reserved != 0) {
    return corrupt_outcomes("has fields that this version does not write");
  }
  if (header.sequence == 0 || header.event_count == 0) return corrupt_outcomes("is about no block");
  const bool whole = header.content_bytes % kContentUnit == 0 &&
                     header.part_offset % kContentUnit == 0 &&
                     header.part_bytes % kContentUnit == 0 && header.part_bytes != 0;
  if (!whole || header.content_bytes < sizeof(OutcomeCounts) ||
      header.part_offset > header.content_bytes ||
      header.part_bytes > header.content_bytes - header.part_offset) {
    return corrupt_outcomes(fmt::format("claims bytes {} to {} of {}", header.part_offset,
                                        header.part_offset + header.part_bytes,
                                        header.content_bytes));
  }
  if (header.part_bytes > bytes.size() - sizeof(header)) {
    return corrupt_outcomes("claims more than its block holds");
  }
  part.content = bytes.subspan(sizeof(header), header.part_bytes);
  return part;
}

Result<Outcomes> parse_outcomes(const OutcomeHeader& header, std::span<const std::byte> content) {
  Outcomes outcomes;
  ContentReader reader(content);
  if (content.size() != header.content_bytes || !reader.read(outcomes.counts)) {
    return corrupt_outcomes(
        fmt::format("has {} bytes of {}", content.size(), header.content_bytes));
  }
  const u64 list_bytes = u64{outcomes.counts.refused} * sizeof(RefusedEvent);
  if (list_bytes < header.event_count) {
    RETURN_IF_ERROR(read_refused_list(reader, header, outcomes));
  } else if (outcomes.counts.refused != 0) {
    RETURN_IF_ERROR(read_outcome_bytes(reader, header, outcomes));
  }
  RETURN_IF_ERROR(read_derived(reader, header, outcomes));
  RETURN_IF_ERROR(read_expired(reader, header, outcomes));
  const auto rest = reader.rest();
  const bool zero = std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; });
  if (rest.size() >= kContentUnit || !zero)
    return corrupt_outcomes("has more behind its last entry");
  return outcomes;
}

void OutcomeCheck::expect(OutcomeRecord own) {
  if (own.header.sequence > passed_over_) own_.push_back(std::move(own));
}

Status OutcomeCheck::check(const OutcomePart& logged) {
  const OutcomeHeader& header = logged.header;
  if (header.sequence <= passed_over_) return {};
  // A writer that ended before it could log its last outcomes leaves some out.
  while (!own_.empty() && own_.front().header.sequence < header.sequence) {
    own_.pop_front();
    checked_bytes_ = 0;
  }
  // And one that went on in its place may begin a record anew.
  if (header.part_offset == 0) checked_bytes_ = 0;
  if (own_.empty() || own_.front().header.sequence != header.sequence ||
      header.part_offset != checked_bytes_) {
    return corrupt_outcomes(
        fmt::format("about log block {} stands where it cannot, at byte {} of it", header.sequence,
                    header.part_offset));
  }
  const OutcomeRecord& own = own_.front();
  const bool same =
      is_of(header, own.header) && std::memcmp(own.content.data() + header.part_offset,
                                               logged.content.data(), header.part_bytes) == 0;
  if (!same) {
    return fail(
        ErrorCode::Corrupt,
        fmt::format("replay does not come to the outcomes that were logged for positions {} to {} "
                    "(log block {}): {}. Another program wrote the log, or memory was damaged "
                    "then or now: start the version that wrote it, or restore a backup",
                    own.header.position_before + 1,
                    own.header.position_before + own.header.event_count, header.sequence,
                    difference(own, logged)));
  }
  checked_bytes_ += header.part_bytes;
  if (checked_bytes_ < own.header.content_bytes) return {};
  own_.pop_front();
  checked_bytes_ = 0;
  ++blocks_checked_;
  return {};
}

OutcomeQueue OutcomeCheck::take_unlogged() {
  OutcomeQueue unlogged;
  for (OutcomeRecord& record : own_) unlogged.push(std::move(record));
  own_.clear();
  checked_bytes_ = 0;
  return unlogged;
}

}  // namespace florin::pipeline
