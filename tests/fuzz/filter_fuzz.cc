// SPDX-License-Identifier: Apache-2.0
// Filters: {"f": filter, "d": document}. Parsing and matching end, and a filter and its negation
// never both match.
#include "query/match/matcher.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const auto input = fuzz::ParseInput(data, size);
  if (!input) return 0;
  const bson::View filter = fuzz::Part(*input, "f");
  const bson::View document = fuzz::Part(*input, "d");
  const auto matcher = match::Matcher::Parse(filter);
  if (!matcher.ok()) return 0;
  match::MatchDetails details;
  const auto matches = matcher->Matches(document, &details);
  bson::Builder builder;
  builder.OpenArray("$nor");
  builder.AppendDocument("0", filter);
  builder.Close();
  const auto negation = match::Matcher::Parse(builder.Finish());
  if (!negation.ok() || !matches.ok()) return 0;
  const auto fails = negation->Matches(document);
  fuzz::Require(!fails.ok() || *fails != *matches);
  return 0;
}
