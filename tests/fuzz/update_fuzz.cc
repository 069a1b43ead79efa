// SPDX-License-Identifier: Apache-2.0
// Updates: {"u": update, "d": document, "a": array filters}. What an update makes is a valid
// document with the same _id, and a no-op leaves it as it was.
#include <vector>

#include "query/update/update.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const auto input = fuzz::ParseInput(data, size);
  if (!input) return 0;
  const bson::View document = fuzz::Part(*input, "d");
  const bson::View change = fuzz::Part(*input, "u");
  std::vector<bson::Document> filters;
  if ((*input)["a"].type() == bson::Type::kArray) {
    for (const bson::Element& element : (*input)["a"].AsView()) {
      if (element.value.type() == bson::Type::kDocument) {
        filters.emplace_back(element.value.AsView());
      }
    }
  }
  const auto operators = update::Update::ParseOperators(change, filters);
  const auto replacement = update::Update::ParseReplacement(change);
  for (const auto* update : {&operators, &replacement}) {
    if (!update->ok()) continue;
    const auto outcome = (*update)->Apply(document, 0);
    if (!outcome.ok()) continue;
    fuzz::Require(bson::Document::FromBytes(std::string(outcome->document.bytes())).ok());
    fuzz::Require(outcome->modified || outcome->document.bytes() == document.bytes());
    if (!document["_id"].missing()) {
      fuzz::Require(bson::Compare(outcome->document["_id"], document["_id"]) == 0);
    }
  }
  return 0;
}
