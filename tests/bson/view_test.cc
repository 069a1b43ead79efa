// SPDX-License-Identifier: Apache-2.0
// Views, the finder, builders, ObjectId, and validation of bytes that are cut or changed anywhere.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "cairn/json.h"

namespace cairn::bson {
namespace {

Document AllTypes() {
  const ObjectId id = ObjectId::FromHex("0102030405060708090a0b0c").value();
  Builder scope;
  scope.AppendInt32("x", 1);
  const Document scope_document = scope.Finish();
  Builder builder;
  builder.AppendDouble("double", 1.5)
      .AppendString("string", std::string_view("a\0b", 3))
      .AppendBinary("binary", 0, "bytes")
      .AppendBinary("old binary", 2, "bytes")
      .AppendUndefined("undefined")
      .AppendObjectId("id", id)
      .AppendBool("bool", true)
      .AppendDate("date", -5)
      .AppendNull("null")
      .AppendRegex("regex", "^a", "im")
      .AppendDbPointer("pointer", "db.c", id)
      .AppendCode("code", "f()")
      .AppendSymbol("symbol", "s")
      .AppendCodeWithScope("scoped", "g()", scope_document)
      .AppendInt32("int32", -7)
      .AppendTimestamp("timestamp", {.increment = 3, .seconds = 9})
      .AppendInt64("int64", int64_t{1} << 40)
      .AppendDecimal128("decimal", Decimal128::FromInt64(42))
      .AppendMinKey("min")
      .AppendMaxKey("max");
  builder.OpenDocument("document").AppendInt32("a", 1).OpenDocument("b").Close().Close();
  builder.OpenArray("array");
  for (int i = 0; i < 12; ++i) builder.AppendInt32(builder.NextIndex(), i);
  builder.OpenArray(builder.NextIndex());
  builder.AppendNull(builder.NextIndex());
  builder.Close().Close();
  return builder.Finish();
}

TEST(View, ReadsEveryType) {
  const Document document = AllTypes();
  ASSERT_TRUE(Validate(document.bytes()).ok()) << Validate(document.bytes()).ToString();
  EXPECT_EQ(document["double"].AsDouble(), 1.5);
  EXPECT_EQ(document["string"].AsString(), std::string_view("a\0b", 3));
  EXPECT_EQ(document["binary"].AsBinary(), "bytes");
  EXPECT_EQ(document["old binary"].AsBinary(), "bytes");
  EXPECT_EQ(document["old binary"].BinarySubtype(), 2);
  EXPECT_EQ(document["undefined"].type(), Type::kUndefined);
  EXPECT_EQ(document["id"].AsObjectId().ToHex(), "0102030405060708090a0b0c");
  EXPECT_TRUE(document["bool"].AsBool());
  EXPECT_EQ(document["date"].AsDateMs(), -5);
  EXPECT_TRUE(document["null"].IsNullish());
  EXPECT_EQ(document["regex"].RegexPattern(), "^a");
  EXPECT_EQ(document["regex"].RegexOptions(), "im");
  EXPECT_EQ(document["pointer"].DbPointerNamespace(), "db.c");
  EXPECT_EQ(document["pointer"].DbPointerId().ToHex(), "0102030405060708090a0b0c");
  EXPECT_EQ(document["code"].AsString(), "f()");
  EXPECT_EQ(document["symbol"].AsString(), "s");
  EXPECT_EQ(document["scoped"].ScopedCode(), "g()");
  EXPECT_EQ(document["scoped"].Scope()["x"].AsInt32(), 1);
  EXPECT_EQ(document["int32"].AsInt32(), -7);
  EXPECT_EQ(document["timestamp"].AsTimestamp(), (Timestamp{.increment = 3, .seconds = 9}));
  EXPECT_EQ(document["int64"].AsInt64(), int64_t{1} << 40);
  EXPECT_EQ(document["decimal"].AsDecimal128().ToString(), "42");
  EXPECT_EQ(document["min"].type(), Type::kMinKey);
  EXPECT_EQ(document["max"].type(), Type::kMaxKey);
  EXPECT_TRUE(document["document"].AsView()["b"].AsView().empty());
  EXPECT_EQ(document["array"].AsView()["11"].AsInt32(), 11);
  EXPECT_EQ(document["array"].AsView()["12"].AsView()["0"].type(), Type::kNull);
  EXPECT_TRUE(document["nothing"].missing());
  // The sizes of all payloads add up to the document.
  size_t bytes = 5;
  for (const Element& element : document.view()) {
    bytes += 2 + element.name.size() + element.value.size();
  }
  EXPECT_EQ(bytes, document.size());
  EXPECT_EQ(Document(document.view()).bytes(), document.bytes());
  EXPECT_TRUE(Document().empty());
}

TEST(View, FindsByWholeNameOnly) {
  // Lengths around the finder's word of eight bytes, and prefixes of each other.
  std::vector<std::string> names = {""};
  for (const size_t length : {1, 2, 6, 7, 8, 9, 15, 16, 17, 40}) {
    names.emplace_back(length, 'a');
    names.push_back(std::string(length - 1, 'a') + "b");
  }
  Builder builder;
  for (size_t i = 0; i < names.size(); ++i) builder.AppendInt32(names[i], static_cast<int>(i));
  const Document document = builder.Finish();
  for (size_t i = 0; i < names.size(); ++i) {
    ASSERT_FALSE(document[names[i]].missing()) << names[i];
    EXPECT_EQ(document[names[i]].AsInt32(), static_cast<int>(i)) << names[i];
    EXPECT_TRUE(document[names[i] + "c"].missing());
    EXPECT_TRUE(document[names[i] + std::string(1, '\0')].missing());
  }
  // A name with a NUL inside must not match a name and the payload behind it.
  Builder trap;
  trap.AppendString("a", "xx");
  const Document trapped = trap.Finish();
  EXPECT_TRUE(trapped[std::string_view("a\0\3", 3)].missing());
  EXPECT_TRUE(trapped[std::string_view("a\0\3\0\0\0xx", 8)].missing());
  EXPECT_TRUE(trapped[std::string_view("\0", 1)].missing());
  EXPECT_EQ(trapped["a"].AsString(), "xx");
}

TEST(View, FindsTheFirstOfEqualNames) {
  Builder builder;
  builder.AppendInt32("a", 1).AppendInt32("a", 2);
  EXPECT_EQ(builder.Finish()["a"].AsInt32(), 1);
}

TEST(Builder, IsEmptyAfterFinish) {
  Builder builder(std::string(100, 'x'));
  builder.OpenArray("a").Close().AppendAll(AllTypes());
  EXPECT_EQ(builder.Finish()["int32"].AsInt32(), -7);
  EXPECT_EQ(builder.Finish().bytes(), Document().bytes());
  EXPECT_EQ(builder.NextIndex(), "0");
  EXPECT_EQ(builder.NextIndex(), "1");
}

TEST(ObjectId, IsUniqueAndHex) {
  std::set<ObjectId> ids;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        const ObjectId id = ObjectId::Generate();
        const std::lock_guard lock(mutex);
        ids.insert(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 4000U);
  const ObjectId id = ObjectId::Generate();
  EXPECT_EQ(ObjectId::FromHex(id.ToHex()).value(), id);
  EXPECT_EQ(ObjectId::FromHex("0102030405060708090A0B0C").value().ToHex(),
            "0102030405060708090a0b0c");
  for (const char* bad : {"", "01", "0102030405060708090a0b0g", "0102030405060708090a0b0c0"}) {
    EXPECT_EQ(ObjectId::FromHex(bad).status().code(), ErrorCode::kBadValue) << bad;
  }
}

TEST(Validate, EveryCutAndEveryChangedByte) {
  const std::string bytes = AllTypes().bytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    // On the heap, so that a read past the end is seen by the sanitizers.
    const std::string cut = bytes.substr(0, length);
    const Status status = Validate(cut);
    EXPECT_EQ(status.code(), ErrorCode::kInvalidBSON) << length;
    EXPECT_NE(status.message().find("byte offset"), std::string::npos);
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      // What passes must be safe to walk.
      if (Validate(changed).ok()) {
        const std::string json = json::ToJson(View(changed.data()), json::Format::kCanonical);
        EXPECT_FALSE(json.empty());
      }
    }
  }
}

