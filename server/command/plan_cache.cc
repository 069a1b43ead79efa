// SPDX-License-Identifier: Apache-2.0
// planCacheClear, planCacheListFilters, planCacheSetFilter, planCacheClearFilters: what is
// remembered of plans, and which indexes they may use.
#include <utility>

#include "server/command/commands.h"

namespace cairn::server {
namespace {

// MongoDB takes arrays, too, whose fields are positions.
bool IsDocument(bson::Value value) {
  return value.type() == bson::Type::kDocument || value.type() == bson::Type::kArray;
}

bson::Document DocumentOf(bson::Value value) {
  return IsDocument(value) ? bson::Document(value.AsView()) : bson::Document();
}

// The shape that the fields of a command describe. Errors: BadValue for a part without a query, and
// those of the parts.
Result<IndexFilter> ParseShape(const Collection& collection, bson::View body) {
  IndexFilter shape;
  for (const std::string_view name : {"query", "sort", "projection", "collation"}) {
    const bson::Value value = body[name];
    if (value.missing() || IsDocument(value)) continue;
    return Status(ErrorCode::kBadValue,
                  "required field " + std::string(name) + " must be an object");
  }
  if (body["query"].missing()) {
    return Status(ErrorCode::kBadValue, "required field query missing");
  }
  shape.filter = DocumentOf(body["query"]);
  shape.sort = DocumentOf(body["sort"]);
  shape.projection = DocumentOf(body["projection"]);
  shape.collation = DocumentOf(body["collation"]);
  // Whether the parts make a query.
  ExplainRequest request;
  request.filter = shape.filter;
  request.options.sort = shape.sort;
  request.options.projection = shape.projection;
  request.verbosity = Verbosity::kQueryPlanner;
  Result<bson::Document> explained = collection.Explain(request);
  if (!explained.ok()) return std::move(explained).status();
  return shape;
}

Status NoSuchCollection(const Collection& collection) {
  return Status(ErrorCode::kBadValue,
                "ns does not exist: " + Namespace(collection.database(), collection.name()));
}

// The collection that the command names. Error CommandNotSupportedOnView.
Result<Collection> TargetOfPlans(const Invocation& invocation) {
  Result<Collection> collection = TargetCollection(invocation);
  if (!collection.ok()) return collection;
  const Result<CollectionInfo> info = collection->Info();
  if (!info.ok() || !info->is_view) return collection;
  return Status(ErrorCode::kCommandNotSupportedOnView,
                "Namespace " + Namespace(collection->database(), collection->name()) +
                    " is a view, not a collection");
}

}  // namespace

Status RunPlanCacheClear(Invocation* invocation, bson::Builder* /*reply*/) {
  Result<Collection> collection = TargetOfPlans(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  if (!collection->Info().ok()) return Status::Ok();
  const bson::View body = invocation->body;
  const auto given = [&](std::string_view name) {
    return !body[name].missing() && body[name].type() != bson::Type::kNull;
  };
  if (!given("query")) {
    if (given("sort") || given("projection") || given("collation")) {
      return Status(ErrorCode::kBadValue, "sort, projection, or collation provided without query");
    }
    collection->ClearPlanCache();
    return Status::Ok();
  }
  Result<IndexFilter> shape = ParseShape(*collection, body);
  if (!shape.ok()) return std::move(shape).status();
  collection->ClearPlanCache(&*shape);
  return Status::Ok();
}

Status RunPlanCacheListFilters(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetOfPlans(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  reply->OpenArray("filters");
  for (const IndexFilter& filter : collection->IndexFilters()) {
    reply->OpenDocument(reply->NextIndex());
    reply->AppendDocument("query", filter.filter);
    reply->AppendDocument("sort", filter.sort);
    reply->AppendDocument("projection", filter.projection);
    if (!filter.collation.empty()) reply->AppendDocument("collation", filter.collation);
    reply->AppendArray("indexes", filter.indexes);
    reply->Close();
  }
  reply->Close();
  return Status::Ok();
}

Status RunPlanCacheSetFilter(Invocation* invocation, bson::Builder* /*reply*/) {
  Result<Collection> collection = TargetOfPlans(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  if (!collection->Info().ok()) return NoSuchCollection(*collection);
  const bson::Value indexes = invocation->body["indexes"];
  if (indexes.missing()) {
    return Status(ErrorCode::kBadValue, "required field indexes missing");
  }
  if (indexes.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, "required field indexes must be an array");
  }
  if (indexes.AsView().empty()) {
    return Status(ErrorCode::kBadValue, "required field indexes must contain at least one index");
  }
  for (const bson::Element& index : indexes.AsView()) {
    const bson::Type type = index.value.type();
    if (type == bson::Type::kDocument && index.value.AsView().empty()) {
      return Status(ErrorCode::kBadValue, "index specification cannot be empty");
    }
    if (type != bson::Type::kDocument && type != bson::Type::kString) {
      return Status(ErrorCode::kBadValue, "each item in indexes must be an object or a string");
    }
  }
  Result<IndexFilter> shape = ParseShape(*collection, invocation->body);
  if (!shape.ok()) return std::move(shape).status();
  shape->indexes = bson::Document(indexes.AsView());
  collection->SetIndexFilter(*shape);
  return Status::Ok();
}

Status RunPlanCacheClearFilters(Invocation* invocation, bson::Builder* /*reply*/) {
  Result<Collection> collection = TargetOfPlans(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  if (!collection->Info().ok()) return Status::Ok();
  const bson::View body = invocation->body;
  if (body["query"].missing()) {
    if (!body["sort"].missing() || !body["projection"].missing() || !body["collation"].missing()) {
      return Status(ErrorCode::kBadValue, "sort, projection, or collation provided without query");
    }
    collection->ClearIndexFilters();
    return Status::Ok();
  }
  Result<IndexFilter> shape = ParseShape(*collection, body);
  if (!shape.ok()) return std::move(shape).status();
  collection->ClearIndexFilters(&*shape);
  return Status::Ok();
}

}  // namespace cairn::server
