// SPDX-License-Identifier: Apache-2.0
// How inputs that are Extended JSON change: values are replaced, taken out, doubled and exchanged
// between inputs, so that most of what comes out still parses. Half of the changes are libFuzzer's
// own, of bytes. One thread.
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace cairn::fuzz {
namespace {

using Random = std::minstd_rand;

// Values at which arithmetic, types and paths turn over.
constexpr const char* kValues =
    R"([null, true, false, 0, 1, -1, 2, 7, 0.5, -0.0, 1e300, 1e-300, 2147483647, -2147483648,
    {"$numberLong": "9223372036854775807"}, {"$numberLong": "-9223372036854775808"},
    {"$numberLong": "3"}, {"$numberDouble": "NaN"}, {"$numberDouble": "Infinity"},
    {"$numberDouble": "-Infinity"}, {"$numberDecimal": "NaN"}, {"$numberDecimal": "Infinity"},
    {"$numberDecimal": "1E+6000"}, {"$numberDecimal": "0.1"}, {"$numberDecimal": "-0"}, "", "a",
    "$a", "$a.b", "$l", "$$ROOT", "$$CURRENT", "$$this", "$$value", "$$REMOVE", "$$NOW", "$_id",
    "day", "UTC", "é", [], [1, 2], ["$a", "$b"], {}, {"a": 1}, {"$undefined": true},
    {"$date": {"$numberLong": "0"}}, {"$date": {"$numberLong": "9223372036854775807"}},
    {"$date": "2024-02-29T12:00:00Z"}, {"$oid": "507f1f77bcf86cd799439011"}, {"$minKey": 1},
    {"$maxKey": 1}, {"$timestamp": {"t": 1, "i": 2}}, {"$binary": {"base64": "", "subType": "00"}},
    {"$regularExpression": {"pattern": "a|b", "options": "i"}}, [[1, 2], [3]], [{"k": "a", "v": 1}],
    {"$literal": "$a"}, {"$range": [0, 5]}, {"$add": ["$a", 1]}, {"$map": {"input": "$l", "in":
    "$$this"}}, {"$cond": ["$a", "$b", "$l"]}])";

const bson::Document& Values() {
  static const bson::Document* const kParsed =
      new bson::Document(json::Parse(R"({"v":)" + std::string(kValues) + "}").value());
  return *kParsed;
}

void Collect(bson::View view, std::vector<bson::Value>* out) {
  for (const bson::Element& element : view) {
    out->push_back(element.value);
    const bson::Type type = element.value.type();
    if (type == bson::Type::kDocument || type == bson::Type::kArray) {
      Collect(element.value.AsView(), out);
    }
  }
}

bson::Value Pick(const std::vector<bson::Value>& values, Random& random) {
  return values.empty() ? bson::Value() : values[random() % values.size()];
}

enum class Change { kReplace, kRemove, kDouble };

/// A copy in which the value number `*at`, counted down, is changed.
void Copy(bson::View view, bool array, Change change, bson::Value with, int64_t* at,
          bson::Builder* out) {
  const auto name_of = [&](const bson::Element& element) {
    return array ? std::string(out->NextIndex()) : std::string(element.name);
  };
  for (const bson::Element& element : view) {
    if ((*at)-- == 0) {
      if (change == Change::kRemove) continue;
      if (change == Change::kDouble && array) out->Append(name_of(element), element.value);
      out->Append(name_of(element), change == Change::kReplace ? with : element.value);
      continue;
    }
    const bson::Type type = element.value.type();
    if (type == bson::Type::kDocument || type == bson::Type::kArray) {
      const std::string name = name_of(element);
      const bool inner_array = type == bson::Type::kArray;
      inner_array ? out->OpenArray(name) : out->OpenDocument(name);
      Copy(element.value.AsView(), inner_array, change, with, at, out);
      out->Close();
    } else {
      out->Append(name_of(element), element.value);
    }
  }
}

/// The length of the text in `out`; 0 when it is too long.
size_t Write(const bson::Document& document, uint8_t* out, size_t max_size) {
  const std::string text = json::ToJson(document, json::Format::kCanonical);
  if (text.size() > max_size) return 0;
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

bson::Document Changed(const bson::Document& input, bson::Value with, Change change,
                       Random& random) {
  std::vector<bson::Value> values;
  Collect(input, &values);
  auto at = static_cast<int64_t>(random() % (values.size() + 1));
  bson::Builder builder;
  Copy(input, false, change, with, &at, &builder);
  return builder.Finish();
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  using namespace cairn;
  fuzz::Random random(seed);
  const auto input = random() % 2 == 0 ? std::nullopt : fuzz::ParseInput(data, size);
  if (!input) return LLVMFuzzerMutate(data, size, max_size);
  std::vector<bson::Value> values;
  fuzz::Collect(random() % 2 == 0 ? fuzz::Values().view() : input->view(), &values);
  const auto dice = random() % 8;
  const auto change = dice == 0   ? fuzz::Change::kRemove
                      : dice == 1 ? fuzz::Change::kDouble
                                  : fuzz::Change::kReplace;
  bson::Value with = fuzz::Pick(values, random);
  if (with.missing()) with = bson::Value(bson::Type::kNull, "");
  const size_t length = fuzz::Write(fuzz::Changed(*input, with, change, random), data, max_size);
  return length == 0 ? LLVMFuzzerMutate(data, size, max_size) : length;
}

// A value of the second in place of one of the first.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_size, unsigned int seed) {
  using namespace cairn;
  fuzz::Random random(seed);
  const auto input = fuzz::ParseInput(data1, size1);
  const auto other = fuzz::ParseInput(data2, size2);
  if (!input || !other) return 0;
  std::vector<bson::Value> values;
  fuzz::Collect(*other, &values);
  const bson::Value with = fuzz::Pick(values, random);
  if (with.missing()) return 0;
  return fuzz::Write(fuzz::Changed(*input, with, fuzz::Change::kReplace, random), out, max_size);
}
