// SPDX-License-Identifier: Apache-2.0
// $median and $percentile. Numbers other than NaN are collected as doubles. When there are too many
// for the approximate method, neighbours are joined into weighted points, smaller ones near both
// ends, by the scale function of t-digests (Dunning and Ertl, "Computing extremely accurate
// quantiles using t-digests", 2019).
//   state := binary of (value, weight) pairs of doubles
#include "query/accumulate/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "engine/bson/number.h"
#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

constexpr double kDigestDetail = 5000;  // About as many points are left.

struct Point {
  double value;
  double weight;
  bool operator<(const Point& other) const { return value < other.value; }
};

// The rank q (0..1) on the scale on which each point may span 1.
double Scale(double q) {
  return kDigestDetail / (2 * M_PI) * std::asin(std::clamp(2 * q - 1, -1.0, 1.0));
}

class QuantileAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  QuantileAccumulator(std::string_view name, bool single, const Settings& settings)
      : name_(name),
        single_(single),
        p_(settings.p),
        method_(settings.method),
        bytes_max_(settings.bytes_max) {}

  Status Add(bson::Value value, std::string_view) override {
    if (!value.IsNumber()) return {};
    const double x = bson::ToDouble(bson::Number::From(value));
    if (std::isnan(x)) return {};
    return Keep({x, 1});
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    const std::vector<Point> sorted = Sorted();
    if (single_) return AppendOne(sorted, 0.5, name, out);
    out->OpenArray(name);
    for (double p : p_) AppendOne(sorted, p, out->NextIndex(), out);
    out->Close();
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->AppendBinary(
        name, 0, {reinterpret_cast<const char*>(points_.data()), points_.size() * sizeof(Point)});
  }
  Status Merge(bson::Value state) override {
    const std::string_view bytes = state.AsBinary();
    for (size_t at = 0; at + sizeof(Point) <= bytes.size(); at += sizeof(Point)) {
      Point point;
      std::memcpy(&point, bytes.data() + at, sizeof(point));
      if (Status status = Keep(point); !status.ok()) return status;
    }
    return {};
  }
  void Reset() override {
    points_.clear();
    exact_ = true;
    bytes_ = sizeof(*this);
  }

 private:
  Status Keep(Point point) {
    points_.push_back(point);
    if (point.weight != 1) exact_ = false;
    if (method_ == Method::kApproximate && points_.size() > kExactQuantileValues) Compress();
    bytes_ = sizeof(*this) + points_.size() * sizeof(Point);
    return CheckBytes(name_, bytes_, bytes_max_);
  }

  void Compress() {
    std::sort(points_.begin(), points_.end());
    double total = 0;
    for (const Point& point : points_) total += point.weight;
    std::vector<Point> joined = {points_[0]};
    double before = 0;  // The weight before the last joined point.
    for (size_t i = 1; i < points_.size(); ++i) {
      Point& last = joined.back();
      const double weight = last.weight + points_[i].weight;
      const bool fits = Scale((before + weight) / total) - Scale(before / total) <= 1;
      if (fits && std::isfinite(last.value) && std::isfinite(points_[i].value)) {
        last.value += (points_[i].value - last.value) * points_[i].weight / weight;
        last.weight = weight;
      } else {
        before += last.weight;
        joined.push_back(points_[i]);
      }
    }
    points_ = std::move(joined);
    exact_ = false;
  }

  std::vector<Point> Sorted() const {
    std::vector<Point> sorted = points_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  void AppendOne(const std::vector<Point>& sorted, double p, std::string_view name,
                 bson::Builder* out) const {
    if (sorted.empty()) {
      out->AppendNull(name);
    } else if (exact_) {
      std::vector<double> values(sorted.size());
      std::transform(sorted.begin(), sorted.end(), values.begin(),
                     [](const Point& point) { return point.value; });
      out->AppendDouble(name, Quantile(values, p, method_));
    } else {
      out->AppendDouble(name, Estimate(sorted, p));
    }
  }

  static double Estimate(const std::vector<Point>& sorted, double p) {
    double total = 0;
    for (const Point& point : sorted) total += point.weight;
    double reached = 0;
    for (const Point& point : sorted) {
      reached += point.weight;
      if (reached >= p * total) return point.value;
    }
    return sorted.back().value;
  }

  const std::string_view name_;
  const bool single_;
  const std::vector<double> p_;
  const Method method_;
  const size_t bytes_max_;
  std::vector<Point> points_;
  bool exact_ = true;  // All weights are 1.
};

}  // namespace

double Quantile(std::span<const double> sorted, double p, Method method) {
  const auto count = static_cast<double>(sorted.size());
  const size_t last = sorted.size() - 1;
  if (method != Method::kContinuous) {
    const double rank = std::ceil(p * count) - 1;
    return sorted[std::min(last, static_cast<size_t>(std::max(rank, 0.0)))];
  }
  const double rank = p * (count - 1);
  const auto below = std::min(last, static_cast<size_t>(rank));
  const size_t above = std::min(last, below + 1);
  const double part = rank - static_cast<double>(below);
  if (part == 0 || sorted[below] == sorted[above]) return sorted[below];
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

AccumulatorPtr MakeMedian(const Settings& settings) {
  return std::make_unique<QuantileAccumulator>("$median", true, settings);
}
AccumulatorPtr MakePercentile(const Settings& settings) {
  return std::make_unique<QuantileAccumulator>("$percentile", false, settings);
}

}  // namespace cairn::accumulate
