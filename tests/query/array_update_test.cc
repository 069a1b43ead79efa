// SPDX-License-Identifier: Apache-2.0
// $push, $addToSet, $pop, $pull and $pullAll, and paths with $, $[] and $[identifier]: rows of
// success, type error, missing, null and array cases.
#include "tests/query/update_rows.h"

namespace cairn {
namespace {

class ArrayUpdate : public testing::TestWithParam<UpdateRow> {};
TEST_P(ArrayUpdate, Gives) { CheckRow(GetParam()); }

constexpr UpdateRow kPush[] = {
    {R"({"$push":{"a":3}})", R"({"a":[1,2]})", R"({"a":[1,2,3]})"},
    {R"({"$push":{"a":3}})", R"({})", R"({"a":[3]})"},
    {R"({"$push":{"a.b":3}})", R"({})", R"({"a":{"b":[3]}})"},
    {R"({"$push":{"a.0":3}})", R"({"a":[[1]]})", R"({"a":[[1,3]]})"},
    {R"({"$push":{"a":[3,4]}})", R"({"a":[1]})", R"({"a":[1,[3,4]]})"},
    {R"({"$push":{"a":{"x":1}}})", R"({"a":[]})", R"({"a":[{"x":1}]})"},
    {R"({"$push":{"a":{"$each":[3,4]}}})", R"({"a":[1]})", R"({"a":[1,3,4]})"},
    {R"({"$push":{"a":{"$each":[]}}})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"$push":{"a":{"$each":[]}}})", R"({})", R"({"a":[]})"},
    {R"({"$push":{"a":{"$each":[8,9],"$position":0}}})", R"({"a":[1]})", R"({"a":[8,9,1]})"},
    {R"({"$push":{"a":{"$each":[9],"$position":-1}}})", R"({"a":[1,2]})", R"({"a":[1,9,2]})"},
    {R"({"$push":{"a":{"$each":[9],"$position":-7}}})", R"({"a":[1,2]})", R"({"a":[9,1,2]})"},
    {R"({"$push":{"a":{"$each":[9],"$position":7}}})", R"({"a":[1,2]})", R"({"a":[1,2,9]})"},
    {R"({"$push":{"a":{"$each":[9],"$position":{"$numberLong":"-9223372036854775808"}}}})",
     R"({"a":[1,2]})", R"({"a":[9,1,2]})"},
    {R"({"$push":{"a":{"$each":[3],"$slice":2}}})", R"({"a":[1,2]})", R"({"a":[1,2]})"},
    {R"({"$push":{"a":{"$each":[3],"$slice":-2}}})", R"({"a":[1,2]})", R"({"a":[2,3]})"},
    {R"({"$push":{"a":{"$each":[3],"$slice":0}}})", R"({"a":[1,2]})", R"({"a":[]})"},
    {R"({"$push":{"a":{"$each":[3],"$slice":-9}}})", R"({"a":[1,2]})", R"({"a":[1,2,3]})"},
    {R"({"$push":{"a":{"$each":[2],"$slice":{"$numberLong":"-9223372036854775808"}}}})",
     R"({"a":[1]})", R"({"a":[1,2]})"},
    {R"({"$push":{"a":{"$each":[2],"$sort":1}}})", R"({"a":[3,1]})", R"({"a":[1,2,3]})"},
    {R"({"$push":{"a":{"$each":["x",null],"$sort":-1}}})", R"({"a":[3,{"b":1}]})",
     R"({"a":[{"b":1},"x",3,null]})"},
    {R"({"$push":{"a":{"$each":[{"s":2}],"$sort":{"s":1}}}})", R"({"a":[{"s":3},{"s":1}]})",
     R"({"a":[{"s":1},{"s":2},{"s":3}]})"},
    {R"({"$push":{"a":{"$each":[5],"$sort":{"s.t":-1,"u":1}}}})",
     R"({"a":[{"s":{"t":1},"u":2},{"s":{"t":1},"u":1},{"s":{"t":2}}]})",
     R"({"a":[{"s":{"t":2}},{"s":{"t":1},"u":1},{"s":{"t":1},"u":2},5]})"},
    {R"({"$push":{"a":{"$each":[4,2],"$sort":-1,"$slice":3,"$position":0}}})", R"({"a":[3,1]})",
     R"({"a":[4,3,2]})"},
    {R"({"$push":{"a":3}})", R"({"a":"x"})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":3}})", R"({"a":null})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a.b":3}})", R"({"a":5})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$push":{"a":{"$each":3}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$foo":1}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$slice":1.5}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$position":"0"}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$sort":2}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$sort":{}}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$sort":{"b.":1}}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$sort":{"b":0}}}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$push":{"a":{"$each":[],"$sort":"b"}}})", R"({})", nullptr, ErrorCode::kBadValue},
};
INSTANTIATE_TEST_SUITE_P(Push, ArrayUpdate, testing::ValuesIn(kPush));

