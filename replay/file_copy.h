// Files that appear whole or not at all. Nothing may be in flight in the storage.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"

namespace florin::replay {

// No file of this name is an error for nobody.
Status remove_if_there(storage::Storage& storage, const std::string& path);

// Writes a new file of whole sectors, durable but for its name.
Status write_new_file(storage::Storage& storage, const std::string& path,
                      std::span<const std::byte> bytes);

// Copies a file of whole sectors to a new one, durable but for its name. `report` is told of every
// piece.
Status copy_to_new_file(storage::Storage& storage, const std::string& from, const std::string& to,
                        const std::function<void(u64 bytes)>& report);

// A file takes its name, and whatever had it before is gone. Durable on return.
Status put_in_place(storage::Storage& storage, const std::string& directory,
                    const std::string& temporary_path, const std::string& path);

}  // namespace florin::replay
