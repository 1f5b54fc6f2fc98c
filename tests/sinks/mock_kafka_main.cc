// Kafka as librdkafka mocks it, in a process of its own: mock_kafka TOPIC… prints the brokers'
// addresses, and obeys the lines of its input, each answered by a line:
//
//   read TOPIC FILE      writes all messages of the topic so far; answers how many, or what is
//   wrong down, up             no broker takes connections; they do again fail CODE COUNT      the
//   next requests to produce are answered with this error
//
// The mock keeps only the newest messages of a topic, so that they are drained as they come.
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/types.h"

namespace {

using florin::i64;
using florin::u64;
using florin::usize;

constexpr int kBrokers = 3;
constexpr i64 kProduceRequest = 0;
constexpr int kWaitMs = 10'000;
constexpr int kLookMs = 50;

rd_kafka_t* make_client(rd_kafka_type_t type, const std::string& brokers) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  char reason[512];
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), reason, sizeof reason);
  rd_kafka_conf_set(conf, "log_level", "0", reason, sizeof reason);
  if (type == RD_KAFKA_CONSUMER) {
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", reason, sizeof reason);
  }
  return rd_kafka_new(type, conf, reason, sizeof reason);
}

// Reads one topic from its beginning.
class Drain {
 public:
  Drain(const std::string& brokers, const std::string& topic)
      : client_(make_client(RD_KAFKA_CONSUMER, brokers)),
        topic_(rd_kafka_topic_new(client_, topic.c_str(), nullptr)),
        name_(topic) {
    rd_kafka_consume_start(topic_, 0, RD_KAFKA_OFFSET_BEGINNING);
    thread_ = std::thread([this] { run(); });
  }
  ~Drain() {
    stopped_ = true;
    thread_.join();
    rd_kafka_consume_stop(topic_, 0);
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(client_);
  }
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // Everything up to now, or what is wrong.
  std::string read(const std::string& path) {
    i64 low = 0;
    i64 high = 0;
    const auto error =
        rd_kafka_query_watermark_offsets(client_, name_.c_str(), 0, &low, &high, kWaitMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2str(error);
    for (int waited = 0; next_ < high && waited < kWaitMs; ++waited) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::lock_guard lock(mutex_);
    if (next_ < high) return "not everything was drained";
    if (static_cast<i64>(messages_.size()) != next_) return "the mock forgot messages";
    std::ofstream file(path, std::ios::binary);
    for (const std::string& message : messages_) {
      const u64 bytes = message.size();
      file.write(reinterpret_cast<const char*>(&bytes), sizeof bytes);
      file.write(message.data(), static_cast<std::streamsize>(bytes));
    }
    return std::to_string(messages_.size());
  }

 private:
  void run() {
    while (!stopped_) {
      rd_kafka_message_t* const message = rd_kafka_consume(topic_, 0, kLookMs);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::lock_guard lock(mutex_);
        messages_.emplace_back(static_cast<const char*>(message->payload), message->len);
        next_ = message->offset + 1;
      }
      rd_kafka_message_destroy(message);
    }
  }

  rd_kafka_t* const client_;
  rd_kafka_topic_t* const topic_;
  const std::string name_;
  std::atomic<bool> stopped_{false};
  std::atomic<i64> next_{0};
  std::mutex mutex_;
  std::vector<std::string> messages_;
  std::thread thread_;
};

using Drains = std::map<std::string, std::unique_ptr<Drain>>;

std::string obey(const std::string& line, rd_kafka_mock_cluster_t* cluster, Drains& drains) {
  std::istringstream words(line);
  std::string command;
  words >> command;
  if (command == "read") {
    std::string topic;
    std::string path;
    words >> topic >> path;
    return drains.at(topic)->read(path);
  }
  if (command == "down" || command == "up") {
    for (int broker = 1; broker <= kBrokers; ++broker) {
      if (command == "down") {
        rd_kafka_mock_broker_set_down(cluster, broker);
      } else {
        rd_kafka_mock_broker_set_up(cluster, broker);
      }
    }
    return "ok";
  }
  if (command == "fail") {
    int code = 0;
    usize count = 0;
    words >> code >> count;
    const std::vector<rd_kafka_resp_err_t> errors(count, static_cast<rd_kafka_resp_err_t>(code));
    rd_kafka_mock_push_request_errors_array(cluster, kProduceRequest, count, errors.data());
    return "ok";
  }
  return "no such command";
}

}  // namespace

int main(int count, char** arguments) {
  rd_kafka_t* const owner = make_client(RD_KAFKA_PRODUCER, "");
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(owner, kBrokers);
  const std::string brokers = rd_kafka_mock_cluster_bootstraps(cluster);
  Drains drains;
  for (int each = 1; each < count; ++each) {
    rd_kafka_mock_topic_create(cluster, arguments[each], 1, kBrokers);
    drains[arguments[each]] = std::make_unique<Drain>(brokers, arguments[each]);
  }
  std::cout << brokers << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << obey(line, cluster, drains) << std::endl;
  }
  drains.clear();
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(owner);
  return 0;
}
