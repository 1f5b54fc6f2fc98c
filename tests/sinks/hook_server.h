// A receiver of webhooks for tests: HTTPS on loopback, on a port that the system picks, with a
// certificate of its own that is made at the start. It answers requests as it is told to, in the
// order in which they come, and keeps what it got.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/types.h"

namespace florin::test {

struct HookRequest {
  std::string line;                            // "POST /hook HTTP/1.1"
  std::map<std::string, std::string> headers;  // Names in small letters.
  std::string body;
  int answered = 0;  // The status, or 0: none was.
};

// How a request is answered: a status, or one of these.
inline constexpr int kCloses = 0;   // The connection is closed without an answer.
inline constexpr int kSilent = -1;  // No answer comes until the client gives up.

class HookServer {
 public:
  // The certificate goes into `certificate_path`, in PEM; `name` is whom it is for.
  explicit HookServer(const std::string& certificate_path, const std::string& name = "127.0.0.1");
  ~HookServer();
  HookServer(const HookServer&) = delete;
  HookServer& operator=(const HookServer&) = delete;

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  // The answers to the next requests; 200 behind them.
  void answer(std::deque<int> answers);
  // Nothing is answered before this many requests have come, from now on counted.
  void answer_after(usize requests);
  std::vector<HookRequest> requests() const;
  // Connections that were accepted.
  u64 connections() const { return connections_; }

 private:
  struct Tls;
  class Peer;

  void serve();
  void serve_connection(int descriptor);
  bool wait_for(int descriptor) const;
  int keep(HookRequest& request);

  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  bool stopping_ = false;
  usize answer_after_ = 0;  // Requests.
  std::deque<int> answers_;
  std::vector<HookRequest> requests_;
  std::atomic<u64> connections_{0};
  std::vector<std::thread> peers_;  // One for each connection; begun by the next one.
  std::thread thread_;
};

}  // namespace florin::test
