#include "tests/sinks/mock_kafka.h"

#include <fstream>

#include <gtest/gtest.h>

namespace florin::test {

namespace {

std::vector<std::string> mock_arguments(const std::vector<std::string>& topics) {
  std::vector<std::string> arguments = {MOCK_KAFKA};
  arguments.insert(arguments.end(), topics.begin(), topics.end());
  return arguments;
}

}  // namespace

MockKafka::MockKafka(const std::vector<std::string>& topics) : process_(mock_arguments(topics)) {
  brokers_ = process_.read_line();
  EXPECT_NE(brokers_, "");
}

sinks::KafkaSettings MockKafka::settings() const {
  sinks::KafkaSettings settings;
  settings.brokers = {brokers_};
  return settings;
}

std::vector<std::string> MockKafka::messages(const std::string& topic) {
  const std::string path = directory_ / topic;
  process_.write_line("read " + topic + " " + path);
  const std::string answer = process_.read_line();
  std::vector<std::string> messages;
  std::ifstream file(path, std::ios::binary);
  for (u64 bytes = 0; file.read(reinterpret_cast<char*>(&bytes), sizeof bytes);) {
    messages.emplace_back(bytes, '\0');
    file.read(messages.back().data(), static_cast<std::streamsize>(bytes));
  }
  EXPECT_EQ(answer, std::to_string(messages.size()));
  return messages;
}

void MockKafka::obey(const std::string& command) {
  process_.write_line(command);
  EXPECT_EQ(process_.read_line(), "ok");
}

}  // namespace florin::test
