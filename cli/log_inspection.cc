#include "cli/log_inspection.h"

#include <algorithm>

#include "pipeline/log_record.h"
#include "wal/marks.h"
#include "wal/segment_directory.h"

namespace florin::cli {

namespace {

SegmentSummary& summary_of(LogInspection& inspection, u64 number) {
  const auto found = std::ranges::find(inspection.segments, number, &SegmentSummary::number);
  if (found != inspection.segments.end()) return *found;
  SegmentSummary& added = inspection.segments.emplace_back();
  added.number = number;
  return added;
}

void count(LogInspection& inspection, const wal::Block& block) {
  const wal::BlockHeader& header = block.header;
  SegmentSummary& segment = summary_of(inspection, header.segment);
  if (segment.blocks == 0) {
    segment.first_sequence = header.sequence;
    segment.first_time = Timestamp{header.timestamp};
  }
  ++segment.blocks;
  segment.last_sequence = header.sequence;
  segment.last_time = Timestamp{header.timestamp};
  segment.used_bytes = header.offset + wal::stored_bytes(header.body_bytes);
  if (header.event_count != 0) {
    if (segment.first_position == 0) segment.first_position = header.position_before + 1;
    segment.last_position = header.position_before + header.event_count;
  }
  ++inspection.blocks;
  inspection.body_bytes += header.body_bytes;
  inspection.stored_bytes += wal::stored_bytes(header.body_bytes);
}

Status count_requests(LogInspection& inspection, const wal::Block& block) {
  pipeline::RecordReader reader(block.body);
  while (true) {
    auto entry = reader.next();
    RETURN_IF_ERROR(entry);
    if (!entry->has_value()) break;
    OperationCount& counted =
        inspection.operations[static_cast<ledger::Operation>((*entry)->record.operation)];
    ++counted.requests;
    counted.events += (*entry)->record.event_count;
  }
  inspection.outcome_records += reader.outcomes().size();
  return {};
}

Status read_blocks(LogInspection& inspection, wal::Reader& reader, const BlockVisitor& visit) {
  while (true) {
    const auto block = reader.next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) return {};
    count(inspection, **block);
    RETURN_IF_ERROR(count_requests(inspection, **block));
    visit(**block);
  }
}

}  // namespace

Result<LogInspection> inspect_log(storage::Storage& storage,
                                  const storage::DataDirectory& directory, const wal::LogEnd& from,
                                  const BlockVisitor& visit) {
  LogInspection inspection;
  inspection.begin = from;
  const auto files = wal::list_segments(storage, directory.log_path());
  RETURN_IF_ERROR(files);
  for (const wal::SegmentFile& file : *files) {
    if (file.number >= from.segment)
      summary_of(inspection, file.number).size_bytes = file.size_bytes;
  }
  const auto mark = wal::read_marks(storage, directory.log_path(), directory.ledger_id());
  if (!mark) inspection.marks_damage = mark.error();
  auto reader = wal::Reader::open(storage, directory.log_path(), directory.ledger_id(),
                                  pipeline::kStateMachineVersion, from,
                                  mark ? wal::MarksUse::Required : wal::MarksUse::Ignored);
  RETURN_IF_ERROR(reader);
  const Status read = read_blocks(inspection, **reader, visit);
  if (!read) inspection.damage = read.error();
  inspection.end = (*reader)->end();
  inspection.torn_tail = (*reader)->torn_tail();
  return inspection;
}

}  // namespace florin::cli
