// SPDX-License-Identifier: Apache-2.0
// OpenSSL over sockets that never block.
#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

namespace cairn::server {
namespace {

constexpr unsigned char kProtocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// The first of OpenSSL's complaints.
std::string Complaint() {
  char text[256] = "unknown error";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

// A client that speaks HTTP/1.1 among others gets it; one that does not is refused.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocol, sizeof(kProtocol), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A key with a password would make OpenSSL ask on the terminal.
int NoPassword(char*, int, int, void*) { return 0; }

class TlsChannel final : public Channel {
 public:
  explicit TlsChannel(SSL* ssl) : ssl_(ssl) {}
  ~TlsChannel() override { SSL_free(ssl_); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  Io Handshake() override {
    ERR_clear_error();
    return Judge(SSL_do_handshake(ssl_), 0);
  }
  Io Receive(char* to, size_t size) override {
    ERR_clear_error();
    size_t got = 0;
    const int result = SSL_read_ex(ssl_, to, size, &got);
    return Judge(result, got);
  }
  Io Send(const char* from, size_t size) override {
    ERR_clear_error();
    size_t sent = 0;
    const int result = SSL_write_ex(ssl_, from, size, &sent);
    return Judge(result, sent);
  }
  void EndSending() override {
    ERR_clear_error();
    if (!broken_) SSL_shutdown(ssl_);
    shutdown(SSL_get_fd(ssl_), SHUT_WR);
  }

 private:
  Io Judge(int result, size_t bytes) {
    if (result > 0) return {Io::State::kDone, bytes};
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        return {Io::State::kAgain, 0, EPOLLIN};
      case SSL_ERROR_WANT_WRITE:
        return {Io::State::kAgain, 0, EPOLLOUT};
      case SSL_ERROR_ZERO_RETURN:
        return {Io::State::kEnd};
      default:
        ERR_clear_error();
        broken_ = true;
        return {Io::State::kBroken};
    }
  }

  SSL* const ssl_;
  bool broken_ = false;  // OpenSSL must not be asked to say goodbye then.
};

}  // namespace

Result<std::unique_ptr<Tls>> Tls::Load(std::string certificate_file, std::string key_file) {
  std::unique_ptr<Tls> tls(new Tls(std::move(certificate_file), std::move(key_file)));
  const Status loaded = tls->Reload();
  if (!loaded.ok()) return loaded;
  return tls;
}

Status Tls::Reload() {
  Result<Context> context = MakeContext();
  if (!context.ok()) return context.status();
  const std::scoped_lock lock(mutex_);
  context_ = std::move(context).value();
  return Status();
}

Result<Tls::Context> Tls::MakeContext() const {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const auto wrong = [](const std::string& what) {
    return Status(ErrorCode::kBadValue, what + ": " + Complaint());
  };
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return wrong("TLS cannot be set up");
  }
  // HTTP's own framing tells a cut message from a whole one, so that the end of the socket may
  // stand for TLS's.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context.get(), NoPassword);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file_.c_str()) != 1) {
    return wrong("the certificate " + certificate_file_ + " cannot be used");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return wrong("the key " + key_file_ + " cannot be used");
  }
  return context;
}

std::unique_ptr<Channel> Tls::Accept(int socket) {
  Context context;
  {
    const std::scoped_lock lock(mutex_);
    context = context_;
  }
  SSL* const ssl = SSL_new(context.get());
  if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1) {
    SSL_free(ssl);
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsChannel>(ssl);
}

}  // namespace cairn::server
