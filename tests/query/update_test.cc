// SPDX-License-Identifier: Apache-2.0
// Updates: rows of success, type error, missing and array cases for each operator; no-ops, diffs,
// replacements and upserts; errors by code.
#include "query/update/update.h"

#include <gtest/gtest.h>

#include "tests/query/documents.h"

namespace cairn {
namespace {

struct ApplyCase {
  const char* update;
  const char* before;
  const char* after;  // The same text as `before`: a no-op.
  const char* diff;
};

class Apply : public testing::TestWithParam<ApplyCase> {};

TEST_P(Apply, Gives) {
  const ApplyCase& c = GetParam();
  auto update = update::Update::ParseOperators(Doc(c.update));
  ASSERT_TRUE(update.ok()) << c.update << ": " << update.status().ToString();
  const bson::Document before = Doc(c.before);
  auto outcome = update->Apply(before);
  ASSERT_TRUE(outcome.ok()) << c.update << ": " << outcome.status().ToString();
  EXPECT_TRUE(bson::Validate(outcome->document.bytes()).ok());
  EXPECT_TRUE(bson::Validate(outcome->diff.bytes()).ok());
  EXPECT_EQ(Text(outcome->document), Text(Doc(c.after))) << c.update << " " << c.before;
  EXPECT_EQ(Text(outcome->diff), Text(Doc(c.diff))) << c.update << " " << c.before;
  EXPECT_EQ(outcome->modified, Text(before) != Text(Doc(c.after)));
}

constexpr ApplyCase kSet[] = {
    {R"({"$set":{"a":2}})", R"({"_id":1,"a":1})", R"({"_id":1,"a":2})", R"({"u":{"a":2}})"},
    {R"({"$set":{"a":2}})", R"({"_id":1})", R"({"_id":1,"a":2})", R"({"u":{"a":2}})"},
    {R"({"$set":{"a":"longer"}})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":"longer","b":2})",
     R"({"u":{"a":"longer"}})"},
    {R"({"$set":{"a":1}})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})", "{}"},
    {R"({"$set":{"a":1.0}})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1.0})", R"({"u":{"a":1.0}})"},
    {R"({"$set":{}})", R"({"_id":1})", R"({"_id":1})", "{}"},
    {R"({"$set":{"_id":1,"a":2}})", R"({"_id":1})", R"({"_id":1,"a":2})", R"({"u":{"a":2}})"},
    // Nested paths.
    {R"({"$set":{"a.b.c":1}})", R"({"_id":1})", R"({"_id":1,"a":{"b":{"c":1}}})",
     R"({"u":{"a.b.c":1}})"},
    {R"({"$set":{"a.b":2}})", R"({"a":{"b":1,"c":[1,2]},"d":1})",
     R"({"a":{"b":2,"c":[1,2]},"d":1})", R"({"u":{"a.b":2}})"},
    {R"({"$set":{"a.b":2}})", R"({"a":{}})", R"({"a":{"b":2}})", R"({"u":{"a.b":2}})"},
    {R"({"$set":{"a":{"x":1}}})", R"({"a":[1]})", R"({"a":{"x":1}})", R"({"u":{"a":{"x":1}}})"},
    {R"({"$set":{"a.$id":1}})", R"({"a":{"$ref":"c"}})", R"({"a":{"$ref":"c","$id":1}})",
     R"({"u":{"a.$id":1}})"},
    {R"({"$set":{"a.$x":1}})", R"({})", R"({"a":{"$x":1}})", R"({"u":{"a.$x":1}})"},
    {R"({"$set":{"a":{"$x":1}}})", R"({})", R"({"a":{"$x":1}})", R"({"u":{"a":{"$x":1}}})"},
    // Several new fields come in the order of their names, numbers by value.
    {R"({"$set":{"c":1,"a":2,"b":3}})", R"({"b":0})", R"({"b":3,"a":2,"c":1})",
     R"({"u":{"b":3,"a":2,"c":1}})"},
    {R"({"$set":{"x.10":1,"x.9":2,"x.b":3}})", R"({})", R"({"x":{"9":2,"10":1,"b":3}})",
     R"({"u":{"x.9":2,"x.10":1,"x.b":3}})"},
    // Arrays.
    {R"({"$set":{"a.1":9}})", R"({"a":[1,2,3]})", R"({"a":[1,9,3]})", R"({"u":{"a.1":9}})"},
    {R"({"$set":{"a.3":9}})", R"({"a":[1]})", R"({"a":[1,null,null,9]})", R"({"u":{"a.3":9}})"},
    {R"({"$set":{"a.0":9}})", R"({"a":[]})", R"({"a":[9]})", R"({"u":{"a.0":9}})"},
    {R"({"$set":{"a.0":9}})", R"({})", R"({"a":{"0":9}})", R"({"u":{"a.0":9}})"},
    {R"({"$set":{"a.1.b":9}})", R"({"a":[{"b":1},{"b":2}]})", R"({"a":[{"b":1},{"b":9}]})",
     R"({"u":{"a.1.b":9}})"},
    {R"({"$set":{"a.2.b":9,"a.4":1,"a.0":7}})", R"({"a":[0]})", R"({"a":[7,null,{"b":9},null,1]})",
     R"({"u":{"a.0":7,"a.2.b":9,"a.4":1}})"},
    {R"({"$set":{"a.0.1":9}})", R"({"a":[[1,2],3]})", R"({"a":[[1,9],3]})", R"({"u":{"a.0.1":9}})"},
    {R"({"$setOnInsert":{"a":1,"b.c":2}})", R"({"_id":1})", R"({"_id":1})", "{}"},
    {R"({"$setOnInsert":{"a.b":2}})", R"({"a":5})", R"({"a":5})", "{}"},
    {R"({"$setOnInsert":{"a":1},"$set":{"b":2}})", R"({"a":0})", R"({"a":0,"b":2})",
     R"({"u":{"b":2}})"},
};
INSTANTIATE_TEST_SUITE_P(Set, Apply, testing::ValuesIn(kSet));

