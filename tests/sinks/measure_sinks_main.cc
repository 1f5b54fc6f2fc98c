// How many changes a second go through a sink: measure_sinks encoding|nats|accounts|kafka
// json|flatbuffers [CHANGES]. The changes stand in memory in pages, as they come out of history;
// the bus is a server of its own on this machine (accounts: of NATS, each change also to the
// subjects of its accounts), and the time is until everything is committed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "exporter/change_reader.h"
#include "sinks/change_batches.h"
#include "sinks/kafka_sink.h"
#include "sinks/nats_sink.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/mock_kafka.h"
#include "tests/sinks/nats_server.h"
#include "tests/sinks/sink_run.h"

namespace florin::test {
namespace {

constexpr u32 kPageChanges = 2'048;  // As the driver has them.
constexpr u32 kPages = 25;
constexpr u64 kCommitChanges = 100'000;
constexpr u64 kChanges = 2'000'000;

// Messages are made, and thrown away.
class NoBus final : public exporter::Sink {
 public:
  explicit NoBus(sinks::MessageForm form)
      : batches_(
            sinks::make_change_message_writer(form, kSinkLedgerId, sinks::kChangeMessageBytesMax),
            {}) {}
  Result<exporter::SinkStand> open() override { return exporter::SinkStand{}; }
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override {
    for (usize event = first; event < page.events.size(); ++event) {
      while (!batches_.add(page, event)) batches_.take();
    }
    return exporter::Delivery{page.events.size() - first, std::nullopt};
  }
  Status commit(const exporter::SinkStand& stand) override {
    batches_.take(stand);
    return {};
  }
  Status rest(Timestamp) override { return {}; }

 private:
  sinks::ChangeBatches batches_;
};

struct Bus {
  std::unique_ptr<NatsServer> nats;
  std::unique_ptr<MockKafka> kafka;
  std::unique_ptr<exporter::Sink> sink;
};

Bus make_bus(const std::string& kind, sinks::MessageForm form) {
  Bus bus;
  if (kind == "nats" || kind == "accounts") {
    bus.nats = std::make_unique<NatsServer>();
    sinks::NatsSettings settings = bus.nats->settings();
    settings.form = form;
    settings.per_account = kind == "accounts";
    bus.sink = std::make_unique<sinks::NatsSink>(settings, kSinkLedgerId);
  } else if (kind == "kafka") {
    bus.kafka = std::make_unique<MockKafka>(std::vector<std::string>{});  // Nobody reads.
    sinks::KafkaSettings settings = bus.kafka->settings();
    settings.form = form;
    bus.sink = std::make_unique<sinks::KafkaSink>(settings, kSinkLedgerId);
  } else if (kind == "encoding") {
    bus.sink = std::make_unique<NoBus>(form);
  }
  return bus;
}

std::vector<exporter::ChangePage> make_pages() {
  MemoryStore store;
  MadeChanges made(41);
  made.append_to(store, kPages * kPageChanges);
  exporter::ChangeReader reader(store);
  std::vector<exporter::ChangePage> pages;
  history::Place place;
  while (pages.size() < kPages) {
    pages.push_back(**reader.read(place, kPageChanges));
    place = pages.back().next;
  }
  return pages;
}

// The same pages again and again, each time later in the ledger.
Status deliver(std::vector<exporter::ChangePage>& pages, u64 changes, exporter::Sink& sink) {
  exporter::SinkStand stand;
  u64 uncommitted = 0;
  for (u64 done = 0, page = 0; done < changes; done += kPageChanges, ++page) {
    exporter::ChangePage& next = pages[page % pages.size()];
    const auto delivery = sink.deliver(next, 0);
    if (!delivery) return tl::unexpected<Error>(delivery.error());
    stand = {exporter::place_after(next.events.back()), exporter::place_of(next.events.back()),
             next.events.back().timestamp};
    for (ledger::ChangeEvent& event : next.events) event.position += kPages * kPageChanges;
    uncommitted += kPageChanges;
    if (uncommitted < kCommitChanges) continue;
    RETURN_IF_ERROR(sink.commit(stand));
    uncommitted = 0;
  }
  return sink.commit(stand);
}

int measure(const std::string& kind, const std::string& form, u64 changes) {
  auto pages = make_pages();
  const Bus bus =
      make_bus(kind, form == "json" ? sinks::MessageForm::Json : sinks::MessageForm::FlatBuffers);
  if (!bus.sink) return 2;
  const auto opened = bus.sink->open();
  const auto begin = std::chrono::steady_clock::now();
  const Status delivered =
      opened ? deliver(pages, changes, *bus.sink) : Status(tl::unexpected<Error>(opened.error()));
  if (!delivered) {
    std::fprintf(stderr, "%s\n", delivered.error().message.c_str());
    return 1;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%s %s: %.0f changes/s (%llu in %.2f s)\n", kind.c_str(), form.c_str(),
              static_cast<double>(changes) / seconds, static_cast<unsigned long long>(changes),
              seconds);
  return 0;
}

}  // namespace
}  // namespace florin::test

int main(int count, char** arguments) {
  if (count < 3 || count > 4) return 2;
  const florin::u64 changes =
      count == 4 ? std::strtoull(arguments[3], nullptr, 10) : florin::test::kChanges;
  return florin::test::measure(arguments[1], arguments[2], changes);
}
