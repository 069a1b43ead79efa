// SPDX-License-Identifier: Apache-2.0
// Random documents and random damage against libbson: both must agree on what is valid, and each
// must read what the other writes.
#include <bson/bson.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "cairn/json.h"

namespace cairn::bson {
namespace {

class Generator {
 public:
  /// Where the oracle's JSON reader errs: it loses the names of code and pointers in arrays, and
  /// does not convert code with scope inside a scope.
  enum class Shapes { kAll, kReadByOracle };

  explicit Generator(uint64_t seed, Shapes shapes = Shapes::kAll)
      : random_(seed), shapes_(shapes) {}

  uint64_t Below(uint64_t limit) { return random_() % limit; }

  std::string Text() {
    static const char* const kPieces[] = {"a", "Z", "\"", "\\", "/", "\n",
                                          "é", "☃", "𝄞",  " ",  "$", "."};
    std::string text;
    for (uint64_t left = Below(12); left > 0; --left) text += kPieces[Below(std::size(kPieces))];
    return text;
  }

  Document Next(int depth) {
    Builder builder;
    for (uint64_t i = 0, fields = Below(8); i < fields; ++i) {
      // Distinct, and never a wrapper's key.
      Append(&builder, "f" + std::to_string(i) + Text(), depth, false);
    }
    return builder.Finish();
  }

 private:
  double Real() {
    double value;
    const uint64_t bits = random_();
    std::memcpy(&value, &bits, sizeof(value));
    if (Below(2) == 0 || !std::isfinite(value)) return static_cast<double>(Below(1000)) / 8 - 50;
    return value;
  }

  /// The choice among Append's cases. Scopes have depth -1.
  uint64_t Choose(int depth, bool in_array) {
    const uint64_t choice = Below(depth > 0 ? 20 : 18);
    if (shapes_ == Shapes::kAll) return choice;
    const bool lost = choice == 9 || choice == 10 || choice == 12;
    return (in_array || depth < 0) && lost ? 7 : choice;
  }

  void Append(Builder* to, const std::string& name, int depth, bool in_array) {
    const ObjectId id = ObjectId::Generate();
    switch (Choose(depth, in_array)) {
      case 0:
        to->AppendDouble(name, Real());
        return;
      case 1:
        to->AppendString(name, Text());
        return;
      case 2:
        to->AppendBinary(name, static_cast<uint8_t>(Below(3) * 40), Text());
        return;
      case 3:
        to->AppendUndefined(name);
        return;
      case 4:
        to->AppendObjectId(name, id);
        return;
      case 5:
        to->AppendBool(name, Below(2) == 0);
        return;
      case 6:
        to->AppendDate(name, static_cast<int64_t>(Below(4000000000000)) - 1000000000000);
        return;
      case 7:
        to->AppendNull(name);
        return;
      case 8:
        to->AppendRegex(name, Text(), Below(2) == 0 ? "" : "im");
        return;
      case 9:
        to->AppendDbPointer(name, "db.c", id);
        return;
      case 10:
        to->AppendCode(name, Text());
        return;
      case 11:
        to->AppendSymbol(name, Text());
        return;
      case 12:
        to->AppendCodeWithScope(name, Text(), Next(-1));
        return;
      case 13:
        to->AppendInt32(name, static_cast<int32_t>(random_()));
        return;
      case 14:
        to->AppendTimestamp(name,
                            {static_cast<uint32_t>(random_()), static_cast<uint32_t>(random_())});
        return;
      case 15:
        to->AppendInt64(name, static_cast<int64_t>(random_()));
        return;
      case 16:
        to->AppendDecimal128(name, Decimal128::FromDouble(Real()));
        return;
      case 17:
        Below(2) == 0 ? to->AppendMinKey(name) : to->AppendMaxKey(name);
        return;
      case 18:
        to->AppendDocument(name, Next(depth - 1));
        return;
      default:
        to->OpenArray(name);
        for (uint64_t left = Below(12); left > 0; --left) {
          const std::string index(to->NextIndex());
          Append(to, index, depth - 1, true);
        }
        to->Close();
    }
  }