constexpr ApplyCase kUnset[] = {
    {R"({"$unset":{"a":""}})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"b":2})", R"({"d":["a"]})"},
    {R"({"$unset":{"a":1}})", R"({"b":2})", R"({"b":2})", "{}"},
    {R"({"$unset":{"a.b":1}})", R"({"a":{"b":1,"c":2}})", R"({"a":{"c":2}})", R"({"d":["a.b"]})"},
    {R"({"$unset":{"a.b":1}})", R"({"a":{"b":1}})", R"({"a":{}})", R"({"d":["a.b"]})"},
    {R"({"$unset":{"a.b":1}})", R"({"a":5})", R"({"a":5})", "{}"},
    {R"({"$unset":{"a.b":1}})", R"({"a":[{"b":1}]})", R"({"a":[{"b":1}]})", "{}"},
    {R"({"$unset":{"a.1":1}})", R"({"a":[1,2,3]})", R"({"a":[1,null,3]})", R"({"u":{"a.1":null}})"},
    {R"({"$unset":{"a.5":1}})", R"({"a":[1]})", R"({"a":[1]})", "{}"},
    {R"({"$unset":{"a.0.b":1}})", R"({"a":[{"b":1,"c":2}]})", R"({"a":[{"c":2}]})",
     R"({"d":["a.0.b"]})"},
    {R"({"$unset":{"x.y":1},"$set":{"x.z":2}})", R"({"x":{"y":1}})", R"({"x":{"z":2}})",
     R"({"u":{"x.z":2},"d":["x.y"]})"},
    {R"({"$unset":{"a":1,"b":1,"q":1}})", R"({"b":1,"a":2})", R"({})", R"({"d":["b","a"]})"},
    {R"({"$unset":{}})", R"({"b":1})", R"({"b":1})", "{}"},
    {R"({"$unset":{"$x":1}})", R"({"$x":1})", R"({})", R"({"d":["$x"]})"},
};
INSTANTIATE_TEST_SUITE_P(Unset, Apply, testing::ValuesIn(kUnset));

