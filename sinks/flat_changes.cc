#include "sinks/flat_changes.h"

#include <cstring>

#include <flatbuffers/flatbuffers.h>

#include "base/check.h"
#include "sinks/changes.gen.h"

namespace florin::sinks {

using exporter::ChangePage;
using history::Place;
using ledger::ChangeKind;

namespace {

constexpr usize kFlatAlignment = 16;
// The table, its vtable, and lengths and alignment of its five vectors.
constexpr usize kFlatBesidesChanges = 512;

template <class Wire, class Value>
auto copy_flat(flatbuffers::FlatBufferBuilder& builder, const std::vector<Value>& values) {
  static_assert(sizeof(Wire) == sizeof(Value) && alignof(Wire) == alignof(Value));
  return builder.CreateVectorOfStructs(reinterpret_cast<const Wire*>(values.data()), values.size());
}

usize flat_change_bytes(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::AccountCreated: return sizeof(ledger::ChangeEvent) + sizeof(ledger::Account);
    case ChangeKind::AccountUpdated:
      return sizeof(ledger::ChangeEvent) + sizeof(ledger::AccountChange);
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
    case ChangeKind::TransferRefused:
      return sizeof(ledger::ChangeEvent) + sizeof(ledger::Transfer) +
             sizeof(ledger::TransferBalances);
  }
  CHECK(false);
}

changes::Place flat_place(const Place& place) { return {place.position, place.index, 0}; }

Place place_of_flat(const changes::Place& place) { return {place.position(), place.index()}; }

class FlatMessageWriter final : public ChangeMessageWriter {
 public:
  // All of the builder's storage is taken at once: when it grows, it is aligned to 8 bytes only,
  // and the table's own structs need 16.
  FlatMessageWriter(u128 ledger_id, usize bytes_max)
      : ledger_id_(ledger_id),
        bytes_max_(bytes_max),
        builder_(round_up(bytes_max, kFlatAlignment), nullptr, false, kFlatAlignment) {}

  bool add(const ChangePage& page, usize event) override {
    const ledger::ChangeEvent& change = page.events[event];
    const usize bytes = flat_change_bytes(ChangeKind{change.kind});
    if (kFlatBesidesChanges + bytes_ + bytes > bytes_max_) return false;
    bytes_ += bytes;
    append_change(page, change, changes_);
    return true;
  }

  u64 changes() const override { return changes_.events.size(); }

  std::span<const std::byte> finish(const Coverage& coverage) override {
    builder_.Clear();
    const auto events = copy_flat<changes::ChangeEvent>(builder_, changes_.events);
    const auto transfers = copy_flat<changes::Transfer>(builder_, changes_.transfers);
    const auto balances = copy_flat<changes::TransferBalances>(builder_, changes_.balances);
    const auto accounts = copy_flat<changes::Account>(builder_, changes_.accounts);
    const auto updates = copy_flat<changes::AccountChange>(builder_, changes_.account_changes);
    const changes::UInt128 ledger_id(low_half(ledger_id_), high_half(ledger_id_));
    const changes::Place from = flat_place(coverage.from);
    const changes::Place next = flat_place(coverage.stand.next);
    const changes::Place last = flat_place(coverage.stand.last);
    changes::FinishChangesBuffer(
        builder_, changes::CreateChanges(builder_, kChangeMessageVersion, &ledger_id, &from, &next,
                                         &last, coverage.stand.last_logged_at, events, transfers,
                                         balances, accounts, updates));
    clear();
    CHECK(builder_.GetSize() <= bytes_max_);
    return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()), builder_.GetSize()};
  }

  void clear() override {
    bytes_ = 0;
    changes_.events.clear();
    changes_.transfers.clear();
    changes_.balances.clear();
    changes_.accounts.clear();
    changes_.account_changes.clear();
  }

 private:
  const u128 ledger_id_;
  const usize bytes_max_;
  flatbuffers::FlatBufferBuilder builder_;
  ChangePage changes_;
  usize bytes_ = 0;
};

}  // namespace

std::unique_ptr<ChangeMessageWriter> make_flat_changes_writer(u128 ledger_id, usize bytes_max) {
  return std::make_unique<FlatMessageWriter>(ledger_id, bytes_max);
}

// Copied first: what arrives lies anywhere, and structs are read at multiples of 16.
bool read_flat_changes(std::span<const std::byte> message, FlatChangesHead& head) {
  std::vector<u128> aligned(message.size() / sizeof(u128) + 1);
  std::memcpy(aligned.data(), message.data(), message.size());
  const auto* const bytes = reinterpret_cast<const u8*>(aligned.data());
  flatbuffers::Verifier verifier(bytes, message.size());
  if (!changes::VerifyChangesBuffer(verifier)) return false;
  const changes::Changes* const root = changes::GetChanges(bytes);
  if (root->ledger_id() == nullptr || root->from() == nullptr || root->next() == nullptr ||
      root->last() == nullptr) {
    return false;
  }
  head.version = root->version();
  head.ledger_id = make_u128(root->ledger_id()->hi(), root->ledger_id()->lo());
  head.coverage.from = place_of_flat(*root->from());
  head.coverage.stand = {place_of_flat(*root->next()), place_of_flat(*root->last()),
                         root->last_logged_at()};
  head.changes = root->events() == nullptr ? 0 : root->events()->size();
  return true;
}

}  // namespace florin::sinks
