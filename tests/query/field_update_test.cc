// SPDX-License-Identifier: Apache-2.0
// $mul, $min, $max, $rename, $currentDate and $bit: rows of success, type error, missing, null and
// array cases.
#include "tests/query/update_rows.h"

namespace cairn {
namespace {

class FieldUpdate : public testing::TestWithParam<UpdateRow> {};
TEST_P(FieldUpdate, Gives) { CheckRow(GetParam()); }

constexpr UpdateRow kMul[] = {
    {R"({"$mul":{"a":3}})", R"({"a":5})", R"({"a":15})"},
    {R"({"$mul":{"a":3}})", R"({})", R"({"a":0})"},
    {R"({"$mul":{"a":{"$numberLong":"3"}}})", R"({})", R"({"a":{"$numberLong":"0"}})"},
    {R"({"$mul":{"a":1.5}})", R"({})", R"({"a":0.0})"},
    {R"({"$mul":{"a":{"$numberDecimal":"1.5"}}})", R"({})", R"({"a":{"$numberDecimal":"0"}})"},
    {R"({"$mul":{"a":1}})", R"({"a":5})", R"({"a":5})"},
    {R"({"$mul":{"a":1.0}})", R"({"a":5})", R"({"a":5.0})"},
    {R"({"$mul":{"a":2}})", R"({"a":2147483647})", R"({"a":{"$numberLong":"4294967294"}})"},
    {R"({"$mul":{"a.b":2}})", R"({"a":{"b":4}})", R"({"a":{"b":8}})"},
    {R"({"$mul":{"a.1":2}})", R"({"a":[1,2]})", R"({"a":[1,4]})"},
    {R"({"$mul":{"a":2}})", R"({"a":{"$numberLong":"9223372036854775807"}})", nullptr,
     ErrorCode::kBadValue},
    {R"({"$mul":{"a":2}})", R"({"a":"x"})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$mul":{"a":2}})", R"({"a":null})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$mul":{"a":2}})", R"({"a":[1]})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$mul":{"a":"2"}})", R"({"a":1})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$mul":{"a.b":2}})", R"({"a":1})", nullptr, ErrorCode::kPathNotViable},
};
INSTANTIATE_TEST_SUITE_P(Mul, FieldUpdate, testing::ValuesIn(kMul));

constexpr UpdateRow kMinMax[] = {
    {R"({"$min":{"a":3}})", R"({"a":5})", R"({"a":3})"},
    {R"({"$min":{"a":7}})", R"({"a":5})", R"({"a":5})"},
    {R"({"$min":{"a":5.0}})", R"({"a":5})", R"({"a":5})"},
    {R"({"$min":{"a":7}})", R"({})", R"({"a":7})"},
    {R"({"$min":{"a":null}})", R"({"a":5})", R"({"a":null})"},
    {R"({"$min":{"a":5}})", R"({"a":null})", R"({"a":null})"},
    {R"({"$min":{"a":5}})", R"({"a":"x"})", R"({"a":5})"},
    {R"({"$min":{"a.0":1}})", R"({"a":[3]})", R"({"a":[1]})"},
    {R"({"$max":{"a":7}})", R"({"a":5})", R"({"a":7})"},
    {R"({"$max":{"a":3}})", R"({"a":5})", R"({"a":5})"},
    {R"({"$max":{"a":7}})", R"({})", R"({"a":7})"},
    {R"({"$max":{"a":7}})", R"({"a":null})", R"({"a":7})"},
    {R"({"$max":{"a":7}})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"$max":{"a":[2]}})", R"({"a":[1]})", R"({"a":[2]})"},
    {R"({"$max":{"a":{"b":1}}})", R"({"a":7})", R"({"a":{"b":1}})"},
    {R"({"$max":{"a.b":1}})", R"({"a":[1]})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$max":{"a":1},"$min":{"a":1}})", R"({})", nullptr,
     ErrorCode::kConflictingUpdateOperators},
    {R"({"$max":{"_id":9}})", R"({"_id":1})", nullptr, ErrorCode::kImmutableField},
    {R"({"$max":{"_id":0}})", R"({"_id":1})", R"({"_id":1})"},
};
INSTANTIATE_TEST_SUITE_P(MinMax, FieldUpdate, testing::ValuesIn(kMinMax));

