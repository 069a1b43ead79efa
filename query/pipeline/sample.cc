// SPDX-License-Identifier: Apache-2.0
// $sample: {size}: that many documents by chance, in no order. Each document gets a random key, and
// the ones with the least keys are given.
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/exec/row_sorter.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// As MongoDB reads it: doubles are cut, decimals rounded half to even; limits clamp.
int64_t SizeOf(bson::Value size) {
  const bson::Number number = bson::Number::From(size);
  if (const auto exact = bson::ToInt64Exact(number)) return *exact;
  double real = bson::ToDouble(number);
  if (size.type() == bson::Type::kDecimal128) {
    const double nearest = std::nearbyint(real);
    // The double may have been rounded up to the half that the decimal is below.
    const bool below = real - std::floor(real) == 0.5 &&
                       bson::CompareNumbers(number, bson::Number::Double(real)) < 0;
    real = below ? std::floor(real) : nearest;
  }
  if (!(real > 0)) return 0;
  return real >= 0x1p63 ? INT64_MAX : static_cast<int64_t>(real);
}

// Sebastiano Vigna's SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

class SampleStage final : public Stage {
 public:
  explicit SampleStage(uint64_t size) : size_(size) {}

  Status Open(RunContext* run, Stage* input) override {
    sorter_.reset();
    return Stage::Open(run, input);
  }

  Result<bool> Next() override {
    if (sorter_ == nullptr) CAIRN_TRY(Fill());
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY_ASSIGN(const bool more, sorter_->Next());
    if (more) document_ = sorter_->row().document;
    return more;
  }
  void Pause() override {
    if (sorter_ == nullptr) Stage::Pause();
  }
  bool KeepsDocuments() const override { return true; }
  bool AddDependencies(expression::Dependencies*) const override { return true; }

 private:
  Status Fill() {
    sorter_ = std::make_unique<exec::RowSorter>(nullptr, nullptr, size_, run_->spill_directory());
    Random random(run_->environment.clock->Random());
    std::string key;
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (!more) break;
      key.clear();
      base::AppendBig(&key, random.Next());
      CAIRN_TRY(sorter_->AddWithKey(key, {input_->document(), {}}));
    }
    return sorter_->Finish();
  }

  const uint64_t size_;
  std::unique_ptr<exec::RowSorter> sorter_;  // Null before the first Next.
};

}  // namespace

Status ParseSample(bson::Value spec, const ParseContext&, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation28745, "the $sample stage specification must be an object");
  }
  bson::Value size;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "size") {
      return Status(ErrorCode::kLocation28748,
                    "unrecognized option to $sample: " + std::string(field.name));
    }
    if (!field.value.IsNumber()) {
      return Status(ErrorCode::kLocation28746, "size argument to $sample must be a number");
    }
    size = field.value;
  }
  if (size.missing()) return Status(ErrorCode::kLocation28749, "$sample stage must specify a size");
  const int64_t wanted = SizeOf(size);
  if (wanted <= 0) {
    return Status(ErrorCode::kLocation28747, "size argument to $sample must be a positive integer");
  }
  stages->push_back(std::make_unique<SampleStage>(static_cast<uint64_t>(wanted)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
