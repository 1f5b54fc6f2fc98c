// The systems downstream of a server: files, databases, message buses, alerts. Each is driven by a
// thread of its own, from its own place in history: one that fails or is slow holds nobody else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alerts/alert_sink.h"
#include "alerts/rule.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/result.h"
#include "base/types.h"
#include "cli/service_options.h"
#include "exporter/sink.h"
#include "exporter/sink_driver.h"
#include "history/store.h"
#include "pipeline/thread_group.h"
#include "protocol/messages.h"
#include "sinks/sink_settings.h"
#include "storage/data_directory.h"

namespace florin::cli {

// Where in a data directory the sinks of a server keep what they need, and their dead letters.
inline std::string sink_state_path(const std::string& data) { return data + "/sinks"; }
inline std::string sink_letters_path(const std::string& data) {
  return sink_state_path(data) + "/dead-letters";
}
inline std::string alert_state_path(const std::string& data) {
  return sink_state_path(data) + "/alerts";
}

// Belongs to the core thread.
class SinkParts {
 public:
  explicit SinkParts(Clock& clock) : clock_(clock) {}
  ~SinkParts();

  // Makes what the options ask for. What is wrong with a directory or a file of settings is told
  // here, at the start, and not in the middle of the night; a database that cannot be reached now
  // is tried again later. The store outlives this.
  Status open(const ServiceOptions& options, const storage::DataDirectory& directory,
              history::Store& store);
  // After recovery, up to `end`: refuses exports that go further than the ledger.
  Status check_exported(Position end) const;
  void start_threads(pipeline::ThreadGroup& threads, int niceness);
  std::vector<std::string> thread_names() const;

  // Whether all is delivered; asks for it at the first call.
  bool finish();

  // Any thread.
  std::vector<protocol::SinkInfo> describe() const;

 private:
  struct Running {
    std::string name;
    std::string what;  // "writes files", for people.
    std::unique_ptr<exporter::Sink> sink;
    std::unique_ptr<exporter::SinkDriver> driver;
    std::unique_ptr<Doorbell> bell = std::make_unique<Doorbell>();
    std::unique_ptr<pipeline::Parker> parker;
  };

  Status open_files(const ServiceOptions& options, const storage::DataDirectory& directory,
                    history::Store& store);
  Status open_settings(const ServiceOptions& options, const storage::DataDirectory& directory,
                       history::Store& store);
  Status open_alerts(alerts::AlertSettings rules, const std::vector<sinks::SinkSettings>& found,
                     const storage::DataDirectory& directory, history::Store& store);
  void add(exporter::SinkDriverOptions driver, std::string what,
           std::unique_ptr<exporter::Sink> sink, history::Store& store);

  Clock& clock_;
  std::string export_directory_;
  history::Place exported_;  // Into files, at the start: up to there.
  std::vector<Running> running_;
  // Of alerts, by target.
  std::vector<std::string> alert_targets_;
  std::vector<alerts::AlertSender*> senders_;
  std::vector<std::unique_ptr<Doorbell>> sender_bells_;
  std::vector<std::unique_ptr<pipeline::Parker>> sender_parkers_;
  bool finishing_ = false;
};

}  // namespace florin::cli
