// SPDX-License-Identifier: Apache-2.0
// Collation documents: what is accepted, completed and refused; and the orders they give, by
// comparison and by sort key.
#include "engine/collation/collator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "cairn/json.h"

namespace cairn::collation {
namespace {

Result<std::shared_ptr<const Collator>> Parse(std::string_view json) {
  const auto spec = json::Parse(json);
  EXPECT_TRUE(spec.ok()) << json;
  return Collator::Parse(spec.value());
}

int Sign(int order) { return order < 0 ? -1 : (order > 0 ? 1 : 0); }

struct Refused {
  const char* spec;
  ErrorCode code;
};

TEST(Collator, RefusesWrongDocuments) {
  const Refused rows[] = {
      {R"({})", ErrorCode::kLocation40414},
      {R"({"strength": 2})", ErrorCode::kLocation40414},
      {R"({"locale": null})", ErrorCode::kLocation40414},
      {R"({"locale": 1})", ErrorCode::kTypeMismatch},
      {R"({"locale": ""})", ErrorCode::kBadValue},
      {R"({"locale": "invalid_locale_xyz"})", ErrorCode::kBadValue},
      {R"({"locale": "zz"})", ErrorCode::kBadValue},
      {R"({"locale": "en\u0000"})", ErrorCode::kBadValue},
      {R"({"locale": "en-US"})", ErrorCode::kBadValue},
      {R"({"locale": "EN"})", ErrorCode::kBadValue},
      {R"({"locale": "x_invalid"})", ErrorCode::kBadValue},
      {R"({"locale": "i-inva"})", ErrorCode::kBadValue},
      {R"({"locale": "de@collation=nosuchtype"})", ErrorCode::kBadValue},
      {R"({"locale": "de@colstrength=primary"})", ErrorCode::kBadValue},
      {R"({"locale": "en", "strenght": 2})", ErrorCode::kLocation40415},
      {R"({"locale": "simple", "strenght": 2})", ErrorCode::kLocation40415},
      {R"({"locale": "en", "strength": 0})", ErrorCode::kBadValue},
      {R"({"locale": "en", "strength": 6})", ErrorCode::kBadValue},
      {R"({"locale": "en", "strength": 1.5})", ErrorCode::kBadValue},
      {R"({"locale": "en", "strength": "2"})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "caseLevel": "yes"})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "caseFirst": "Upper"})", ErrorCode::kBadValue},
      {R"({"locale": "en", "caseFirst": true})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "numericOrdering": "no"})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "alternate": "blanked"})", ErrorCode::kBadValue},
      {R"({"locale": "en", "maxVariable": "symbol"})", ErrorCode::kBadValue},
      {R"({"locale": "en", "normalization": []})", ErrorCode::kTypeMismatch},
      {R"({"locale": "fr", "backwards": {}})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "version": 57})", ErrorCode::kTypeMismatch},
      {R"({"locale": "en", "version": "1.2"})", ErrorCode::kIncompatibleCollationVersion},
      {R"({"locale": "en", "strength": 2, "caseFirst": "upper"})", ErrorCode::kBadValue},
      {R"({"locale": "fr", "strength": 1, "backwards": true})", ErrorCode::kBadValue},
  };
  for (const Refused& row : rows) {
    const auto collator = Parse(row.spec);
    ASSERT_FALSE(collator.ok()) << row.spec;
    EXPECT_EQ(collator.status().code(), row.code) << row.spec << collator.status().ToString();
  }
  bson::Builder twice;
  twice.AppendString("locale", "en").AppendString("locale", "en");
  EXPECT_EQ(Collator::Parse(twice.Finish()).status().code(), ErrorCode::kDuplicateCommandParameter);
  EXPECT_EQ(Parse(R"({"strength": 2})").status().message(),
            "BSON field 'collation.locale' is missing but a required field");
}

TEST(Collator, SimpleIsNull) {
  EXPECT_EQ(Parse(R"({"locale": "simple"})").value(), nullptr);
  EXPECT_EQ(Parse(R"({"locale": "simple", "normalization": true})").value(), nullptr);
}

struct Completed {
  const char* spec;
  const char* complete;  ///< Without the version.
};

TEST(Collator, CompletesTheDocument) {
  const Completed rows[] = {
      {R"({"locale": "en"})",
       R"({"locale":"en","caseLevel":false,"caseFirst":"off","strength":3,)"
       R"("numericOrdering":false,"alternate":"non-ignorable","maxVariable":"punct",)"
       R"("normalization":false,"backwards":false,"version":")"},
      {R"({"locale": "fr_CA", "strength": {"$numberDouble": "2"}, "caseFirst": null})",
       R"({"locale":"fr_CA","caseLevel":false,"caseFirst":"off","strength":2,)"
       R"("numericOrdering":false,"alternate":"non-ignorable","maxVariable":"punct",)"
       R"("normalization":false,"backwards":true,"version":")"},
      {R"({"backwards": true, "normalization": true, "maxVariable": "space",
           "alternate": "shifted", "numericOrdering": true, "strength": 4,
           "caseFirst": "lower", "caseLevel": true, "locale": "de@collation=phonebook",
           "version": "57.1"})",
       R"({"locale":"de@collation=phonebook","caseLevel":true,"caseFirst":"lower","strength":4,)"
       R"("numericOrdering":true,"alternate":"shifted","maxVariable":"space",)"
       R"("normalization":true,"backwards":true,"version":")"},
  };
  for (const Completed& row : rows) {
    const auto collator = Parse(row.spec).value();
    ASSERT_NE(collator, nullptr);
    EXPECT_EQ(json::ToJson(collator->spec()),
              std::string(row.complete) + std::string(Collator::Version()) + "\"}");
    const auto again = Collator::Parse(collator->spec()).value();
    EXPECT_TRUE(Same(collator.get(), again.get()));
    EXPECT_FALSE(Collator::IsStale(collator->spec()));
    EXPECT_FALSE(Same(collator.get(), nullptr));
    EXPECT_FALSE(Same(collator.get(), Parse(R"({"locale": "sv"})").value().get()));
  }
}

