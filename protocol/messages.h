// The messages inside frames, as plain values: what servers and clients use instead of the code
// that the schema compiler generates from florin.fbs. Encoders append whole sealed frames to a
// buffer; decoders read the body of a verified frame in place.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "base/result.h"
#include "base/types.h"
#include "ledger/request.h"
#include "protocol/byte_buffer.h"
#include "protocol/frame.h"

namespace florin::protocol {

// What a server says of itself in answer to a ping.
// How far a system downstream is, as the server that feeds it says.
struct SinkInfo {
  std::string name;
  Position position;  // Everything before it is delivered, durably.
  u64 failures = 0;   // Since the server's start, as are the dead letters.
  u64 dead_letters = 0;
  std::string last_error;  // Empty: it is fed.
};

struct ServerInfo {
  std::string version;
  u32 protocol_version = kProtocolVersion;
  u32 partitions = 0;
  u32 workers = 0;
  std::string mode;                  // "inline", "parallel" or "auto".
  std::vector<std::string> threads;  // What each thread does.
  u64 accounts = 0;                  // Stored now.
  u64 accounts_max = 0;
  u64 transfers = 0;  // Ids decided since the beginning, wherever they are kept.
  u64 transfers_max = 0;
  u32 request_events_max = 0;
  u64 frame_bytes_max = 0;  // Of a request.
  Position durable_position;
  u128 ledger_id = 0;
  std::string storage;  // How the log is written, in words.
  u64 memory_bytes_planned = 0;
  Timestamp start_time;
  u128 durable_chain = 0;      // Of the log at durable_position; 0 = not told.
  Position snapshot_position;  // Of the newest snapshot; 0 = there is none.
  Timestamp snapshot_time;     // When it was complete, if this server took it.
  u64 snapshots_taken = 0;     // By this server since its start, as are the failures.
  u64 snapshot_failures = 0;
  bool snapshot_under_way = false;
  u64 log_first_segment = 0;  // Kept; 0 = not told.
  u64 log_last_segment = 0;   // Being written.
  Position recovered_from;    // The snapshot that this server started from; 0 = the log alone.
  u64 witness_refusals = 0;   // Clients that had seen more than this server has, or other things.
  bool history_enabled = false;       // If not, the next three are 0.
  Position history_position;          // Up to which history can be read ...
  Position history_durable_position;  // ... and is on disk: beyond it memory forgets nothing.
  u64 history_lag_ns = 0;             // How far history is behind the newest durable event.
  u64 id_window = 0;                  // How many ids of transfers memory can hold ...
  u64 ids_in_memory = 0;              // ... and holds.
  u64 window_refusals = 0;  // Requests refused since memory was full and history was behind.
  std::vector<SinkInfo> sinks;
};

// What a server has confirmed, as a client saw it: position and chain of its log. A server that
// does not have it is not the one that confirmed it, or has lost something.
struct Witness {
  Position position;
  u128 chain = 0;  // 0 = not known: only the position is compared.
};

// What the server uses.

// Bounds of what a decoder follows in a message: our own take 4 levels and 3 tables.
struct DecodeLimits {
  u32 depth_max = 8;
  u32 tables_max = 16;
  u32 events_max = ledger::kRequestEventsMax;
};

enum class RequestKind : u8 {
  Ledger,  // The ledger::Request was filled in.
  Ping,    // Answer with encode_server_info.
  TakeSnapshot,
  PresentWitness,  // The Witness was filled in.
};

// Reads the body of a verified frame. `body` must be aligned to 16. On success with Ledger, the
// fields of `request` that say what is asked are set, `events` and `conditions` pointing into
// `body`; its number, routing and answer are not touched. Conditions and filters are checked,
// events are not: they are the ledger's to refuse. A refusal is to be answered; the connection can
// go on. `witness` may be null for those who do not ask.
tl::expected<RequestKind, Refusal> decode_request(std::span<const std::byte> body,
                                                  const DecodeLimits& limits,
                                                  ledger::Request& request,
                                                  Witness* witness = nullptr);

// Appends the frame that answers the request: its answer, or its refusal as an error.
void encode_reply(const ledger::Request& request, ByteBuffer& out);
void encode_error(u64 request_number, ledger::RefusalCode code, std::string_view message,
                  ByteBuffer& out);
void encode_server_info(u64 request_number, const ServerInfo& info, ByteBuffer& out);

// What the client uses.

// What identifies a request beside its content.
struct RequestLabel {
  u64 number = 0;     // Unique among the unanswered requests of a connection.
  u128 trace_id = 0;  // Stored in the log with the request; 0 = none.
};

// What a request to create transfers may ask for beside them.
struct TransferOptions {
  // Bounds on balances after the transfers: by ascending index and side, each once.
  std::span<const ledger::Condition> conditions;
  bool dry_run = false;   // Only tell what would happen.
  bool balances = false;  // Tell the balances of both accounts after each transfer.
};

// The most bytes of transfers and conditions together that fit a frame of kRequestFrameBytesMax.
inline constexpr u64 kConditionedBytesMax = kRequestFrameBytesMax - 256;

void encode_create_accounts(RequestLabel label, std::span<const ledger::Account> events,
                            ByteBuffer& out);
void encode_create_transfers(RequestLabel label, std::span<const ledger::Transfer> events,
                             ByteBuffer& out);
void encode_create_transfers(RequestLabel label, std::span<const ledger::Transfer> events,
                             const TransferOptions& options, ByteBuffer& out);
void encode_update_accounts(RequestLabel label, std::span<const ledger::AccountUpdate> events,
                            ByteBuffer& out);
void encode_lookup_accounts(RequestLabel label, std::span<const u128> ids, ByteBuffer& out);
void encode_lookup_transfers(RequestLabel label, std::span<const u128> ids, ByteBuffer& out);
void encode_lookup_limits(RequestLabel label, std::span<const u128> ids, ByteBuffer& out);
void encode_get_trial_balance(RequestLabel label, ledger::TrialBalanceFilter filter,
                              ByteBuffer& out);
// `operation` is one that takes a filter: QueryAccounts, QueryTransfers, GetAccountChanges,
// GetAccountTransfers, GetAccountBalances, GetChangeEvents or GetStatement.
void encode_query(ledger::Operation operation, RequestLabel label,
                  const ledger::QueryFilter& filter, ByteBuffer& out);
void encode_get_balance_at(RequestLabel label, std::span<const u128> ids, Timestamp at,
                           ByteBuffer& out);
void encode_ping(RequestLabel label, ByteBuffer& out);
void encode_take_snapshot(RequestLabel label, ByteBuffer& out);
void encode_present_witness(RequestLabel label, const Witness& witness, ByteBuffer& out);

// A frame whose events are yet to be written, so that they need not be copied from elsewhere.
struct OpenRequest {
  usize frame_offset = 0;       // Of the frame in the buffer.
  std::byte* events = nullptr;  // Where they go: aligned to 16 when only frames are in the buffer.
  u64 number = 0;
};

// Appends a frame with room for `event_count` accounts, transfers, updates or ids, by operation
// (any that has them; get_balance_at is not among them, since it has a time beside its ids). Once
// they are written, and before anything else is appended, seal_request finishes it.
OpenRequest open_request(ledger::Operation operation, RequestLabel label, u32 event_count,
                         ByteBuffer& out);
void seal_request(const OpenRequest& open, ByteBuffer& out);

enum class ReplyKind : u8 {
  Write,
  Accounts,
  Transfers,
  TrialBalance,
  ServerInfo,
  Error,
  Limits,
  AccountChanges,
  AccountBalances,
  ChangeEvents,
  Statement
};

// A decoded reply. Fields belong to the kinds that the comment names; spans point into the body.
struct Reply {
  ReplyKind kind = ReplyKind::Error;
  Position position;  // Write: of its last event. Reads: the last before it. Otherwise 0.

