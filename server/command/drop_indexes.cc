// SPDX-License-Identifier: Apache-2.0
// dropIndexes: {dropIndexes: collection, index: name | key | [name…] | "*"}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr std::string_view kWrongType =
    "BSON field 'dropIndexes.index' is the wrong type, expected types '[string, array, object]'";

// table: sorted
constexpr Parameter kParameters[] = {
    {"index", Use::kRequired, Accepts::kAny},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
};
static_assert(IsSorted(kParameters));

Result<DropIndexesModel> ParseIndex(bson::Value value) {
  DropIndexesModel model;
  switch (value.type()) {
    case bson::Type::kString:
      model.all = value.AsString() == "*";
      if (!model.all) model.names.emplace_back(value.AsString());
      return model;
    case bson::Type::kDocument:
      if (value.AsView().empty()) {
        return Status(ErrorCode::kIndexNotFound, "can't find index with key: {}");
      }
      model.keys = bson::Document(value.AsView());
      return model;
    case bson::Type::kArray: {
      size_t count = 0;
      for (const bson::Element& name : value.AsView()) {
        if (name.value.type() != bson::Type::kString) {
          return Status(ErrorCode::kTypeMismatch, std::string(kWrongType));
        }
        ++count;
        model.names.emplace_back(name.value.AsString());
      }
      if (count == 1 && model.names.front() == "*") {
        model.all = true;
        model.names.clear();
      }
      return model;
    }
    default:
      return Status(ErrorCode::kTypeMismatch, std::string(kWrongType));
  }
}

}  // namespace

Status RunDropIndexes(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<DropIndexesModel> model = ParseIndex((*arguments)["index"]);
  if (!model.ok()) return std::move(model).status();
  Result<DropIndexesResult> result = collection->DropIndexes(*model);
  if (!result.ok()) return std::move(result).status();
  invocation->commit = result->commit;
  reply->AppendInt32("nIndexesWas", result->indexes_were);
  if (model->all) {
    reply->AppendString("msg", "non-_id indexes dropped for collection");
  }
  return Status::Ok();
}

}  // namespace cairn::server
