// Writes one folder of a run: everything beside it first, made durable together, and only then put
// in place. So a file is there whole or not at all, and the folder is whole when its list is there.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "statement/run_manifest.h"

namespace florin::statement {

// Belongs to one thread.
class FolderWriter {
 public:
  // `root`: the folder of the period, which exists.
  FolderWriter(const std::string& root, const std::string& name, Format format);

  // Throws away what an attempt before it left on its way.
  Status discard();
  Status begin();
  Status add(const std::string& file, std::string_view content);
  // Durable on return. One sync of the file system for all files of the folder.
  Status finish(std::string_view list);

 private:
  Status move_files() const;

  const std::string root_;
  const std::string part_;    // Where the files are made.
  const std::string folder_;  // Where they belong.
  const std::string list_;
  std::vector<std::string> files_;
};

}  // namespace florin::statement
