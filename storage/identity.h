// The identity of a data directory as it is stored: one sector.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "base/result.h"
#include "storage/storage.h"

namespace florin::storage {

// What ties the files of one ledger together.
struct Identity {
  u128 ledger_id = 0;     // Random, not 0; every log block carries it.
  u64 segment_bytes = 0;  // Size of every log segment: whole sectors.
  friend bool operator==(const Identity&, const Identity&) = default;
};

// Little endian. Magic and checksum keep their places in every version, so that damage is never
// mistaken for another version, nor another version for damage.
struct IdentitySector {
  u64 magic;
  u32 format_version;
  u32 zero;
  u128 checksum;  // checksum128 of the sector with this field zero.
  u128 ledger_id;
  u64 segment_bytes;
  std::byte zeros[kSectorBytes - 56];
};

static_assert(sizeof(IdentitySector) == kSectorBytes && alignof(IdentitySector) == 16);
static_assert(std::is_trivially_copyable_v<IdentitySector>);
static_assert(offsetof(IdentitySector, checksum) == 16);
static_assert(offsetof(IdentitySector, ledger_id) == 32);
static_assert(offsetof(IdentitySector, zeros) == 56);

inline constexpr u64 kIdentityMagic = 0x44494e49524f4c46;  // "FLORINID"
inline constexpr u32 kIdentityFormatVersion = 1;

using SectorBytes = std::span<std::byte, kSectorBytes>;

void encode_identity(const Identity& identity, SectorBytes target);

// `path` is for the messages. Corrupt if these are not the bytes that were written, WrongVersion if
// another version of Florin wrote them.
Result<Identity> decode_identity(std::span<const std::byte, kSectorBytes> bytes,
                                 const std::string& path);

}  // namespace florin::storage
