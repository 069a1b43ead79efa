// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4) with padding. Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace cairn::bson {

void AppendBase64(std::string_view bytes, std::string* out);

/// Appends the decoded bytes; false, with `out` in any state, when `text` is not padded base64.
[[nodiscard]] bool DecodeBase64(std::string_view text, std::string* out);

}  // namespace cairn::bson
