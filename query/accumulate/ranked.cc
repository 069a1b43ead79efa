// SPDX-License-Identifier: Apache-2.0
// The accumulators that keep up to n values: $firstN and $lastN by place, $minN and $maxN by their
// own order, $top, $bottom and their N-forms by sort keys that come with them.
//   state := [value, …], or for sort keys [{k: binary, v: value}, …]; `v` absent: missing
#include <deque>
#include <map>
#include <set>
#include <string>

#include "engine/base/try.h"
#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

// Their states are their results, for a missing value becomes null at once.
class NAccumulator : public Accumulator {
 public:
  using Accumulator::Add;
  NAccumulator(std::string_view name, const Settings& settings)
      : name_(name), n_(static_cast<size_t>(settings.n)), bytes_max_(settings.bytes_max) {}
  void AppendState(std::string_view name, bson::Builder* out) const override {
    AppendTo(name, out);
  }
  Status Merge(bson::Value state) override {
    for (const bson::Element& element : state.AsView()) {
      CAIRN_TRY(Accumulator::Add(element.value));
    }
    return {};
  }

 protected:
  Status CheckHeld() const { return CheckBytes(name_, bytes_, bytes_max_); }
  static bson::Value OrNull(bson::Value value) {
    return value.missing() ? bson::Value(bson::Type::kNull, "") : value;
  }
  const std::string_view name_;
  const size_t n_;
  const size_t bytes_max_;
};

class EndsAccumulator final : public NAccumulator {
 public:
  using Accumulator::Add;
  EndsAccumulator(std::string_view name, bool first, const Settings& settings)
      : NAccumulator(name, settings), first_(first) {}
  Status Add(bson::Value value, std::string_view) override {
    if (values_.size() == n_) {
      if (first_) return {};
      bytes_ -= HeldBytes(values_.front().value());
      values_.pop_front();
    }
    values_.emplace_back(OrNull(value));
    bytes_ += HeldBytes(values_.back().value());
    return CheckHeld();
  }
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
  const bool first_;
  std::deque<bson::OwnedValue> values_;
};

// Ascending, or descending.
struct SignedLess {
  const collation::Collator* collator;
  bool descending;
  bool operator()(const bson::OwnedValue& a, const bson::OwnedValue& b) const {
    const int order = collation::CompareValues(a.value(), b.value(), collator);
    return descending ? order > 0 : order < 0;
  }
};

class ExtremesAccumulator final : public NAccumulator {
 public:
  using Accumulator::Add;
  ExtremesAccumulator(std::string_view name, bool greatest, const Settings& settings)
      : NAccumulator(name, settings), values_(SignedLess{settings.collator, greatest}) {}
  Status Add(bson::Value value, std::string_view) override {
    if (value.IsNullish()) return {};
    values_.insert(bson::OwnedValue(value));
    bytes_ += HeldBytes(value);
    if (values_.size() > n_) {
      const auto last = std::prev(values_.end());
      bytes_ -= HeldBytes(last->value());
      values_.erase(last);
    }
    return CheckHeld();
  }
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
  std::multiset<bson::OwnedValue, SignedLess> values_;
};

class SortedAccumulator final : public NAccumulator {
 public:
  using Accumulator::Add;
  SortedAccumulator(std::string_view name, bool top, bool single, const Settings& settings)
      : NAccumulator(name, settings), top_(top), single_(single) {}
  Status Add(bson::Value value, std::string_view sort_key) override {
    if (values_.size() == n_) {
      // Most values do not get in: then nothing is copied.
      if (top_ ? sort_key >= std::prev(values_.end())->first : sort_key < values_.begin()->first) {
        return {};
      }
      const auto victim = top_ ? std::prev(values_.end()) : values_.begin();
      bytes_ -= HeldBytes(victim->second.value()) + victim->first.size();
      values_.erase(victim);
    }
    values_.emplace(std::string(sort_key), bson::OwnedValue(value));
    bytes_ += HeldBytes(value) + sort_key.size();
    return CheckHeld();
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    if (single_) {
      AppendOrNull(name, values_.empty() ? bson::Value() : values_.begin()->second.value(), out);
      return;
    }
    out->OpenArray(name);
    for (const auto& [key, value] : values_) {
      AppendOrNull(out->NextIndex(), value.value(), out);
    }
    out->Close();
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    out->OpenArray(name);
    for (const auto& [key, value] : values_) {
      out->OpenDocument(out->NextIndex()).AppendBinary("k", 0, key);
      if (!value.missing()) out->Append("v", value.value());
      out->Close();
    }
    out->Close();
  }
  Status Merge(bson::Value state) override {
    for (const bson::Element& element : state.AsView()) {
      const bson::View pair = element.value.AsView();
      CAIRN_TRY(Add(pair["v"], pair["k"].AsBinary()));
    }
    return {};
  }
  void Reset() override {
    values_.clear();
    bytes_ = sizeof(*this);
  }

 private:
  const bool top_;
  const bool single_;
  std::multimap<std::string, bson::OwnedValue, std::less<>> values_;
};

}  // namespace

AccumulatorPtr MakeFirstN(const Settings& settings) {
  return std::make_unique<EndsAccumulator>("$firstN", true, settings);
}
AccumulatorPtr MakeLastN(const Settings& settings) {
  return std::make_unique<EndsAccumulator>("$lastN", false, settings);
}
AccumulatorPtr MakeMinN(const Settings& settings) {
  return std::make_unique<ExtremesAccumulator>("$minN", false, settings);
}
AccumulatorPtr MakeMaxN(const Settings& settings) {
  return std::make_unique<ExtremesAccumulator>("$maxN", true, settings);
}
AccumulatorPtr MakeTop(const Settings& settings) {
  return std::make_unique<SortedAccumulator>("$top", true, true, settings);
}
AccumulatorPtr MakeBottom(const Settings& settings) {
  return std::make_unique<SortedAccumulator>("$bottom", false, true, settings);
}
AccumulatorPtr MakeTopN(const Settings& settings) {
  return std::make_unique<SortedAccumulator>("$topN", true, false, settings);
}
AccumulatorPtr MakeBottomN(const Settings& settings) {
  return std::make_unique<SortedAccumulator>("$bottomN", false, false, settings);
}

}  // namespace cairn::accumulate
