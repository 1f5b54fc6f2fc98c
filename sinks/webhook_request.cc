#include "sinks/webhook_request.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace florin::sinks {

namespace {

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

// What is the same for every message is set once.
WebhookRequest::WebhookRequest(const WebhookSettings& settings) : settings_(settings) {
  prepare_curl();
  handle_ = curl_easy_init();
  CHECK(handle_ != nullptr);
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
  set(CURLOPT_WRITEDATA, static_cast<void*>(&answer_));
  set(CURLOPT_ERRORBUFFER, error_.data());
}

WebhookRequest::~WebhookRequest() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

template <class Value>
void WebhookRequest::set(CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(handle_, option, value);
  CHECK(result == CURLE_OK);
}

void WebhookRequest::prepare(const Message& message, std::string_view secret, u64 seconds) {
  id_ = message.id;
  answer_.clear();
  error_[0] = '\0';
  set_headers(message, secret, seconds);
  set(CURLOPT_POSTFIELDS, message.body.c_str());
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(message.body.size()));
}

void WebhookRequest::set_headers(const Message& message, std::string_view secret, u64 seconds) {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  add_header("Content-Type: application/json");
  add_header("User-Agent: florin");
  add_header("Florin-Kind: " + message.kind);
  add_header("Idempotency-Key: " + message.id);
  add_header("Florin-Signature: " + webhook_signature(secret, seconds, message.body));
  add_header("Expect:");  // Bodies are small: sent at once, without asking first.
  set(CURLOPT_HTTPHEADER, headers_);
}

void WebhookRequest::add_header(const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers_, line.c_str());
  CHECK(longer != nullptr);
  headers_ = longer;
}

Status WebhookRequest::judge(CURLcode result) const {
  if (result != CURLE_OK) {
    const std::string_view detail(error_.data());
    const ErrorCode code =
        result == CURLE_OPERATION_TIMEDOUT ? ErrorCode::Timeout : ErrorCode::Disconnected;
    return fail(code, fmt::format("cannot post alert {} to {}: {}", id_, settings_.url,
                                  detail.empty() ? curl_easy_strerror(result) : detail));
  }
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  const bool is_redirect = status >= 300 && status < 400;
  return fail(
      may_work_later(status) ? ErrorCode::Io : ErrorCode::Refused,
      fmt::format("{} answered alert {} with status {} and {}{}", settings_.url, id_, status,
                  readable(answer_),
                  is_redirect ? "; redirects are not followed: configure the final address" : ""));
}

}  // namespace florin::sinks
