// SPDX-License-Identifier: Apache-2.0
// $first and $last keep a value by its place, $min and $max by its order (null and missing do not
// count; of equal values the first is kept).
//   state := {} | {v: value} | {missing: true}
#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

class OneValue : public Accumulator {
 public:
  using Accumulator::Add;
  Status Add(bson::Value value, std::string_view) override {
    if (!Wanted(value)) return {};
    value_ = bson::OwnedValue(value);
    seen_ = true;
    bytes_ = sizeof(*this) + (value.missing() ? 0 : value.size());
    return {};
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    AppendOrNull(name, value_.value(), out);
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->OpenDocument(name);
    if (!value_.missing()) {
      out->Append("v", value_.value());
    } else if (seen_) {
      out->AppendBool("missing", true);
    }
    out->Close();
  }
  Status Merge(bson::Value state) override {
    if (state.AsView().empty()) return {};
    return Accumulator::Add(state.AsView()["v"]);
  }
  void Reset() override {
    value_ = bson::OwnedValue();
    seen_ = false;
    bytes_ = sizeof(*this);
  }

 protected:
  virtual bool Wanted(bson::Value value) const = 0;
  bson::OwnedValue value_;
  bool seen_ = false;  // Missing ones included.
};

class FirstAccumulator final : public OneValue {
  bool Wanted(bson::Value) const override { return !seen_; }
};

class LastAccumulator final : public OneValue {
  bool Wanted(bson::Value) const override { return true; }
};

class ExtremeAccumulator final : public OneValue {
 public:
  ExtremeAccumulator(int sign, const collation::Collator* collator)
      : sign_(sign), collator_(collator) {}

 private:
  bool Wanted(bson::Value value) const override {
    if (value.IsNullish()) return false;
    if (!seen_) return true;
    const int order = collation::CompareValues(value, value_.value(), collator_);
    return sign_ < 0 ? order < 0 : order > 0;
  }
  const int sign_;  // Negative: the least.
  const collation::Collator* const collator_;
};

}  // namespace

AccumulatorPtr MakeFirst(const Settings&) { return std::make_unique<FirstAccumulator>(); }
AccumulatorPtr MakeLast(const Settings&) { return std::make_unique<LastAccumulator>(); }
AccumulatorPtr MakeMin(const Settings& settings) {
  return std::make_unique<ExtremeAccumulator>(-1, settings.collator);
}
AccumulatorPtr MakeMax(const Settings& settings) {
  return std::make_unique<ExtremeAccumulator>(1, settings.collator);
}

}  // namespace cairn::accumulate
