// SPDX-License-Identifier: Apache-2.0
// $mergeObjects: the fields of all documents in the order in which their names first came, each
// with its last value. Null and missing are passed over. The state is the result.
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

class MergeObjectsAccumulator final : public Accumulator {
 public:
  using Accumulator::Add;
  explicit MergeObjectsAccumulator(size_t bytes_max) : bytes_max_(bytes_max) {}

  Status Add(bson::Value value, std::string_view) override {
    if (value.IsNullish()) return {};
    if (value.type() != bson::Type::kDocument) {
      return {ErrorCode::kLocation40400,
              "$mergeObjects requires object inputs, but input is of type " +
                  std::string(bson::TypeName(value.type()))};
    }
    for (const bson::Element& field : value.AsView()) Set(field);
    return CheckBytes("$mergeObjects", bytes_, bytes_max_);
  }
  void AppendTo(std::string_view name, bson::Builder* out) const override {
    out->OpenDocument(name);
    for (const auto& [field, value] : fields_) out->Append(field, value.value());
    out->Close();
  }
  void AppendState(std::string_view name, bson::Builder* out) const override {
    AppendTo(name, out);
  }
  Status Merge(bson::Value state) override { return Accumulator::Add(state); }
  void Reset() override {
    fields_.clear();
    places_.clear();
    bytes_ = sizeof(*this);
  }

 private:
  void Set(const bson::Element& field) {
    const auto [place, is_new] = places_.try_emplace(std::string(field.name), fields_.size());
    if (is_new) {
      fields_.emplace_back(field.name, bson::OwnedValue());
      bytes_ += 2 * (kNodeBytes + field.name.size());
    }
    bson::OwnedValue& kept = fields_[place->second].second;
    if (!kept.missing()) bytes_ -= kept.value().size();
    kept = bson::OwnedValue(field.value);
    bytes_ += field.value.size();
  }
  const size_t bytes_max_;
  std::vector<std::pair<std::string, bson::OwnedValue>> fields_;
  std::unordered_map<std::string, size_t> places_;  // In fields_.
};

}  // namespace

AccumulatorPtr MakeMergeObjects(const Settings& settings) {
  return std::make_unique<MergeObjectsAccumulator>(settings.bytes_max);
}

}  // namespace cairn::accumulate