TEST(Validate, Refuses) {
  const auto with = [](Type type, std::string_view payload) {
    std::string bytes(4, '\0');
    bytes.push_back(static_cast<char>(type));
    bytes.append(std::string_view("a\0", 2)).append(payload).push_back('\0');
    bytes[0] = static_cast<char>(bytes.size());
    return bytes;
  };
  EXPECT_TRUE(Validate(with(Type::kBool, "\1")).ok());
  EXPECT_EQ(Validate(with(Type::kBool, "\2")).code(), ErrorCode::kInvalidBSON);
  EXPECT_EQ(Validate(with(Type::kBool, "\2")).message(),
            "Invalid BSON: a boolean is neither 0 nor 1 at byte offset 7");
  EXPECT_TRUE(Validate(with(Type::kString, std::string_view("\2\0\0\0x\0", 6))).ok());
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"}) {
    const std::string text(bad);
    std::string payload(1, static_cast<char>(text.size() + 1));
    payload.append(3, '\0').append(text).push_back('\0');
    EXPECT_EQ(Validate(with(Type::kString, payload)).code(), ErrorCode::kInvalidBSON) << bad;
  }
  EXPECT_EQ(Validate(with(static_cast<Type>(0x14), "")).code(), ErrorCode::kInvalidBSON);
}

