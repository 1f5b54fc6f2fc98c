// Streams of frames into a session, in pieces of any size. However they are cut, the same requests
// arrive and the same answers leave.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/checksum.h"
#include "base/random.h"
#include "net/session.h"
#include "tests/fuzz/target.h"
#include "tests/net/fake_ledger.h"

namespace florin::test {

namespace {

using protocol::ByteBuffer;
using protocol::FrameHeader;

constexpr u64 kFrameBytesMax = 64 * kKiB;
constexpr usize kPrefixBytes = sizeof(u64);  // Decides how the stream is cut.

net::SessionLimits small_limits() {
  net::SessionLimits limits;
  limits.requests_max = 4;
  limits.bytes_max = 256 * kKiB;
  limits.frame_bytes_max = kFrameBytesMax;
  return limits;
}

// What a session made of a stream.
struct SessionOutcome {
  std::vector<u64> requests;  // A checksum of each that arrived.
  std::vector<Bytes> frames;  // Sent, sorted: an error overtakes answers.
  friend bool operator==(const SessionOutcome&, const SessionOutcome&) = default;
};

u64 checksum_of(const ledger::Request& request) {
  Bytes said;
  put(said, request.operation);
  put(said, request.event_count);
  put(said, request.number);
  put(said, request.trace_id);
  put(said, request.dry_run);
  put(said, request.wants_balances);
  put(said, request.filter);
  const usize bytes = request.event_count * ledger::event_bytes(request.operation);
  said.insert(said.end(), request.events, request.events + bytes);
  const auto conditions = std::as_bytes(request.all_conditions());
  said.insert(said.end(), conditions.begin(), conditions.end());
  return checksum64(said);
}

class Peer {
 public:
  explicit Peer(u64 seed)
      : random_(seed),
        memory_(kFrameBytesMax),
        context_(make_context()),
        session_(context_, this) {}

  // With `whole`, as much at once as the session takes.
  SessionOutcome send(std::span<const std::byte> stream, bool whole) {
    while (!stream.empty() && !session_.finished()) {
      if (!session_.wants_read()) {
        if (!answer_all()) break;  // Nothing more will be read.
        continue;
      }
      const auto space = session_.receive_space();
      CHECK(!space.empty());
      const usize piece = whole ? ~usize{0} : 1 + random_.below(random_.chance(1, 4) ? 4000 : 40);
      const usize taken = std::min({space.size(), stream.size(), piece});
      std::memcpy(space.data(), stream.data(), taken);
      session_.received(taken);
      stream = stream.subspan(taken);
    }
    session_.peer_closed();
    while (answer_all()) {
    }
    CHECK(session_.requests_in_flight() == 0);
    CHECK(session_.output().empty());
    std::sort(outcome_.frames.begin(), outcome_.frames.end());
    return std::move(outcome_);
  }

 private:
  net::SessionContext make_context() {
    net::ServerVoice voice;
    voice.server_info = [] { return protocol::ServerInfo{}; };
    voice.take_snapshot = [] {};
    voice.check_witness = [](const protocol::Witness&) -> std::optional<protocol::Refusal> {
      return std::nullopt;
    };
    return {.memory = memory_,
            .queue = queue_,
            .channel = 0,
            .limits = small_limits(),
            .voice = std::move(voice)};
  }

  // Whether anything was answered or sent.
  bool answer_all() {
    bool any = false;
    while (ledger::Request* const request = queue_.take()) {
      outcome_.requests.push_back(checksum_of(*request));
      // Answers to listings as large as they may be would be all that this measures.
      request->filter.limit = std::min(request->filter.limit, 10u);
      request->trial_balance_filter.limit = std::min(request->trial_balance_filter.limit, 10u);
      net::answer(*request);
      session_.deliver(request);
      any = true;
    }
    while (!session_.output().empty()) {
      const auto output = session_.output();
      sent_.append(output);
      session_.sent(output.size());
      any = true;
    }
    cut_frames();
    return any;
  }

  void cut_frames() {
    usize at = 0;
    while (at < sent_.size()) {
      const auto rest = sent_.bytes().subspan(at);
      const auto header = protocol::parse_header(rest.first<protocol::kFrameHeaderBytes>(),
                                                 protocol::kReplyFrameBytesMax);
      CHECK(header);
      const auto frame = rest.first(protocol::frame_bytes(*header));
      CHECK(protocol::verify_frame(frame));
      CHECK(protocol::decode_reply(frame.subspan(protocol::kFrameHeaderBytes)));
      outcome_.frames.emplace_back(frame.begin(), frame.end());
      at += frame.size();
    }
    sent_.clear();
  }