  ledger::Operation operation = ledger::Operation::CreateAccounts;  // Write
  Timestamp timestamp;                                              // Write: of the first event.
  u32 event_count = 0;                                              // Write
  std::span<const ledger::EventResult> exceptions;                  // Write
  // Write: one per event, or none. ChangeEvents: one per transfer.
  std::span<const ledger::TransferBalances> balances;
  // Accounts, ChangeEvents. Statement: one, or none, and then nothing else either.
  std::span<const ledger::Account> accounts;
  std::span<const ledger::Transfer> transfers;  // Transfers, ChangeEvents, Statement
  // Transfers: as many. Statement: as many, of holds; or none, of entries.
  std::span<const ledger::TransferStatus> statuses;
  std::span<const ledger::AccountLimits> limits;   // Limits
  std::span<const ledger::AccountChange> changes;  // AccountChanges, ChangeEvents
  // AccountBalances. Statement: the first two, then one for each of its entries.
  std::span<const ledger::AccountBalance> account_balances;
  std::span<const ledger::ChangeEvent> change_events;       // ChangeEvents
  std::span<const ledger::LedgerTotals> totals;             // TrialBalance
  ledger::QueryCursor next_cursor;                          // Answers to queries.
  bool more = false;                                        // Answers to queries, TrialBalance
  ServerInfo server_info;                                   // ServerInfo
  ledger::RefusalCode refusal = ledger::RefusalCode::None;  // Error
  std::string refusal_message;                              // Error
};

// Reads the body of a verified frame. `body` must be aligned to 16. Fails with Protocol when the
// body is not a reply that this version knows.
Result<Reply> decode_reply(std::span<const std::byte> body);

}  // namespace florin::protocol