constexpr ApplyCase kInc[] = {
    {R"({"$inc":{"a":5}})", R"({"a":10})", R"({"a":15})", R"({"u":{"a":15}})"},
    {R"({"$inc":{"a":5}})", R"({})", R"({"a":5})", R"({"u":{"a":5}})"},
    {R"({"$inc":{"a.b":-1}})", R"({"a":{"b":0}})", R"({"a":{"b":-1}})", R"({"u":{"a.b":-1}})"},
    {R"({"$inc":{"a.1":1}})", R"({"a":[1,2]})", R"({"a":[1,3]})", R"({"u":{"a.1":3}})"},
    {R"({"$inc":{"a":1}})", R"({"a":2147483647})", R"({"a":{"$numberLong":"2147483648"}})",
     R"({"u":{"a":{"$numberLong":"2147483648"}}})"},
    {R"({"$inc":{"a":{"$numberLong":"1"}}})", R"({"a":1})", R"({"a":{"$numberLong":"2"}})",
     R"({"u":{"a":{"$numberLong":"2"}}})"},
    {R"({"$inc":{"a":0.5}})", R"({"a":1})", R"({"a":1.5})", R"({"u":{"a":1.5}})"},
    {R"({"$inc":{"a":{"$numberDecimal":"0.5"}}})", R"({"a":1})",
     R"({"a":{"$numberDecimal":"1.5"}})", R"({"u":{"a":{"$numberDecimal":"1.5"}}})"},
    {R"({"$inc":{"a":0}})", R"({"a":7})", R"({"a":7})", "{}"},
    {R"({"$inc":{"a":{"$numberLong":"0"}}})", R"({"a":7})", R"({"a":{"$numberLong":"7"}})",
     R"({"u":{"a":{"$numberLong":"7"}}})"},
    {R"({"$inc":{"a":1,"b":1}})", R"({"b":1,"a":1})", R"({"b":2,"a":2})", R"({"u":{"b":2,"a":2}})"},
};
INSTANTIATE_TEST_SUITE_P(Inc, Apply, testing::ValuesIn(kInc));

struct ErrorCase {
  const char* update;
  const char* document;  // Null: the update does not parse.
  ErrorCode code;
};

class UpdateError : public testing::TestWithParam<ErrorCase> {};

TEST_P(UpdateError, HasCode) {
  const ErrorCase& c = GetParam();
  const auto update = update::Update::ParseOperators(Doc(c.update));
  if (c.document == nullptr) {
    EXPECT_EQ(update.status().code(), c.code) << c.update;
    return;
  }
  ASSERT_TRUE(update.ok()) << c.update << ": " << update.status().ToString();
  EXPECT_EQ(update->Apply(Doc(c.document)).status().code(), c.code) << c.update;
}

constexpr ErrorCase kParseErrors[] = {
    {R"({})", nullptr, ErrorCode::kFailedToParse},
    {R"({"a":1})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$set":{"a":1},"b":1})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$badop":{"a":1}})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$set":5})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$set":[1]})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$set":{"$":1}})", nullptr, ErrorCode::kBadValue},
    {R"({"$inc":{"$[]":1}})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"":1}})", nullptr, ErrorCode::kEmptyFieldName},
    {R"({"$set":{"a.":1}})", nullptr, ErrorCode::kEmptyFieldName},
    {R"({"$set":{".a":1}})", nullptr, ErrorCode::kEmptyFieldName},
    {R"({"$unset":{"a..b":1}})", nullptr, ErrorCode::kEmptyFieldName},
    {R"({"$set":{"$x":1}})", nullptr, ErrorCode::kDollarPrefixedFieldName},
    {R"({"$inc":{"$x.a":1}})", nullptr, ErrorCode::kDollarPrefixedFieldName},
    {R"({"$set":{"$id":1}})", nullptr, ErrorCode::kDollarPrefixedFieldName},
    {R"({"$set":{"a":1},"$inc":{"a":1}})", nullptr, ErrorCode::kConflictingUpdateOperators},
    {R"({"$set":{"a":1,"a.b":1}})", nullptr, ErrorCode::kConflictingUpdateOperators},
    {R"({"$set":{"a.b":1},"$unset":{"a":1}})", nullptr, ErrorCode::kConflictingUpdateOperators},
    {R"({"$set":{"a":1,"ab":1,"a.b.c":1}})", nullptr, ErrorCode::kConflictingUpdateOperators},
    {R"({"$set":{"a":1},"$setOnInsert":{"a":1}})", nullptr, ErrorCode::kConflictingUpdateOperators},
    {R"({"$inc":{"a":"x"}})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$inc":{"a":null}})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$inc":{"a":true}})", nullptr, ErrorCode::kTypeMismatch},
};
INSTANTIATE_TEST_SUITE_P(Parse, UpdateError, testing::ValuesIn(kParseErrors));