  std::mt19937_64 random_;
  const Shapes shapes_;
};

bool OracleAccepts(const std::string& bytes) {
  bson_t document;
  return bson_init_static(&document, reinterpret_cast<const uint8_t*>(bytes.data()),
                          bytes.size()) &&
         bson_validate(
             &document,
             static_cast<bson_validate_flags_t>(BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL),
             nullptr);
}

std::string OracleJson(const std::string& bytes, bool canonical) {
  bson_t document;
  EXPECT_TRUE(
      bson_init_static(&document, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  size_t length = 0;
  char* const text = canonical ? bson_as_canonical_extended_json(&document, &length)
                               : bson_as_relaxed_extended_json(&document, &length);
  EXPECT_NE(text, nullptr);
  std::string copy(text == nullptr ? "" : text, length);
  bson_free(text);
  return copy;
}

uint64_t Seed() {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  return seed;
}

TEST(Oracle, ReadsWhatWeWrite) {
  Generator generator(Seed(), Generator::Shapes::kReadByOracle);
  for (int i = 0; i < 2000; ++i) {
    const Document document = generator.Next(3);
    const std::string& bytes = document.bytes();
    ASSERT_TRUE(Validate(bytes).ok()) << Validate(bytes).ToString();
    ASSERT_TRUE(OracleAccepts(bytes));
    const std::string ours = json::ToJson(document, json::Format::kCanonical);
    bson_error_t error;
    bson_t* const read = bson_new_from_json(reinterpret_cast<const uint8_t*>(ours.data()),
                                            static_cast<ssize_t>(ours.size()), &error);
    ASSERT_NE(read, nullptr) << error.message << "\n" << ours;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bson_get_data(read)), read->len), bytes)
        << ours;
    bson_destroy(read);
  }
}

TEST(Oracle, WritesWhatWeRead) {
  Generator generator(Seed());
  for (int i = 0; i < 2000; ++i) {
    const Document document = generator.Next(3);
    const std::string& bytes = document.bytes();
    const std::string theirs = OracleJson(bytes, true);
    auto parsed = json::Parse(theirs);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString() << "\n" << theirs;
    EXPECT_EQ(parsed->bytes(), bytes) << theirs;
  }
}

TEST(Oracle, RelaxedFormsMeanTheSame) {
  Generator generator(Seed());
  for (int i = 0; i < 1000; ++i) {
    const Document document = generator.Next(2);
    auto theirs = json::Parse(OracleJson(document.bytes(), false));
    auto ours = json::Parse(json::ToJson(document, json::Format::kRelaxed));
    ASSERT_TRUE(theirs.ok()) << theirs.status().ToString();
    ASSERT_TRUE(ours.ok()) << ours.status().ToString();
    EXPECT_EQ(ours->bytes(), theirs->bytes()) << json::ToJson(document, json::Format::kRelaxed);
  }
}

// Where the oracle refuses damaged bytes, we must; where only we do, the reason must be one of
// ours.
TEST(Oracle, AgreesOnDamage) {
  Generator generator(Seed());
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = generator.Next(2).bytes();
    for (uint64_t changes = 1 + generator.Below(3); changes > 0; --changes) {
      bytes[generator.Below(bytes.size())] = static_cast<char>(generator.Below(256));
    }
    const Status status = Validate(bytes);
    if (!OracleAccepts(bytes)) {
      ++refused;
      EXPECT_EQ(status.code(), ErrorCode::kInvalidBSON)
          << json::ToJson(View(bytes.data()), json::Format::kCanonical);
    }
    if (status.ok()) {
      // Reading it must be safe, and lossless unless names repeat.
      const std::string json = json::ToJson(View(bytes.data()), json::Format::kCanonical);
      EXPECT_FALSE(json.empty());
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace cairn::bson
