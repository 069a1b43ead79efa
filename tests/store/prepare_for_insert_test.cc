// SPDX-License-Identifier: Apache-2.0
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

TEST(PrepareForInsert, Cases) {
  const struct {
    const char* document;
    ErrorCode code;
    const char* result;  // null: not compared
  } kCases[] = {
      {R"({"_id":1,"a":2})", ErrorCode::kOk, R"({"_id":1,"a":2})"},
      {R"({"a":2,"_id":1,"b":3})", ErrorCode::kOk, R"({"_id":1,"a":2,"b":3})"},
      {R"({"_id":{"a":1}})", ErrorCode::kOk, R"({"_id":{"a":1}})"},
      {R"({"_id":null})", ErrorCode::kOk, R"({"_id":null})"},
      {R"({"_id":1,"$a":1,"b.c":2,"d":{"$e":1}})", ErrorCode::kOk,
       R"({"_id":1,"$a":1,"b.c":2,"d":{"$e":1}})"},
      {R"({"_id":1,"t":{"$timestamp":{"t":0,"i":1}}})", ErrorCode::kOk,
       R"({"_id":1,"t":{"$timestamp":{"t":0,"i":1}}})"},
      {R"({"_id":[1]})", ErrorCode::kInvalidIdField, nullptr},
      {R"({"_id":{"$regularExpression":{"pattern":"a","options":""}}})", ErrorCode::kInvalidIdField,
       nullptr},
      {R"({"_id":{"$undefined":true}})", ErrorCode::kInvalidIdField, nullptr},
      {R"({"a":1,"_id":[1]})", ErrorCode::kInvalidIdField, nullptr},
  };
  for (const auto& c : kCases) {
    const Result<bson::Document> prepared = PrepareForInsert(Json(c.document));
    EXPECT_EQ(prepared.status().code(), c.code) << c.document;
    if (c.result == nullptr || !prepared.ok()) continue;
    EXPECT_EQ(json::ToJson(*prepared), c.result);
  }
}

TEST(PrepareForInsert, AddsAnObjectId) {
  const Result<bson::Document> first = PrepareForInsert(Json(R"({"a":1})"));
  const Result<bson::Document> second = PrepareForInsert(Json("{}"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->view().begin()->name, "_id");
  ASSERT_EQ((*first)["_id"].type(), bson::Type::kObjectId);
  EXPECT_EQ((*first)["a"].AsInt32(), 1);
  EXPECT_NE((*first)["_id"].AsObjectId(), (*second)["_id"].AsObjectId());
}

TEST(PrepareForInsert, FillsEmptyTimestamps) {
  const Result<bson::Document> prepared = PrepareForInsert(
      Json(R"({"_id":1,"t":{"$timestamp":{"t":0,"i":0}},"d":{"t":{"$timestamp":{"t":0,"i":0}}}})"));
  ASSERT_TRUE(prepared.ok());
  EXPECT_GT((*prepared)["t"].AsTimestamp().seconds, 1'500'000'000u);
  EXPECT_EQ((*prepared)["d"].AsView()["t"].AsTimestamp(), bson::Timestamp());
}

TEST(PrepareForInsert, RefusesWhatJsonCannotWrite) {
  bson::Builder inner;
  inner.AppendInt32("$a", 1);
  bson::Builder dollar;
  dollar.AppendDocument("_id", inner.Finish());
  EXPECT_EQ(PrepareForInsert(dollar.Finish()).status().code(), ErrorCode::kDollarPrefixedFieldName);
  bson::Builder twice;
  twice.AppendInt32("_id", 1);
  twice.AppendInt32("_id", 2);
  EXPECT_EQ(PrepareForInsert(twice.Finish()).status().code(), ErrorCode::kBadValue);
  bson::Builder large;
  large.AppendString("a", std::string(static_cast<size_t>(bson::kMaxDocumentBytes) - 14, 'x'));
  EXPECT_EQ(PrepareForInsert(large.Finish()).status().code(), ErrorCode::kBSONObjectTooLarge);
}

}  // namespace
}  // namespace cairn::store
