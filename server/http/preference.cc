// SPDX-License-Identifier: Apache-2.0
#include "server/http/preference.h"

#include <strings.h>

#include <algorithm>

namespace cairn::server {
namespace {

bool Is(std::string_view text, std::string_view wanted) {
  return text.size() == wanted.size() &&
         strncasecmp(text.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace

Return ReturnPreference(const Request& request) {
  std::string_view list = request.Header("Prefer");
  while (!list.empty()) {
    const size_t end = std::min(list.find_first_of(",;"), list.size());
    std::string_view preference = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (preference.starts_with(' ')) preference.remove_prefix(1);
    while (preference.ends_with(' ')) preference.remove_suffix(1);
    if (Is(preference, "return=minimal")) return Return::kMinimal;
    if (Is(preference, "return=representation")) return Return::kRepresentation;
  }
  return Return::kUnsaid;
}

void Apply(Return preference, Reply* reply) {
  if (preference == Return::kUnsaid) return;
  if (preference == Return::kRepresentation) {
    reply->headers.emplace_back("Preference-Applied", "return=representation");
    return;
  }
  reply->headers.emplace_back("Preference-Applied", "return=minimal");
  reply->body.clear();
  if (reply->status == 200) reply->status = 204;
}

}  // namespace cairn::server
