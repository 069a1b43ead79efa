// SPDX-License-Identifier: Apache-2.0
// HOST:PORT and http:// or https:// addresses as text. Plain functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "cairn/status.h"

namespace cairn::server {

struct Address {
  std::string host;  ///< A name or a number, without the brackets of IPv6.
  int port = 0;
};

/// A server that a tool talks to, and whom it believes to be it.
struct ServerUrl {
  Address address;
  bool https = false;
  std::string ca_file{};  ///< Who may have signed its certificate; empty: whom the system trusts.
  bool verify = true;     ///< The certificate and its name.
};

/// "127.0.0.1:8585", "[::1]:0", "localhost:80". Error BadValue.
Result<Address> ParseAddress(std::string_view text);
/// "http://HOST[:PORT][/]" or "https://…". Error BadValue.
Result<ServerUrl> ParseUrl(std::string_view text);
/// As in a URL: IPv6 in brackets.
std::string ToString(const Address& address);
/// "http://HOST:PORT" or "https://HOST:PORT".
std::string ToString(const ServerUrl& url);
/// Whether only this machine can reach `host`.
bool IsLoopback(const std::string& host);

}  // namespace cairn::server
