// SPDX-License-Identifier: Apache-2.0
// $push and $concatArrays collect all values, $addToSet and $setUnion those that differ. Their
// states are their results.
#include <set>
#include <string>

#include "engine/base/try.h"
#include "query/accumulate/families.h"

namespace cairn::accumulate {

Status CheckBytes(std::string_view name, size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max) return {};
  return {ErrorCode::kExceededMemoryLimit,
          std::string(name) + " used too much memory and cannot spill to disk. Memory limit: " +
              std::to_string(bytes_max) + " bytes"};
}

namespace {

// What all four share: the states, and the operators that take arrays apart.
class Collector : public Accumulator {
 public:
  using Accumulator::Add;
  Collector(std::string_view name, bool opens_arrays, size_t bytes_max)
      : name_(name), opens_arrays_(opens_arrays), bytes_max_(bytes_max) {}

  Status Add(bson::Value value, std::string_view) override {
    if (value.missing()) return {};
    if (!opens_arrays_) return KeepOne(value);
    if (value.type() != bson::Type::kArray) {
      return {ErrorCode::kTypeMismatch, std::string(name_) +
                                            " requires array inputs, but an input is of type " +
                                            std::string(bson::TypeName(value.type()))};
    }
    return Merge(value);
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    AppendTo(name, out);
  }
  Status Merge(bson::Value state) override {
    for (const bson::Element& element : state.AsView()) CAIRN_TRY(KeepOne(element.value));
    return {};
  }

 protected:
  virtual void Keep(bson::Value value) = 0;

 private:
  Status KeepOne(bson::Value value) {
    Keep(value);
    return CheckBytes(name_, bytes_, bytes_max_);
  }
  const std::string_view name_;
  const bool opens_arrays_;
  const size_t bytes_max_;
};

class ListCollector final : public Collector {
 public:
  using Collector::Collector;
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    out->OpenArray(name);
    values_.ForEach([out](bson::Value value) { out->Append(out->NextIndex(), value); });
    out->Close();
  }
  void Reset() override {
    values_.Clear();
    bytes_ = sizeof(*this);
  }

 private:
  void Keep(bson::Value value) override {
    values_.Append(value);
    bytes_ = sizeof(*this) + values_.bytes();
  }
  ValueList values_;
};

class SetCollector final : public Collector {
 public:
  SetCollector(std::string_view name, bool opens_arrays, const Settings& settings)
      : Collector(name, opens_arrays, settings.bytes_max), values_(ValueLess{settings.collator}) {}
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    out->OpenArray(name);
    for (const bson::OwnedValue& value : values_) out->Append(out->NextIndex(), value.value());
    out->Close();
  }
  void Reset() override {
    values_.clear();
    bytes_ = sizeof(*this);
  }

 private:
  void Keep(bson::Value value) override {
    if (values_.insert(bson::OwnedValue(value)).second) bytes_ += HeldBytes(value);
  }
  std::set<bson::OwnedValue, ValueLess> values_;
};

}  // namespace

AccumulatorPtr MakePush(const Settings& settings) {
  return std::make_unique<ListCollector>("$push", false, settings.bytes_max);
}
AccumulatorPtr MakeConcatArrays(const Settings& settings) {
  return std::make_unique<ListCollector>("$concatArrays", true, settings.bytes_max);
}
AccumulatorPtr MakeAddToSet(const Settings& settings) {
  return std::make_unique<SetCollector>("$addToSet", false, settings);
}
AccumulatorPtr MakeSetUnion(const Settings& settings) {
  return std::make_unique<SetCollector>("$setUnion", true, settings);
}

}  // namespace cairn::accumulate
