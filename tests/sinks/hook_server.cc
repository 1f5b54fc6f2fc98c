#include "tests/sinks/hook_server.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace florin::test {

namespace {

constexpr long kDaySeconds = 24 * 3600;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

Certificate make_certificate(EVP_PKEY* key, const std::string& name) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("hook"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("IP:" + name).c_str());
  CHECK(names != nullptr);
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

std::string small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

HookRequest request_of(const std::string& head) {
  HookRequest request;
  usize at = head.find("\r\n");
  request.line = head.substr(0, at);
  while (at + 2 < head.size()) {
    const usize begin = at + 2;
    at = std::min(head.find("\r\n", begin), head.size());
    const usize colon = head.find(": ", begin);
    if (colon >= at) continue;
    request.headers[small_letters(head.substr(begin, colon - begin))] =
        head.substr(colon + 2, at - colon - 2);
  }
  return request;
}

}  // namespace

struct HookServer::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ~Tls() { SSL_CTX_free(context); }
};

// One connection, from its handshake on.
class HookServer::Peer {
 public:
  Peer(HookServer& server, int descriptor)
      : server_(server), descriptor_(descriptor), ssl_(SSL_new(server.tls_->context)) {
    SSL_set_fd(ssl_, descriptor);
  }
  ~Peer() {
    SSL_free(ssl_);
    ::close(descriptor_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool greet() { return server_.wait_for(descriptor_) && SSL_accept(ssl_) == 1; }

  bool read(HookRequest& request) {
    usize head_end = 0;
    while ((head_end = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return false;
    }
    request = request_of(bytes_.substr(0, head_end));
    bytes_.erase(0, head_end + 4);
    const usize size = std::stoull(request.headers["content-length"]);
    while (bytes_.size() < size) {
      if (!read_more()) return false;
    }
    request.body = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return true;
  }

  void answer(int status) {
    const std::string text = "because";
    const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                               " Said\r\nContent-Length: " + std::to_string(text.size()) +
                               "\r\nLocation: https://127.0.0.1:1/elsewhere\r\n\r\n" + text;
    SSL_write(ssl_, answer.data(), static_cast<int>(answer.size()));
  }

  void wait_until_closed() {
    while (read_more()) {
    }
  }

 private:
  bool read_more() {
    if (SSL_pending(ssl_) == 0 && !server_.wait_for(descriptor_)) return false;
    std::array<char, 4096> piece;
    const int got = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (got <= 0) return false;
    bytes_.append(piece.data(), static_cast<usize>(got));
    return true;
  }

  HookServer& server_;
  int descriptor_;
  SSL* ssl_;
  std::string bytes_;
};

HookServer::HookServer(const std::string& certificate_path, const std::string& name)
    : tls_(std::make_unique<Tls>()) {
  const Key key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  const Certificate certificate = make_certificate(key.get(), name);
  SSL_CTX_use_certificate(tls_->context, certificate.get());
  SSL_CTX_use_PrivateKey(tls_->context, key.get());
  std::FILE* const file = std::fopen(certificate_path.c_str(), "w");
  CHECK(file != nullptr && PEM_write_X509(file, certificate.get()) == 1);
  std::fclose(file);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(::listen(listener_, 16) == 0 && ::pipe(stop_pipe_) == 0);
  socklen_t size = sizeof(address);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HookServer::~HookServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  came_.notify_all();
  ::close(stop_pipe_[1]);
  thread_.join();
  for (std::thread& peer : peers_) peer.join();
  ::close(stop_pipe_[0]);
  ::close(listener_);
}

void HookServer::answer(std::deque<int> answers) {
  const std::lock_guard lock(mutex_);
  answers_ = std::move(answers);
}

std::vector<HookRequest> HookServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HookServer::answer_after(usize requests) {
  const std::lock_guard lock(mutex_);
  answer_after_ = requests_.size() + requests;
}

// Returns how it is to be answered, when it is time to.
int HookServer::keep(HookRequest& request) {
  std::unique_lock lock(mutex_);
  int answer = 200;
  if (!answers_.empty()) {
    answer = answers_.front();
    answers_.pop_front();
  }
  request.answered = std::max(answer, 0);
  requests_.push_back(request);
  came_.notify_all();
  came_.wait(lock, [this] { return stopping_ || requests_.size() >= answer_after_; });
  return answer;
}

// Until there is something to read, or the server is stopped: then false.
bool HookServer::wait_for(int descriptor) const {
  pollfd waits[2] = {{descriptor, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0 && errno == EINTR) {
  }
  return waits[1].revents == 0;
}

void HookServer::serve() {
  while (wait_for(listener_)) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    ++connections_;
    peers_.emplace_back([this, descriptor] { serve_connection(descriptor); });
  }
}

void HookServer::serve_connection(int descriptor) {
  Peer peer(*this, descriptor);
  if (!peer.greet()) return;
  HookRequest request;
  while (peer.read(request)) {
    const int answer = keep(request);
    if (answer == kSilent) peer.wait_until_closed();
    if (answer == kSilent || answer == kCloses) return;
    peer.answer(answer);
  }
}

}  // namespace florin::test
