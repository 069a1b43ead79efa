// SPDX-License-Identifier: Apache-2.0
// $sortByCount: expression: a $group by it that counts, and a $sort from the greatest count on.
#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {

Status ParseSortByCount(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() == bson::Type::kDocument) {
    if (spec.AsView().empty() || !spec.AsView().begin()->name.starts_with('$')) {
      return Status(ErrorCode::kLocation40147,
                    "the sortByCount field must be defined as a $-prefixed path or an expression "
                    "inside an object");
    }
  } else if (spec.type() == bson::Type::kString) {
    if (!spec.AsString().starts_with('$')) {
      return Status(ErrorCode::kLocation40148,
                    "the sortByCount field must be defined as a $-prefixed path or an expression "
                    "inside an object");
    }
  } else {
    return Status(ErrorCode::kLocation40149,
                  "the sortByCount field must be specified as a string or as an object");
  }
  bson::Builder text;
  text.OpenDocument("$group").Append("_id", spec);
  text.OpenDocument("count").AppendInt32("$sum", 1).Close().Close();
  const bson::Document group = text.Finish();
  CAIRN_TRY(ParseGroup(group["$group"], context, stages));
  stages->back()->set_source(group);
  bson::Builder order;
  order.OpenDocument("$sort").AppendInt32("count", -1).Close();
  const bson::Document sort = order.Finish();
  CAIRN_TRY(ParseSort(sort["$sort"], context, stages));
  stages->back()->set_source(sort);
  return Status::Ok();
}

Status ParseSortById(const ParseContext& context, StageList* stages) {
  bson::Builder order;
  order.OpenDocument("$sort").AppendInt32("_id", 1).Close();
  const bson::Document sort = order.Finish();
  CAIRN_TRY(ParseSort(sort["$sort"], context, stages));
  stages->back()->set_source(sort);
  return Status::Ok();
}

}  // namespace cairn::pipeline
