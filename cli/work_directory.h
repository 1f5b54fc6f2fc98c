// A directory for the data of a server of our own.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace florin::cli {

// Owns a directory: removes it with everything in it at the end, unless it is to be kept.
class WorkDirectory {
 public:
  // At `path`, which must be empty or not exist and is kept; or, when `path` is empty, a new one
  // under TMPDIR or /tmp, which is removed.
  static Result<std::unique_ptr<WorkDirectory>> make(const std::string& path);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::string& path() const { return path_; }
  bool kept() const { return kept_; }
  void keep() { kept_ = true; }

 private:
  WorkDirectory(std::string path, bool kept) : path_(std::move(path)), kept_(kept) {}

  std::string path_;
  bool kept_;
};

}  // namespace florin::cli
