#include "tests/sinks/nats_server.h"

#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <nats/nats.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace florin::test {

namespace {

constexpr auto kStartWithin = std::chrono::seconds(30);
constexpr i64 kReadMs = 10'000;

// A client of its own for each use.
class NatsClient {
 public:
  explicit NatsClient(const std::string& url) {
    status_ = natsConnection_ConnectTo(&connection_, url.c_str());
    if (status_ == NATS_OK) status_ = natsConnection_JetStream(&jetstream_, connection_, nullptr);
  }
  ~NatsClient() {
    jsCtx_Destroy(jetstream_);
    natsConnection_Destroy(connection_);
  }
  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;
  natsStatus status() const { return status_; }
  jsCtx* jetstream() const { return jetstream_; }

 private:
  natsStatus status_ = NATS_OK;
  natsConnection* connection_ = nullptr;
  jsCtx* jetstream_ = nullptr;
};

ReceivedMessage received(natsMsg* message) {
  ReceivedMessage result;
  result.subject = natsMsg_GetSubject(message);
  const char* id = nullptr;
  if (natsMsgHeader_Get(message, "Nats-Msg-Id", &id) == NATS_OK) result.id = id;
  result.body.assign(natsMsg_GetData(message), static_cast<usize>(natsMsg_GetDataLength(message)));
  return result;
}

// How many messages the consumer has still to give after this one.
u64 pending_after(natsMsg* message) {
  jsMsgMetaData* data = nullptr;
  EXPECT_EQ(natsMsg_GetMetaData(&data, message), NATS_OK);
  const u64 pending = data == nullptr ? 0 : data->NumPending;
  jsMsgMetaData_Destroy(data);
  return pending;
}

}  // namespace

std::string NatsServer::program() {
  for (const char* path : {"/usr/sbin/nats-server", "/usr/bin/nats-server"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

NatsServer::NatsServer(const std::string& options) : options_(options) { start(); }

// Between a kill and the next start another program may get the port for a moment: it is tried
// again.
void NatsServer::start() {
  const std::string configuration = directory_ / "server.conf";
  std::ofstream(configuration) << "listen: \"127.0.0.1:" << port_ << "\"\nports_file_dir: \""
                               << directory_ / ""
                               << "\"\njetstream { store_dir: \"" << directory_ / "store"
                               << "\" }\nlogfile: \"" << directory_ / "log"
                               << "\"\n"
                               << options_ << "\n";
  const auto deadline = std::chrono::steady_clock::now() + kStartWithin;
  for (;;) {
    process_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{program(), "-c", configuration});
    while (process_->running() && std::chrono::steady_clock::now() < deadline) {
      const int port = read_port();
      if (port > 0 && NatsClient("nats://127.0.0.1:" + std::to_string(port)).status() == NATS_OK) {
        port_ = port;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ASSERT_LT(std::chrono::steady_clock::now(), deadline)
        << "nats-server does not start; see " << directory_ / "log";
  }
}

int NatsServer::read_port() const {
  std::ifstream file(directory_ / ("nats-server_" + std::to_string(process_->pid()) + ".ports"));
  const auto ports = nlohmann::json::parse(file, nullptr, false);
  if (!ports.is_object() || !ports.contains("nats")) return -1;
  const std::string url = ports["nats"][0];
  return std::stoi(url.substr(url.rfind(':') + 1));
}

sinks::NatsSettings NatsServer::settings() const {
  sinks::NatsSettings settings;
  settings.servers = {url()};
  return settings;
}

std::vector<ReceivedMessage> NatsServer::messages(const std::string& subject,
                                                  const std::string& stream) const {
  const NatsClient client(url());
  std::vector<ReceivedMessage> all;
  natsMsg* last = nullptr;
  jsErrCode code{};
  if (js_GetLastMsg(&last, client.jetstream(), stream.c_str(), subject.c_str(), nullptr, &code) !=
      NATS_OK) {
    EXPECT_TRUE(code == JSNoMessageFoundErr || code == JSStreamNotFoundErr) << code;
    return all;
  }
  natsMsg_Destroy(last);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Ordered = true;
  natsSubscription* subscription = nullptr;
  EXPECT_EQ(js_SubscribeSync(&subscription, client.jetstream(), subject.c_str(), nullptr, &options,
                             nullptr),
            NATS_OK);
  for (bool more = true; more;) {
    natsMsg* message = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&message, subscription, kReadMs);
    EXPECT_EQ(status, NATS_OK) << natsStatus_GetText(status);
    if (status != NATS_OK) break;
    all.push_back(received(message));
    more = pending_after(message) != 0;
    natsMsg_Destroy(message);
  }
  natsSubscription_Destroy(subscription);
  return all;
}

void NatsServer::publish(const std::string& subject, const std::string& body) const {
  const NatsClient client(url());
  EXPECT_EQ(js_Publish(nullptr, client.jetstream(), subject.c_str(), body.data(),
                       static_cast<int>(body.size()), nullptr, nullptr),
            NATS_OK);
}

void NatsServer::make_stream(const std::string& name, const std::string& subject,
                             bool work_queue) const {
  const NatsClient client(url());
  const char* subjects[] = {subject.c_str()};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  if (work_queue) config.Retention = js_WorkQueuePolicy;
  EXPECT_EQ(js_AddStream(nullptr, client.jetstream(), &config, nullptr, nullptr), NATS_OK);
}

}  // namespace florin::test
