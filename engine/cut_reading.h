// Reading the records of a buffer that may hold anything.
#pragma once

#include <cstring>
#include <string>

#include "base/result.h"
#include "engine/cut_records.h"

namespace florin::engine {

inline tl::unexpected<Error> fail_cut(const std::string& what) {
  return fail(ErrorCode::Corrupt, what +
                                      "; expected the state of a ledger: restore the data "
                                      "directory from a backup, or recover it from the log");
}

// Whether the buffer's bytes are as many records of a kind that there is.
inline Status check_buffer(const CutBuffer& buffer) {
  const u64 record_bytes = cut_record_bytes(buffer.kind);
  if (record_bytes != 0 && buffer.body_bytes <= CutBuffer::kBodyBytesMax &&
      buffer.body_bytes == record_bytes * buffer.records) {
    return {};
  }
  return fail_cut("a part of the state has the kind " +
                  std::to_string(static_cast<u32>(buffer.kind)) + ", " +
                  std::to_string(buffer.records) + " records and " +
                  std::to_string(buffer.body_bytes) + " bytes");
}

template <class Record>
Record cut_record(const CutBuffer& buffer, u32 index) {
  Record record;
  std::memcpy(static_cast<void*>(&record), buffer.body() + index * sizeof(Record), sizeof(Record));
  return record;
}

// Calls load(record) for each, until one fails.
template <class Record, class Load>
Status for_each_record(const CutBuffer& buffer, Load&& load) {
  for (u32 index = 0; index < buffer.records; ++index) {
    RETURN_IF_ERROR(load(cut_record<Record>(buffer, index)));
  }
  return {};
}

inline bool is_id(u128 id) { return id != 0 && id != kU128Max; }

}  // namespace florin::engine
