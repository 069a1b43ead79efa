// SPDX-License-Identifier: Apache-2.0
// Expressions: {"e": expression, "d": document}. Parsing and evaluation end, values are valid BSON,
// and what is computed while parsing is what would be computed later.
#include "engine/base/deadline.h"
#include "query/expression/expression.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace cairn;

constexpr int64_t kTimeMs = 1000;

/// {"v": value}, or {} when there is none.
Result<bson::Document> Evaluate(const expression::Expression& expression, bson::View document) {
  expression::Scratch scratch;
  const auto value = expression.Evaluate({document, &scratch});
  if (!value.ok()) return value.status();
  bson::Builder builder;
  if (!value->missing()) builder.Append("v", *value);
  return builder.Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = fuzz::ParseInput(data, size);
  if (!input || (*input)["e"].missing()) return 0;
  const bson::View document = fuzz::Part(*input, "d");
  base::Deadline deadline(base::Clock::System(), kTimeMs, {});
  const base::Deadline::Running running(&deadline);

  const expression::Globals globals;
  expression::Scope folding(&globals);
  const auto folded = expression::Parse((*input)["e"], &folding);
  if (!folded.ok()) return 0;
  const auto value = Evaluate(**folded, document);
  if (value.ok()) {
    fuzz::Require(bson::Validate(value->bytes(), {.bytes_max = INT32_MAX}).ok());
  }
  if (fuzz::HasName(*input, "$rand") || fuzz::HasName(*input, "$createObjectId")) return 0;
  expression::Scope plain(&globals);
  plain.set_folds(false);
  const auto unfolded = expression::Parse((*input)["e"], &plain);
  fuzz::Require(unfolded.ok());
  const auto same = Evaluate(**unfolded, document);
  if (value.ok() && same.ok()) fuzz::Require(value->bytes() == same->bytes());
  return 0;
}
