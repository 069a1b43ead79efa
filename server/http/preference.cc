// SPDX-License-Identifier: Apache-2.0
#include "server/http/preference.h"

#include "server/net/header_text.h"

namespace cairn::server {

Return ReturnPreference(const Request& request) {
  std::string_view list = request.Header("Prefer");
  while (!list.empty()) {
    std::string_view element = TakeElement(',', &list);
    while (!element.empty()) {
      std::string_view value = TakeElement(';', &element);
      if (!EqualsIgnoringCase(TakeElement('=', &value), "return")) continue;
      if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      if (EqualsIgnoringCase(value, "minimal")) return Return::kMinimal;
      if (EqualsIgnoringCase(value, "representation")) return Return::kRepresentation;
    }
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
