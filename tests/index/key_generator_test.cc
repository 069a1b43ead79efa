// SPDX-License-Identifier: Apache-2.0
// Keys of documents by MongoDB's rules, as tables.
#include "engine/index/key_generator.h"

#include <gtest/gtest.h>

#include "cairn/json.h"
#include "engine/index/definition.h"

namespace cairn::index {
namespace {

bson::Document Json(std::string_view text) {
  Result<bson::Document> document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return document.ok() ? *document : bson::Document();
}

// The keys as an array of documents, in key order; or the error's name.
std::string Keys(std::string_view pattern_text, std::string_view document_text) {
  const bson::Document pattern = Json(pattern_text);
  const KeyGenerator generator(pattern);
  const bson::Document document = Json(document_text);
  KeySet keys;
  const Status status = generator.Generate(document, &keys);
  if (!status.ok()) return ErrorName(status.code());
  std::string text;
  for (const GeneratedKey& key : keys.keys()) {
    const bson::Document values = generator.KeyValues(document, key.fields);
    if (!text.empty()) text += ' ';
    text += json::ToJson(values);
  }
  return text;
}

TEST(KeyGenerator, SingleField) {
  const struct {
    const char* pattern;
    const char* document;
    const char* keys;
  } kCases[] = {
      {R"({"a":1})", R"({"a":5})", R"({"a":5})"},
      {R"({"a":1})", R"({"b":5})", R"({"a":null})"},
      {R"({"a":1})", R"({"a":null})", R"({"a":null})"},
      {R"({"a":1})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
      {R"({"a":1})", R"({"a":[3,1,2]})", R"({"a":1} {"a":2} {"a":3})"},
      {R"({"a":-1})", R"({"a":[3,1,2]})", R"({"a":3} {"a":2} {"a":1})"},
      {R"({"a":1})", R"({"a":[1,1.0,1]})", R"({"a":1})"},
      {R"({"a":1})", R"({"a":[]})", R"({"a":{"$undefined":true}})"},
      {R"({"a":1})", R"({"a":[[]]})", R"({"a":[]})"},
      {R"({"a":1})", R"({"a":[[1,2]]})", R"({"a":[1,2]})"},
      {R"({"a":1})", R"({"a":[1,[1,2],null]})", R"({"a":null} {"a":1} {"a":[1,2]})"},
      {R"({"a":1})", R"({"a":[{"b":1},{"b":2}]})", R"({"a":{"b":1}} {"a":{"b":2}})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Keys(c.pattern, c.document), c.keys) << c.document;
}

TEST(KeyGenerator, DottedPath) {
  const struct {
    const char* pattern;
    const char* document;
    const char* keys;
  } kCases[] = {
      {R"({"a.b":1})", R"({"a":{"b":5}})", R"({"a.b":5})"},
      {R"({"a.b":1})", R"({"a":{"c":5}})", R"({"a.b":null})"},
      {R"({"a.b":1})", R"({"a":7})", R"({"a.b":null})"},
      {R"({"a.b":1})", R"({})", R"({"a.b":null})"},
      {R"({"a.b":1})", R"({"a.b":9})", R"({"a.b":null})"},
      {R"({"a.b":1})", R"({"a":[{"b":1},{"b":2}]})", R"({"a.b":1} {"a.b":2})"},
      {R"({"a.b":1})", R"({"a":[{"b":1},{"c":2},7]})", R"({"a.b":null} {"a.b":1})"},
      {R"({"a.b":1})", R"({"a":[{"b":[1,2]},{"b":[2,3]}]})", R"({"a.b":1} {"a.b":2} {"a.b":3})"},
      {R"({"a.b":1})", R"({"a":{"b":[]}})", R"({"a.b":{"$undefined":true}})"},
      {R"({"a.b":1})", R"({"a":[]})", R"({"a.b":null})"},
      {R"({"a.b":1})", R"({"a":[[{"b":1}]]})", R"({"a.b":null})"},
      {R"({"a.b.c":1})", R"({"a":[{"b":{"c":1}},{"b":[{"c":2},{"c":3}]}]})",
       R"({"a.b.c":1} {"a.b.c":2} {"a.b.c":3})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Keys(c.pattern, c.document), c.keys) << c.document;
}

TEST(KeyGenerator, Position) {
  const struct {
    const char* pattern;
    const char* document;
    const char* keys;
  } kCases[] = {
      {R"({"a.0":1})", R"({"a":[5,6]})", R"({"a.0":5})"},
      {R"({"a.1":1})", R"({"a":[5,6]})", R"({"a.1":6})"},
      {R"({"a.2":1})", R"({"a":[5,6]})", R"({"a.2":null})"},
      {R"({"a.0":1})", R"({"a":{"0":4}})", R"({"a.0":4})"},
      {R"({"a.5":1})", R"({"a":[{"5":1},{"5":2}]})", R"({"a.5":1} {"a.5":2})"},
      {R"({"a.0":1})", R"({"a":[{"0":1}]})", "Location16746"},
      {R"({"a.00":1})", R"({"a":[5]})", R"({"a.00":null})"},
      {R"({"a.0.b":1})", R"({"a":[{"b":1},{"b":2}]})", R"({"a.0.b":1})"},
      {R"({"a.0.b":1})", R"({"a":[[{"b":1},{"b":2}]]})", R"({"a.0.b":1} {"a.0.b":2})"},
      {R"({"a.0":1})", R"({"a":[[1,2],3]})", R"({"a.0":[1,2]})"},
      {R"({"a.0":1})", R"({"a":[[],3]})", R"({"a.0":{"$undefined":true}})"},
      {R"({"a.0.1":1})", R"({"a":[[7,8]]})", R"({"a.0.1":8})"},
      {R"({"a.99999999999":1})", R"({"a":[5]})", R"({"a.99999999999":null})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Keys(c.pattern, c.document), c.keys) << c.document;
}

TEST(KeyGenerator, Compound) {
  const struct {
    const char* pattern;
    const char* document;
    const char* keys;
  } kCases[] = {
      {R"({"a":1,"b":1})", R"({"a":1,"b":2})", R"({"a":1,"b":2})"},
      {R"({"a":1,"b":1})", R"({"b":2})", R"({"a":null,"b":2})"},
      {R"({"a":1,"b":-1})", R"({"a":1,"b":[1,2]})", R"({"a":1,"b":2} {"a":1,"b":1})"},
      {R"({"a":1,"b":1})", R"({"a":[1,2],"b":[1,2]})", "CannotIndexParallelArrays"},
      {R"({"a":1,"b":1})", R"({"a":[],"b":[]})", "CannotIndexParallelArrays"},
      {R"({"a.b":1,"a.c":1})", R"({"a":[{"b":1,"c":2},{"b":3}]})",
       R"({"a.b":1,"a.c":2} {"a.b":3,"a.c":null})"},
      {R"({"a.b":1,"a.c":1})", R"({"a":[{"b":[1,2],"c":3}]})",
       R"({"a.b":1,"a.c":3} {"a.b":2,"a.c":3})"},
      {R"({"a.b":1,"a.c":1})", R"({"a":[{"b":[1],"c":[3]}]})", "CannotIndexParallelArrays"},
      {R"({"a":1,"a.b":1})", R"({"a":[{"b":1}]})", R"({"a":{"b":1},"a.b":1})"},
      {R"({"a.0":1,"a.b":1})", R"({"a":[{"b":1},{"b":2}]})",
       R"({"a.0":{"b":1},"a.b":1} {"a.0":{"b":1},"a.b":2})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Keys(c.pattern, c.document), c.keys) << c.document;
}

std::string Arrays(std::string_view pattern_text, std::string_view document_text) {
  const bson::Document pattern = Json(pattern_text);
  const KeyGenerator generator(pattern);
  catalog::IndexSpec spec;
  KnownFlags flags(spec, generator);
  KeySet keys;
  EXPECT_TRUE(generator.Generate(Json(document_text), &keys).ok());
  EXPECT_EQ(flags.Cover(keys), !keys.multikey() && !keys.cut());
  flags.Add(keys);
  EXPECT_TRUE(flags.Cover(keys));
  flags.Apply(generator, &spec);
  EXPECT_TRUE(KnownFlags(spec, generator).Cover(keys));
  std::string text = spec.multikey ? "multikey" : "single";
  for (const std::string& path : spec.multikey_paths) text += " " + path;
  if (spec.has_truncated_keys) text += " cut";
  return text;
}

TEST(KeyGenerator, MultikeyPaths) {
  EXPECT_EQ(Arrays(R"({"a":1})", R"({"a":1})"), "single");
  EXPECT_EQ(Arrays(R"({"a":1})", R"({"a":[1]})"), "multikey a");
  EXPECT_EQ(Arrays(R"({"a":1})", R"({"a":[]})"), "multikey a");
  EXPECT_EQ(Arrays(R"({"a.b":1})", R"({"a":{"b":[1]}})"), "multikey a.b");
  EXPECT_EQ(Arrays(R"({"a.b":1})", R"({"a":[{"b":[1]}]})"), "multikey a a.b");
  EXPECT_EQ(Arrays(R"({"a.b":1,"c":1})", R"({"a":[{"b":1}],"c":1})"), "multikey a");
  EXPECT_EQ(Arrays(R"({"a":1})", R"({"a":")" + std::string(1500, 'x') + R"("})"), "single cut");
  EXPECT_EQ(Arrays(R"({"a":1})", R"({"a":")" + std::string(1400, 'x') + R"("})"), "single");
}

TEST(KeyGenerator, LongKeysStayDifferent) {
  const bson::Document pattern = Json(R"({"a":1})");
  const KeyGenerator generator(pattern);
  const std::string common(2000, 'x');
  const bson::Document document =
      Json(R"({"a":[")" + common + R"(1",")" + common + R"(2",")" + common + R"(1"]})");
  KeySet keys;
  ASSERT_TRUE(generator.Generate(document, &keys).ok());
  ASSERT_EQ(keys.keys().size(), 2u);
  for (const GeneratedKey& key : keys.keys()) {
    EXPECT_TRUE(key.cut);
    EXPECT_EQ(key.fields.size(), key::kMaxFieldBytes);
    EXPECT_TRUE(generator.KeyValues(document, key.fields)["a"].AsString().starts_with(common));
  }
}

TEST(KeyGenerator, BoundsTheKeysOfADocument) {
  const auto array = [](int elements) {
    bson::Builder out;
    out.OpenArray("a");
    for (int i = 0; i < elements; ++i) out.AppendInt32(out.NextIndex(), i);
    out.Close();
    return out.Finish();
  };
  const bson::Document pattern = Json(R"({"a":1})");
  const KeyGenerator generator(pattern);
  KeySet keys;
  EXPECT_TRUE(generator.Generate(array(kKeysPerDocumentMax), &keys).ok());
  EXPECT_EQ(keys.keys().size(), kKeysPerDocumentMax);
  EXPECT_EQ(generator.Generate(array(kKeysPerDocumentMax + 1), &keys).code(),
            ErrorCode::kCannotBuildIndexKeys);
}

TEST(KeyGenerator, MayDiffer) {
  const bson::Document pattern = Json(R"({"a.b":1})");
  const KeyGenerator generator(pattern);
  const auto differ = [&](const char* before, const char* after) {
    return generator.MayDiffer(Json(before), Json(after));
  };
  EXPECT_FALSE(differ(R"({"a":{"b":1},"c":1})", R"({"c":2,"a":{"b":1}})"));
  EXPECT_FALSE(differ(R"({"c":1})", R"({"c":2})"));
  EXPECT_TRUE(differ(R"({"a":{"b":1}})", R"({"a":{"b":2}})"));
  EXPECT_TRUE(differ(R"({"a":1})", R"({"a":1.0})"));
  EXPECT_TRUE(differ(R"({"a":null})", R"({})"));
}

std::vector<std::string> KeysOf(const catalog::IndexSpec& spec, const char* document) {
  const KeyGenerator generator(spec, nullptr);
  KeySet keys;
  std::vector<std::string> shown;
  if (!generator.Generate(Json(document), &keys).ok()) return {"error"};
  for (const GeneratedKey& key : keys.keys()) {
    key::Decoder decoder(key.fields, key.type_bits.bytes());
    bson::Builder out;
    for (int i = 0; i < generator.fields(); ++i) {
      const bool descending = generator.descending() >> i & 1;
      EXPECT_TRUE(decoder
                      .Next(descending ? key::Direction::kDescending : key::Direction::kAscending,
                            out.NextIndex(), &out)
                      .ok());
    }
    shown.push_back(json::ToJson(out.Finish()));
  }
  return shown;
}

TEST(KeyGenerator, WildcardSparseAndHashed) {
  struct Case {
    const char* pattern;
    const char* options;
    const char* document;
    std::vector<std::string> keys;
  };
  const Case kCases[] = {
      {R"({"$**":1})",
       "{}",
       R"({"_id":1,"a":2,"b":{"c":3,"d":{}},"e":[4,{"f":5},[6]],"g":[]})",
       {R"({"0":"a","1":2})", R"({"0":"b.c","1":3})", R"({"0":"b.d","1":{}})", R"({"0":"e","1":4})",
        R"({"0":"e","1":[6]})", R"({"0":"e.f","1":5})", R"({"0":"g","1":{"$undefined":true}})"}},
      {R"({"b.$**":1})", "{}", R"({"_id":1,"a":2,"b":{"c":3}})", {R"({"0":"b.c","1":3})"}},
      {R"({"$**":1})",
       R"({"wildcardProjection":{"b.c":1,"_id":1}})",
       R"({"_id":1,"a":2,"b":{"c":3,"d":4}})",
       {R"({"0":"_id","1":1})", R"({"0":"b.c","1":3})"}},
      {R"({"$**":1})",
       R"({"wildcardProjection":{"b":0}})",
       R"({"_id":1,"a":2,"b":{"c":3,"d":4}})",
       {R"({"0":"a","1":2})"}},
      {R"({"x":-1,"$**":1})",
       R"({"wildcardProjection":{"x":0}})",
       R"({"_id":1,"x":2,"b":3})",
       {R"({"0":2,"1":"b","2":3})"}},
      {R"({"x":1,"$**":1})",
       R"({"wildcardProjection":{"x":0}})",
       R"({"_id":1,"x":2})",
       {R"({"0":2,"1":{"$minKey":1},"2":{"$minKey":1}})"}},
      {R"({"x":1,"$**":1})",
       R"({"wildcardProjection":{"x":0}})",
       R"({"_id":1,"x":[2]})",
       {"error"}},
      {R"({"a":1,"b":1})", R"({"sparse":true})", R"({"_id":1})", {}},
      {R"({"a":1,"b":1})", R"({"sparse":true})", R"({"b":null})", {R"({"0":null,"1":null})"}},
      {R"({"a":"hashed"})", "{}", R"({"a":[1]})", {"error"}},
  };
  for (const Case& c : kCases) {
    const Result<catalog::IndexSpec> spec = MakeSpec("", Json(c.pattern), false, Json(c.options));
    ASSERT_TRUE(spec.ok()) << c.pattern << spec.status().ToString();
    EXPECT_EQ(KeysOf(*spec, c.document), c.keys) << c.pattern << c.options << c.document;
  }
  // Part of the on-disk format.
  EXPECT_EQ(HashOf(Json(R"({"a":5})")["a"]), HashOf(Json(R"({"a":5.0})")["a"]));
  EXPECT_NE(HashOf(Json(R"({"a":5})")["a"]), HashOf(Json(R"({"a":6})")["a"]));
  EXPECT_EQ(static_cast<uint64_t>(HashOf(Json(R"({"a":5})")["a"])),
            0x778b4c11c59ce246);  // docs/format.md
}

}  // namespace
}  // namespace cairn::index
