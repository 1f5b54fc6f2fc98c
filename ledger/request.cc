#include "ledger/request.h"

namespace florin::ledger {

std::string_view name(RefusalCode code) {
  switch (code) {
    case RefusalCode::None: return "none";
    case RefusalCode::BadFrame: return "bad_frame";
    case RefusalCode::UnsupportedVersion: return "unsupported_version";
    case RefusalCode::FrameTooLarge: return "frame_too_large";
    case RefusalCode::BadChecksum: return "bad_checksum";
    case RefusalCode::MalformedMessage: return "malformed_message";
    case RefusalCode::UnknownRequest: return "unknown_request";
    case RefusalCode::EmptyRequest: return "empty_request";
    case RefusalCode::TooManyEvents: return "too_many_events";
    case RefusalCode::InvalidCondition: return "invalid_condition";
    case RefusalCode::Capacity: return "capacity";
    case RefusalCode::Busy: return "busy";
    case RefusalCode::NoSpace: return "no_space";
    case RefusalCode::ShuttingDown: return "shutting_down";
    case RefusalCode::TooManyConnections: return "too_many_connections";
    case RefusalCode::InvalidFilter: return "invalid_filter";
    case RefusalCode::BehindWitness: return "behind_witness";
    case RefusalCode::DiffersFromWitness: return "differs_from_witness";
    case RefusalCode::HistoryOff: return "history_off";
    case RefusalCode::HistoryFailed: return "history_failed";
  }
  return "unknown";
}

void Request::clear_write_answer() {
  if (refusal != RefusalCode::None) refusal_message.clear();
  refusal = RefusalCode::None;
  position = Position{};
  timestamp = Timestamp{};
  exceptions.clear();
  balances.clear();
}

void Request::clear_answer() {
  clear_write_answer();
  accounts.clear();
  transfers.clear();
  transfer_statuses.clear();
  limits.clear();
  changes.clear();
  change_events.clear();
  account_balances.clear();
  next_cursor = QueryCursor{};
  totals.clear();
  more = false;
  needs_history = false;
}

}  // namespace florin::ledger
