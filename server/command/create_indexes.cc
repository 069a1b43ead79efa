// SPDX-License-Identifier: Apache-2.0
// createIndexes: {createIndexes, indexes: [{key, name, unique, …}]}.
#include <utility>
#include <vector>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr size_t kIndexesMax = 1000;

// table: sorted
constexpr Parameter kParameters[] = {
    {"commitQuorum", Use::kIgnored},
    {"ignoreUnknownIndexOptions", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"indexes", Use::kRequired, Accepts::kArray},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
};
static_assert(IsSorted(kParameters));

constexpr std::string_view kWhere = "createIndexes.indexes";

// One field of an index specification. What the index room should judge goes to options.
Status ReadField(bson::Element field, IndexModel* model, bson::Builder* options) {
  const std::string where = std::string(kWhere) + "." + std::string(field.name);
  if (field.name == "key") {
    Status type = CheckType(where, field.value, Accepts::kObject);
    if (!type.ok()) return type;
    model->keys = bson::Document(field.value.AsView());
    return Status::Ok();
  }
  if (field.name == "name") {
    Status type = CheckType(where, field.value, Accepts::kString);
    if (!type.ok()) return type;
    model->name = std::string(field.value.AsString());
    return Status::Ok();
  }
  if (field.name == "unique") {
    Status type = CheckType(where, field.value, Accepts::kBoolOrNumber);
    if (!type.ok()) return type;
    model->unique = IsTrue(field.value);
    return Status::Ok();
  }
  if (field.name != "background") options->Append(field.name, field.value);
  return Status::Ok();
}

Result<IndexModel> ParseIndex(bson::View specification) {
  IndexModel model;
  bson::Builder options;
  for (const bson::Element& field : specification) {
    Status status = ReadField(field, &model, &options);
    if (!status.ok()) return status;
  }
  if (specification["key"].missing()) {
    return Status(ErrorCode::kFailedToParse,
                  "The 'key' field is a required property of an index specification");
  }
  if (specification["name"].missing()) {
    return Status(ErrorCode::kFailedToParse,
                  "The 'name' field is a required property of an index specification");
  }
  const bson::View keys = model.keys;
  // Without keys the name that is made of them is empty, too, and the store says what is wrong.
  if (model.name.empty() && !keys.empty()) {
    return Status(ErrorCode::kCannotCreateIndex, "The index name cannot be empty");
  }
  if (!specification["unique"].missing() && keys["_id"].IsNumber() &&
      ++keys.begin() == keys.end()) {
    return Status(ErrorCode::kInvalidIndexSpecificationOption,
                  "The field 'unique' is not valid for an _id index specification");
  }
  model.options = options.Finish();
  return model;
}

Result<std::vector<IndexModel>> ParseIndexes(bson::View specifications) {
  std::vector<IndexModel> models;
  for (const bson::Element& specification : specifications) {
    Status type = CheckType(std::string(kWhere) + "." + std::string(specification.name),
                            specification.value, Accepts::kObject);
    if (!type.ok()) return type;
    Result<IndexModel> model = ParseIndex(specification.value.AsView());
    if (!model.ok()) return std::move(model).status();
    models.push_back(std::move(model).value());
    if (models.size() > kIndexesMax) {
      return Status(ErrorCode::kBadValue, "too many indexes in one command");
    }
  }
  if (models.empty()) {
    return Status(ErrorCode::kBadValue, "Must specify at least one index to create");
  }
  return models;
}

}  // namespace

Status RunCreateIndexes(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<IndexModel>> models = ParseIndexes((*arguments)["indexes"].AsView());
  if (!models.ok()) return std::move(models).status();
  Result<CreateIndexesResult> result = collection->CreateIndexes(*models);
  if (!result.ok()) return std::move(result).status();
  invocation->commit = result->commit;
  reply->AppendInt32("numIndexesBefore", result->indexes_before);
  reply->AppendInt32("numIndexesAfter", result->indexes_after);
  reply->AppendBool("createdCollectionAutomatically", result->created_collection);
  if (result->indexes_before == result->indexes_after) {
    reply->AppendString("note", "all indexes already exist");
  }
  return Status::Ok();
}

}  // namespace cairn::server
