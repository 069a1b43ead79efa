// SPDX-License-Identifier: Apache-2.0
// $merge: each document is written into a collection: into the document that has the same values of
// the "on" fields, which a unique index must cover, or as a new one. The result is complete before
// the first write, so that a pipeline never reads what it writes; each document is a commit of its
// own.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "engine/index/sorter.h"
#include "query/exec/read_context.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"
#include "query/pipeline/write_target.h"
#include "query/pipeline/writer.h"

namespace cairn::pipeline {
namespace {

// How often another writer may be faster.
constexpr int kAttemptsMax = 16;

enum class Matched { kReplace, kKeepExisting, kMerge, kFail, kPipeline };
enum class NotMatched { kInsert, kDiscard, kFail };

struct Variable {
  std::string name;
  expression::ExpressionPtr value;
};

struct Merge {
  WriteTarget target;
  std::vector<path::FieldPath> on;
  Matched matched = Matched::kMerge;
  NotMatched not_matched = NotMatched::kInsert;
  bson::Document stages;  // Of kPipeline: an array.
  std::vector<Variable> let;
};

class MergeStage final : public Stage {
 public:
  MergeStage(Merge merge, const expression::Globals& globals)
      : merge_(std::move(merge)), globals_(globals) {}

  Status Open(RunContext* run, Stage* input) override {
    CAIRN_TRY(Stage::Open(run, input));
    return CheckIndex();
  }
  Result<bool> Next() override;

 private:
  Status CheckIndex();
  Status Write(bson::View source);
  Status WriteOnce(bson::View document, bson::View filter, bson::View let);
  Result<bool> WriteMatched(bson::View document, bson::View filter, bson::View let);
  Result<bson::Document> Filter(bson::View document) const;
  Result<bson::Document> Let(bson::View document);