  Random random_;
  net::FakeQueue queue_;
  net::SessionMemory memory_;
  net::SessionContext context_;
  net::Session session_;
  ByteBuffer sent_;
  SessionOutcome outcome_;
};

FuzzVerdict run_session(std::span<const std::byte> input) {
  InputReader reader(input);
  const u64 seed = reader.take<u64>();
  const SessionOutcome whole = Peer(seed).send(reader.rest(), true);
  const SessionOutcome in_pieces = Peer(seed).send(reader.rest(), false);
  CHECK(whole == in_pieces);
  return whole.requests.empty() ? FuzzVerdict::Refused : FuzzVerdict::Taken;
}

template <class Encode>
void add_seed(std::vector<Bytes>& seeds, Encode encode) {
  ByteBuffer stream;
  encode(stream);
  Bytes seed;
  put(seed, u64{seeds.size()});
  seed.insert(seed.end(), stream.bytes().begin(), stream.bytes().end());
  seeds.push_back(std::move(seed));
}

std::vector<Bytes> session_seeds() {
  std::vector<Bytes> seeds;
  const ledger::Account accounts[2] = {};
  const ledger::AccountUpdate updates[1] = {};
  const auto transfers = net::numbered_transfers(3);
  const u128 ids[] = {1, 2, 3};
  ledger::Condition conditions[2];
  conditions[0] = {.minimum = 0, .maximum = 9, .index = 0, .side = 1, .bounds = 3};
  conditions[1] = {.minimum = 0, .maximum = 9, .index = 2, .side = 2, .bounds = 1};
  ledger::QueryFilter filter;
  filter.limit = 5;
  const auto conditioned = [&](u64 number, ByteBuffer& out) {
    protocol::encode_create_transfers(
        {number, 7}, transfers, {.conditions = conditions, .dry_run = true, .balances = true}, out);
  };
  add_seed(seeds, [&](auto& out) { protocol::encode_create_accounts({1, 0}, accounts, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_create_transfers({2, 0}, transfers, out); });
  add_seed(seeds, [&](auto& out) { conditioned(3, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_update_accounts({4, 0}, updates, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_lookup_accounts({5, 0}, ids, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_lookup_transfers({6, 0}, ids, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_lookup_limits({7, 0}, ids, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_get_trial_balance({8, 0}, {0, 9}, out); });
  for (const auto operation : {ledger::Operation::QueryAccounts, ledger::Operation::QueryTransfers,
                               ledger::Operation::GetAccountChanges}) {
    add_seed(seeds, [&](auto& out) { protocol::encode_query(operation, {9, 0}, filter, out); });
  }
  for (const auto operation :
       {ledger::Operation::GetAccountTransfers, ledger::Operation::GetAccountBalances,
        ledger::Operation::GetChangeEvents}) {
    filter.account_id = 1;
    add_seed(seeds, [&](auto& out) { protocol::encode_query(operation, {9, 0}, filter, out); });
  }
  filter.timestamp_min = 1;
  filter.timestamp_max = 9;
  add_seed(seeds, [&](auto& out) {
    protocol::encode_query(ledger::Operation::GetStatement, {9, 0}, filter, out);
  });
  add_seed(seeds, [&](auto& out) {
    protocol::encode_get_balance_at({9, 0}, ids, Timestamp{5}, out);
  });
  add_seed(seeds, [&](auto& out) { protocol::encode_ping({10, 0}, out); });
  add_seed(seeds, [&](auto& out) { protocol::encode_take_snapshot({11, 0}, out); });
  add_seed(seeds, [&](auto& out) {
    protocol::encode_present_witness({12, 0}, {.position = Position{5}, .chain = 6}, out);
  });
  add_seed(seeds, [&](auto& out) {  // A whole conversation, more than may be unanswered.
    for (u64 number = 1; number < 8; ++number) {
      protocol::encode_create_transfers({number, 0}, transfers, out);
      protocol::encode_lookup_accounts({number + 100, 0}, ids, out);
      protocol::encode_ping({number + 200, 0}, out);
    }
  });
  return seeds;
}

// Walks over the stream as if it were frames, and makes them so.
void repair_stream(Bytes& input) {
  ByteBuffer frame;
  for (usize at = kPrefixBytes; at + protocol::kFrameHeaderBytes <= input.size();) {
    FrameHeader header;
    std::memcpy(&header, input.data() + at, sizeof(header));
    const u64 room = input.size() - at - protocol::kFrameHeaderBytes;
    const u64 body = std::min<u64>(header.body_bytes, room) / protocol::kFrameAlignment *
                     protocol::kFrameAlignment;
    frame.clear();
    frame.append(std::span(input).subspan(at, protocol::kFrameHeaderBytes + body));
    protocol::seal_frame(frame.bytes(), header.request_number);
    std::memcpy(input.data() + at, frame.data(), frame.size());
    at += frame.size();
  }
}

}  // namespace

const FuzzTarget kFramesTarget{"frames",  run_session, session_seeds, nullptr,
                               16 * kKiB, 20'000,      20'000};
const FuzzTarget kRequestsTarget{"requests", run_session, session_seeds, repair_stream,
                                 16 * kKiB,  30'000,      20'000};

}  // namespace florin::test
