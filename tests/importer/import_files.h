// What tests of imports share: files in a directory of their own, and an import with a mapping that
// is written in the test.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "importer/import_run.h"
#include "importer/mapping_file.h"
#include "tests/importer/memory_receiver.h"
#include "tests/storage/scratch.h"

namespace florin::test {

template <class Expected>
auto value_of(Expected expected) {
  if (!expected) throw std::runtime_error(expected.error().message);
  if constexpr (!std::is_void_v<typename Expected::value_type>) return std::move(*expected);
}

class ImportFiles : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  // Imports one file with a mapping in TOML; "" is that of the ledger's own words.
  Result<importer::ImportReport> import_with(const std::string& toml, const std::string& name,
                                             const std::string& text,
                                             importer::ImportOptions options = {}) {
    const importer::Mapping mapping = toml.empty()
                                          ? importer::own_mapping()
                                          : value_of(importer::read_mapping_text(toml, "map.toml"));
    options.files.push_back(write(name, text));
    return importer::run_import(mapping, options, receiver_, {});
  }

  MemoryReceiver receiver_;

 private:
  storage::ScratchDirectory directory_;
};

}  // namespace florin::test