constexpr ErrorCase kApplyErrors[] = {
    {R"({"$inc":{"a":1}})", R"({"a":"x"})", ErrorCode::kTypeMismatch},
    {R"({"$inc":{"a":1}})", R"({"a":null})", ErrorCode::kTypeMismatch},
    {R"({"$inc":{"a":1}})", R"({"a":[1]})", ErrorCode::kTypeMismatch},
    {R"({"$inc":{"a":1}})", R"({"a":{"$numberLong":"9223372036854775807"}})", ErrorCode::kBadValue},
    {R"({"$inc":{"a":-1}})", R"({"a":{"$numberLong":"-9223372036854775808"}})",
     ErrorCode::kBadValue},
    {R"({"$set":{"a.b":1}})", R"({"a":5})", ErrorCode::kPathNotViable},
    {R"({"$set":{"a.b":1}})", R"({"a":null})", ErrorCode::kPathNotViable},
    {R"({"$set":{"a.b":1}})", R"({"a":[1]})", ErrorCode::kPathNotViable},
    {R"({"$set":{"a.01":1}})", R"({"a":[1]})", ErrorCode::kPathNotViable},
    {R"({"$set":{"a.0.b":1}})", R"({"a":[1]})", ErrorCode::kPathNotViable},
    {R"({"$inc":{"a.b.c":1}})", R"({"a":{"b":"x"}})", ErrorCode::kPathNotViable},
    {R"({"$set":{"a.1500002":1}})", R"({"a":[1]})", ErrorCode::kCannotBackfillArray},
    {R"({"$set":{"_id":2}})", R"({"_id":1})", ErrorCode::kImmutableField},
    {R"({"$unset":{"_id":1}})", R"({"_id":1})", ErrorCode::kImmutableField},
    {R"({"$inc":{"_id":1}})", R"({"_id":1})", ErrorCode::kImmutableField},
    {R"({"$set":{"_id.a":2}})", R"({"_id":{"a":1}})", ErrorCode::kImmutableField},
    {R"({"$set":{"_id.b":2}})", R"({"_id":{"a":1}})", ErrorCode::kImmutableField},
};
INSTANTIATE_TEST_SUITE_P(Apply, UpdateError, testing::ValuesIn(kApplyErrors));

TEST(Update, RefusesTooLargeDocuments) {
  bson::Builder set;
  set.OpenDocument("$set").AppendString("b", std::string(9 << 20, 'x')).Close();
  const auto update = update::Update::ParseOperators(set.Finish()).value();
  bson::Builder document;
  document.AppendString("a", std::string(9 << 20, 'x'));
  EXPECT_EQ(update.Apply(document.Finish()).status().code(), ErrorCode::kBSONObjectTooLarge);
  EXPECT_TRUE(update.Apply(bson::View()).ok());
}

TEST(Update, RefusesTooDeepDocuments) {
  std::string path = "a";
  for (int i = 1; i < 100; ++i) path += ".a";
  const auto parse = [](const std::string& dotted, const char* value) {
    return update::Update::ParseOperators(Doc("{\"$set\":{\"" + dotted + "\":" + value + "}}"))
        .status()
        .code();
  };
  EXPECT_EQ(parse(path, "1"), ErrorCode::kOk);
  EXPECT_EQ(parse(path, "{}"), ErrorCode::kOverflow);
  EXPECT_EQ(parse(path + ".a", "1"), ErrorCode::kOverflow);
  const auto deepest =
      update::Update::ParseOperators(Doc("{\"$set\":{\"" + path + "\":1}}"))->Apply(bson::View());
  EXPECT_TRUE(bson::Validate(deepest->document.bytes()).ok());
}

TEST(Update, BackfillsUpToTheLimit) {
  const auto update = update::Update::ParseOperators(Doc(R"({"$set":{"a.1000":1}})")).value();
  const auto outcome = update.Apply(Doc(R"({"a":[]})")).value();
  EXPECT_TRUE(bson::Validate(outcome.document.bytes()).ok());
  EXPECT_EQ(outcome.document["a"].AsView().Find("1000").AsInt32(), 1);
  EXPECT_EQ(outcome.document["a"].AsView().Find("999").type(), bson::Type::kNull);
}

TEST(Update, TakesManyFieldsAtOnce) {
  bson::Builder builder;
  builder.OpenDocument("$inc");
  for (int i = 0; i < 500; ++i) builder.AppendInt32("f" + std::to_string(i), i);
  const auto update = update::Update::ParseOperators(builder.Close().Finish()).value();
  bson::Builder document;
  for (int i = 499; i >= 0; i -= 2) document.AppendInt32("f" + std::to_string(i), 1);
  const auto outcome = update.Apply(document.Finish()).value();
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(outcome.document["f" + std::to_string(i)].AsInt32(), i + (i % 2));
  }
}

