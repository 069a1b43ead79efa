// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/unwind.h"

#include "engine/base/try.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// The value at `path`, arrays on the way not being opened.
bson::Value ValueAt(bson::View document, const path::FieldPath& path) {
  for (size_t i = 0;; ++i) {
    const bson::Value value = document.Find(path.part(i));
    if (i + 1 == path.size() || value.missing()) return value;
    if (value.type() != bson::Type::kDocument) return {};
    document = value.AsView();
  }
}

// Appends `document` with `value` at `path` from part `part` on, or without it when it is missing.
// Recursion is bounded by path::kPathPartsMax.
void AppendWith(bson::View document, const path::FieldPath& path, size_t part, bson::Value value,
                bson::Builder* out) {
  const bool last = part + 1 == path.size();
  bool found = false;
  for (const bson::Element& field : document) {
    if (found || field.name != path.part(part)) {
      out->Append(field.name, field.value);
      continue;
    }
    found = true;
    if (last) {
      if (!value.missing()) out->Append(field.name, value);
    } else if (field.value.type() == bson::Type::kDocument || !value.missing()) {
      const bool goes_on = field.value.type() == bson::Type::kDocument;
      out->OpenDocument(field.name);
      AppendWith(goes_on ? field.value.AsView() : bson::View(), path, part + 1, value, out);
      out->Close();
    } else {
      out->Append(field.name, field.value);
    }
  }
  if (found || value.missing()) return;
  if (last) {
    out->Append(path.part(part), value);
    return;
  }
  out->OpenDocument(path.part(part));
  AppendWith(bson::View(), path, part + 1, value, out);
  out->Close();
}

std::string Rebuild(std::string reuse, bson::View document, const path::FieldPath& path,
                    bson::Value value) {
  bson::Builder builder(std::move(reuse));
  AppendWith(document, path, 0, value, &builder);
  return builder.Finish().TakeBytes();
}

}  // namespace

void UnwindStage::Show(bson::Value value, std::optional<int64_t> position) {
  bytes_ = Rebuild(std::move(bytes_), whole_, options_.path, value);
  document_ = bson::View(bytes_.data());
  if (!options_.index) return;
  const int64_t number = position.value_or(0);
  const bson::Value index =
      position ? bson::Value(bson::Type::kInt64, reinterpret_cast<const char*>(&number))
               : bson::Value(bson::Type::kNull, "");
  indexed_ = Rebuild(std::move(indexed_), document_, *options_.index, index);
  document_ = bson::View(indexed_.data());
}

bool UnwindStage::Begin() {
  whole_ = input_->document();
  const bson::Value value = ValueAt(whole_, options_.path);
  if (value.type() == bson::Type::kArray && !value.AsView().empty()) {
    array_ = value.AsView();
    next_offset_ = sizeof(int32_t);
    position_ = 0;
    return false;
  }
  if (value.type() != bson::Type::kArray && !value.IsNullish()) {
    Show(value, std::nullopt);
    return true;
  }
  if (!options_.preserve) return false;
  Show(value.type() == bson::Type::kArray ? bson::Value() : value, std::nullopt);
  return true;
}

Result<bool> UnwindStage::Next() {
  while (next_offset_ == 0) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    if (Begin()) return true;
  }
  CAIRN_TRY(run_->Tick());
  bson::View::Iterator at(array_.data() + next_offset_);
  Show(at->value, position_++);
  ++at;
  next_offset_ = at == array_.end() ? 0 : static_cast<size_t>(at->name.data() - 1 - array_.data());
  return true;
}

std::optional<path::FieldPath> UnwindStage::PathBefore(const path::FieldPath& path) const {
  if (Overlap(path, options_.path) || (options_.index && Overlap(path, *options_.index))) return {};
  return path;
}

void UnwindStage::Pause() {
  if (next_offset_ != 0 && whole_.data() != kept_.data()) {
    const auto array_offset = static_cast<size_t>(array_.data() - whole_.data());
    kept_ = whole_.bytes();
    whole_ = bson::View(kept_.data());
    array_ = bson::View(kept_.data() + array_offset);
  }
  Stage::Pause();
}

namespace {

Status CheckParts(const path::FieldPath& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.part(i).empty()) {
      return Status(i + 1 == path.size() ? ErrorCode::kLocation40353 : ErrorCode::kLocation15998,
                    "FieldPath field names may not be empty strings.");
    }
    if (path.part(i)[0] == '$') {
      return Status(ErrorCode::kLocation16410, "FieldPath field names may not start with '$'.");
    }
  }
  return Status::Ok();
}

Result<path::FieldPath> ParsePath(std::string_view dotted) {
  if (dotted.empty()) {
    return Status(ErrorCode::kLocation40352, "FieldPath cannot be constructed with empty string");
  }
  if (dotted.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation16419,
                  "field path must not contain embedded null characters");
  }
  Result<path::FieldPath> path = path::FieldPath::Parse(dotted);
  if (!path.ok()) return Status(ErrorCode::kOverflow, "a field path has too many parts");
  CAIRN_TRY(CheckParts(*path));
  return path;
}

Status ParseOption(const bson::Element& field, std::string_view* path, UnwindOptions* options) {
  const bool text = field.value.type() == bson::Type::kString;
  if (field.name == "path") {
    if (!text)
      return Status(ErrorCode::kLocation28808, "expected a string as the path for $unwind");
    *path = field.value.AsString();
    return Status::Ok();
  }
  if (field.name == "preserveNullAndEmptyArrays") {
    if (field.value.type() != bson::Type::kBool) {
      return Status(ErrorCode::kLocation28809,
                    "expected a boolean for the preserveNullAndEmptyArrays option to $unwind");
    }
    options->preserve = field.value.AsBool();
    return Status::Ok();
  }
  if (field.name != "includeArrayIndex") {
    return Status(ErrorCode::kLocation28811,
                  "unrecognized option to $unwind stage: " + std::string(field.name));
  }
  if (!text || field.value.AsString().empty()) {
    return Status(ErrorCode::kLocation28810,
                  "expected a non-empty string for the includeArrayIndex option to $unwind");
  }
  if (field.value.AsString()[0] == '$') {
    return Status(ErrorCode::kLocation28822,
                  "includeArrayIndex option to $unwind should not be prefixed with a '$'");
  }
  CAIRN_TRY_ASSIGN(options->index, ParsePath(field.value.AsString()));
  return Status::Ok();
}

}  // namespace

Status ParseUnwind(bson::Value spec, const ParseContext&, StageList* stages) {
  UnwindOptions options;
  std::string_view path;
  if (spec.type() == bson::Type::kString) {
    path = spec.AsString();
  } else if (spec.type() == bson::Type::kDocument) {
    for (const bson::Element& field : spec.AsView()) {
      CAIRN_TRY(ParseOption(field, &path, &options));
    }
  } else {
    return Status(ErrorCode::kLocation15981,
                  "expected either a string or an object as specification for $unwind stage");
  }
  if (path.empty()) return Status(ErrorCode::kLocation28812, "no path specified to $unwind stage");
  if (path[0] != '$') {
    return Status(ErrorCode::kLocation28818,
                  "path option to $unwind stage should be prefixed with a '$'");
  }
  CAIRN_TRY_ASSIGN(options.path, ParsePath(path.substr(1)));
  stages->push_back(std::make_unique<UnwindStage>(std::move(options)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
