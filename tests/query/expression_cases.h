// SPDX-License-Identifier: Apache-2.0
// Expressions in tests: tables of what they give on a document, and of their errors.
#pragma once

#include <span>
#include <string>

#include "query/expression/expression.h"
#include "tests/query/documents.h"

namespace cairn {

struct ValueCase {
  const char* expression;
  const char* value;  ///< Null: missing.
};

struct ErrorCase {
  const char* expression;
  ErrorCode code;
};

/// {"e": value} on `document`, or {} for a missing value.
inline Result<bson::Document> EvaluateOn(const std::string& document,
                                         const std::string& expression) {
  const bson::Document source = Doc(R"({"e":)" + expression + "}");
  auto parsed = expression::Parse(source["e"], expression::Globals());
  if (!parsed.ok()) return parsed.status();
  const bson::Document root = Doc(document);
  expression::Scratch scratch;
  auto value = (*parsed)->Evaluate({root, &scratch});
  if (!value.ok()) return value.status();
  bson::Builder builder;
  if (!value->missing()) builder.Append("e", *value);
  return builder.Finish();
}

inline void ExpectValue(const std::string& document, const ValueCase& c) {
  const auto made = EvaluateOn(document, c.expression);
  ASSERT_TRUE(made.ok()) << c.expression << ": " << made.status().ToString();
  const bson::Document expected =
      c.value == nullptr ? bson::Document() : Doc(std::string(R"({"e":)") + c.value + "}");
  EXPECT_EQ(Text(*made), Text(expected)) << c.expression;
}

inline void ExpectError(const std::string& document, const ErrorCase& c) {
  EXPECT_EQ(EvaluateOn(document, c.expression).status().code(), c.code) << c.expression;
}

}  // namespace cairn