TEST(Update, LeavesASecondFieldOfTheSameNameAlone) {
  bson::Builder twice;
  twice.AppendInt32("a", 1).AppendInt32("a", 2);
  const auto update = update::Update::ParseOperators(Doc(R"({"$inc":{"a":1}})")).value();
  const auto outcome = update.Apply(twice.Finish()).value();
  bson::Builder expected;
  expected.AppendInt32("a", 2).AppendInt32("a", 2);
  EXPECT_EQ(outcome.document.bytes(), expected.Finish().bytes());
}

struct ReplaceCase {
  const char* replacement;
  const char* before;
  const char* after;  // Null: ImmutableField.
};

TEST(Replacement, KeepsId) {
  constexpr ReplaceCase kCases[] = {
      {R"({"b":2})", R"({"_id":1,"a":1})", R"({"_id":1,"b":2})"},
      {R"({"b":2,"_id":1})", R"({"_id":1,"a":1})", R"({"_id":1,"b":2})"},
      {R"({})", R"({"_id":1,"a":1})", R"({"_id":1})"},
      {R"({"a":1})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})"},
      {R"({"_id":1,"a":1})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})"},
      {R"({"_id":2,"b":2})", R"({"_id":1,"a":1})", nullptr},
      {R"({"a":{"$x":1},"b.c":1})", R"({"_id":1})", R"({"_id":1,"a":{"$x":1},"b.c":1})"},
  };
  for (const ReplaceCase& c : kCases) {
    const auto update = update::Update::ParseReplacement(Doc(c.replacement)).value();
    const auto outcome = update.Apply(Doc(c.before));
    if (c.after == nullptr) {
      EXPECT_EQ(outcome.status().code(), ErrorCode::kImmutableField) << c.replacement;
      continue;
    }
    ASSERT_TRUE(outcome.ok()) << c.replacement;
    EXPECT_EQ(Text(outcome->document), Text(Doc(c.after)));
    EXPECT_EQ(outcome->modified, Text(Doc(c.before)) != Text(Doc(c.replacement)));
    EXPECT_TRUE(outcome->diff.empty());
  }
}

TEST(Replacement, RefusesOperators) {
  EXPECT_EQ(update::Update::ParseReplacement(Doc(R"({"$set":{"a":1}})")).status().code(),
            ErrorCode::kDollarPrefixedFieldName);
  EXPECT_EQ(update::Update::ParseReplacement(Doc(R"({"a":1,"$b":1})")).status().code(),
            ErrorCode::kDollarPrefixedFieldName);
}

struct UpsertCase {
  const char* filter;
  const char* update;
  const char* inserted;  // Null: `code`.
  ErrorCode code = ErrorCode::kOk;
};

class Upsert : public testing::TestWithParam<UpsertCase> {};

TEST_P(Upsert, Makes) {
  const UpsertCase& c = GetParam();
  const auto matcher = match::Matcher::Parse(Doc(c.filter)).value();
  const bson::Document source = Doc(c.update);
  const bool operators = !source.empty() && source.view().begin()->name.starts_with('$');
  auto update =
      operators ? update::Update::ParseOperators(source) : update::Update::ParseReplacement(source);
  ASSERT_TRUE(update.ok()) << update.status().ToString();
  const auto made = update->MakeUpsert(matcher);
  EXPECT_EQ(made.status().code(), c.code) << c.filter << " " << c.update;
  if (c.inserted == nullptr || !made.ok()) return;
  EXPECT_TRUE(bson::Validate(made->bytes()).ok());
  EXPECT_EQ(Text(*made), Text(Doc(c.inserted))) << c.filter << " " << c.update;
}

