// SPDX-License-Identifier: Apache-2.0
// Pages of documents: every document comes once, in order, whatever the sort and the values.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "server/http/keyset.h"
#include "server/http/page_token.h"
#include "server/http/routes.h"
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class PagesTest : public CommandTest {
 protected:
  Reply Get(const std::string& target) {
    Request request;
    request.method = "GET";
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    return Route(request, {database_.get(), dispatcher_.get()});
  }

  /// The _ids of all pages, by the links that lead from one to the next; `pages`: how many.
  std::vector<std::string> Walk(std::string target, int* pages) {
    std::vector<std::string> ids;
    for (*pages = 0; *pages < 2000; ++*pages) {
      const Reply reply = Get(target);
      EXPECT_EQ(reply.status, 200) << reply.body;
      if (reply.status != 200) return ids;
      const bson::Document body = json::Parse(reply.body).value();
      for (const bson::Element& document : body["documents"].AsView()) {
        std::string text;
        json::WriteValue(document.value.AsView()["_id"], json::Format::kCanonical, &text);
        ids.push_back(text);
      }
      std::string link;
      for (const auto& [name, value] : reply.headers) {
        if (name == "Link") link = value;
      }
      EXPECT_EQ(link.empty(), body["cursor"].missing());
      if (link.empty()) return ids;
      EXPECT_TRUE(link.ends_with(">; rel=\"next\"")) << link;
      target = link.substr(1, link.find('>') - 1);
    }
    return ids;
  }

  std::vector<std::string> InOneGo(const std::string& sort, const std::string& filter) {
    const CommandReply reply = Dispatch(R"({"find":"c","filter":)" + filter + R"(,"sort":)" + sort +
                                        R"(,"batchSize":100000})");
    std::vector<std::string> ids;
    for (const bson::Element& document : reply.body["cursor"].AsView()["firstBatch"].AsView()) {
      std::string text;
      json::WriteValue(document.value.AsView()["_id"], json::Format::kCanonical, &text);
      ids.push_back(text);
    }
    return ids;
  }
};

// Values of all kinds that a field, or an _id, may have.
const char* const kValues[] = {
    "null",
    "1",
    "1.5",
    "2",
    "{\"$numberLong\":\"2\"}",
    "{\"$numberDecimal\":\"7.25\"}",
    "-3",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "{\"x\":1}",
    "{\"x\":\"y\"}",
    "true",
    "false",
    "{\"$oid\":\"507f1f77bcf86cd799439011\"}",
    "{\"$date\":{\"$numberLong\":\"5\"}}",
    "{\"$timestamp\":{\"t\":1,\"i\":1}}",
    "{\"$binary\":{\"base64\":\"AQI=\",\"subType\":\"00\"}}",
    "{\"$minKey\":1}",
    "{\"$maxKey\":1}",
    "{\"$numberDouble\":\"NaN\"}",
    "{\"$numberDouble\":\"-Infinity\"}",
    "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"\"}}",
};
const char* const kArrays[] = {"[]", "[1,9]", "[\"a\",1]", "[null]", "[[1],3]", "[{\"x\":1}]"};

TEST_F(PagesTest, EveryDocumentComesOnceInOrder) {
  std::mt19937 random(20261128);
  std::string documents;
  int count = 0;
  for (const char* id : kValues) {
    if (std::string_view(id).find("regular") != std::string_view::npos) continue;  // No _id.
    if (std::string_view(id).find("numberLong\":\"2") != std::string_view::npos)
      continue;  // Twice.
    const size_t values = std::size(kValues) + std::size(kArrays) + 1;
    const size_t pick = random() % values;
    documents += (count++ ? "," : "") + std::string("{\"_id\":") + id;
    if (pick < std::size(kValues)) documents += std::string(",\"a\":") + kValues[pick];
    documents += ",\"b\":{\"c\":" + std::to_string(random() % 3) + "}}";
  }
  for (int i = 0; i < 150; ++i) {
    documents += ",{\"_id\":" + std::to_string(100 + i);
    const size_t pick = random() % (std::size(kValues) + std::size(kArrays) + 3);
    if (pick < std::size(kValues)) {
      documents += std::string(",\"a\":") + kValues[pick];
    } else if (pick < std::size(kValues) + std::size(kArrays)) {
      documents += std::string(",\"a\":") + kArrays[pick - std::size(kValues)];
    }
    documents += ",\"b\":{\"c\":" + std::to_string(random() % 3) + "}}";
    ++count;
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  struct Sort {
    const char* given;
    const char* whole;
  };
  const Sort sorts[] = {
      {"", R"({"_id":1})"},
      {R"({"_id":-1})", R"({"_id":-1})"},
      {R"({"a":1})", R"({"a":1,"_id":1})"},
      {R"({"a":-1})", R"({"a":-1,"_id":-1})"},
      {R"({"b.c":1,"a":-1})", R"({"b.c":1,"a":-1,"_id":-1})"},
      {R"({"b.c":-1,"_id":1})", R"({"b.c":-1,"_id":1})"},
  };
  for (const bool indexed : {false, true}) {
    for (const Sort& sort : sorts) {
      for (const char* limit : {"1", "7", "50"}) {
        for (const char* filter : {"{}", R"({"b.c":{"$gte":1}})"}) {
          std::string target = std::string("/v1/test/c?limit=") + limit + "&filter=" + filter;
          if (*sort.given != '\0') target += std::string("&sort=") + sort.given;
          int pages = 0;
          EXPECT_EQ(Walk(target, &pages), InOneGo(sort.whole, filter)) << target << indexed;
        }
      }
    }
    Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"},
            {"key":{"b.c":1,"a":-1},"name":"b_a"}]})");
  }
}