constexpr UpdateRow kAddToSet[] = {
    {R"({"$addToSet":{"a":3}})", R"({"a":[1]})", R"({"a":[1,3]})"},
    {R"({"$addToSet":{"a":1.0}})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"$addToSet":{"a":3}})", R"({})", R"({"a":[3]})"},
    {R"({"$addToSet":{"a":null}})", R"({"a":[1]})", R"({"a":[1,null]})"},
    {R"({"$addToSet":{"a":{"x":1,"y":2}}})", R"({"a":[{"y":2,"x":1}]})",
     R"({"a":[{"y":2,"x":1},{"x":1,"y":2}]})"},
    {R"({"$addToSet":{"a":{"x":1}}})", R"({"a":[{"x":1.0}]})", R"({"a":[{"x":1.0}]})"},
    {R"({"$addToSet":{"a":[1]}})", R"({"a":[[1]]})", R"({"a":[[1]]})"},
    {R"({"$addToSet":{"a":{"$each":[1,2,2,3]}}})", R"({"a":[1]})", R"({"a":[1,2,3]})"},
    {R"({"$addToSet":{"a":{"$each":[6,5,4,3,2,1,6]}}})", R"({"a":[1,9,3]})",
     R"({"a":[1,9,3,6,5,4,2]})"},
    {R"({"$addToSet":{"a":{"$each":[]}}})", R"({})", R"({"a":[]})"},
    {R"({"$addToSet":{"a":{"$each":[]}}})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"$addToSet":{"a.0":3}})", R"({"a":[[1]]})", R"({"a":[[1,3]]})"},
    {R"({"$addToSet":{"a":3}})", R"({"a":5})", nullptr, ErrorCode::kBadValue},
    {R"({"$addToSet":{"a":3}})", R"({"a":null})", nullptr, ErrorCode::kBadValue},
    {R"({"$addToSet":{"a":{"$each":1}}})", R"({})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$addToSet":{"a":{"$each":[1],"$slice":1}}})", R"({})", nullptr, ErrorCode::kBadValue},
};
INSTANTIATE_TEST_SUITE_P(AddToSet, ArrayUpdate, testing::ValuesIn(kAddToSet));

constexpr UpdateRow kPop[] = {
    {R"({"$pop":{"a":1}})", R"({"a":[1,2,3]})", R"({"a":[1,2]})"},
    {R"({"$pop":{"a":-1}})", R"({"a":[1,2,3]})", R"({"a":[2,3]})"},
    {R"({"$pop":{"a":1.0}})", R"({"a":[1]})", R"({"a":[]})"},
    {R"({"$pop":{"a":-1}})", R"({"a":[1]})", R"({"a":[]})"},
    {R"({"$pop":{"a":1}})", R"({"a":[]})", R"({"a":[]})"},
    {R"({"$pop":{"a":1}})", R"({})", R"({})"},
    {R"({"$pop":{"a.b":1}})", R"({"a":{}})", R"({"a":{}})"},
    {R"({"$pop":{"a.0":1}})", R"({"a":[[1,2]]})", R"({"a":[[1]]})"},
    {R"({"$pop":{"a":1}})", R"({"a":5})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$pop":{"a":1}})", R"({"a":null})", nullptr, ErrorCode::kTypeMismatch},
    {R"({"$pop":{"a.b":1}})", R"({"a":5})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$pop":{"a.b":1}})", R"({"a":[{"b":[1]}]})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$pop":{"a":2}})", R"({})", nullptr, ErrorCode::kFailedToParse},
    {R"({"$pop":{"a":"1"}})", R"({})", nullptr, ErrorCode::kFailedToParse},
};
INSTANTIATE_TEST_SUITE_P(Pop, ArrayUpdate, testing::ValuesIn(kPop));

