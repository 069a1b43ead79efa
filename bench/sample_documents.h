// SPDX-License-Identifier: Apache-2.0
// The documents of the benchmarks: about 400 bytes, the shape of a user record. Any thread.
#pragma once

#include <string>

#include "cairn/bson.h"

namespace cairn::bench {

inline constexpr int kOldestAge = 97;

/// Document number `id`: the same bytes in every run.
inline bson::Document SampleDocument(int64_t id) {
  uint64_t mixed = static_cast<uint64_t>(id) * 0x9E3779B97F4A7C15ull;
  mixed ^= mixed >> 29;
  bson::Builder builder;
  builder.AppendInt64("_id", id);
  builder.AppendString("name", "person number " + std::to_string(id));
  builder.AppendString("email", "person" + std::to_string(id) + "@example.org");
  builder.AppendInt32("age", static_cast<int32_t>(18 + mixed % (kOldestAge - 17)));
  builder.AppendDouble("score", static_cast<double>(mixed % 100000) / 100.0);
  builder.AppendDate("joined", 1'600'000'000'000 + static_cast<int64_t>(mixed % 100'000'000'000));
  builder.AppendBool("active", mixed % 3 != 0);
  builder.OpenDocument("address")
      .AppendString("street", std::to_string(mixed % 900) + " Long Meadow Lane")
      .AppendString("city", mixed % 2 == 0 ? "Edinburgh" : "Reykjavik")
      .AppendString("postcode", std::to_string(10000 + mixed % 80000))
      .Close();
  builder.OpenArray("tags");
  for (const char* tag : {"reader", "walker", "stone"})
    builder.AppendString(builder.NextIndex(), tag);
  builder.Close();
  builder.AppendString("about", std::string(60, static_cast<char>('a' + mixed % 26)));
  return builder.Finish();
}

}  // namespace cairn::bench