  const Merge merge_;
  const expression::Globals globals_;
  expression::Scratch scratch_;
  bool null_ok_ = false;  // The "on" fields may be null or missing.
};

bool CoversOn(const catalog::IndexSpec& index, const std::vector<path::FieldPath>& on,
              const collation::Collator* collator) {
  if (!index.ready || !index.unique || !index.options["partialFilterExpression"].missing()) {
    return false;
  }
  if (!collation::Same(index.collator.get(), collator)) return false;
  size_t fields = 0;
  for (const bson::Element& field : index.key_pattern.view()) {
    const bool wanted = std::ranges::any_of(
        on, [&](const path::FieldPath& path) { return path.dotted() == field.name; });
    if (!wanted || !field.value.IsNumber()) return false;
    ++fields;
  }
  return fields == on.size();
}

// [{$set: the fields of `document`}]
bson::Document SetStages(bson::View document) {
  bson::Builder stages;
  stages.OpenArray("").OpenDocument("0").OpenDocument("$set");
  for (const bson::Element& field : document) {
    stages.OpenDocument(field.name).Append("$literal", field.value);
    stages.Close();
  }
  stages.Close().Close().Close();
  return bson::Document(stages.Finish()[""].AsView());
}

Status MergeStage::CheckIndex() {
  const bool is_id = merge_.on.size() == 1 && merge_.on[0].dotted() == "_id";
  const store::CollectionPtr target =
      run_->environment.store->FindCollection(merge_.target.database, merge_.target.collection);
  const collation::Collator* const collator = globals_.collator.get();
  if (is_id && (target == nullptr || collation::Same(target->collator.get(), collator))) {
    return Status::Ok();
  }
  if (target != nullptr) {
    for (const catalog::IndexSpec& index : target->indexes) {
      if (!CoversOn(index, merge_.on, collator)) continue;
      const bson::Value sparse = index.options["sparse"];
      null_ok_ = sparse.type() != bson::Type::kBool || !sparse.AsBool();
      return Status::Ok();
    }
  }
  return Status(ErrorCode::kLocation51183,
                "Cannot find index to verify that join fields will be unique");
}

Result<bool> MergeStage::Next() {
  if (run_->explains) return Drain();
  index::Sorter result(run_->spill_directory(), exec::kOperatorBytesMax, "$merge");
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    std::string key;
    base::AppendBig<uint64_t>(&key, result.size());
    CAIRN_TRY(result.Add(key, input_->document().bytes()));
  }
  input_->Pause();
  CAIRN_TRY(result.Finish());
  Status first;  // Error of a document.
  std::string_view key;
  std::string_view document;
  while (true) {
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY_ASSIGN(const bool more, result.Next(&key, &document));
    if (!more) break;
    Status status = Write(bson::View(document.data()));
    // What concerns one document keeps no other from being written.
    const bool of_document =
        status.code() == ErrorCode::kDuplicateKey || status.code() == ErrorCode::kLocation13113;
    if (!status.ok() && !of_document) return status;
    if (first.ok()) first = std::move(status);
  }
  CAIRN_TRY(run_->writer->Settle());
  CAIRN_TRY(std::move(first));
  return false;
}

// {field: {$eq: value}, …}
Result<bson::Document> MergeStage::Filter(bson::View document) const {
  bson::Builder filter;
  for (const path::FieldPath& path : merge_.on) {
    bson::Value value = PlainValueAt(document, path);
    if (value.type() == bson::Type::kArray) {
      return Status(ErrorCode::kLocation51185,
                    "$merge write error: 'on' field '" + path.dotted() + "' cannot be an array");
    }
    if (value.IsNullish()) {
      if (!null_ok_ && path.dotted() != "_id") {
        return Status(ErrorCode::kLocation51132, "$merge write error: 'on' field '" +
                                                     path.dotted() +
                                                     "' cannot be missing, null or undefined");
      }
      value = expression::Scratch::Null();
    }
    filter.OpenDocument(path.dotted()).Append("$eq", value);
    filter.Close();
  }
  return filter.Finish();
}

// The values of the variables: those of the command, then $$new, then its own, so that the later
// hide the earlier. Those that are missing are left out.
Result<bson::Document> MergeStage::Let(bson::View document) {
  bson::Builder let;
  for (auto outer = globals_.variables.rbegin(); outer != globals_.variables.rend(); ++outer) {
    if (!outer->second.value().missing()) let.Append(outer->first, outer->second.value());
  }
  let.AppendDocument("new", document);
  scratch_.Clear();
  for (const Variable& variable : merge_.let) {
    CAIRN_TRY_ASSIGN(const bson::Value value,
                     variable.value->Evaluate({document, &scratch_, globals_.collator.get()}));
    if (!value.missing()) let.Append(variable.name, value);
  }
  return let.Finish();
}

Result<bool> MergeStage::WriteMatched(bson::View document, bson::View filter, bson::View let) {
  DocumentWriter& writer = *run_->writer;
  const auto& [database, collection] = merge_.target;
  switch (merge_.matched) {
    case Matched::kReplace:
      return writer.Replace(database, collection, filter, document);
    case Matched::kKeepExisting:
      return writer.Exists(database, collection, filter);
    case Matched::kMerge:
      return writer.Transform(database, collection, filter, SetStages(document), let);
    case Matched::kPipeline:
      return writer.Transform(database, collection, filter, merge_.stages, let);
    case Matched::kFail:
      break;
  }
  return false;
}

Status MergeStage::WriteOnce(bson::View document, bson::View filter, bson::View let) {
  CAIRN_TRY_ASSIGN(const bool matched, WriteMatched(document, filter, let));
  if (matched || merge_.not_matched == NotMatched::kDiscard) return Status::Ok();
  if (merge_.not_matched == NotMatched::kFail) {
    return Status(ErrorCode::kLocation13113,
                  "$merge could not find a matching document in the target collection for at "
                  "least one document in the source collection");
  }
  return run_->writer->Insert(merge_.target.database, merge_.target.collection, document);
}

Status MergeStage::Write(bson::View source) {
  bson::Document document(source);
  if (source["_id"].missing() && merge_.not_matched == NotMatched::kInsert &&
      (merge_.on[0].dotted() == "_id")) {
    bson::Builder with_id;
    with_id.AppendObjectId("_id", bson::ObjectId::Generate()).AppendAll(source);
    document = with_id.Finish();
  }
  CAIRN_TRY_ASSIGN(const bson::Document filter, Filter(document));
  for (const path::FieldPath& path : merge_.on) {
    // A new document is found again by the same fields.
    if (!PlainValueAt(document, path).missing() || path.dotted() == "_id") continue;
    bson::Builder with_field;
    AppendWithPath(document, path, expression::Scratch::Null(), &with_field);
    document = with_field.Finish();
  }
  CAIRN_TRY_ASSIGN(const bson::Document let, Let(document));
  for (int attempt = 1;; ++attempt) {
    Status status = WriteOnce(document, filter, let);
    const bool lost_race = status.code() == ErrorCode::kDuplicateKey &&
                           merge_.matched != Matched::kFail && attempt < kAttemptsMax;
    if (!lost_race) return status;
    // Somebody inserted the match meanwhile, or another unique index refuses the document.
    CAIRN_TRY_ASSIGN(const bool exists, run_->writer->Exists(merge_.target.database,
                                                             merge_.target.collection, filter));
    if (!exists) return status;
    if (attempt > 1) return status;
  }
}

Status ParseOn(bson::Value value, Merge* merge) {
  if (value.type() == bson::Type::kString) {
    CAIRN_TRY_ASSIGN(merge->on.emplace_back(), ParseUserPath(value.AsString()));
    return Status::Ok();
  }
  if (value.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation51186,
                  "$merge 'on' field must be either a string or an array of strings, but found " +
                      std::string(bson::TypeName(value.type())));
  }
  if (value.AsView().empty()) {
    return Status(ErrorCode::kLocation51187,
                  "If explicitly specifying $merge 'on', must include at least one field");
  }
  for (const bson::Element& element : value.AsView()) {
    if (element.value.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation51134,
                    "$merge 'on' array elements must be strings, but "
                    "found " +
                        std::string(bson::TypeName(element.value.type())));
    }
    CAIRN_TRY_ASSIGN(auto path, ParseUserPath(element.value.AsString()));
    for (const path::FieldPath& before : merge->on) {
      if (before.dotted() == path.dotted()) {
        return Status(ErrorCode::kLocation31465, "Found a duplicate field '" + path.dotted() + "'");
      }
    }
    merge->on.push_back(std::move(path));
  }
  return Status::Ok();
}

