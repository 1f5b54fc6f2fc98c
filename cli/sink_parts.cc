#include "cli/sink_parts.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "base/random.h"
#include "cli/command_output.h"
#include "exporter/file_sink.h"
#include "settings/settings_file.h"
#include "sinks/sink_factory.h"

namespace florin::cli {

namespace {

void report_sink(const exporter::SinkEvent& event) {
  switch (event.kind) {
    case exporter::SinkEvent::Kind::Failed:
      spdlog::error("sink {}: {}; again in {:.1f} s", event.sink, event.message,
                    seconds_of(event.retry_in_ns));
      break;
    case exporter::SinkEvent::Kind::Waits:
      spdlog::warn("sink {}: {}", event.sink, event.message);
      break;
    case exporter::SinkEvent::Kind::Recovered:
    case exporter::SinkEvent::Kind::DeliveredAgain:
      spdlog::info("sink {}: {}", event.sink, event.message);
      break;
    case exporter::SinkEvent::Kind::PutAside:
      spdlog::critical("sink {}: can never be delivered: {}; put aside, see florin dead-letters",
                       event.sink, event.message);
      break;
  }
}

}  // namespace

SinkParts::~SinkParts() = default;

Status SinkParts::open(const ServiceOptions& options, const storage::DataDirectory& directory,
                       history::Store& store) {
  if (!options.export_directory.empty()) {
    RETURN_IF_ERROR(open_files(options, directory, store));
  }
  if (!options.sinks_file.empty()) RETURN_IF_ERROR(open_settings(options, directory, store));
  return {};
}

Status SinkParts::open_files(const ServiceOptions& options, const storage::DataDirectory& directory,
                             history::Store& store) {
  exporter::FileSinkOptions files;
  files.directory = options.export_directory;
  files.ledger_id = directory.ledger_id();
  files.kind =
      options.export_format == "csv" ? exporter::TextKind::Csv : exporter::TextKind::Ndjson;
  files.text_bytes_max = options.export_file_mib * kMiB;
  if (options.export_refusals) files.refusals = exporter::Refusals::Included;
  auto sink = std::make_unique<exporter::FileSink>(files);
  const auto opened = sink->open();
  if (!opened) return tl::unexpected<Error>(opened.error());
  export_directory_ = options.export_directory;
  exported_ = opened->next;
  exporter::SinkDriverOptions driver;
  driver.name = "files";
  driver.dead_letter_directory = options.export_directory + "/dead-letters";
  if (options.export_refusals) driver.filter.kinds = ledger::kChangeKindsDefined;
  add(std::move(driver), "writes files", std::move(sink), store);
  return {};
}

Status SinkParts::open_settings(const ServiceOptions& options,
                                const storage::DataDirectory& directory, history::Store& store) {
  auto file = settings::SettingsFile::open(options.sinks_file);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  const std::vector<sinks::SinkSettings> found = sinks::read_sinks(file->root());
  alerts::AlertSettings rules = alerts::read_alerts(file->root(), found);
  RETURN_IF_ERROR(file->finish());
  for (const sinks::SinkSettings& each : found) {
    if (!each.takes_changes) continue;
    exporter::SinkDriverOptions driver;
    driver.name = each.name;
    driver.dead_letter_directory = sink_letters_path(directory.path());
    driver.filter = each.filter;
    add(std::move(driver), "feeds " + std::string(sinks::kind_name(each)),
        sinks::make_sink(each, directory.ledger_id(), clock_), store);
  }
  if (rules.rules.empty()) return {};
  return open_alerts(std::move(rules), found, directory, store);
}

Status SinkParts::open_alerts(alerts::AlertSettings rules,
                              const std::vector<sinks::SinkSettings>& found,
                              const storage::DataDirectory& directory, history::Store& store) {
  const auto is_named = [&](const std::string& name) {
    return std::any_of(rules.rules.begin(), rules.rules.end(), [&](const alerts::Rule& rule) {
      return std::find(rule.sinks.begin(), rule.sinks.end(), name) != rule.sinks.end();
    });
  };
  std::vector<alerts::NamedTarget> targets;
  for (const sinks::SinkSettings& each : found) {
    if (!is_named(each.name)) continue;
    auto target = sinks::make_target(each, clock_);
    if (!target) return tl::unexpected<Error>(std::move(target).error());
    targets.push_back({each.name, std::move(*target)});
    alert_targets_.push_back(each.name);
  }
  exporter::SinkDriverOptions driver;
  driver.name = "alerts";
  driver.dead_letter_directory = sink_letters_path(directory.path());
  if (wants_refusals(rules)) driver.filter.kinds = ledger::kChangeKindsDefined;
  alerts::AlertSinkOptions options;
  options.directory = alert_state_path(directory.path());
  options.ledger_id = directory.ledger_id();
  options.settings = std::move(rules);
  auto sink = std::make_unique<alerts::AlertSink>(std::move(options), std::move(targets), clock_,
                                                  Random(entropy_seed()), report_sink);
  senders_ = sink->senders();
  add(std::move(driver), "evaluates rules", std::move(sink), store);
  return {};
}

void SinkParts::add(exporter::SinkDriverOptions driver, std::string what,
                    std::unique_ptr<exporter::Sink> sink, history::Store& store) {
  Running& running = running_.emplace_back();
  running.name = driver.name;
  running.what = std::move(what);
  running.sink = std::move(sink);
  running.driver = std::make_unique<exporter::SinkDriver>(
      std::move(driver), *running.sink, store, clock_, Random(entropy_seed()), report_sink);
}

Status SinkParts::check_exported(Position end) const {
  if (exported_.position <= end.value) return {};
  return fail(ErrorCode::InvalidArgument,
              "--export " + export_directory_ + " has changes up to position " +
                  std::to_string(exported_.position) + ", and the ledger ends at position " +
                  std::to_string(end.value) +
                  ": it was put back to an earlier moment. Export into another directory, and tell "
                  "those who read this one");
}

void SinkParts::start_threads(pipeline::ThreadGroup& threads, int niceness) {
  constexpr usize kNameBytesMax = 15;
  for (Running& running : running_) {
    running.parker = std::make_unique<pipeline::BellParker>(*running.bell);
    const std::string name = ("sink-" + running.name).substr(0, kNameBytesMax);
    threads.start({name, {running.driver.get()}, running.parker.get(), -1, 0, niceness});
  }
  for (alerts::AlertSender* sender : senders_) {
    sender_bells_.push_back(std::make_unique<Doorbell>());
    sender_parkers_.push_back(std::make_unique<pipeline::BellParker>(*sender_bells_.back()));
    threads.start({"alert-sender", {sender}, sender_parkers_.back().get(), -1, 0, niceness});
  }
}

std::vector<std::string> SinkParts::thread_names() const {
  std::vector<std::string> names;
  for (const Running& running : running_) {
    names.push_back("sink " + running.name + ": " + running.what);
  }
  return names;
}

std::vector<protocol::SinkInfo> SinkParts::describe() const {
  std::vector<protocol::SinkInfo> infos;
  for (const Running& running : running_) {
    exporter::SinkStatus status = running.driver->status();
    infos.push_back({running.name, Position{status.committed.position}, status.failures,
                     status.dead_letters, std::move(status.last_error)});
  }
  for (usize target = 0; target < senders_.size(); ++target) {
    alerts::AlertSenderStatus status = senders_[target]->status();
    infos.push_back({"alerts_to_" + alert_targets_[target], Position{}, status.failures,
                     status.dead_letters, std::move(status.last_error)});
  }
  return infos;
}

bool SinkParts::finish() {
  if (!finishing_) {
    finishing_ = true;
    for (Running& running : running_) {
      running.driver->stop();
      running.bell->ring();
    }
    for (usize target = 0; target < senders_.size(); ++target) {
      senders_[target]->stop();
      sender_bells_[target]->ring();
    }
  }
  return std::all_of(running_.begin(), running_.end(),
                     [](const Running& running) { return running.driver->stopped(); }) &&
         std::all_of(senders_.begin(), senders_.end(),
                     [](const alerts::AlertSender* sender) { return sender->stopped(); });
}

}  // namespace florin::cli