constexpr UpdateRow kPull[] = {
    {R"({"$pull":{"a":2}})", R"({"a":[1,2,2.0,3]})", R"({"a":[1,3]})"},
    {R"({"$pull":{"a":5}})", R"({"a":[1,2]})", R"({"a":[1,2]})"},
    {R"({"$pull":{"a":5}})", R"({})", R"({})"},
    {R"({"$pull":{"a":null}})", R"({"a":[1,null,{}]})", R"({"a":[1,{}]})"},
    {R"({"$pull":{"a":[1]}})", R"({"a":[1,[1],[1,2]]})", R"({"a":[1,[1,2]]})"},
    {R"({"$pull":{"a":{"$gte":2}}})", R"({"a":[1,2,3,"x"]})", R"({"a":[1,"x"]})"},
    {R"({"$pull":{"a":{"$in":[1,"x"]}}})", R"({"a":[1,2,"x"]})", R"({"a":[2]})"},
    {R"({"$pull":{"a":{"$ne":2}}})", R"({"a":[1,2]})", R"({"a":[2]})"},
    {R"({"$pull":{"a":{"b":1}}})", R"({"a":[{"b":1,"c":2},{"b":2},1]})", R"({"a":[{"b":2},1]})"},
    {R"({"$pull":{"a":{"b":{"$gt":1},"c":2}}})", R"({"a":[{"b":2,"c":2},{"b":2}]})",
     R"({"a":[{"b":2}]})"},
    {R"({"$pull":{"a":{"b.d":1}}})", R"({"a":[{"b":[{"d":1}]},{"b":{"d":2}}]})",
     R"({"a":[{"b":{"d":2}}]})"},
    {R"({"$pull":{"a":{"$or":[{"b":1},{"b":2}]}}})", R"({"a":[{"b":1},{"b":2},{"b":3}]})",
     R"({"a":[{"b":3}]})"},
    {R"({"$pull":{"a":{}}})", R"({"a":[{"b":1},1]})", R"({"a":[1]})"},
    {R"({"$pull":{"a.b":1}})", R"({"a":{"b":[1,2]}})", R"({"a":{"b":[2]}})"},
    {R"({"$pull":{"a.0":1}})", R"({"a":[[1,2]]})", R"({"a":[[2]]})"},
    {R"({"$pull":{"a":1}})", R"({"a":5})", nullptr, ErrorCode::kBadValue},
    {R"({"$pull":{"a":1}})", R"({"a":null})", nullptr, ErrorCode::kBadValue},
    {R"({"$pull":{"a.b":1}})", R"({"a":[1]})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$pull":{"a":{"$nosuch":1}}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$pullAll":{"a":[1,3]}})", R"({"a":[1,2,3,1.0]})", R"({"a":[2]})"},
    {R"({"$pullAll":{"a":[]}})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"$pullAll":{"a":[{"x":1}]}})", R"({"a":[{"x":1},{"x":1,"y":2}]})",
     R"({"a":[{"x":1,"y":2}]})"},
    {R"({"$pullAll":{"a":[1]}})", R"({})", R"({})"},
    {R"({"$pullAll":{"a":[1]}})", R"({"a":1})", nullptr, ErrorCode::kBadValue},
    {R"({"$pullAll":{"a":1}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue},
};
INSTANTIATE_TEST_SUITE_P(Pull, ArrayUpdate, testing::ValuesIn(kPull));

constexpr ErrorCode kOk = ErrorCode::kOk;
constexpr const char* kFromTwo = R"({"f":[{"i":{"$gte":2}}]})";

constexpr UpdateRow kPositional[] = {
    {R"({"$set":{"a.$":9}})", R"({"a":[1,2]})", R"({"a":[1,9]})", kOk, nullptr, 1},
    {R"({"$inc":{"a.$.b":1}})", R"({"a":[{"b":1}]})", R"({"a":[{"b":2}]})", kOk, nullptr, 0},
    {R"({"$unset":{"a.$":1}})", R"({"a":[1,2]})", R"({"a":[null,2]})", kOk, nullptr, 0},
    {R"({"$set":{"a.$":9,"a.0":8}})", R"({"a":[1,2]})", R"({"a":[8,9]})", kOk, nullptr, 1},
    {R"({"$set":{"a.$":9,"a.1":8}})", R"({"a":[1,2]})", nullptr,
     ErrorCode::kConflictingUpdateOperators, nullptr, 1},
    {R"({"$set":{"a.$":9}})", R"({"a":[1,2]})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"$.a":9}})", R"({"a":[1,2]})", nullptr, ErrorCode::kBadValue, nullptr, 0},
    {R"({"$set":{"a.$.b.$":9}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue, nullptr, 0},

    {R"({"$inc":{"a.$[]":1}})", R"({"a":[1,2]})", R"({"a":[2,3]})"},
    {R"({"$inc":{"a.$[]":1}})", R"({"a":[]})", R"({"a":[]})"},
    {R"({"$set":{"a.$[].b":1}})", R"({"a":[{"b":1},{}]})", R"({"a":[{"b":1},{"b":1}]})"},
    {R"({"$inc":{"a.$[].b.$[]":1}})", R"({"a":[{"b":[1,2]},{"b":[]},{"b":[3]}]})",
     R"({"a":[{"b":[2,3]},{"b":[]},{"b":[4]}]})"},
    {R"({"$push":{"a.$[]":5}})", R"({"a":[[1],[]]})", R"({"a":[[1,5],[5]]})"},
    {R"({"$set":{"a.$[]":1}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"a.$[]":1}})", R"({"a":null})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"a.$[]":1}})", R"({"a":{"b":1}})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"a.$[].b":1}})", R"({"a":[5]})", nullptr, ErrorCode::kPathNotViable},
    {R"({"$set":{"$[]":1}})", R"({})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"a.$[]":1},"$inc":{"a.$[]":1}})", R"({"a":[1]})", nullptr,
     ErrorCode::kConflictingUpdateOperators},
    {R"({"$set":{"a.$[]":1,"a.0":1}})", R"({"a":[1]})", nullptr,
     ErrorCode::kConflictingUpdateOperators},

    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1,2,3]})", R"({"a":[1,9,9]})", kOk, kFromTwo},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", R"({"a":[1]})", kOk, kFromTwo},
    {R"({"$set":{"a.$[i].c":9}})", R"({"a":[{"b":1},{"b":2}]})", R"({"a":[{"b":1},{"b":2,"c":9}]})",
     kOk, R"({"f":[{"i.b":{"$gt":1}}]})"},
    {R"({"$set":{"a.$[i].c":9}})", R"({"a":[{"b":1},{"b":2},{"b":3}]})",
     R"({"a":[{"b":1,"c":9},{"b":2},{"b":3,"c":9}]})", kOk,
     R"({"f":[{"$or":[{"i.b":1},{"i.b":3}]}]})"},
    {R"({"$set":{"a.$[i].b.$[j]":0}})", R"({"a":[{"g":1,"b":[5,6]},{"g":2,"b":[5,6]}]})",
     R"({"a":[{"g":1,"b":[5,6]},{"g":2,"b":[5,0]}]})", kOk, R"({"f":[{"i.g":2},{"j":{"$gt":5}}]})"},
    {R"({"$set":{"a.$[i]":9,"a.$[j]":8}})", R"({"a":[1,2]})", R"({"a":[9,8]})", kOk,
     R"({"f":[{"i":1},{"j":2}]})"},
    {R"({"$set":{"a.$[i]":9,"a.$[j]":8}})", R"({"a":[1,2]})", nullptr,
     ErrorCode::kConflictingUpdateOperators, R"({"f":[{"i":1},{"j":{"$lt":5}}]})"},
    {R"({"$set":{"a.$[i].x":9,"a.$[j].y":8}})", R"({"a":[{}]})", R"({"a":[{"x":9,"y":8}]})", kOk,
     R"({"f":[{"i":{}},{"j":{}}]})"},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue},
    {R"({"$set":{"a.0":9}})", R"({"a":[1]})", nullptr, ErrorCode::kFailedToParse, kFromTwo},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kFailedToParse,
     R"({"f":[{"i":1},{"i":2}]})"},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kFailedToParse,
     R"({"f":[{"i":1,"j":2}]})"},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kFailedToParse,
     R"({"f":[{}]})"},
    {R"({"$set":{"a.$[I]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue,
     R"({"f":[{"I":1}]})"},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":[1]})", nullptr, ErrorCode::kBadValue,
     R"({"f":[{"i":{"$nosuch":1}}]})"},
    {R"({"$set":{"a.$[i]":9}})", R"({"a":5})", nullptr, ErrorCode::kBadValue, kFromTwo},
};
INSTANTIATE_TEST_SUITE_P(Positional, ArrayUpdate, testing::ValuesIn(kPositional));