TEST(Collator, KnowsWhatAnotherVersionHasStored) {
  const bson::Document stored =
      json::Parse(R"({"locale": "en", "strength": 2, "version": "1.2"})").value();
  EXPECT_EQ(Collator::Parse(stored).status().code(), ErrorCode::kIncompatibleCollationVersion);
  EXPECT_TRUE(Collator::IsStale(stored));
  const auto collator = Collator::ParseStored(stored).value();
  EXPECT_TRUE(Same(collator.get(), Parse(R"({"locale": "en", "strength": 2})").value().get()));
}

struct Order {
  const char* spec;
  const char* a;
  const char* b;
  int order;
};

constexpr Order kOrders[] = {
    {R"({"locale": "en"})", "a", "B", -1},
    {R"({"locale": "en"})", "a", "A", -1},
    {R"({"locale": "en"})", "", "a", -1},
    {R"({"locale": "en"})", "ab", "abc", -1},
    {R"({"locale": "en"})", "a-b", "ab", -1},
    {R"({"locale": "en"})", "10", "2", -1},
    {R"({"locale": "en", "strength": 1})", "résumé", "RESUME", 0},
    {R"({"locale": "en", "strength": 2})", "résumé", "RÉSUMÉ", 0},
    {R"({"locale": "en", "strength": 2})", "résumé", "resume", 1},
    {R"({"locale": "en", "strength": 1, "caseLevel": true})", "e", "é", 0},
    {R"({"locale": "en", "strength": 1, "caseLevel": true})", "e", "E", -1},
    {R"({"locale": "en", "caseFirst": "upper"})", "a", "A", 1},
    {R"({"locale": "en", "caseFirst": "lower"})", "a", "A", -1},
    {R"({"locale": "en", "numericOrdering": true})", "a10", "a2", 1},
    {R"({"locale": "en", "numericOrdering": true})", "-2", "-10", -1},
    {R"({"locale": "en", "alternate": "shifted"})", "a-b", "ab", 0},
    {R"({"locale": "en", "alternate": "shifted", "maxVariable": "space"})", "a b", "ab", 0},
    {R"({"locale": "en", "alternate": "shifted", "maxVariable": "space"})", "a-b", "ab", -1},
    {R"({"locale": "en", "alternate": "shifted", "strength": 4})", "a-b", "ab", -1},
    {R"({"locale": "en", "strength": 5})", "a", "a", 0},
    {R"({"locale": "fr"})", "côte", "coté", 1},
    {R"({"locale": "fr", "backwards": true})", "côte", "coté", -1},
    {R"({"locale": "fr_CA"})", "côte", "coté", -1},
    {R"({"locale": "en", "normalization": true})", "\xC3\xA9", "e\xCC\x81", 0},
    {R"({"locale": "sv"})", "z", "å", -1},
    {R"({"locale": "en"})", "z", "å", 1},
    {R"({"locale": "de@collation=phonebook"})", "Ad", "Ä", -1},
    {R"({"locale": "de"})", "Ad", "Ä", 1},
    {R"({"locale": "en"})", "\xFF", "\xEF\xBF\xBD", 0},  // ill-formed is U+FFFD
    {R"({"locale": "en", "strength": 1})", "日本", "日本国", -1},
};