// A path into an array where nobody has the field sorts as null and matches no filter for null.
TEST_F(PagesTest, PathsMayLeadIntoArrays) {
  const char* const values[] = {"[]",         "[7]",         "1",
                                "{\"x\":1}",  "{\"x\":0}",   "{\"x\":null}",
                                "{}",         "[{\"x\":2}]", "[{\"x\":3},5]",
                                "{\"x\":[]}", "\"t\"",       "{\"x\":\"t\"}"};
  std::string documents;
  for (int i = 0; i < 60; ++i) {
    documents += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i) +
                 ",\"k\":" + values[static_cast<size_t>(i) % std::size(values)] + "}";
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  for (const char* direction : {"1", "-1"}) {
    const std::string sort = std::string("{\"k.x\":") + direction;
    const std::string whole = sort + ",\"_id\":" + direction + "}";
    for (const char* limit : {"1", "7"}) {
      int pages = 0;
      EXPECT_EQ(Walk("/v1/test/c?sort=" + sort + "}&limit=" + limit, &pages), InOneGo(whole, "{}"))
          << whole;
    }
  }
}

TEST_F(PagesTest, IdsThatACollationDoesNotTellApartComeAll) {
  Must(R"({"insert":"c","documents":[{"_id":"a"},{"_id":"A"},{"_id":"b"},{"_id":"B"}]})");
  for (const char* limit : {"1", "3"}) {
    int pages = 0;
    std::vector<std::string> ids = Walk(
        std::string(R"(/v1/test/c?collation={"locale":"en","strength":2}&limit=)") + limit, &pages);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, (std::vector<std::string>{"\"A\"", "\"B\"", "\"a\"", "\"b\""}));
  }
}

TEST_F(PagesTest, ViewsAndProjectionsHavePagesToo) {
  std::string documents;
  for (int i = 0; i < 40; ++i) {
    documents += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i) + R"(,"s":)" +
                 std::to_string(i % 5) + R"(,"t":[1,2,3]})";
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  Must(R"({"create":"v","viewOn":"c","pipeline":[{"$unwind":"$t"}]})");
  int pages = 0;
  EXPECT_EQ(Walk("/v1/test/v?limit=7", &pages).size(), 120u);  // _ids come three times each.
  EXPECT_EQ(pages, 17);
  const Reply first = Get(R"(/v1/test/c?limit=3&sort={"s":1}&projection={"_id":0,"t":1})");
  EXPECT_TRUE(first.body.starts_with(
      R"({"documents":[{"t":[1,2,3]},{"t":[1,2,3]},{"t":[1,2,3]}],"cursor")"))
      << first.body;
  EXPECT_EQ(Walk(R"(/v1/test/c?limit=3&sort={"s":1}&projection={"s":1})", &pages),
            InOneGo(R"({"s":1,"_id":1})", "{}"));
  EXPECT_EQ(Walk(R"(/v1/test/c?limit=7&skip=5)", &pages).size(), 35u);
  EXPECT_EQ(Walk(R"(/v1/test/c?limit=7&sort={"$natural":-1})", &pages).size(), 40u);
  EXPECT_EQ(pages, 5);
  EXPECT_EQ(Get("/v1/test/none").body, R"({"documents":[]})");
  EXPECT_TRUE(Get("/v1/test/c?limit=1&count=true").body.find(R"("count":40)") != std::string::npos);
}

