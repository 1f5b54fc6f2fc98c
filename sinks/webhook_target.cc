#include "sinks/webhook_target.h"

#include <algorithm>
#include <array>
#include <mutex>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "exporter/durable_file.h"

namespace florin::sinks {

namespace {

constexpr usize kSecretBytesMin = 16;
// Of the answer, for the message of an error; the rest is read and thrown away.
constexpr usize kAnswerBytesMax = 256;
constexpr long kConnectTimeoutMsMost = 5'000;

// libcurl wants to be made ready once, before any thread uses it.
void prepare_curl() {
  static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(prepared == CURLE_OK);
}

usize keep_answer(char* bytes, usize size, usize count, void* answer) {
  auto& kept = *static_cast<std::string*>(answer);
  kept.append(bytes, std::min(size * count, kAnswerBytesMax - kept.size()));
  return size * count;
}

// What a person may read of an answer: one line of plain characters.
std::string readable(std::string answer) {
  std::ranges::replace_if(
      answer, [](unsigned char character) { return character < ' ' || character > '~'; }, ' ');
  return answer.empty() ? "nothing" : "'" + answer + "'";
}

bool may_work_later(long status) {
  constexpr long kRequestTimeout = 408;
  constexpr long kTooManyRequests = 429;
  return status < 400 || status >= 500 || status == kRequestTimeout || status == kTooManyRequests;
}

// Headers of one request.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list_); }
  void add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_, line.c_str());
    CHECK(longer != nullptr);
    list_ = longer;
  }
  curl_slist* list() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

std::string webhook_signature(std::string_view secret, u64 seconds, std::string_view body) {
  const std::string signed_text = fmt::format("{}.{}", seconds, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const auto* const made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                                reinterpret_cast<const unsigned char*>(signed_text.data()),
                                signed_text.size(), digest.data(), &size);
  CHECK(made != nullptr);
  std::string header = fmt::format("t={},v1=", seconds);
  for (unsigned int index = 0; index < size; ++index) {
    fmt::format_to(std::back_inserter(header), "{:02x}", digest[index]);
  }
  return header;
}

struct WebhookTarget::Connection {
  Connection() {
    prepare_curl();
    handle = curl_easy_init();
    CHECK(handle != nullptr);
  }
  ~Connection() { curl_easy_cleanup(handle); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode result = curl_easy_setopt(handle, option, value);
    CHECK(result == CURLE_OK);
  }

  // What is the same for every request.
  void configure(const WebhookSettings& settings) {
    set(CURLOPT_URL, settings.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, settings.url.starts_with("https://") ? "https" : "http");
    set(CURLOPT_POST, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings.ca_file.empty()) set(CURLOPT_CAINFO, settings.ca_file.c_str());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout_ms));
    set(CURLOPT_CONNECTTIMEOUT_MS,
        std::min(static_cast<long>(settings.timeout_ms), kConnectTimeoutMsMost));
    set(CURLOPT_NOSIGNAL, 1L);  // Timeouts without signals: the process has other threads.
    set(CURLOPT_WRITEFUNCTION, &keep_answer);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    set(CURLOPT_ERRORBUFFER, error.data());
  }

  CURL* handle = nullptr;
  std::string answer;
  std::array<char, CURL_ERROR_SIZE> error{};
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
  auto connection = std::make_unique<Connection>();
  connection->configure(settings);
  return std::unique_ptr<WebhookTarget>(
      new WebhookTarget(settings, std::move(secret), clock, std::move(connection)));
}

WebhookTarget::WebhookTarget(WebhookSettings settings, std::string secret, Clock& clock,
                             std::unique_ptr<Connection> connection)
    : settings_(std::move(settings)),
      secret_(std::move(secret)),
      clock_(clock),
      connection_(std::move(connection)) {}

WebhookTarget::~WebhookTarget() = default;

Status WebhookTarget::send(std::span<const Message> messages) {
  for (const Message& message : messages) {
    Status posted = post(message);
    if (posted) continue;
    const bool is_first = &message == messages.data();
    if (!is_first && posted.error().code == ErrorCode::Refused) {
      posted.error().code = ErrorCode::Io;
    }
    return posted;
  }
  return {};
}

Status WebhookTarget::post(const Message& message) {
  const u64 seconds = clock_.wall_time().ns / kNsPerSecond;
  HeaderList headers;
  headers.add("Content-Type: application/json");
  headers.add("User-Agent: florin");
  headers.add("Florin-Kind: " + message.kind);
  headers.add("Idempotency-Key: " + message.id);
  headers.add("Florin-Signature: " + webhook_signature(secret_, seconds, message.body));
  headers.add("Expect:");  // Bodies are small: sent at once, without asking first.
  connection_->answer.clear();
  connection_->error[0] = '\0';
  connection_->set(CURLOPT_HTTPHEADER, headers.list());
  connection_->set(CURLOPT_POSTFIELDS, message.body.c_str());
  connection_->set(CURLOPT_POSTFIELDSIZE, static_cast<long>(message.body.size()));
  const CURLcode result = curl_easy_perform(connection_->handle);
  return judge(message, static_cast<int>(result));
}

Status WebhookTarget::judge(const Message& message, int result) {
  if (result != CURLE_OK) {
    const std::string_view detail(connection_->error.data());
    const ErrorCode code =
        result == CURLE_OPERATION_TIMEDOUT ? ErrorCode::Timeout : ErrorCode::Disconnected;
    return fail(code, fmt::format("cannot post alert {} to {}: {}", message.id, settings_.url,
                                  detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(result))
                                                 : detail));
  }
  long status = 0;
  curl_easy_getinfo(connection_->handle, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  const bool is_redirect = status >= 300 && status < 400;
  return fail(
      may_work_later(status) ? ErrorCode::Io : ErrorCode::Refused,
      fmt::format("{} answered alert {} with status {} and {}{}", settings_.url, message.id, status,
                  readable(connection_->answer),
                  is_redirect ? "; redirects are not followed: configure the final address" : ""));
}

}  // namespace florin::sinks