TEST(Collator, OrdersTextsAndSortKeysAlike) {
  for (const Order& row : kOrders) {
    const auto collator = Parse(row.spec).value();
    const std::string what = std::string(row.spec) + " " + row.a + " " + row.b;
    EXPECT_EQ(Sign(collator->Compare(row.a, row.b)), row.order) << what;
    EXPECT_EQ(Sign(collator->Compare(row.b, row.a)), -row.order) << what;
    std::string a = "x", b = "x";
    collator->AppendSortKey(row.a, &a);
    collator->AppendSortKey(row.b, &b);
    EXPECT_EQ(Sign(a.compare(b)), row.order) << what;
    EXPECT_EQ(a.find('\0'), std::string::npos) << what;
  }
}

TEST(Collator, TakesLongTextsAndNul) {
  const auto collator = Parse(R"({"locale": "en", "strength": 2})").value();
  const std::string lower(100000, 'a');
  const std::string upper(100000, 'A');
  EXPECT_EQ(collator->Compare(lower, upper), 0);
  std::string lower_key, upper_key;
  collator->AppendSortKey(lower, &lower_key);
  collator->AppendSortKey(upper, &upper_key);
  EXPECT_EQ(lower_key, upper_key);
  // Many sort key bytes for each UTF-8 byte: the first guess of the size is too small.
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "\xE3\x8D\xBF\xEF\xB7\xBA";
  std::string wide_key;
  collator->AppendSortKey(wide, &wide_key);
  EXPECT_GT(wide_key.size(), 4 * 2000U + 16);
  using std::string_literals::operator""s;
  std::string a, b;
  collator->AppendSortKey("a\0b"s, &a);
  collator->AppendSortKey("A\0B"s, &b);
  EXPECT_EQ(a, b);
  EXPECT_NE(collator->Compare("a\0b"s, "a\0c"s), 0);
}

TEST(Collator, ServesSeveralThreads) {
  const auto collator = Parse(R"({"locale": "en", "strength": 1})").value();
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        std::string key, other;
        collator->AppendSortKey("Crème" + std::to_string(n), &key);
        collator->AppendSortKey("creme" + std::to_string(n), &other);
        if (key != other || collator->Compare("ÉTÉ", "ete") != 0) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace cairn::collation
