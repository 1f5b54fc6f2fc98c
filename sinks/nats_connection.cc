#include "sinks/nats_connection.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/int128.h"

namespace florin::sinks {

namespace {

constexpr i64 kNatsConnectMs = 5'000;
// A server that says nothing for so long is given up.
constexpr i64 kNatsAnswerMs = 10'000;
// Small messages that wait for their answers: enough to keep the server at work, few enough for its
// buffers and ours.
constexpr u64 kNatsUnansweredMax = 4'096;
// Of the headers that we send, within what the server takes as one message.
constexpr usize kNatsHeaderBytesMax = 1'024;
constexpr usize kNatsBodyBytesLeast = 4 * kKiB;  // The largest single change is smaller.

constexpr const char* kMessageIdHeader = "Nats-Msg-Id";
constexpr const char* kAfterSequenceHeader = "Nats-Expected-Last-Subject-Sequence";

ErrorCode nats_error_code(natsStatus status) {
  if (status == NATS_TIMEOUT) return ErrorCode::Timeout;
  if (status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED) {
    return ErrorCode::PermissionDenied;
  }
  if (status == NATS_INVALID_ARG) return ErrorCode::InvalidArgument;
  return ErrorCode::Disconnected;
}

tl::unexpected<Error> nats_failure(natsStatus status, const std::string& action) {
  const char* const detail = nats_GetLastError(nullptr);
  std::string text = "NATS: cannot " + action + ": " + natsStatus_GetText(status);
  if (detail != nullptr && *detail != '\0') text += std::string(" (") + detail + ")";
  return fail(nats_error_code(status), text);
}

using OwnedNatsMessage = std::unique_ptr<natsMsg, decltype(&natsMsg_Destroy)>;
using OwnedNatsOptions = std::unique_ptr<natsOptions, decltype(&natsOptions_Destroy)>;
using OwnedStreamInfo = std::unique_ptr<jsStreamInfo, decltype(&jsStreamInfo_Destroy)>;

std::vector<std::string> subject_tokens(std::string_view subject) {
  std::vector<std::string> tokens(1);
  for (const char letter : subject) {
    if (letter == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += letter;
    }
  }
  return tokens;
}

// Whether a stream with the subject `wide` gets all that goes to `narrow`; both may have wildcards.
bool subject_covers(std::string_view wide, std::string_view narrow) {
  const auto wide_tokens = subject_tokens(wide);
  const auto narrow_tokens = subject_tokens(narrow);
  for (usize token = 0; token < wide_tokens.size(); ++token) {
    if (token == narrow_tokens.size()) return false;
    if (wide_tokens[token] == ">") return true;
    if (narrow_tokens[token] == ">") return false;
    if (wide_tokens[token] != "*" && wide_tokens[token] != narrow_tokens[token]) return false;
  }
  return wide_tokens.size() == narrow_tokens.size();
}

std::vector<std::string> subjects_of_stream(const NatsSettings& settings) {
  return {changes_subject(settings), settings.subject + ".account.*",
          settings.subject + ".alerts.>"};
}

// Whether a stream that is there will do.
Status check_stream(const jsStreamConfig& config, const NatsSettings& settings) {
  const auto subjects = subjects_of_stream(settings);
  for (const std::string& subject : subjects) {
    const bool covered =
        std::any_of(config.Subjects, config.Subjects + config.SubjectsLen,
                    [&](const char* each) { return subject_covers(each, subject); });
    if (!covered) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("NATS: the stream {} does not take the subject {}; expected one with "
                              "the subjects {}",
                              settings.stream, subject, fmt::join(subjects, ", ")));
    }
  }
  if (config.Retention != js_LimitsPolicy) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("NATS: the stream {} forgets what was read, and with it how far the "
                            "sink is; expected one with the retention 'limits'",
                            settings.stream));
  }
  return {};
}

Status set_nats_options(natsOptions& options, const NatsSettings& settings) {
  std::vector<const char*> servers;
  for (const std::string& server : settings.servers) servers.push_back(server.c_str());
  natsStatus status =
      natsOptions_SetServers(&options, servers.data(), static_cast<int>(servers.size()));
  if (status != NATS_OK) {
    return nats_failure(status, fmt::format("use the servers {}; expected nats://HOST:PORT",
                                            fmt::join(settings.servers, ", ")));
  }
  if (!settings.credentials_file.empty()) {
    status = natsOptions_SetUserCredentialsFromFiles(&options, settings.credentials_file.c_str(),
                                                     nullptr);
  }
  if (status == NATS_OK) status = natsOptions_SetTimeout(&options, kNatsConnectMs);
  if (status == NATS_OK) status = natsOptions_SetName(&options, "florin");
  // What was sent and not answered would have an unknown fate.
  if (status == NATS_OK) status = natsOptions_SetAllowReconnect(&options, false);
  if (status != NATS_OK) return nats_failure(status, "be set up");
  return {};
}

}  // namespace