// The bytes behind the scope read as a field of their own, but the value's length includes them.
TEST(Validate, ScopeMustEndWithItsValue) {
  Builder builder;
  builder.AppendCodeWithScope("a", "f", View()).AppendInt32("b", 1);
  std::string bytes = builder.Finish().bytes();
  ASSERT_TRUE(Validate(bytes).ok());
  const size_t length_at = 4 + 3;
  bytes[length_at] = static_cast<char>(bytes[length_at] + 7);
  const Status status = Validate(bytes);
  EXPECT_EQ(status.code(), ErrorCode::kInvalidBSON);
  EXPECT_EQ(status.message(),
            "Invalid BSON: the length of code with scope is wrong at byte offset 7");
}

std::string Nested(int levels) {
  Builder builder;
  for (int i = 0; i < levels; ++i) builder.OpenDocument("a");
  for (int i = 0; i < levels; ++i) builder.Close();
  return builder.Finish().bytes();
}

TEST(Validate, LimitsDepthAndSize) {
  EXPECT_TRUE(Validate(Nested(100)).ok());
  EXPECT_EQ(Validate(Nested(101)).code(), ErrorCode::kInvalidBSON);
  EXPECT_EQ(Validate(Nested(200000)).code(), ErrorCode::kInvalidBSON);
  EXPECT_TRUE(Validate(Nested(300), {.depth_max = 300}).ok());
  EXPECT_EQ(Validate(Nested(1), {.bytes_max = 12}).code(), ErrorCode::kBSONObjectTooLarge);
  EXPECT_TRUE(Validate(Nested(1), {.bytes_max = 13}).ok());
  EXPECT_EQ(Document::FromBytes("").status().code(), ErrorCode::kInvalidBSON);
  EXPECT_EQ(Document::FromBytes(Nested(2)).value().bytes(), Nested(2));
}

TEST(TypeName, IsMongoDbsAlias) {
  EXPECT_EQ(TypeName(Type::kBinary), "binData");
  EXPECT_EQ(TypeName(Type::kInt32), "int");
  EXPECT_EQ(TypeName(Type::kInt64), "long");
  EXPECT_EQ(TypeName(Type::kEndOfObject), "missing");
  EXPECT_EQ(TypeName(Type::kCodeWithScope), "javascriptWithScope");
}

}  // namespace
}  // namespace cairn::bson
