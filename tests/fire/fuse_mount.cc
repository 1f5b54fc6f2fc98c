// Callbacks of libfuse's high-level interface; each hands over to the disk.
#include "tests/fire/fuse_mount.h"

#define FUSE_USE_VERSION 312
#include <cerrno>
#include <cstring>
#include <memory>

#include <fuse.h>
#include <sys/stat.h>

namespace florin::test {

namespace {

PowerDisk& disk() { return *static_cast<PowerDisk*>(fuse_get_context()->private_data); }

void fill_in(const PowerDisk::Attributes& attributes, struct stat& status) {
  std::memset(&status, 0, sizeof status);
  status.st_mode = attributes.is_directory ? S_IFDIR | 0755 : S_IFREG | 0644;
  status.st_nlink = 1;
  status.st_ino = attributes.number;
  status.st_size = static_cast<off_t>(attributes.size);
  status.st_blocks = static_cast<blkcnt_t>(attributes.size / kDiskUnitBytes);
}

void* begin(fuse_conn_info*, fuse_config* config) {
  config->use_ino = 1;
  config->direct_io = 1;
  config->hard_remove = 1;
  config->nullpath_ok = 1;
  config->kernel_cache = 0;
  config->entry_timeout = 0;
  config->negative_timeout = 0;
  config->attr_timeout = 0;
  return fuse_get_context()->private_data;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* file) {
  PowerDisk::Attributes attributes;
  const int result = file != nullptr ? disk().attributes(file->fh, attributes)
                                     : disk().attributes(path, attributes);
  if (result == 0) fill_in(attributes, *status);
  return result;
}

int make_directory(const char* path, mode_t) { return disk().create_directory(path); }

int remove_entry(const char* path) { return disk().remove(path); }

int rename_entry(const char* from, const char* to, unsigned flags) {
  return flags == 0 ? disk().rename(from, to) : -EINVAL;
}

int truncate_file(const char* path, off_t bytes, fuse_file_info*) {
  return path == nullptr ? -ENOENT : disk().resize(path, static_cast<u64>(bytes));
}

int open_file(const char* path, fuse_file_info* file) { return disk().open(path, file->fh); }

int create_file(const char* path, mode_t, fuse_file_info* file) {
  return disk().create(path, file->fh);
}

int read_file(const char*, char* target, size_t bytes, off_t offset, fuse_file_info* file) {
  return disk().read(file->fh, static_cast<u64>(offset),
                     {reinterpret_cast<std::byte*>(target), bytes});
}

int write_file(const char*, const char* source, size_t bytes, off_t offset, fuse_file_info* file) {
  return disk().write(file->fh, static_cast<u64>(offset),
                      {reinterpret_cast<const std::byte*>(source), bytes});
}

int sync_file(const char*, int, fuse_file_info* file) { return disk().sync(file->fh); }

int close_file(const char*, fuse_file_info* file) {
  disk().release(file->fh);
  return 0;
}

int allocate_file(const char*, int mode, off_t offset, off_t bytes, fuse_file_info* file) {
  return mode == 0 ? disk().allocate(file->fh, static_cast<u64>(offset + bytes)) : -EOPNOTSUPP;
}

int list_directory(const char*, void* buffer, fuse_fill_dir_t fill, off_t,
                   fuse_file_info* directory, fuse_readdir_flags) {
  std::vector<std::string> names = {".", ".."};
  const int result = disk().list(directory->fh, names);
  if (result != 0) return result;
  for (const std::string& name : names) {
    fill(buffer, name.c_str(), nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  }
  return 0;
}

fuse_operations operations() {
  fuse_operations table{};
  table.init = begin;
  table.getattr = get_attributes;
  table.mkdir = make_directory;
  table.unlink = remove_entry;
  table.rmdir = remove_entry;
  table.rename = rename_entry;
  table.truncate = truncate_file;
  table.open = open_file;
  table.create = create_file;
  table.read = read_file;
  table.write = write_file;
  table.fsync = sync_file;
  table.release = close_file;
  table.fallocate = allocate_file;
  table.opendir = open_file;
  table.readdir = list_directory;
  table.fsyncdir = sync_file;
  table.releasedir = close_file;
  return table;
}

}  // namespace

Result<std::unique_ptr<FuseMount>> FuseMount::mount(PowerDisk& disk, const std::string& directory) {
  const fuse_operations table = operations();
  char program[] = "power_disk";
  char option[] = "-ofsname=power_disk,default_permissions";
  char* words[] = {program, option, nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(2, words);
  struct fuse* handle = fuse_new(&arguments, &table, sizeof table, &disk);
  fuse_opt_free_args(&arguments);
  if (handle == nullptr) return fail(ErrorCode::Unsupported, "libfuse does not take our options");
  if (fuse_mount(handle, directory.c_str()) != 0) {
    fuse_destroy(handle);
    return fail(ErrorCode::Unsupported,
                "cannot mount a FUSE file system at '" + directory +
                    "': this needs /dev/fuse and the permission to mount (root, or fusermount3 "
                    "from the package fuse3)");
  }
  std::unique_ptr<FuseMount> mount(new FuseMount(handle));
  mount->loop_ = std::thread([handle] {
    fuse_loop_config* config = fuse_loop_cfg_create();
    fuse_loop_mt(handle, config);
    fuse_loop_cfg_destroy(config);
  });
  return mount;
}

FuseMount::~FuseMount() {
  fuse_exit(handle_);
  fuse_unmount(handle_);  // Wakes the loop.
  loop_.join();
  fuse_destroy(handle_);
}

}  // namespace florin::test
