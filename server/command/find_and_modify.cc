// SPDX-License-Identifier: Apache-2.0
// findAndModify: {findAndModify, query, sort, fields, remove | update, new, upsert, arrayFilters,
// hint, collation}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"
#include "server/command/update_style.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"arrayFilters", Use::kOptional, Accepts::kArray},
    {"bypassDocumentValidation", Use::kOptional, Accepts::kBoolOrNumber},
    CollationParameter(),
    {"encryptionInformation", Use::kUnsupported, Accepts::kObject},
    {"fields", Use::kOptional, Accepts::kObject},
    HintParameter(Use::kOptional),
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"new", Use::kOptional, Accepts::kBoolOrNumber},
    {"query", Use::kOptional, Accepts::kObject},
    {"rawData", Use::kUnsupported, Accepts::kBool},
    {"remove", Use::kOptional, Accepts::kBoolOrNumber},
    {"sampleId", Use::kIgnored},
    {"sort", Use::kOptional, Accepts::kObject},
    {"stmtId", Use::kUnsupported, Accepts::kInteger},
    {"update", Use::kOptional, Accepts::kObjectOrArray},
    {"upsert", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kParameters));

Status Contradiction(const char* message) { return Status(ErrorCode::kFailedToParse, message); }

Status CheckForm(const Arguments& arguments) {
  const bool remove = arguments.Bool("remove", false);
  if (!remove && !arguments.Has("update")) {
    return Contradiction("Either an update or remove=true must be specified");
  }
  if (!remove) return Status::Ok();
  if (arguments.Has("update")) {
    return Contradiction("Cannot specify both an update and remove=true");
  }
  if (arguments.Bool("upsert", false)) {
    return Contradiction("Cannot specify both upsert=true and remove=true");
  }
  if (arguments.Bool("new", false)) {
    return Contradiction(
        "Cannot specify both new=true and remove=true; 'remove' always returns the deleted "
        "document");
  }
  if (arguments.Has("arrayFilters")) {
    return Contradiction("Cannot specify arrayFilters and remove=true");
  }
  return Status::Ok();
}

Result<FindOneAndResult> Remove(const Invocation& invocation, const Arguments& arguments,
                                Collection* collection) {
  FindOneAndDeleteOptions options;
  options.durability = Durability::kRelaxed;  // the reply is held instead
  options.hint = HintOf(arguments);
  options.let = bson::Document(arguments.Object("let"));
  options.collation = bson::Document(arguments.Object("collation"));
  options.max_time_ms = invocation.generic.max_time_ms.value_or(0);
  options.sort = bson::Document(arguments.Object("sort"));
  options.projection = bson::Document(arguments.Object("fields"));
  return collection->FindOneAndDelete(arguments.Object("query"), options);
}

Result<FindOneAndResult> Update(const Invocation& invocation, const Arguments& arguments,
                                Collection* collection) {
  FindOneAndUpdateOptions options;
  options.durability = Durability::kRelaxed;  // the reply is held instead
  options.hint = HintOf(arguments);
  options.let = bson::Document(arguments.Object("let"));
  options.collation = bson::Document(arguments.Object("collation"));
  options.max_time_ms = invocation.generic.max_time_ms.value_or(0);
  options.sort = bson::Document(arguments.Object("sort"));
  options.projection = bson::Document(arguments.Object("fields"));
  options.upsert = arguments.Bool("upsert", false);
  options.bypass_validation = arguments.Bool("bypassDocumentValidation", false);
  options.return_updated = arguments.Bool("new", false);
  Result<std::vector<bson::Document>> filters = ParseArrayFilters("findAndModify", arguments);
  if (!filters.ok()) return std::move(filters).status();
  options.array_filters = std::move(filters).value();
  const bson::View query = arguments.Object("query");
  const bson::View update = arguments["update"].AsView();
  const UpdateStyle style = StyleOf(arguments["update"]);
  options.pipeline = style == UpdateStyle::kPipeline;
  return style == UpdateStyle::kReplacement ? collection->FindOneAndReplace(query, update, options)
                                            : collection->FindOneAndUpdate(query, update, options);
}

}  // namespace

Status ReadFindAndModify(const Invocation& invocation, ExplainRequest* request) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation.body);
  if (!arguments.ok()) return std::move(arguments).status();
  Status form = CheckForm(*arguments);
  if (!form.ok()) return form;
  Result<std::vector<bson::Document>> filters = ParseArrayFilters("findAndModify", *arguments);
  if (!filters.ok()) return std::move(filters).status();
  request->kind = arguments->Bool("remove", false) ? ExplainRequest::Kind::kFindAndRemove
                                                   : ExplainRequest::Kind::kFindAndModify;
  request->filter = arguments->Object("query");
  request->update = (*arguments)["update"];
  request->array_filters = std::move(filters).value();
  request->options = SelectionOf(invocation, *arguments);
  request->options.let = bson::Document(arguments->Object("let"));
  return Status::Ok();
}

Status RunFindAndModify(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Status form = CheckForm(*arguments);
  if (!form.ok()) return form;
  const bool remove = arguments->Bool("remove", false);
  Result<FindOneAndResult> result = remove ? Remove(*invocation, *arguments, &*collection)
                                           : Update(*invocation, *arguments, &*collection);
  if (!result.ok()) return std::move(result).status();
  invocation->commit = result->commit;
  const bool upserted = !result->upserted_id.missing();
  reply->OpenDocument("lastErrorObject");
  reply->AppendInt32("n", result->found || upserted ? 1 : 0);
  if (!remove) reply->AppendBool("updatedExisting", result->found);
  if (upserted) reply->Append("upserted", result->upserted_id.value());
  reply->Close();
  if (result->document.has_value()) {
    reply->AppendDocument("value", *result->document);
  } else {
    reply->AppendNull("value");
  }
  return Status::Ok();
}

}  // namespace cairn::server
