// SPDX-License-Identifier: Apache-2.0
#include "server/http/preference.h"

#include "server/net/header_text.h"

namespace cairn::server {

Return ReturnPreference(const Request& request) {
  std::string_view list = request.Header("Prefer");
  while (!list.empty()) {
    std::string_view element = TakeElement(',', &list);
    while (!element.empty()) {
      const std::string_view preference = TakeElement(';', &element);
      for (const char* const minimal : {"return=minimal", "return=\"minimal\""}) {
        if (EqualsIgnoringCase(preference, minimal)) return Return::kMinimal;
      }
      for (const char* const whole : {"return=representation", "return=\"representation\""}) {
        if (EqualsIgnoringCase(preference, whole)) return Return::kRepresentation;
      }
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
