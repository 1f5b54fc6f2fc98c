#include "storage/identity.h"

#include <cstring>

#include "base/check.h"
#include "base/checksum.h"

namespace florin::storage {

namespace {

u128 checksum_of(IdentitySector sector) {
  sector.checksum = 0;
  return checksum128(std::as_bytes(std::span(&sector, 1)));
}

tl::unexpected<Error> corrupt(const std::string& path, const std::string& reason) {
  return fail(ErrorCode::Corrupt,
              path + " " + reason + "; restore it from a copy of this directory");
}

}  // namespace

void encode_identity(const Identity& identity, SectorBytes target) {
  CHECK(identity.ledger_id != 0);
  CHECK(identity.segment_bytes != 0 && identity.segment_bytes % kSectorBytes == 0);
  IdentitySector sector{};
  sector.magic = kIdentityMagic;
  sector.format_version = kIdentityFormatVersion;
  sector.ledger_id = identity.ledger_id;
  sector.segment_bytes = identity.segment_bytes;
  sector.checksum = checksum_of(sector);
  std::memcpy(target.data(), &sector, sizeof sector);
}

Result<Identity> decode_identity(std::span<const std::byte, kSectorBytes> bytes,
                                 const std::string& path) {
  IdentitySector sector;
  std::memcpy(&sector, bytes.data(), sizeof sector);
  if (sector.magic != kIdentityMagic) return corrupt(path, "does not begin with FLORINID");
  if (sector.checksum != checksum_of(sector)) return corrupt(path, "does not have its checksum");
  if (sector.format_version != kIdentityFormatVersion) {
    return fail(ErrorCode::WrongVersion,
                path + " has format version " + std::to_string(sector.format_version) +
                    "; this Florin reads version " + std::to_string(kIdentityFormatVersion));
  }
  if (sector.ledger_id == 0) return corrupt(path, "has the ledger id 0");
  if (sector.segment_bytes == 0 || sector.segment_bytes % kSectorBytes != 0) {
    return corrupt(path, "has a segment size that is not whole sectors");
  }
  return Identity{sector.ledger_id, sector.segment_bytes};
}

}  // namespace florin::storage