constexpr UpdateRow kRename[] = {
    {R"({"$rename":{"a":"b"}})", R"({"_id":1,"a":1,"c":2})", R"({"_id":1,"c":2,"b":1})"},
    {R"({"$rename":{"a":"b"}})", R"({"b":2,"a":1})", R"({"b":1})"},
    {R"({"$rename":{"a":"b"}})", R"({"b":2})", R"({"b":2})"},
    {R"({"$rename":{"a":"b"}})", R"({"a":null})", R"({"b":null})"},
    {R"({"$rename":{"a":"b"}})", R"({"a":[1,2]})", R"({"b":[1,2]})"},
    {R"({"$rename":{"a.b":"c.d"}})", R"({"a":{"b":1}})", R"({"a":{},"c":{"d":1}})"},
    {R"({"$rename":{"a.b":"a.c"}})", R"({"a":{"b":1,"x":2}})", R"({"a":{"x":2,"c":1}})"},
    {R"({"$rename":{"x.y":"c.d"}})", R"({"a":1})", R"({"a":1})"},
    {R"({"$rename":{"a":"b","c":"d"},"$set":{"e":1}})", R"({"c":2,"a":1})",
     R"({"b":1,"d":2,"e":1})"},
    {R"({"$rename":{"a.b":"c"}})", R"({"a":5})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$rename":{"a.b":"c"}})", R"({"a":[{"b":1}]})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$rename":{"a":"b.c"}})", R"({"a":1,"b":5})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$rename":{"a.0":"c"}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"b.0"}})", R"({"a":1,"b":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"b.3"}})", R"({"a":1,"b":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"b.x"}})", R"({"a":1,"b":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":5}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"a"}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"a.b"}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a.b":"a"}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a.$":"b"}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":"b.$[]"}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$rename":{"a":""}})", R"({"a":1})", nullptr, ErrorCode::kEmptyFieldName},
    {R"({"$rename":{"a":"$b"}})", R"({"a":1})", nullptr, ErrorCode::kDollarPrefixedFieldName},
    {R"({"$rename":{"a":"b\u0000"}})", R"({"a":1})", nullptr, ErrorCode::kLocation9867600},
    {R"({"$rename":{"a":"b"},"$set":{"a":1}})", R"({"a":1})", nullptr,
     ErrorCode::kConflictingUpdateOperators},
    {R"({"$rename":{"a":"b","b":"c"}})", R"({"a":1})", nullptr,
     ErrorCode::kConflictingUpdateOperators},
    {R"({"$rename":{"_id":"b"}})", R"({"_id":1})", nullptr, ErrorCode::kImmutableField},
    {R"({"$rename":{"a":"_id"}})", R"({"_id":1,"a":1})", nullptr, ErrorCode::kImmutableField},
};
INSTANTIATE_TEST_SUITE_P(Rename, FieldUpdate, testing::ValuesIn(kRename));

constexpr UpdateRow kBit[] = {
    {R"({"$bit":{"a":{"and":10}}})", R"({"a":13})", R"({"a":8})"},
    {R"({"$bit":{"a":{"or":5}}})", R"({"a":3})", R"({"a":7})"},
    {R"({"$bit":{"a":{"xor":5}}})", R"({"a":1})", R"({"a":4})"},
    {R"({"$bit":{"a":{"and":7,"or":8}}})", R"({"a":21})", R"({"a":13})"},
    {R"({"$bit":{"a":{"and":-1}}})", R"({"a":-5})", R"({"a":-5})"},
    {R"({"$bit":{"a":{"or":5}}})", R"({})", R"({"a":5})"},
    {R"({"$bit":{"a":{"and":5}}})", R"({})", R"({"a":0})"},
    {R"({"$bit":{"a":{"or":{"$numberLong":"1"}}}})", R"({"a":2})", R"({"a":{"$numberLong":"3"}})"},
    {R"({"$bit":{"a":{"or":1}}})", R"({"a":{"$numberLong":"2"}})", R"({"a":{"$numberLong":"3"}})"},
    {R"({"$bit":{"a.0":{"or":1}}})", R"({"a":[2]})", R"({"a":[3]})"},
    {R"({"$bit":{"a":{"or":1}}})", R"({"a":1.0})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":{"or":1}}})", R"({"a":null})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":{"or":1}}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":{"or":1.0}}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":{"not":1}}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":{}}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$bit":{"a":1}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
};
INSTANTIATE_TEST_SUITE_P(Bit, FieldUpdate, testing::ValuesIn(kBit));

constexpr UpdateRow kCurrentDateErrors[] = {
    {R"({"$currentDate":{"a":1}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a":"date"}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a":null}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a":{}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a":{"$type":"day"}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a":{"type":"date"}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$currentDate":{"a.b":true}})", R"({"a":[1]})", nullptr, ErrorCode::kPathNotViable},
};
INSTANTIATE_TEST_SUITE_P(CurrentDate, FieldUpdate, testing::ValuesIn(kCurrentDateErrors));

TEST(CurrentDate, SetsDateOrTimestamp) {
  struct Row {
    const char* operand;
    bson::Type type;
  };
  constexpr Row kRows[] = {
      {"true", bson::Type::kDate},
      {"false", bson::Type::kDate},
      {R"({"$type":"date"})", bson::Type::kDate},
      {R"({"$type":"timestamp"})", bson::Type::kTimestamp},
  };
  for (const Row& row : kRows) {
    const auto update = update::Update::ParseOperators(Doc(std::string(R"({"$currentDate":{"a":)") +
                                                           row.operand + R"(,"b.1":true}})"))
                            .value();
    const auto outcome = update.Apply(Doc(R"({"a":1,"b":[1,2]})")).value();
    EXPECT_EQ(outcome.document["a"].type(), row.type) << row.operand;
    EXPECT_EQ(outcome.document["b"].AsView().Find("1").type(), bson::Type::kDate);
  }
}

}  // namespace
}  // namespace cairn