Status ParseInto(bson::Value into, const ParseContext& context, Merge* merge) {
  merge->target.database = context.database;
  if (into.type() == bson::Type::kString) {
    merge->target.collection = into.AsString();
    return CheckTarget(merge->target);
  }
  if (into.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation51178,
                  "$merge 'into' field must be either a string or an object, but found " +
                      std::string(bson::TypeName(into.type())));
  }
  bool has_collection = false;
  for (const bson::Element& field : into.AsView()) {
    if (field.name != "db" && field.name != "coll") {
      return Status(ErrorCode::kLocation40415,
                    "BSON field 'into." + std::string(field.name) + "' is an unknown field.");
    }
    if (field.value.IsNullish()) continue;
    if (field.value.type() != bson::Type::kString) {
      return Status(ErrorCode::kTypeMismatch,
                    "BSON field 'into." + std::string(field.name) + "' is the wrong type");
    }
    has_collection = has_collection || field.name == "coll";
    if (field.name == "coll") {
      merge->target.collection = field.value.AsString();
    } else if (!field.value.AsString().empty()) {
      merge->target.database = field.value.AsString();
    }
  }
  if (!has_collection) {
    return Status(ErrorCode::kLocation51178,
                  "$merge 'into' field must specify a 'coll' that is not empty, null or undefined");
  }
  return CheckTarget(merge->target);
}

Status ParseMatched(bson::Value value, const ParseContext& context, Merge* merge) {
  if (value.type() == bson::Type::kArray) {
    merge->matched = Matched::kPipeline;
    merge->stages = bson::Document(value.AsView());
    expression::Globals globals = context.globals;
    globals.evaluates_constants = false;
    globals.variables.emplace(globals.variables.begin(), "new", bson::OwnedValue());
    for (const Variable& variable : merge->let) {
      globals.variables.emplace(globals.variables.begin(), variable.name, bson::OwnedValue());
    }
    ParseContext inside{.globals = globals};
    inside.place = Place::kUpdate;
    return ParseStages(merge->stages, inside).status();
  }
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation51191,
                  "$merge 'whenMatched' field must be either a string or an array, but found " +
                      std::string(bson::TypeName(value.type())));
  }
  for (const auto& [name, mode] : {std::pair{"replace", Matched::kReplace},
                                   {"keepExisting", Matched::kKeepExisting},
                                   {"merge", Matched::kMerge},
                                   {"fail", Matched::kFail}}) {
    if (value.AsString() != name) continue;
    merge->matched = mode;
    return Status::Ok();
  }
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(value.AsString()) +
                                          "' for field 'whenMatched' is not a valid value.");
}

