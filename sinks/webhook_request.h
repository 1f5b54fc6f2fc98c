// One message on its way to an HTTPS address: a signed POST, and what its answer means. Used again
// for the next message, over the same connection where it can be.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "base/result.h"
#include "base/types.h"
#include "sinks/message_target.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

// The value of the header Florin-Signature: "t=SECONDS,v1=HEX", where HEX is HMAC-SHA256, keyed
// with the secret, over SECONDS, a point and the body.
std::string webhook_signature(std::string_view secret, u64 seconds, std::string_view body);

// Belongs to one thread, and stays where it is: libcurl writes into it. `settings` outlive it.
class WebhookRequest {
 public:
  explicit WebhookRequest(const WebhookSettings& settings);
  ~WebhookRequest();
  WebhookRequest(const WebhookRequest&) = delete;
  WebhookRequest& operator=(const WebhookRequest&) = delete;

  // Makes it a POST of this message, which outlives the answer; libcurl performs it (`handle`).
  void prepare(const Message& message, std::string_view secret, u64 seconds);
  CURL* handle() const { return handle_; }

  // What became of it, by the result that libcurl has. Taken is what was answered with 200 to 299;
  // Refused: 400 to 499, but for 408 and 429. Everything else may work later: Timeout,
  // Disconnected, and Io for any other status.
  Status judge(CURLcode result) const;

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_headers(const Message& message, std::string_view secret, u64 seconds);
  void add_header(const std::string& line);

  const WebhookSettings& settings_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  std::string id_;      // Of the message.
  std::string answer_;  // Its beginning.
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace florin::sinks
