#include "tests/sinks/postgres_server.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sinks/postgres_connection.h"

namespace florin::test {

namespace {

const std::string kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr auto kDeadline = std::chrono::seconds(60);
constexpr int kNotStarted = 127;

// In the child: becomes the user postgres if it is root, and ends with its parent.
void become_postgres() {
  if (::geteuid() == 0) {
    const passwd* const user = ::getpwnam("postgres");
    if (user == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
        ::setuid(user->pw_uid) != 0) {
      ::_exit(kNotStarted);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
}

pid_t start_program(const std::string& program, const std::vector<std::string>& arguments,
                    const std::string& directory) {
  std::vector<char*> pointers;
  std::string path = kPrograms + program;
  pointers.push_back(path.data());
  std::vector<std::string> copies = arguments;
  for (std::string& argument : copies) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const std::string log = directory + "/log";
  const pid_t child = ::fork();
  if (child != 0) return child;
  become_postgres();
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (output < 0 || ::chdir(directory.c_str()) != 0) ::_exit(kNotStarted);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(path.c_str(), pointers.data());
  ::_exit(kNotStarted);
}

}  // namespace

bool PostgresServer::is_installed() { return std::filesystem::exists(kPrograms + "postgres"); }

Result<std::unique_ptr<PostgresServer>> PostgresServer::start(
    const std::vector<std::string>& settings) {
  std::string pattern = (std::filesystem::temp_directory_path() / "florin-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail_errno(errno, "make a directory");
  std::unique_ptr<PostgresServer> server(new PostgresServer(pattern, settings));
  RETURN_IF_ERROR(server->make_cluster());
  RETURN_IF_ERROR(server->start_again());
  return server;
}

PostgresServer::~PostgresServer() {
  stop_at_once();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Status PostgresServer::make_cluster() {
  if (::geteuid() == 0) {
    const passwd* const user = ::getpwnam("postgres");
    if (user == nullptr) return fail(ErrorCode::NotFound, "there is no user postgres");
    if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return fail_errno(errno, "give " + directory_ + " to the user postgres");
    }
  }
  const pid_t child =
      start_program("initdb",
                    {"-D", directory_ + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                     "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                    directory_);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) {
    return fail(ErrorCode::Io, "initdb failed with status " + std::to_string(status) + "; see " +
                                   directory_ + "/log");
  }
  return {};
}

std::string PostgresServer::connection(const std::string& database) const {
  return "host=" + directory_ + " user=postgres dbname=" + database;
}

void PostgresServer::stop_at_once() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGQUIT);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}

Status PostgresServer::start_again() {
  stop_at_once();
  std::vector<std::string> arguments = {"-D", directory_ + "/data",
                                        "-c", "listen_addresses=",
                                        "-c", "unix_socket_directories=" + directory_};
  for (const std::string& setting : settings_) {
    arguments.push_back("-c");
    arguments.push_back(setting);
  }
  pid_ = start_program("postgres", arguments, directory_);
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < end) {
    if (sinks::PostgresConnection::open(connection(), "test")) return {};
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return fail(ErrorCode::Io, "postgres ended with status " + std::to_string(status));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fail(ErrorCode::Timeout, "postgres does not answer");
}

}  // namespace florin::test