constexpr UpsertCase kUpserts[] = {
    {R"({"_id":1})", R"({"$set":{"a":2}})", R"({"_id":1,"a":2})"},
    {R"({"b":1,"_id":7})", R"({"$set":{"a":2}})", R"({"_id":7,"b":1,"a":2})"},
    {R"({"_id":1,"a":1})", R"({"$inc":{"a":2}})", R"({"_id":1,"a":3})"},
    {R"({"_id":1})", R"({"$setOnInsert":{"a":2},"$inc":{"n":1}})", R"({"_id":1,"a":2,"n":1})"},
    {R"({"_id":1,"a":{"$gt":5}})", R"({"$set":{"b":1}})", R"({"_id":1,"b":1})"},
    {R"({"_id":1,"a":{"$eq":5}})", R"({"$set":{"b":1}})", R"({"_id":1,"a":5,"b":1})"},
    {R"({"_id":1,"a":{"$in":[5]}})", R"({"$set":{"b":1}})", R"({"_id":1,"a":5,"b":1})"},
    {R"({"_id":1,"a":{"$in":[5,6]}})", R"({"$set":{"b":1}})", R"({"_id":1,"b":1})"},
    {R"({"_id":1,"a":{"$ne":5}})", R"({"$set":{"b":1}})", R"({"_id":1,"b":1})"},
    {R"({"$and":[{"_id":1},{"a":2}]})", R"({"$set":{"b":1}})", R"({"_id":1,"a":2,"b":1})"},
    {R"({"_id":1,"$or":[{"a":2}]})", R"({"$set":{"b":1}})", R"({"_id":1,"a":2,"b":1})"},
    {R"({"_id":1,"$or":[{"a":2},{"a":3}]})", R"({"$set":{"b":1}})", R"({"_id":1,"b":1})"},
    {R"({"_id":1,"a.b":2})", R"({"$set":{"a.c":1}})", R"({"_id":1,"a":{"b":2,"c":1}})"},
    {R"({"_id.a":1})", R"({"$set":{"x":1}})", R"({"_id":{"a":1},"x":1})"},
    {R"({"_id":1})", R"({"$setOnInsert":{"$x":2}})", R"({"_id":1,"$x":2})"},
    {R"({"a":1})", R"({"$set":{"_id":9}})", R"({"_id":9,"a":1})"},
    {R"({"a":1})", R"({"$setOnInsert":{"_id":9}})", R"({"_id":9,"a":1})"},
    {R"({"_id":9})", R"({"$setOnInsert":{"_id":9}})", R"({"_id":9})"},
    {R"({"a":null,"_id":1})", R"({"$unset":{"z":1}})", R"({"_id":1,"a":null})"},
    {R"({"_id":1})", R"({"a":1})", R"({"_id":1,"a":1})"},
    {R"({"_id":1,"b":5})", R"({"a":1})", R"({"_id":1,"a":1})"},
    {R"({"b":5})", R"({"a":1,"_id":3})", R"({"_id":3,"a":1})"},
    {R"({"_id":2})", R"({"$setOnInsert":{"_id":3}})", nullptr, ErrorCode::kImmutableField},
    {R"({"_id":2})", R"({"_id":3})", nullptr, ErrorCode::kImmutableField},
    {R"({"_id.a":1})", R"({"$set":{"_id.b":2}})", nullptr, ErrorCode::kImmutableField},
    {R"({"_id.a":1})", R"({"a":1})", nullptr, ErrorCode::kNotExactValueField},
    {R"({"$and":[{"a":1},{"a":2}]})", R"({"$set":{"x":1}})", nullptr,
     ErrorCode::kNotSingleValueField},
    {R"({"a":{"x":1},"a.x":1})", R"({"$set":{"b":1}})", nullptr, ErrorCode::kNotSingleValueField},
    {R"({"a":1})", R"({"$set":{"a.b":1}})", nullptr, ErrorCode::kPathNotViable},
    {R"({"a":"x"})", R"({"$inc":{"a":1}})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"_id":[1]})", R"({"$set":{"a":1}})", nullptr, ErrorCode::kInvalidIdField},
    {R"({"a":1})", R"({"$set":{"_id":[1]}})", nullptr, ErrorCode::kInvalidIdField},
    {R"({"_id":{"$eq":{"$x":1}}})", R"({"$set":{"a":1}})", nullptr,
     ErrorCode::kDollarPrefixedFieldName},
};
INSTANTIATE_TEST_SUITE_P(Cases, Upsert, testing::ValuesIn(kUpserts));

TEST(UpsertId, IsMadeUpAndFirst) {
  const auto matcher = match::Matcher::Parse(Doc(R"({"a":1})")).value();
  for (const char* source : {R"({"$set":{"b":1}})", R"({"a":1,"b":1})"}) {
    const bool operators = source[2] == '$';
    const auto update = operators ? update::Update::ParseOperators(Doc(source)).value()
                                  : update::Update::ParseReplacement(Doc(source)).value();
    const bson::Document made = update.MakeUpsert(matcher).value();
    auto element = made.view().begin();
    EXPECT_EQ(element->name, "_id");
    EXPECT_EQ(element->value.type(), bson::Type::kObjectId);
    EXPECT_EQ(made["a"].AsInt32(), 1);
    EXPECT_EQ(made["b"].AsInt32(), 1);
  }
}

}  // namespace
}  // namespace cairn
