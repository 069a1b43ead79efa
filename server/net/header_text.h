// SPDX-License-Identifier: Apache-2.0
// What values of headers are made of (RFC 9110): names without case, lists, qualities.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace cairn::server {

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
/// Without spaces and tabs at its ends.
std::string_view TrimSpace(std::string_view text);
/// Takes what stands before `separator`, or all, off the front of `list`, and trims it.
std::string_view TakeElement(char separator, std::string_view* list);
/// "text/html" of "text/html; charset=utf-8".
std::string_view MediaTypeOf(std::string_view content_type);
/// How well a list such as "gzip, br;q=0.5" likes `name`, from 0 to 1; the last one counts. Nothing
/// when it is not there; "*" is a name like others. Elements with a wrong quality are passed over.
std::optional<double> QualityOf(std::string_view name, std::string_view list);

}  // namespace cairn::server