TEST_F(PagesTest, PagesGoOnWhereTheyEndedWhenDocumentsComeAndGo) {
  std::string documents;
  for (int i = 0; i < 20; ++i) {
    documents += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i * 10) + "}";
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  const Reply first = Get("/v1/test/c?limit=10");
  const std::string cursor(json::Parse(first.body).value()["cursor"].AsString());
  Must(R"({"delete":"c","deletes":[{"q":{"_id":{"$lte":90}},"limit":0}]})");
  Must(R"({"insert":"c","documents":[{"_id":5},{"_id":95}]})");
  const bson::Document next = json::Parse(Get("/v1/test/c?limit=3&cursor=" + cursor).body).value();
  EXPECT_EQ(json::ToJson(bson::Document(next["documents"].AsView().begin()->value.AsView())),
            R"({"_id":95})");
}

TEST_F(PagesTest, CursorsThatNobodyMadeAreRefused) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":1},{"_id":2,"a":2}]})");
  const std::string cursor(
      json::Parse(Get("/v1/test/c?limit=1").body).value()["cursor"].AsString());
  EXPECT_EQ(Get("/v1/test/c?limit=1&cursor=" + cursor).status, 200);
  EXPECT_EQ(Get("/v1/test/c?limit=5&cursor=" + cursor).status, 200);
  EXPECT_EQ(Get("/v1/test/c?limit=1&filter={\"a\":1}&cursor=" + cursor).status, 400);
  EXPECT_EQ(Get("/v1/test/other?limit=1&cursor=" + cursor).status, 400);
  for (const std::string& wrong : std::vector<std::string>{
           "x", "%00", "!!!!", std::string(30, 'A'), std::string(5000, 'A'), cursor + "AAAA",
           cursor.substr(0, cursor.size() - 2), "%20" + cursor}) {
    EXPECT_EQ(Get("/v1/test/c?limit=1&cursor=" + wrong).status, 400) << wrong;
  }
  // Any change of any byte gives a refusal or documents, and nothing else.
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string changed = cursor;
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    changed[random() % changed.size()] = kDigits[random() % 64];
    const int status = Get("/v1/test/c?limit=1&cursor=" + changed).status;
    EXPECT_TRUE(status == 200 || status == 400) << changed << " " << status;
  }
  for (const char* wrong : {"limit=0", "limit=10001", "limit=x", "skip=-1", "filter=7", "sort=[]",
                            "count=1", "frob=1", "limit=1&limit=2"}) {
    EXPECT_EQ(Get("/v1/test/c?" + std::string(wrong)).status, 400) << wrong;
  }
}

// A collation that nobody names in the request decides as well.
TEST_F(PagesTest, PagesOfACollectionWithACollationAreWhole) {
  Must(R"({"create":"c","collation":{"locale":"en","strength":2}})");
  Must(R"({"create":"plain"})");
  Must(R"({"create":"v","viewOn":"plain","collation":{"locale":"en","strength":2}})");
  std::string documents;
  for (int i = 0; i < 40; ++i) {
    // Least by the collation: a, by bytes: B.
    const char* const tags[] = {R"(["B","a"])", R"(["b"])", R"(["c","A"])", R"("B")", "[]"};
    documents += (i ? ",{\"_id\":\"" : "{\"_id\":\"") + std::string(1, "aBcDe"[i % 5]) +
                 std::to_string(i) + R"(","t":)" + tags[(i * 7) % 5] + "}";
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  for (const char* sort :
       {R"({"_id":1})", R"({"_id":-1})", R"({"t":1,"_id":1})", R"({"t":-1,"_id":-1})"}) {
    for (const char* limit : {"1", "7"}) {
      int pages = 0;
      EXPECT_EQ(Walk(std::string("/v1/test/c?sort=") + sort + "&limit=" + limit, &pages),
                InOneGo(sort, "{}"))
          << sort << limit;
    }
  }
  // Of the view these are equal, and may come in either order.
  Must(R"({"insert":"plain","documents":[{"_id":"a"},{"_id":"A"},{"_id":"b"},{"_id":"B"}]})");
  for (const char* limit : {"1", "3"}) {
    int pages = 0;
    std::vector<std::string> ids = Walk(std::string("/v1/test/v?limit=") + limit, &pages);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, (std::vector<std::string>{"\"A\"", "\"B\"", "\"a\"", "\"b\""}));
  }
  // Here one document, which comes several times, sorts by equal texts.
  Must(R"({"create":"tags","viewOn":"c","pipeline":[{"$unwind":"$t"}],
          "collation":{"locale":"en","strength":2}})");
  Must(R"({"insert":"c","documents":[{"_id":0,"t":["x","X","y"]}]})");
  int pages = 0;
  const std::vector<std::string> ids =
      Walk(R"(/v1/test/tags?limit=1&sort={"t":1}&filter={"_id":0})", &pages);
  EXPECT_EQ(ids.size(), 3u);
}

