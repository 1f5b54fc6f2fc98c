// A program with one sink, for tests to kill: sink_process nats|kafka ADDRESS json|flatbuffers SEED
// CHANGES. It delivers the changes of the seed from wherever the sink stands, says "committed" on a
// line of its own after each commit, and "done" in the end.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "sinks/kafka_sink.h"
#include "sinks/nats_sink.h"
#include "tests/sinks/sink_run.h"
#include "tests/sinks/small_messages.h"

namespace {

using namespace florin;

std::unique_ptr<exporter::Sink> make_sink(const std::string& kind, const std::string& address,
                                          sinks::MessageForm form) {
  if (kind == "nats") {
    sinks::NatsSettings settings;
    settings.servers = {address};
    settings.form = form;
    settings.per_account = true;
    return std::make_unique<sinks::NatsSink>(settings, test::kSinkLedgerId,
                                             test::kSmallMessageBytes);
  }
  sinks::KafkaSettings settings;
  settings.brokers = {address};
  settings.form = form;
  return std::make_unique<sinks::KafkaSink>(settings, test::kSinkLedgerId,
                                            test::kSmallMessageBytes);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto form = arguments[3] == std::string("json") ? sinks::MessageForm::Json
                                                        : sinks::MessageForm::FlatBuffers;
  test::MemoryStore store;
  test::MadeChanges made(std::strtoull(arguments[4], nullptr, 10));
  made.append_to(store, static_cast<u32>(std::strtoul(arguments[5], nullptr, 10)));
  const auto sink = make_sink(arguments[1], arguments[2], form);
  test::SinkRun run(*sink, store);
  history::Place told;
  const bool delivered = run.deliver_all([&] {
    if (run.committed() == told) return;
    told = run.committed();
    std::puts("committed");
    std::fflush(stdout);
  });
  std::puts(delivered ? "done" : "failed");
  std::fflush(stdout);
  return delivered ? 0 : 1;
}
