// SPDX-License-Identifier: Apache-2.0
// The HTTP client of the command-line tools.
#include "server/cli/command_client.h"

#include <httplib.h>

#include <exception>
#include <utility>

#include "cairn/json.h"

namespace cairn::server {
namespace {

constexpr int kConnectSeconds = 10;

// A batch of 16 MB as BSON is a good deal longer as text, and lies three levels deep in its reply.
constexpr json::ParseLimits kReplyLimits = {
    .bytes_max = size_t{512} << 20,
    .document_bytes_max = bson::kMaxMessageBytes,
    .depth_max = bson::kMaxDepth + 8,
};

std::string PercentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

bool IsOne(bson::Value ok) {
  switch (ok.type()) {
    case bson::Type::kDouble:
      return ok.AsDouble() == 1;
    case bson::Type::kInt32:
      return ok.AsInt32() == 1;
    case bson::Type::kInt64:
      return ok.AsInt64() == 1;
    default:
      return ok.type() == bson::Type::kBool && ok.AsBool();
  }
}

std::string TextOf(const bson::Document& reply, std::string_view name) {
  const bson::Value value = reply[name];
  return value.type() == bson::Type::kString ? std::string(value.AsString()) : std::string();
}

// The reply, or the error that it reports: a command's own, or a refusal before any command ran.
Result<bson::Document> Judge(int http_status, bson::Document reply) {
  if (IsOne(reply["ok"])) return reply;
  std::string message = TextOf(reply, "errmsg");
  if (message.empty()) message = TextOf(reply, "detail");
  if (message.empty()) message = TextOf(reply, "title");
  if (message.empty()) message = "the server answered with status " + std::to_string(http_status);
  ErrorCode code = ErrorCode::kUnknownError;
  const bson::Value number = reply["code"];
  if (number.type() == bson::Type::kInt32 && number.AsInt32() != 0) {
    code = static_cast<ErrorCode>(number.AsInt32());
  }
  return Status(code, std::move(message));
}

}  // namespace

std::string InWords(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect; is the server running?";
    case httplib::Error::ConnectionTimeout:
      return "it does not take the connection";
    case httplib::Error::Read:
      return "the connection ended, or the time was up, before the reply";
    case httplib::Error::Write:
      return "the connection ended while the request was sent";
    case httplib::Error::SSLConnection:
      return "no TLS connection came about; is it an http:// server?";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates to check it against cannot be read";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not to be trusted, or is for another name";
    default:
      return httplib::to_string(error);
  }
}

class CommandClient::Connection {
 public:
  Connection(const ServerUrl& server, std::chrono::seconds reply_time)
      : url_(ToString(server)), made_(Make(server)), client_(*made_) {
    client_.set_tcp_nodelay(true);
    client_.set_keep_alive(true);
    client_.set_connection_timeout(kConnectSeconds);
    client_.set_read_timeout(reply_time);
    client_.set_write_timeout(reply_time);
  }

  Result<bson::Document> Post(std::string_view database, const std::string& command) {
    const httplib::Headers headers = {{"Accept", "application/ejson"}};
    const httplib::Result result = client_.Post("/v1/" + PercentEncoded(database) + "/_command",
                                                headers, command, "application/ejson");
    if (!result) {
      return Status(ErrorCode::kHostUnreachable,
                    "no answer from " + url_ + ": " + InWords(result.error()));
    }
    Result<bson::Document> reply = json::Parse(result->body, kReplyLimits);
    if (!reply.ok()) {
      return Status(ErrorCode::kUnknownError, url_ + " answered with status " +
                                                  std::to_string(result->status) +
                                                  " and no Extended JSON: is it a Cairn server?");
    }
    return Judge(result->status, std::move(reply).value());
  }

 private:
  static std::unique_ptr<httplib::ClientImpl> Make(const ServerUrl& server) {
    const auto& [host, port] = server.address;
    if (!server.https) return std::make_unique<httplib::ClientImpl>(host, port);
    auto client = std::make_unique<httplib::SSLClient>(host, port);
    client->enable_server_certificate_verification(server.verify);
    if (!server.ca_file.empty()) client->set_ca_cert_path(server.ca_file);
    return client;
  }

  const std::string url_;
  const std::unique_ptr<httplib::ClientImpl> made_;
  httplib::ClientImpl& client_;
};

CommandClient::CommandClient(const ServerUrl& server, std::chrono::seconds reply_time)
    : connection_(std::make_unique<Connection>(server, reply_time)) {}
CommandClient::CommandClient(CommandClient&&) noexcept = default;
CommandClient& CommandClient::operator=(CommandClient&&) noexcept = default;
CommandClient::~CommandClient() = default;

Result<bson::Document> CommandClient::Run(std::string_view database, const std::string& command) {
  try {
    return connection_->Post(database, command);
  } catch (const std::exception& error) {
    return Status(ErrorCode::kHostUnreachable,
                  std::string("the connection failed: ") + error.what());
  }
}

}  // namespace cairn::server
