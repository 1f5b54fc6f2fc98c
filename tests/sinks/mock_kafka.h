// The mock of Kafka in its process (mock_kafka_main.cc), as tests use it.
#pragma once

#include <string>
#include <vector>

#include "sinks/sink_settings.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/child_process.h"

namespace florin::test {

class MockKafka {
 public:
  // With these topics, of one partition each.
  explicit MockKafka(const std::vector<std::string>& topics = {"florin", "florin.alerts"});

  const std::string& brokers() const { return brokers_; }
  sinks::KafkaSettings settings() const;
  // All messages of the topic, in order.
  std::vector<std::string> messages(const std::string& topic);
  // One of the commands.
  void obey(const std::string& command);

 private:
  ScratchDirectory directory_;
  ChildProcess process_;
  std::string brokers_;
};

}  // namespace florin::test