// Behind which value a page ends, it says by the value, and not by a number of documents to skip.
TEST_F(PagesTest, AllValuesArePlaces) {
  std::vector<std::string> values(std::begin(kValues), std::end(kValues));
  values.insert(values.end(), std::begin(kArrays), std::end(kArrays));
  for (const std::string& value : values) {
    Must(R"({"insert":"c","documents":[{"_id":1,"a":)" + value + R"(},{"_id":2,"a":)" + value +
         "}]}");
    for (const char* sort : {R"({"a":1})", R"({"a":-1})"}) {
      const Reply reply = Get(std::string("/v1/test/c?limit=1&sort=") + sort);
      const std::string cursor(json::Parse(reply.body).value()["cursor"].AsString());
      EXPECT_FALSE(DecodePageToken(cursor).value().key.empty()) << value << sort;
    }
    Must(R"({"drop":"c"})");
  }
}

// What a page costs is what its query examines.
TEST_F(PagesTest, ADeepPageExaminesNoMoreThanTheFirst) {
  std::string documents;
  for (int i = 0; i < 5000; ++i) {
    documents += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i) + R"(,"a":)" +
                 std::to_string(i / 2) + R"(,"b":)" + std::to_string(i % 5) + R"(,"u":)" +
                 std::to_string(i) + "}";
  }
  Must(R"({"insert":"c","documents":[)" + documents + "]}");
  Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"},
          {"key":{"b":1,"a":1},"name":"b_a"},{"key":{"u":1},"name":"u","unique":true}]})");
  struct Case {
    const char* filter;
    const char* sort;
    const char* hint;
  };
  const Case cases[] = {
      {"{}", R"({"_id":1})", "{}"},
      {"{}", R"({"_id":-1})", "{}"},
      {"{}", R"({"a":1,"_id":1})", "{}"},
      {"{}", R"({"a":-1,"_id":-1})", "{}"},
      {"{}", R"({"u":1,"_id":1})", "{}"},
      {"{}", R"({"u":-1,"_id":-1})", "{}"},
      {R"({"b":0})", R"({"a":1,"_id":1})", R"("b_a")"},
      {R"({"b":0})", R"({"a":-1,"_id":-1})", R"("b_a")"},
      {R"({"b":{"$in":[0,1,3]}})", R"({"a":1,"_id":1})", R"("b_a")"},
      {R"({"b":{"$in":[0,1,3]}})", R"({"a":-1,"_id":-1})", R"("b_a")"},
  };
  for (const Case& each : cases) {
    const bson::Document order = json::Parse(each.sort).value();
    const bson::Document last = json::Parse(R"({"_id":2500,"a":1250,"b":0,"u":2500})").value();
    const bson::Document key = SortKeyOf(last, order, {}).value();
    const auto examined = [&](const std::string& filter) {
      const CommandReply reply =
          Dispatch(R"({"explain":{"find":"c","limit":11,"filter":)" + filter + R"(,"sort":)" +
                   each.sort + R"(,"hint":)" + each.hint + R"(},"verbosity":"executionStats"})");
      const bson::View statistics = reply.body["executionStats"].AsView();
      EXPECT_EQ(statistics["nReturned"].AsInt32(), 11) << json::ToJson(reply.body);
      return statistics["totalDocsExamined"].AsInt32() + statistics["totalKeysExamined"].AsInt32();
    };
    const int first = examined(each.filter);
    EXPECT_LE(first, 40) << each.sort;
    // In a unique index the entry with the place's value is looked at.
    const bson::Document filter = json::Parse(each.filter).value();
    EXPECT_LE(examined(json::ToJson(FilterBehind(filter, order, key))), first + 4)
        << each.filter << each.sort;
  }
}

}  // namespace
}  // namespace cairn::server
