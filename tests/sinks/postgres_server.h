// A PostgreSQL server of a test's own: a new cluster in a directory of its own, reached by a socket
// in it alone, without fsync. As root it runs as the user postgres, since it refuses to run as
// root.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/types.h"

namespace florin::test {

class PostgresServer {
 public:
  // Whether PostgreSQL 15 is installed where Debian has it.
  static bool is_installed();
  // Creates the cluster and waits until the server answers. `settings` such as
  // "max_wal_size=4GB".
  static Result<std::unique_ptr<PostgresServer>> start(const std::vector<std::string>& settings = {
                                                           "fsync=off"});
  // Ends the server and removes the directory.
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // For libpq.
  std::string connection(const std::string& database = "postgres") const;
  // Ends the server as a crash would, and starts it again.
  void stop_at_once();
  Status start_again();

 private:
  PostgresServer(std::string directory, std::vector<std::string> settings)
      : directory_(std::move(directory)), settings_(std::move(settings)) {}
  Status make_cluster();

  const std::string directory_;
  const std::vector<std::string> settings_;
  pid_t pid_ = -1;
};

}  // namespace florin::test