std::string changes_subject(const NatsSettings& settings) { return settings.subject + ".changes"; }

std::string account_subject(const NatsSettings& settings, u128 account_id) {
  return settings.subject + ".account." + to_decimal(account_id);
}

std::string alert_subject(const NatsSettings& settings, std::string_view kind) {
  constexpr std::string_view kPrefix = "alert.";
  if (kind.starts_with(kPrefix)) kind.remove_prefix(kPrefix.size());
  return settings.subject + ".alerts." + std::string(kind);
}

NatsConnection::NatsConnection(std::string stream, std::string subject)
    : stream_(std::move(stream)), subject_(std::move(subject)) {}

NatsConnection::~NatsConnection() {
  natsSubscription_Destroy(answers_);
  jsCtx_Destroy(jetstream_);
  natsConnection_Destroy(connection_);
}

Result<std::unique_ptr<NatsConnection>> NatsConnection::open(const NatsSettings& settings) {
  std::unique_ptr<NatsConnection> connection(new NatsConnection(settings.stream, settings.subject));
  RETURN_IF_ERROR(connection->connect(settings));
  RETURN_IF_ERROR(connection->prepare_stream(settings));
  RETURN_IF_ERROR(connection->subscribe_to_answers());
  return connection;
}

Status NatsConnection::connect(const NatsSettings& settings) {
  natsOptions* raw = nullptr;
  natsStatus status = natsOptions_Create(&raw);
  const OwnedNatsOptions options(raw, &natsOptions_Destroy);
  if (status != NATS_OK) return nats_failure(status, "be set up");
  RETURN_IF_ERROR(set_nats_options(*raw, settings));
  status = natsConnection_Connect(&connection_, raw);
  if (status != NATS_OK) {
    return nats_failure(status, fmt::format("connect to {}", fmt::join(settings.servers, ", ")));
  }
  jsOptions wait;
  jsOptions_Init(&wait);
  wait.Wait = kNatsAnswerMs;
  status = natsConnection_JetStream(&jetstream_, connection_, &wait);
  if (status != NATS_OK) return nats_failure(status, "use JetStream");
  body_bytes_max_ = static_cast<usize>(natsConnection_GetMaxPayload(connection_));
  return {};
}

Status NatsConnection::prepare_stream(const NatsSettings& settings) {
  jsStreamInfo* raw = nullptr;
  jsErrCode code{};
  const natsStatus status = js_GetStreamInfo(&raw, jetstream_, stream_.c_str(), nullptr, &code);
  const OwnedStreamInfo info(raw, &jsStreamInfo_Destroy);
  if (status != NATS_OK && code == JSStreamNotFoundErr) {
    RETURN_IF_ERROR(make_stream(settings));
  } else if (status == NATS_NO_RESPONDERS) {
    return fail(ErrorCode::Unsupported,
                "NATS: the server has no JetStream; expected one that was started with -js");
  } else if (status != NATS_OK) {
    return nats_failure(status, "look at the stream " + stream_);
  } else {
    RETURN_IF_ERROR(check_stream(*info->Config, settings));
    if (const std::int32_t bytes = info->Config->MaxMsgSize; bytes > 0) {
      body_bytes_max_ = std::min(body_bytes_max_, static_cast<usize>(bytes));
    }
  }
  if (body_bytes_max_ < kNatsHeaderBytesMax + kNatsBodyBytesLeast) {
    return fail(ErrorCode::Capacity,
                fmt::format("NATS: messages may have {} bytes; expected a server and a stream that "
                            "take at least {}",
                            body_bytes_max_, kNatsHeaderBytesMax + kNatsBodyBytesLeast));
  }
  body_bytes_max_ -= kNatsHeaderBytesMax;
  return {};
}

Status NatsConnection::make_stream(const NatsSettings& settings) {
  const std::vector<std::string> subjects = subjects_of_stream(settings);
  std::vector<const char*> names;
  for (const std::string& subject : subjects) names.push_back(subject.c_str());
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = stream_.c_str();
  config.Subjects = names.data();
  config.SubjectsLen = static_cast<int>(names.size());
  config.Replicas = settings.replicas;
  const natsStatus status = js_AddStream(nullptr, jetstream_, &config, nullptr, nullptr);
  if (status != NATS_OK) {
    return nats_failure(
        status, fmt::format("make the stream {} with {} replicas", stream_, settings.replicas));
  }
  return {};
}

