#include "cli/server_items.h"

#include "base/int128.h"
#include "cli/value_text.h"
#include "cli/witness_file.h"

namespace florin::cli {

namespace {

using protocol::ServerInfo;

class Items {
 public:
  void text(std::string name, std::string value) { add(std::move(name), std::move(value)); }
  // Of 64 bits: JSON has it in quotes.
  void wide(std::string name, u64 value) { add(std::move(name), std::to_string(value)); }
  void number(std::string name, u32 value) {
    add(std::move(name), std::to_string(value), InfoItem::Form::Number);
  }
  void truth(std::string name, bool value) {
    add(std::move(name), value ? "true" : "false", InfoItem::Form::Truth);
  }
  void time(std::string name, Timestamp value) {
    add(std::move(name), value.ns == 0 ? "none" : time_text(value) + " UTC");
  }
  std::vector<InfoItem> take() { return std::move(items_); }

 private:
  void add(std::string name, std::string value, InfoItem::Form form = InfoItem::Form::Text) {
    items_.push_back({std::move(name), std::move(value), form});
  }

  std::vector<InfoItem> items_;
};

void add_snapshots(const ServerInfo& info, Items& items) {
  items.wide("snapshot_position", info.snapshot_position.value);
  items.time("snapshot_time", info.snapshot_time);
  items.wide("snapshots_taken", info.snapshots_taken);
  items.wide("snapshot_failures", info.snapshot_failures);
  items.truth("snapshot_under_way", info.snapshot_under_way);
}

void add_history(const ServerInfo& info, Items& items) {
  items.wide("id_window", info.id_window);
  items.wide("ids_in_memory", info.ids_in_memory);
  items.wide("window_refusals", info.window_refusals);
  items.truth("history", info.history_enabled);
  if (!info.history_enabled) return;
  items.wide("history_position", info.history_position.value);
  items.wide("history_durable_position", info.history_durable_position.value);
  items.wide("history_lag_ns", info.history_lag_ns);
}

void add_sinks(const ServerInfo& info, Items& items) {
  for (const protocol::SinkInfo& sink : info.sinks) {
    const std::string name = "sink_" + sink.name;
    // Of what alerts are sent to there is none.
    if (sink.position.value != 0) items.wide(name + "_position", sink.position.value);
    items.wide(name + "_failures", sink.failures);
    items.wide(name + "_dead_letters", sink.dead_letters);
    if (!sink.last_error.empty()) items.text(name + "_error", sink.last_error);
  }
}

}  // namespace

std::vector<InfoItem> server_items(const ServerInfo& info) {
  std::string threads;
  for (const std::string& thread : info.threads) threads += (threads.empty() ? "" : ", ") + thread;
  Items items;
  items.text("version", info.version);
  items.number("protocol_version", info.protocol_version);
  items.text("ledger_id", florin::to_decimal(info.ledger_id));
  items.wide("durable_position", info.durable_position.value);
  items.text("durable_chain", chain_text(info.durable_chain));
  items.wide("accounts", info.accounts);
  items.wide("accounts_max", info.accounts_max);
  items.wide("transfers", info.transfers);
  items.wide("transfers_max", info.transfers_max);
  items.text("mode", info.mode);
  items.number("partitions", info.partitions);
  items.number("workers", info.workers);
  items.text("threads", threads);
  items.text("storage", info.storage);
  items.wide("memory_bytes_planned", info.memory_bytes_planned);
  items.number("request_events_max", info.request_events_max);
  items.wide("frame_bytes_max", info.frame_bytes_max);
  items.time("start_time", info.start_time);
  items.wide("recovered_from", info.recovered_from.value);
  add_snapshots(info, items);
  items.wide("log_first_segment", info.log_first_segment);
  items.wide("log_last_segment", info.log_last_segment);
  items.wide("witness_refusals", info.witness_refusals);
  add_history(info, items);
  add_sinks(info, items);
  return items.take();
}

std::vector<InfoItem> snapshot_items(const ServerInfo& info) {
  Items items;
  add_snapshots(info, items);
  items.wide("log_first_segment", info.log_first_segment);
  items.wide("log_last_segment", info.log_last_segment);
  return items.take();
}

std::vector<InfoItem> witness_items(const ServerInfo& info) {
  Items items;
  items.text("ledger_id", florin::to_decimal(info.ledger_id));
  items.wide("position", info.durable_position.value);
  items.text("chain", chain_text(info.durable_chain));
  return items.take();
}

}  // namespace florin::cli
