#include "sinks/webhook_target.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/check.h"
#include "exporter/durable_file.h"
#include "sinks/webhook_request.h"

namespace florin::sinks {

namespace {

constexpr usize kSecretBytesMin = 16;
// How long libcurl is waited for before it is asked again; its own timeouts come earlier.
constexpr int kPollMsMost = 1'000;

// The messages of one call: which of them may go, and what became of them.
class Round {
 public:
  explicit Round(std::span<const Message> messages)
      : messages_(messages), states_(messages.size(), State::Waits) {}

  // The next one that may be sent: begun with this. Nothing: others must be answered first, or all
  // were sent, or one failed.
  const Message* begin_next() {
    if (failed_) return nullptr;
    for (usize index = 0; index < messages_.size(); ++index) {
      if (states_[index] != State::Waits || comes_behind_its_key(index)) continue;
      states_[index] = State::InFlight;
      return &messages_[index];
    }
    return nullptr;
  }

  void taken(const Message& message) { states_[index_of(message)] = State::Taken; }
  void failed(const Message& message, Error error) {
    const usize index = index_of(message);
    if (failed_ && *failed_ < index) return;
    failed_ = index;
    error_ = std::move(error);
  }

  Status result() const {
    if (!failed_) return {};
    Error error = error_;
    if (*failed_ != 0 && error.code == ErrorCode::Refused) error.code = ErrorCode::Io;
    return tl::unexpected<Error>(std::move(error));
  }

 private:
  enum class State : u8 { Waits, InFlight, Taken };

  usize index_of(const Message& message) const {
    return static_cast<usize>(&message - messages_.data());
  }
  bool comes_behind_its_key(usize index) const {
    for (usize before = 0; before < index; ++before) {
      if (states_[before] != State::Taken && messages_[before].key == messages_[index].key) {
        return true;
      }
    }
    return false;
  }

  const std::span<const Message> messages_;
  std::vector<State> states_;
  std::optional<usize> failed_;  // The foremost.
  Error error_{};                // Of it.
};

}  // namespace

// The requests that can be in flight together, and the connections they share.
class WebhookTarget::Wire {
 public:
  explicit Wire(const WebhookSettings& settings) : settings_(settings) {
    lanes_.resize(settings.in_flight_max);
    for (Lane& lane : lanes_) lane.request = std::make_unique<WebhookRequest>(settings_);
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    CHECK(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(lanes_.size())) ==
          CURLM_OK);
  }
  ~Wire() {
    lanes_.clear();
    curl_multi_cleanup(multi_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Begins what may go, as far as there is room. False: nothing is in flight. Io, as the next one
  // too: libcurl lacks memory, or cannot wait; what is in flight is to be given up.
  Result<bool> begin(Round& round, std::string_view secret, u64 seconds) {
    bool in_flight = false;
    for (Lane& lane : lanes_) {
      if (lane.message == nullptr) {
        lane.message = round.begin_next();
        if (lane.message == nullptr) continue;
        lane.request->prepare(*lane.message, secret, seconds);
        RETURN_IF_ERROR(done(curl_multi_add_handle(multi_, lane.request->handle())));
      }
      in_flight = true;
    }
    return in_flight;
  }

  // Waits until something was answered, or for a while.
  Status go_on(Round& round) {
    int running = 0;
    RETURN_IF_ERROR(done(curl_multi_perform(multi_, &running)));
    bool is_done = false;
    int left = 0;
    while (const CURLMsg* const told = curl_multi_info_read(multi_, &left)) {
      if (told->msg != CURLMSG_DONE) continue;
      is_done = true;
      finish(lane_of(told->easy_handle), told->data.result, round);
    }
    return is_done ? Status() : done(curl_multi_poll(multi_, nullptr, 0, kPollMsMost, nullptr));
  }

  // What is in flight has no answer any more.
  void give_up() {
    for (Lane& lane : lanes_) {
      if (lane.message != nullptr) end(lane);
    }
  }

 private:
  struct Lane {
    std::unique_ptr<WebhookRequest> request;
    const Message* message = nullptr;  // In flight.
  };

  static Status done(CURLMcode result) {
    if (result == CURLM_OK) return {};
    return fail(ErrorCode::Io, std::string("libcurl: ") + curl_multi_strerror(result));
  }

  // A handle that was not added yet may be removed as well.
  void end(Lane& lane) {
    CHECK(curl_multi_remove_handle(multi_, lane.request->handle()) == CURLM_OK);
    lane.message = nullptr;
  }

  Lane& lane_of(const CURL* handle) {
    const auto found = std::ranges::find_if(
        lanes_, [handle](const Lane& lane) { return lane.request->handle() == handle; });
    CHECK(found != lanes_.end());
    return *found;
  }

  void finish(Lane& lane, CURLcode result, Round& round) {
    Status judged = lane.request->judge(result);
    if (judged) {
      round.taken(*lane.message);
    } else {
      round.failed(*lane.message, std::move(judged).error());
    }
    end(lane);
  }

  const WebhookSettings settings_;
  std::vector<Lane> lanes_;
  CURLM* multi_;
};

Result<std::unique_ptr<WebhookTarget>> WebhookTarget::open(const WebhookSettings& settings,
                                                           Clock& clock) {
  auto content = exporter::read_whole_file(settings.secret_file);
  if (!content) return tl::unexpected<Error>(std::move(content).error());
  if (!*content) {
    return fail(ErrorCode::NotFound, "there is no file " + settings.secret_file +
                                         "; expected the secret that signs what is posted to " +
                                         settings.url);
  }
  std::string secret = std::move(**content);
  secret.resize(secret.find_last_not_of("\r\n") + 1);
  if (secret.size() < kSecretBytesMin) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the secret in {} has {} bytes; expected at least {}, such as from "
                            "'openssl rand -hex 32'",
                            settings.secret_file, secret.size(), kSecretBytesMin));
  }
  return std::unique_ptr<WebhookTarget>(
      new WebhookTarget(std::move(secret), clock, std::make_unique<Wire>(settings)));
}

WebhookTarget::WebhookTarget(std::string secret, Clock& clock, std::unique_ptr<Wire> wire)
    : secret_(std::move(secret)), clock_(clock), wire_(std::move(wire)) {}

WebhookTarget::~WebhookTarget() = default;

Status WebhookTarget::send(std::span<const Message> messages) {
  Round round(messages);
  for (;;) {
    const auto begun = wire_->begin(round, secret_, clock_.wall_time().ns / kNsPerSecond);
    if (begun && !*begun) return round.result();
    const Status gone_on = begun ? wire_->go_on(round) : tl::unexpected<Error>(begun.error());
    if (gone_on) continue;
    wire_->give_up();
    return gone_on;
  }
}

}  // namespace florin::sinks