Status NatsConnection::subscribe_to_answers() {
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return nats_failure(status, "make an inbox");
  answer_subject_ = std::string(inbox) + ".a";
  chain_answer_subject_ = std::string(inbox) + ".c";
  const std::string all = std::string(inbox) + ".*";
  natsInbox_Destroy(inbox);
  status = natsConnection_SubscribeSync(&answers_, connection_, all.c_str());
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(answers_, -1, -1);
  if (status != NATS_OK) return nats_failure(status, "subscribe to answers");
  return {};
}

Result<StoredNatsMessage> NatsConnection::newest(const std::string& subject) {
  natsMsg* raw = nullptr;
  jsErrCode code{};
  const natsStatus status =
      js_GetLastMsg(&raw, jetstream_, stream_.c_str(), subject.c_str(), nullptr, &code);
  const OwnedNatsMessage message(raw, &natsMsg_Destroy);
  if (status != NATS_OK && code == JSNoMessageFoundErr) return StoredNatsMessage{};
  if (status != NATS_OK) return nats_failure(status, "read the newest message of " + subject);
  const auto* const body = reinterpret_cast<const std::byte*>(natsMsg_GetData(raw));
  return StoredNatsMessage{natsMsg_GetSequence(raw), {body, body + natsMsg_GetDataLength(raw)}};
}

Status NatsConnection::publish(const NatsMessage& message) {
  CHECK(message.body.size() <= body_bytes_max_);
  if (unanswered_ >= kNatsUnansweredMax) RETURN_IF_ERROR(settle(kNatsUnansweredMax / 2));
  CHECK(!message.chained || !chain_waits_);
  const std::string& answer = message.chained ? chain_answer_subject_ : answer_subject_;
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, message.subject.c_str(), answer.c_str(),
                                     reinterpret_cast<const char*>(message.body.data()),
                                     static_cast<int>(message.body.size()));
  const OwnedNatsMessage owned(raw, &natsMsg_Destroy);
  if (status == NATS_OK && !message.id.empty()) {
    status = natsMsgHeader_Set(raw, kMessageIdHeader, message.id.c_str());
  }
  if (status == NATS_OK && message.chained) {
    status = natsMsgHeader_Set(raw, kAfterSequenceHeader, std::to_string(chain_end_).c_str());
  }
  if (status == NATS_OK) status = natsConnection_PublishMsg(connection_, raw);
  if (status != NATS_OK) return nats_failure(status, "send to " + message.subject);
  chain_waits_ = chain_waits_ || message.chained;
  ++unanswered_;
  return {};
}

Status NatsConnection::settle(u64 unanswered_max) {
  while (unanswered_ > unanswered_max) {
    natsMsg* raw = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&raw, answers_, kNatsAnswerMs);
    const OwnedNatsMessage answer(raw, &natsMsg_Destroy);
    if (status != NATS_OK) return nats_failure(status, "hear that messages were stored");
    RETURN_IF_ERROR(take_answer(*raw));
    --unanswered_;
  }
  return {};
}

Status NatsConnection::take_answer(natsMsg& answer) {
  if (natsMsg_IsNoResponders(&answer)) {
    return fail(ErrorCode::Disconnected,
                "NATS: no stream takes the messages of " + subject_ + " at the moment");
  }
  const char* const text = natsMsg_GetData(&answer);
  const auto json =
      nlohmann::json::parse(text, text + natsMsg_GetDataLength(&answer), nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::Protocol, "NATS: an answer is not JSON");
  if (const auto error = json.find("error"); error != json.end()) {
    return fail(ErrorCode::Refused,
                "NATS: the stream " + stream_ + " does not take a message: " + error->dump());
  }
  const auto stream = json.find("stream");
  const auto sequence = json.find("seq");
  if (stream == json.end() || sequence == json.end() || !sequence->is_number_unsigned()) {
    return fail(ErrorCode::Protocol,
                "NATS: an answer names no stream and sequence: " + json.dump());
  }
  if (*stream != stream_) {
    return fail(ErrorCode::InvalidArgument, "NATS: messages of " + subject_ + " go to the stream " +
                                                stream->dump() + "; expected " + stream_);
  }
  if (chain_answer_subject_ == natsMsg_GetSubject(&answer)) {
    chain_end_ = sequence->get<u64>();
    chain_waits_ = false;
  }
  return {};
}

}  // namespace florin::sinks
