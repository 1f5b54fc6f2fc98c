#include "cli/log_blocks.h"

#include <cstring>

#include "base/int128.h"
#include "cli/json_writer.h"
#include "cli/value_text.h"
#include "pipeline/log_record.h"

namespace florin::cli {

namespace {

template <class Event>
Json events_of(const pipeline::RecordReader::Entry& entry) {
  Json events = Json::array();
  for (u32 index = 0; index < entry.record.event_count; ++index) {
    Event event;
    std::memcpy(&event, entry.events + index * sizeof(Event), sizeof(Event));
    events.push_back(Json::parse(to_json(event)));
  }
  return events;
}

Json events_of(const pipeline::RecordReader::Entry& entry) {
  using ledger::Operation;
  const auto operation = static_cast<Operation>(entry.record.operation);
  if (operation == Operation::CreateAccounts) return events_of<ledger::Account>(entry);
  if (operation == Operation::CreateTransfers) return events_of<ledger::Transfer>(entry);
  if (operation == Operation::UpdateAccounts) return events_of<ledger::AccountUpdate>(entry);
  return Json::array();  // Of a tick.
}

Json request_to_json(const pipeline::RecordReader::Entry& entry) {
  const pipeline::RequestRecord& record = entry.record;
  return {{"first_position", record.position_before + 1},
          {"last_position", record.position_before + record.event_count},
          {"request", ledger::name(static_cast<ledger::Operation>(record.operation))},
          {"timestamp", std::to_string(record.timestamp)},
          {"time", time_text(Timestamp{record.timestamp})},
          {"principal", record.principal},
          {"trace_id", florin::to_decimal(record.trace_id)},
          {"conditions", record.condition_count},
          {"events", events_of(entry)}};
}

}  // namespace

Json block_to_json(const wal::Block& block) {
  const wal::BlockHeader& header = block.header;
  return {{"block", header.sequence},
          {"segment", header.segment},
          {"offset", header.offset},
          {"position_before", header.position_before},
          {"events", header.event_count},
          {"body_bytes", header.body_bytes},
          {"time", time_text(Timestamp{header.timestamp})},
          {"generation", header.generation},
          {"durable_block", header.durable_sequence},
          {"chain", florin::to_decimal(header.header_checksum)}};
}

std::string render_blocks(const std::vector<Json>& blocks, Colour colour) {
  Table table({{"block", Align::Right},
               {"segment", Align::Right},
               {"offset", Align::Right},
               {"after position", Align::Right},
               {"events", Align::Right},
               {"bytes", Align::Right},
               {"durable block", Align::Right},
               {"generation", Align::Right},
               {"time (UTC)"}});
  const auto number = [](const Json& value) { return with_thousands(u128{value.get<u64>()}); };
  for (const Json& block : blocks) {
    table.add({number(block["block"]), number(block["segment"]), number(block["offset"]),
               number(block["position_before"]), number(block["events"]),
               number(block["body_bytes"]), number(block["durable_block"]),
               number(block["generation"]), block["time"].get<std::string>()});
  }
  return table.render(colour);
}

std::vector<Json> requests_of(const wal::Block& block) {
  std::vector<Json> requests;
  pipeline::RecordReader reader(block.body);
  while (true) {
    const auto entry = reader.next();
    if (!entry || !entry->has_value()) return requests;
    requests.push_back(request_to_json(**entry));
  }
}

}  // namespace florin::cli
