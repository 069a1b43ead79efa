// SPDX-License-Identifier: Apache-2.0
#include "cairn/status.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/try.h"

namespace cairn {
namespace {

TEST(Status, OkIsEmpty) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.details(), "");
  EXPECT_EQ(status.ToString(), "OK");
  EXPECT_TRUE(Status::Ok().WithContext("x: ").WithDetails("y").ok());
  EXPECT_EQ(sizeof(Status), sizeof(void*));
}

TEST(Status, CarriesCodeMessageAndDetails) {
  Status status = Status(ErrorCode::kBadValue, "wrong").WithContext("here: ").WithDetails("bytes");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kBadValue);
  EXPECT_EQ(status.ToString(), "BadValue: here: wrong");
  EXPECT_EQ(status.details(), "bytes");
  const Status copy = status;
  const Status moved = std::move(status);
  EXPECT_EQ(copy.ToString(), moved.ToString());
  Status assigned;
  assigned = copy;
  EXPECT_EQ(assigned.ToString(), copy.ToString());
  assigned = Status();
  EXPECT_TRUE(assigned.ok());
}

TEST(Status, TableHasMongoDbsNumbers) {
  EXPECT_EQ(static_cast<int>(ErrorCode::kDuplicateKey), 11000);
  EXPECT_EQ(ErrorName(ErrorCode::kDuplicateKey), "DuplicateKey");
  EXPECT_EQ(ErrorRow(ErrorCode::kDuplicateKey).http_status, 409);
  EXPECT_TRUE(ErrorRow(ErrorCode::kWriteConflict).retryable);
  EXPECT_FALSE(ErrorRow(ErrorCode::kBadValue).retryable);
  EXPECT_EQ(ErrorName(ErrorCode::kOk), "OK");
  EXPECT_EQ(ErrorName(static_cast<ErrorCode>(999999)), "Location999999");
  EXPECT_EQ(ErrorRow(static_cast<ErrorCode>(999999)).http_status, 400);
}

TEST(Status, EveryRowIsWellFormed) {
  const ErrorCode codes[] = {
#define CAIRN_ERROR(name, number, http_status, retryable) ErrorCode::k##name,
#include "cairn/error_codes.def"
#undef CAIRN_ERROR
  };
  std::set<std::string> names;
  for (const ErrorCode code : codes) {
    const ErrorCodeRow row = ErrorRow(code);
    EXPECT_EQ(row.code, code);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.http_status, 400) << row.name;
    EXPECT_LT(row.http_status, 600) << row.name;
  }
}

Result<int> Half(int value) {
  if (value % 2 != 0) return Status(ErrorCode::kBadValue, "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  CAIRN_TRY_ASSIGN(const int half, Half(value));
  CAIRN_TRY_ASSIGN(const int quarter, Half(half));
  return quarter;
}

Status OnlyEven(int value) {
  CAIRN_TRY(Half(value).status());
  return Status();
}

TEST(Result, TriesAndReturns) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).status().code(), ErrorCode::kBadValue);
  EXPECT_EQ(Quarter(3).status().message(), "odd");
  EXPECT_TRUE(OnlyEven(2).ok());
  EXPECT_EQ(OnlyEven(1).code(), ErrorCode::kBadValue);
  Result<std::unique_ptr<int>> owned = std::make_unique<int>(5);
  EXPECT_EQ(*std::move(owned).value(), 5);
}

TEST(Bytes, BigEndianSorts) {
  std::string previous;
  for (const uint32_t value : {0U, 1U, 255U, 256U, 65536U, std::numeric_limits<uint32_t>::max()}) {
    std::string bytes;
    base::AppendBig(&bytes, value);
    EXPECT_EQ(base::LoadBig<uint32_t>(bytes.data()), value);
    EXPECT_LT(previous, bytes);
    previous = bytes;
  }
  std::string little;
  base::AppendLittle(&little, uint16_t{0x0102});
  EXPECT_EQ(little, "\x02\x01");
}

TEST(Clock, MovesForward) {
  base::Clock* const clock = base::Clock::System();
  const int64_t before = clock->MonotonicUs();
  EXPECT_GE(clock->MonotonicUs(), before);
  EXPECT_GT(clock->WallMs(), int64_t{1'600'000'000'000});
  std::set<uint64_t> random;
  for (int i = 0; i < 100; ++i) random.insert(clock->Random());
  EXPECT_EQ(random.size(), 100U);
}

}  // namespace
}  // namespace cairn
