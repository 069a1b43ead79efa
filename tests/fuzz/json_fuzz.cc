// SPDX-License-Identifier: Apache-2.0
// JSON to BSON and back: what is parsed is valid, and is the same after canonical JSON.
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = fuzz::ParseInput(data, size);
  if (parsed) {
    fuzz::Require(bson::Document::FromBytes(std::string(parsed->bytes())).ok());
    const std::string text = json::ToJson(*parsed, json::Format::kCanonical);
    const auto again = json::Parse(text);
    fuzz::Require(again.ok() && again->bytes() == parsed->bytes());
    for (const json::Format format : {json::Format::kRelaxed, json::Format::kPlain}) {
      fuzz::Require(json::Parse(json::ToJson(*parsed, format)).status().code() !=
                    ErrorCode::kInternalError);
    }
  }
  // The same bytes as BSON: refused, or readable to the end.
  const auto document = bson::Document::FromBytes(std::string(bytes));
  if (document.ok()) fuzz::Require(!json::ToJson(*document, json::Format::kCanonical).empty());
  return 0;
}
