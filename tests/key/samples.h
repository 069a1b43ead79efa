// SPDX-License-Identifier: Apache-2.0
// Values for the tests of keys: numbers that lie next to each other, every type with its edges, and
// random values. Random pairs of numbers prove nothing; neighbours do.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cairn/bson.h"

namespace cairn::key {

/// The one value that `build` appends (under any name).
bson::OwnedValue MakeValue(const std::function<void(bson::Builder*)>& build);
bson::OwnedValue Int32(int32_t value);
bson::OwnedValue Int64(int64_t value);
bson::OwnedValue Double(double value);
bson::OwnedValue String(std::string_view value);
bson::OwnedValue Decimal(const bson::Decimal128& value);
/// (-1)^negative * coefficient * 10^exponent.
bson::OwnedValue Decimal(bool negative, unsigned __int128 coefficient, int exponent);
bson::OwnedValue DecimalOf(const char* text);

/// Some 30,000 numbers of all four types around every boundary, each with its neighbours.
std::vector<bson::OwnedValue> NumberSamples();
/// About 200 values of every type, with prefixes, NUL bytes, empty ones and extremes.
std::vector<bson::OwnedValue> TypeSamples();
/// A value of up to `depth` levels from few alphabets, so that two are often nearly equal.
bson::OwnedValue RandomValue(std::mt19937_64* random, int depth);

/// A seed that differs in every run; printed, so that a failure can be repeated.
uint64_t PrintedSeed();

/// "int32 2a000000": the type and the payload.
std::string Describe(bson::Value value);
std::string ToHex(std::string_view bytes);
/// -1, 0 or 1.
int SignOf(int comparison);

}  // namespace cairn::key
