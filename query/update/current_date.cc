// SPDX-License-Identifier: Apache-2.0
// $currentDate: true, {$type: "date"} or {$type: "timestamp"}.
#include <atomic>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/try.h"
#include "query/update/operator.h"

namespace cairn::update {
namespace {

class CurrentDate : public Operator {
 public:
  CurrentDate(path::FieldPath path, bool timestamp)
      : Operator(std::move(path)), timestamp_(timestamp) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value, bool, std::string* room) const override {
    static std::atomic<uint32_t> increment{0};
    const int64_t now_ms = base::Clock::System()->WallMs();
    room->clear();
    if (!timestamp_) {
      base::AppendLittle(room, now_ms);
      return Change{Change::Kind::kSet, bson::Value(bson::Type::kDate, room->data())};
    }
    base::AppendLittle(room, bson::Timestamp{++increment, static_cast<uint32_t>(now_ms / 1000)});
    return Change{Change::Kind::kSet, bson::Value(bson::Type::kTimestamp, room->data())};
  }

 private:
  const bool timestamp_;
};

Result<bool> IsTimestamp(bson::Value operand) {
  if (operand.type() == bson::Type::kBool) return false;
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kBadValue,
                  std::string(bson::TypeName(operand.type())) +
                      " is not valid type for $currentDate. Please use a boolean ('true') or a "
                      "$type expression ({$type: 'timestamp/date'}).");
  }
  bson::Value type;
  for (const bson::Element& element : operand.AsView()) {
    if (element.name != "$type") {
      return Status(ErrorCode::kBadValue,
                    "Unrecognized $currentDate option: " + std::string(element.name));
    }
    type = element.value;
  }
  if (type.type() == bson::Type::kString && type.AsString() == "date") return false;
  if (type.type() == bson::Type::kString && type.AsString() == "timestamp") return true;
  return Status(ErrorCode::kBadValue,
                "The '$type' string field is required to be 'date' or 'timestamp': "
                "{$currentDate: {field: {$type: 'date'}}}");
}

}  // namespace

Result<std::unique_ptr<Operator>> ParseCurrentDate(path::FieldPath path, bson::Value operand,
                                                   const expression::Globals&) {
  CAIRN_TRY_ASSIGN(const bool timestamp, IsTimestamp(operand));
  CAIRN_TRY(CheckDepth(path, path.size(), bson::Value()));
  return std::unique_ptr<Operator>(std::make_unique<CurrentDate>(std::move(path), timestamp));
}

}  // namespace cairn::update