TEST(ArrayUpdateDiff, NamesNewElementsAndConcretePaths) {
  struct Row {
    const char* update;
    const char* before;
    const char* diff;
  };
  constexpr Row kRows[] = {
      {R"({"$push":{"a":3}})", R"({"a":[1,2]})", R"({"u":{"a.2":3}})"},
      {R"({"$push":{"a":3}})", R"({})", R"({"u":{"a":[3]}})"},
      {R"({"$push":{"a":{"$each":[7],"$position":0}}})", R"({"a":[1]})", R"({"u":{"a":[7,1]}})"},
      {R"({"$addToSet":{"x.y":{"$each":[2,4]}}})", R"({"x":{"y":[2,3]}})", R"({"u":{"x.y.2":4}})"},
      {R"({"$pop":{"a":1}})", R"({"a":[1,2]})", R"({"u":{"a":[1]}})"},
      {R"({"$inc":{"a.$[].b":1}})", R"({"a":[{"b":1},{}]})", R"({"u":{"a.0.b":2,"a.1.b":1}})"},
      {R"({"$rename":{"a":"b"}})", R"({"a":1})", R"({"u":{"b":1},"d":["a"]})"},
  };
  for (const Row& row : kRows) {
    const auto update = update::Update::ParseOperators(Doc(row.update)).value();
    EXPECT_EQ(Text(update.Apply(Doc(row.before))->diff), Text(Doc(row.diff))) << row.update;
  }
}

