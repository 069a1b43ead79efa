// SPDX-License-Identifier: Apache-2.0
// Addresses.
#include "server/cli/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <utility>

namespace cairn::server {
namespace {

constexpr int kPortMax = 65535;
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr std::string_view kHttpScheme = "http://";
constexpr std::string_view kHttpsScheme = "https://";
constexpr uint8_t kLoopbackNet = 127;  // 127.0.0.0/8

Status Malformed(std::string_view text, std::string_view form) {
  return Status(ErrorCode::kBadValue,
                "'" + std::string(text) + "' is not of the form " + std::string(form));
}

}  // namespace

Result<Address> ParseAddress(std::string_view text) {
  const Status malformed = Malformed(text, "HOST:PORT");
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return malformed;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed;
  }
  Address address{std::string(host)};
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (host.empty() || port.empty() || parsed.ec != std::errc() ||
      parsed.ptr != port.data() + port.size() || address.port < 0 || address.port > kPortMax) {
    return malformed;
  }
  return address;
}

Result<ServerUrl> ParseUrl(std::string_view text) {
  const Status malformed = Malformed(text, "http://HOST:PORT or https://HOST:PORT");
  ServerUrl url;
  url.https = text.starts_with(kHttpsScheme);
  if (!url.https && !text.starts_with(kHttpScheme)) return malformed;
  std::string_view rest = text.substr((url.https ? kHttpsScheme : kHttpScheme).size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) return malformed;
  const size_t bracket = rest.rfind(']');
  const size_t after_host = bracket == std::string_view::npos ? 0 : bracket;
  std::string address(rest);
  if (!rest.empty() && rest.find(':', after_host) == std::string_view::npos) {
    address += ":" + std::to_string(url.https ? kHttpsPort : kHttpPort);
  }
  Result<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return malformed;
  url.address = std::move(parsed).value();
  return url;
}

std::string ToString(const Address& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string ToString(const ServerUrl& url) {
  return std::string(url.https ? kHttpsScheme : kHttpScheme) + ToString(url.address);
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr ipv4{};
  if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) {
    return (ntohl(ipv4.s_addr) >> 24) == kLoopbackNet;
  }
  in6_addr ipv6{};
  if (inet_pton(AF_INET6, host.c_str(), &ipv6) != 1) return false;
  return std::memcmp(&ipv6, &in6addr_loopback, sizeof(ipv6)) == 0;
}

}  // namespace cairn::server
