// SPDX-License-Identifier: Apache-2.0
// The catalog's value of a collection: round trip, test vector, refusal of what is not known.
#include "engine/catalog/collection.h"

#include <gtest/gtest.h>

#include <functional>

namespace cairn::catalog {
namespace {

bson::Document Pattern(const char* field, int direction) {
  bson::Builder out;
  out.AppendInt32(field, direction);
  return out.Finish();
}

Collection Full() {
  Collection collection;
  collection.id = 0xFFFFFFFE;
  for (size_t i = 0; i < collection.uuid.size(); ++i) {
    collection.uuid[i] = static_cast<uint8_t>(i);
  }
  collection.database = "db";
  collection.name = "c.d";
  collection.layout = Layout::kByRecord;
  collection.SetOptions(Pattern("capped", 1));
  IndexSpec index;
  index.id = 7;
  index.name = "a_-1";
  index.key_pattern = Pattern("a", -1);
  index.unique = true;
  index.options = Pattern("background", 1);
  index.icu_version = "72";
  index.ready = true;
  index.multikey = true;
  index.multikey_paths = {"a", "a.b"};
  index.has_truncated_keys = true;
  collection.indexes.push_back(index);
  IndexSpec plain;
  plain.id = 8;
  plain.name = "b_1";
  plain.key_pattern = Pattern("b", 1);
  collection.indexes.push_back(plain);
  return collection;
}

TEST(CollectionFormat, RoundTrip) {
  const Collection before = Full();
  const bson::Document bytes = EncodeCollection(before);
  ASSERT_TRUE(bson::Validate(bytes.bytes()).ok());
  Result<Collection> decoded = DecodeCollection(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(EncodeCollection(*decoded).bytes(), bytes.bytes());
  EXPECT_EQ(decoded->id, before.id);
  EXPECT_EQ(decoded->uuid, before.uuid);
  EXPECT_EQ(decoded->Namespace(), "db.c.d");
  EXPECT_EQ(decoded->layout, Layout::kByRecord);
  ASSERT_EQ(decoded->indexes.size(), 2u);
  const IndexSpec& index = decoded->indexes[0];
  EXPECT_EQ(index.id, 7u);
  EXPECT_TRUE(index.unique);
  EXPECT_TRUE(index.ready);
  EXPECT_TRUE(index.multikey);
  EXPECT_TRUE(index.has_truncated_keys);
  EXPECT_EQ(index.multikey_paths, (std::vector<std::string>{"a", "a.b"}));
  EXPECT_EQ(index.icu_version, "72");
  EXPECT_FALSE(decoded->indexes[1].ready);
  EXPECT_EQ(decoded->FindIndex("b_1")->id, 8u);
  EXPECT_EQ(decoded->FindIndex("c_1"), nullptr);
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// The same vector as in docs/format.md.
TEST(CollectionFormat, AnInterruptedBuild) {
  const std::string wanted = FromHex(
      "a5000000126964000700000000000000026e616d650004000000615f3100036b6579000c00000010610001000000"
      "0010666f"
      "726d617400010000000872656164790000036275696c64005a000000107374616765000100000012616674657200"
      "02010000"
      "0000000005706f736974696f6e000b0000000028bff000000000000000000472756e73001b000000123000080000"
      "00000000"
      "001231000900000000000000000000");
  Collection collection;
  collection.id = 5;
  collection.database = "d";
  collection.name = "c";
  IndexSpec& index = collection.indexes.emplace_back();
  index.id = 7;
  index.name = "a_1";
  index.key_pattern = Pattern("a", 1);
  index.build = BuildState{BuildStage::kScanning, 258, FromHex("28bff00000000000000000"), {8, 9}};
  const bson::Document bytes = EncodeCollection(collection);
  EXPECT_EQ(bytes["indexes"].AsView()["0"].AsView().bytes(), wanted);
  const Collection decoded = DecodeCollection(bytes).value();
  ASSERT_TRUE(decoded.indexes[0].build.has_value());
  const BuildState& build = *decoded.indexes[0].build;
  EXPECT_EQ(build.stage, BuildStage::kScanning);
  EXPECT_EQ(build.after, 258u);
  EXPECT_EQ(build.position, index.build->position);
  EXPECT_EQ(build.runs, index.build->runs);
  collection.indexes[0].build->stage = static_cast<BuildStage>(4);
  EXPECT_EQ(DecodeCollection(EncodeCollection(collection)).status().code(),
            ErrorCode::kDataCorruptionDetected);
}

// Part of the on-disk format: a failure here means that old stores cannot be opened.
TEST(CollectionFormat, TestVector) {
  Collection collection;
  collection.id = 5;
  collection.database = "d";
  collection.name = "c";
  const std::string kBytes(
      "\x71\0\0\0"
      "\x10v\0\x01\0\0\0"
      "\x12id\0\x05\0\0\0\0\0\0\0"
      "\x05uuid\0\x10\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
      "\x02"
      "db\0\x02\0\0\0d\0"
      "\x02name\0\x02\0\0\0c\0"
      "\x10layout\0\0\0\0\0"
      "\x03options\0\x05\0\0\0\0"
      "\x04indexes\0\x05\0\0\0\0"
      "\0",
      0x71);
  EXPECT_EQ(EncodeCollection(collection).bytes(), kBytes);
}

bson::Document Without(bson::View document, std::string_view name) {
  bson::Builder out;
  for (const bson::Element& element : document) {
    if (element.name != name) out.Append(element.name, element.value);
  }
  return out.Finish();
}

bson::Document With(bson::View document, const std::function<void(bson::Builder*)>& append) {
  bson::Builder out;
  out.AppendAll(document);
  append(&out);
  return out.Finish();
}

TEST(CollectionFormat, RefusesWhatItDoesNotKnow) {
  const bson::Document whole = EncodeCollection(Full());
  const auto code = [](const bson::Document& document) {
    return DecodeCollection(document).status().code();
  };
  EXPECT_EQ(code(With(whole, [](bson::Builder* out) { out->AppendBool("clustered", true); })),
            ErrorCode::kStoreFormatUnknown);
  for (const char* field : {"v", "id", "db", "name"}) {
    const ErrorCode expected = std::string_view(field) == "v" ? ErrorCode::kStoreFormatUnknown
                                                              : ErrorCode::kDataCorruptionDetected;
    EXPECT_EQ(code(Without(whole, field)), expected) << field;
  }
  const auto replaced = [&](const char* field, const std::function<void(bson::Builder*)>& append) {
    return code(With(Without(whole, field), append));
  };
  EXPECT_EQ(replaced("id", [](bson::Builder* out) { out->AppendInt32("id", 3); }),
            ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(replaced("id", [](bson::Builder* out) { out->AppendInt64("id", 1ll << 32); }),
            ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(replaced("layout", [](bson::Builder* out) { out->AppendInt32("layout", 2); }),
            ErrorCode::kStoreFormatUnknown);
  EXPECT_EQ(replaced("uuid", [](bson::Builder* out) { out->AppendBinary("uuid", 4, "short"); }),
            ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(replaced("indexes", [](bson::Builder* out) { out->AppendBool("indexes", true); }),
            ErrorCode::kDataCorruptionDetected);
}

TEST(CollectionFormat, RefusesAnIndexOfAnUnknownFormat) {
  Collection collection = Full();
  collection.indexes[1].format_version = 2;
  EXPECT_EQ(DecodeCollection(EncodeCollection(collection)).status().code(),
            ErrorCode::kStoreFormatUnknown);
}

}  // namespace
}  // namespace cairn::catalog