Status ParseNotMatched(bson::Value value, Merge* merge) {
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kTypeMismatch,
                  "BSON field '$merge.whenNotMatched' is the wrong type, expected type 'string'");
  }
  for (const auto& [name, mode] : {std::pair{"insert", NotMatched::kInsert},
                                   {"discard", NotMatched::kDiscard},
                                   {"fail", NotMatched::kFail}}) {
    if (value.AsString() != name) continue;
    merge->not_matched = mode;
    return Status::Ok();
  }
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(value.AsString()) +
                                          "' for field 'whenNotMatched' is not a valid value.");
}

// `is_pipeline`: whenMatched is an array, the only mode with variables.
Status ParseLet(bson::Value let, bool is_pipeline, const ParseContext& context, Merge* merge) {
  if (let.IsNullish()) return Status::Ok();
  if (let.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  "BSON field '$merge.let' is the wrong type, expected type 'object'");
  }
  if (!is_pipeline) {
    return Status(ErrorCode::kLocation51199,
                  "Cannot use 'let' variables with this whenMatched mode");
  }
  for (const bson::Element& variable : let.AsView()) {
    if (variable.name == "new") {
      if (variable.value.type() == bson::Type::kString && variable.value.AsString() == "$$ROOT") {
        continue;
      }
      return Status(ErrorCode::kLocation51273,
                    "'let' may not define a value for the reserved 'new' variable other than "
                    "'$$ROOT'");
    }
    CAIRN_TRY(expression::CheckUserVariable(variable.name));
    CAIRN_TRY_ASSIGN(auto value, expression::Parse(variable.value, context.globals));
    merge->let.push_back({std::string(variable.name), std::move(value)});
  }
  return Status::Ok();
}

// The arguments as they were given.
struct Arguments {
  bson::Value into, on, let, when_matched, when_not_matched;
};

Result<Arguments> ReadArguments(bson::Value spec) {
  Arguments arguments;
  if (spec.type() == bson::Type::kString) {
    arguments.into = spec;
    return arguments;
  }
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation51182,
                  "$merge requires a string or object argument, but found " +
                      std::string(bson::TypeName(spec.type())));
  }
  const std::pair<std::string_view, bson::Value*> places[] = {
      {"into", &arguments.into},
      {"on", &arguments.on},
      {"let", &arguments.let},
      {"whenMatched", &arguments.when_matched},
      {"whenNotMatched", &arguments.when_not_matched}};
  for (const bson::Element& field : spec.AsView()) {
    const auto* const place =
        std::ranges::find(places, field.name, [](const auto& pair) { return pair.first; });
    if (place == std::end(places)) {
      return Status(ErrorCode::kLocation40415,
                    "BSON field '$merge." + std::string(field.name) + "' is an unknown field.");
    }
    *place->second = field.value;
  }
  if (arguments.into.missing()) {
    return Status(ErrorCode::kLocation40414,
                  "BSON field '$merge.into' is missing but a required field");
  }
  return arguments;
}

}  // namespace

Status ParseMerge(bson::Value spec, const ParseContext& context, StageList* stages) {
  CAIRN_TRY_ASSIGN(const Arguments arguments, ReadArguments(spec));
  Merge merge;
  CAIRN_TRY(ParseInto(arguments.into, context, &merge));
  if (!arguments.on.missing()) {
    CAIRN_TRY(ParseOn(arguments.on, &merge));
  } else {
    CAIRN_TRY_ASSIGN(merge.on.emplace_back(), ParseUserPath("_id"));
  }
  const bool is_pipeline = arguments.when_matched.type() == bson::Type::kArray;
  CAIRN_TRY(ParseLet(arguments.let, is_pipeline, context, &merge));
  if (!arguments.when_matched.missing()) {
    CAIRN_TRY(ParseMatched(arguments.when_matched, context, &merge));
  }
  if (!arguments.when_not_matched.IsNullish()) {
    CAIRN_TRY(ParseNotMatched(arguments.when_not_matched, &merge));
  }
  const bool needs_insert =
      merge.matched == Matched::kKeepExisting || merge.matched == Matched::kFail;
  if (needs_insert && merge.not_matched != NotMatched::kInsert) {
    return Status(
        ErrorCode::kLocation51181,
        "Combination of $merge modes 'whenMatched' and 'whenNotMatched' is not supported");
  }
  stages->push_back(std::make_unique<MergeStage>(std::move(merge), context.globals));
  return Status::Ok();
}

}  // namespace cairn::pipeline