TEST(ArrayUpdateUpsert, UsesTheFiltersArrays) {
  const auto matcher = match::Matcher::Parse(Doc(R"({"_id":1,"a":[1,2],"old":5})")).value();
  const auto made = [&](const char* text) {
    const auto update = update::Update::ParseOperators(Doc(text)).value().MakeUpsert(matcher);
    return update.ok() ? Text(*update) : ErrorName(update.status().code());
  };
  EXPECT_EQ(made(R"({"$inc":{"a.$[]":1}})"), Text(Doc(R"({"_id":1,"a":[2,3],"old":5})")));
  EXPECT_EQ(made(R"({"$push":{"a":3}})"), Text(Doc(R"({"_id":1,"a":[1,2,3],"old":5})")));
  EXPECT_EQ(made(R"({"$rename":{"old":"new"}})"), Text(Doc(R"({"_id":1,"a":[1,2],"new":5})")));
  EXPECT_EQ(made(R"({"$set":{"a.$":1}})"), "BadValue");
  EXPECT_EQ(made(R"({"$set":{"b.$[]":1}})"), "BadValue");
}

TEST(ArrayUpdate, RefusesTooDeepElements) {
  std::string deep = "1";
  for (int i = 0; i < 98; ++i) deep = "[" + deep + "]";
  const auto code = [](const std::string& update) {
    return update::Update::ParseOperators(Doc(update)).status().code();
  };
  EXPECT_EQ(code(R"({"$push":{"a":)" + deep + "}}"), ErrorCode::kOk);
  EXPECT_EQ(code(R"({"$push":{"a.b":)" + deep + "}}"), ErrorCode::kOverflow);
  EXPECT_EQ(code(R"({"$addToSet":{"a.b":)" + deep + "}}"), ErrorCode::kOverflow);
}

}  // namespace
}  // namespace cairn
