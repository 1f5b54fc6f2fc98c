// `power_disk DIRECTORY`: mounts a disk in memory whose power can be cut, and takes commands from
// stdin, one a line, each answered with one line: `ok …` or `error …`. It ends, and unmounts, at
// the end of stdin. docs/fire.md tells how to use it by hand.
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/fire/fuse_mount.h"

namespace florin::test {

namespace {

std::string describe(const DiskStatus& status) {
  std::ostringstream text;
  text << "power=" << status.power << " operations=" << status.operations
       << " syncs=" << status.syncs << " faults=" << status.faults
       << " refused_for_space=" << status.refused_for_space << " used_bytes=" << status.used_bytes
       << " kept=" << status.cuts.writes_kept << " lost=" << status.cuts.writes_lost
       << " torn=" << status.cuts.writes_torn << " sizes_lost=" << status.cuts.sizes_lost
       << " entries_kept=" << status.cuts.entries_kept
       << " entries_lost=" << status.cuts.entries_lost
       << " in_snapshots=" << status.cuts.in_snapshots;
  return text.str();
}

void save(PowerDisk& disk, const std::string& directory) {
  disk.each_file([&](const std::string& path, std::span<const std::byte> content) {
    const std::filesystem::path target = directory + path;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  });
}

// OPERATION NTH [PATH_PART], where OPERATION may be `any`.
bool read_match(std::istream& words, OperationMatch& match) {
  std::string operation;
  if (!(words >> operation >> match.nth) || match.nth == 0) return false;
  match.operation = disk_operation(operation);
  if (!match.operation && operation != "any") return false;
  words >> match.path_part;
  return true;
}

constexpr const char* kCommands =
    "error expected: cut SEED | cut_at SEED OPERATION NTH [PATH_PART] | power_on | "
    "fail/fill/shorten TIMES OPERATION NTH [PATH_PART] | settle SEED | limit BYTES | lie 0/1 | "
    "delay "
    "MICROSECONDS | heal | "
    "status | save DIRECTORY";

std::string obey(PowerDisk& disk, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  words >> command;
  u64 number = 0;
  OperationMatch match;
  if (command == "cut" && words >> number) {
    disk.cut(number);
  } else if (command == "cut_at" && words >> number && read_match(words, match)) {
    disk.cut_at(match, number);
  } else if (command == "settle" && words >> number) {
    disk.settle(number);
  } else if (command == "power_on") {
    disk.power_on();
  } else if (command == "fail" && words >> number && read_match(words, match)) {
    disk.fail(match, number, EIO);
  } else if (command == "fill" && words >> number && read_match(words, match)) {
    disk.fail(match, number, ENOSPC);
  } else if (command == "shorten" && words >> number && read_match(words, match)) {
    disk.shorten_writes(match, number);
  } else if (command == "limit" && words >> number) {
    disk.limit_space(number);
  } else if (command == "lie" && words >> number) {
    disk.lie_about_syncs(number != 0);
  } else if (command == "delay" && words >> number) {
    disk.delay_syncs(number);
  } else if (command == "heal") {
    disk.heal();
  } else if (std::string directory; command == "save" && words >> directory) {
    save(disk, directory);
  } else if (command != "status") {
    return kCommands;
  }
  return "ok " + describe(disk.status());
}

int serve(const std::string& directory) {
  PowerDisk disk;
  auto mount = FuseMount::mount(disk, directory);
  if (!mount) {
    std::cout << "error " << mount.error().message << std::endl;
    return 1;
  }
  std::cout << "ok " << describe(disk.status()) << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) std::cout << obey(disk, line) << std::endl;
  return 0;
}

}  // namespace

}  // namespace florin::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: power_disk DIRECTORY\n";
    return 2;
  }
  // The end comes by stdin, so that nothing stays mounted: not by Ctrl-C, and not by a reader that
  // is gone.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  return florin::test::serve(argv[1]);
}
