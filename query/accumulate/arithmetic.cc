// SPDX-License-Identifier: Apache-2.0
// $sum, $avg, $count and the standard deviations (Welford's recurrence; states are merged by Chan's
// formula). What is no number is passed over.
#include <cmath>

#include "query/accumulate/exact_sum.h"
#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

class SumAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  Status Add(bson::Value value, std::string_view) override {
    if (value.IsNumber()) sum_.Add(bson::Number::From(value));
    return {};
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    sum_.Sum().AppendTo(out, name);
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    sum_.AppendState(name, out);
  }
  Status Merge(bson::Value state) override {
    sum_.Add(ExactSum::FromState(state.AsView()));
    return {};
  }
  void Reset() override { sum_ = ExactSum(); }

 private:
  ExactSum sum_;
};

class AvgAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  Status Add(bson::Value value, std::string_view) override {
    if (!value.IsNumber()) return {};
    sum_.Add(bson::Number::From(value));
    ++count_;
    return {};
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    if (count_ == 0) {
      out->AppendNull(name);
    } else {
      sum_.Average(count_).AppendTo(out, name);
    }
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->OpenDocument(name).AppendInt64("n", count_);
    sum_.AppendState("sum", out);
    out->Close();
  }
  Status Merge(bson::Value state) override {
    sum_.Add(ExactSum::FromState(state.AsView()["sum"].AsView()));
    count_ += state.AsView()["n"].AsInt64();
    return {};
  }
  void Reset() override {
    sum_ = ExactSum();
    count_ = 0;
  }

 private:
  ExactSum sum_;
  int64_t count_ = 0;
};

class CountAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  Status Add(bson::Value, std::string_view) override {
    ++count_;
    return {};
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    bson::Number::Smallest(count_).AppendTo(out, name);
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->AppendInt64(name, count_);
  }
  Status Merge(bson::Value state) override {
    count_ += state.AsInt64();
    return {};
  }
  void Reset() override { count_ = 0; }

 private:
  int64_t count_ = 0;
};

class StdDevAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  explicit StdDevAccumulator(bool sample) : sample_(sample) {}
  Status Add(bson::Value value, std::string_view) override {
    if (!value.IsNumber()) return {};
    const double x = bson::ToDouble(bson::Number::From(value));
    ++count_;
    const double delta = x - mean_;
    if (delta != 0) {
      mean_ += delta / static_cast<double>(count_);
      squares_ += delta * (x - mean_);
    }
    return {};
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    const int64_t divisor = sample_ ? count_ - 1 : count_;
    if (divisor <= 0) {
      out->AppendNull(name);
    } else {
      out->AppendDouble(name, std::sqrt(squares_ / static_cast<double>(divisor)));
    }
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->OpenDocument(name).AppendInt64("n", count_);
    out->AppendDouble("mean", mean_).AppendDouble("squares", squares_).Close();
  }
  Status Merge(bson::Value state) override {
    const bson::View other = state.AsView();
    const int64_t other_count = other["n"].AsInt64();
    if (other_count == 0) return {};
    const auto a = static_cast<double>(count_);
    const auto b = static_cast<double>(other_count);
    const double delta = other["mean"].AsDouble() - mean_;
    count_ += other_count;
    if (delta != 0) {
      mean_ = (a * mean_ + b * other["mean"].AsDouble()) / (a + b);
      squares_ += delta * delta * (a * b / (a + b));
    }
    squares_ += other["squares"].AsDouble();
    return {};
  }
  void Reset() override {
    count_ = 0;
    mean_ = squares_ = 0;
  }

 private:
  const bool sample_;
  int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // Of the distances from the mean, summed.
};

}  // namespace

AccumulatorPtr MakeSum(const Settings&) { return std::make_unique<SumAccumulator>(); }
AccumulatorPtr MakeAvg(const Settings&) { return std::make_unique<AvgAccumulator>(); }
AccumulatorPtr MakeCount(const Settings&) { return std::make_unique<CountAccumulator>(); }
AccumulatorPtr MakeStdDevPop(const Settings&) { return std::make_unique<StdDevAccumulator>(false); }
AccumulatorPtr MakeStdDevSamp(const Settings&) { return std::make_unique<StdDevAccumulator>(true); }

}  // namespace cairn::accumulate
