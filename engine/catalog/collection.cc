// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/collection.h"

#include <limits>
#include <utility>

#include "engine/base/try.h"

namespace cairn::catalog {
namespace {

using bson::Type;
using bson::Value;

// Part of the on-disk format: never change.
constexpr int32_t kVersion = 1;
constexpr uint8_t kUuidSubtype = 4;

Status Damaged(std::string_view field) {
  return Status(ErrorCode::kDataCorruptionDetected, "catalog entry: field '" + std::string(field) +
                                                        "' is missing or not what it should be");
}

Status Unknown(std::string_view field) {
  return Status(
      ErrorCode::kStoreFormatUnknown,
      "catalog entry: unknown field '" + std::string(field) + "', written by a newer version");
}

Status ReadId(const bson::Element& element, uint32_t* id) {
  if (element.value.type() != Type::kInt64) return Damaged(element.name);
  const int64_t number = element.value.AsInt64();
  if (number <= 0 || number > std::numeric_limits<uint32_t>::max()) return Damaged(element.name);
  *id = static_cast<uint32_t>(number);
  return Status::Ok();
}

Status ReadInt(const bson::Element& element, int32_t* number) {
  if (element.value.type() != Type::kInt32) return Damaged(element.name);
  *number = element.value.AsInt32();
  return Status::Ok();
}

Status ReadString(const bson::Element& element, std::string* text) {
  if (element.value.type() != Type::kString) return Damaged(element.name);
  *text = element.value.AsString();
  return Status::Ok();
}

Status ReadBool(const bson::Element& element, bool* flag) {
  if (element.value.type() != Type::kBool) return Damaged(element.name);
  *flag = element.value.AsBool();
  return Status::Ok();
}

Status ReadDocument(const bson::Element& element, bson::Document* document) {
  if (element.value.type() != Type::kDocument) return Damaged(element.name);
  *document = bson::Document(element.value.AsView());
  return Status::Ok();
}

Status ReadStrings(const bson::Element& element, std::vector<std::string>* strings) {
  if (element.value.type() != Type::kArray) return Damaged(element.name);
  for (const bson::Element& item : element.value.AsView()) {
    CAIRN_TRY(ReadString(item, &strings->emplace_back()));
  }
  return Status::Ok();
}

Status ReadIds(const bson::Element& element, std::vector<uint32_t>* ids) {
  if (element.value.type() != Type::kArray) return Damaged(element.name);
  for (const bson::Element& item : element.value.AsView()) {
    CAIRN_TRY(ReadId(item, &ids->emplace_back()));
  }
  return Status::Ok();
}

void EncodeBuild(const BuildState& build, bson::Builder* out) {
  out->OpenDocument("build");
  out->AppendInt32("stage", static_cast<int32_t>(build.stage));
  out->AppendInt64("after", static_cast<int64_t>(build.after));
  if (!build.position.empty()) out->AppendBinary("position", 0, build.position);
  if (!build.runs.empty()) {
    out->OpenArray("runs");
    for (const uint32_t run : build.runs) out->AppendInt64(out->NextIndex(), run);
    out->Close();
  }
  out->Close();
}

Status DecodeBuildField(const bson::Element& element, BuildState* build) {
  const std::string_view name = element.name;
  if (name == "stage") {
    int32_t stage = 0;
    CAIRN_TRY(ReadInt(element, &stage));
    build->stage = static_cast<BuildStage>(stage);
    return build->stage >= BuildStage::kScanning && build->stage <= BuildStage::kLoaded
               ? Status::Ok()
               : Damaged("build.stage");
  }
  if (name == "after") {
    if (element.value.type() != Type::kInt64) return Damaged("build.after");
    build->after = static_cast<uint64_t>(element.value.AsInt64());
    return Status::Ok();
  }
  if (name == "position") {
    if (element.value.type() != Type::kBinary) return Damaged("build.position");
    build->position = element.value.AsBinary();
    return Status::Ok();
  }
  if (name == "runs") return ReadIds(element, &build->runs);
  return Unknown("build." + std::string(name));
}

Status DecodeBuild(const bson::Element& element, std::optional<BuildState>* build) {
  if (element.value.type() != Type::kDocument) return Damaged(element.name);
  build->emplace();
  for (const bson::Element& field : element.value.AsView()) {
    CAIRN_TRY(DecodeBuildField(field, &**build));
  }
  return Status::Ok();
}

void EncodeIndex(const IndexSpec& index, bson::Builder* out) {
  out->OpenDocument(out->NextIndex());
  out->AppendInt64("id", index.id);
  out->AppendString("name", index.name);
  out->AppendDocument("key", index.key_pattern);
  out->AppendInt32("format", index.format_version);
  out->AppendBool("ready", index.ready);
  if (index.unique) out->AppendBool("unique", true);
  if (index.made_unique) out->AppendBool("made_unique", true);
  if (!index.options.empty()) out->AppendDocument("options", index.options);
  if (!index.icu_version.empty()) out->AppendString("icu", index.icu_version);
  if (index.multikey) out->AppendBool("multikey", true);
  if (!index.multikey_paths.empty()) {
    out->OpenArray("multikey_paths");
    for (const std::string& path : index.multikey_paths) {
      out->AppendString(out->NextIndex(), path);
    }
    out->Close();
  }
  if (index.has_truncated_keys) out->AppendBool("truncated", true);
  if (index.build.has_value()) EncodeBuild(*index.build, out);
  out->Close();
}

Status DecodeIndexField(const bson::Element& element, IndexSpec* index) {
  const std::string_view name = element.name;
  if (name == "id") return ReadId(element, &index->id);
  if (name == "name") return ReadString(element, &index->name);
  if (name == "key") return ReadDocument(element, &index->key_pattern);
  if (name == "format") return ReadInt(element, &index->format_version);
  if (name == "ready") return ReadBool(element, &index->ready);
  if (name == "unique") return ReadBool(element, &index->unique);
  if (name == "made_unique") return ReadBool(element, &index->made_unique);
  if (name == "options") return ReadDocument(element, &index->options);
  if (name == "icu") return ReadString(element, &index->icu_version);
  if (name == "multikey") return ReadBool(element, &index->multikey);
  if (name == "multikey_paths") return ReadStrings(element, &index->multikey_paths);
  if (name == "truncated") return ReadBool(element, &index->has_truncated_keys);
  if (name == "build") return DecodeBuild(element, &index->build);
  return Unknown(name);
}

Status DecodeIndexes(const bson::Element& element, std::vector<IndexSpec>* indexes) {
  if (element.value.type() != Type::kArray) return Damaged(element.name);
  for (const bson::Element& item : element.value.AsView()) {
    if (item.value.type() != Type::kDocument) return Damaged(element.name);
    IndexSpec& index = indexes->emplace_back();
    index.format_version = 0;
    for (const bson::Element& field : item.value.AsView()) {
      CAIRN_TRY(DecodeIndexField(field, &index));
    }
    CAIRN_TRY_ASSIGN(index.collator, CollatorOf(index.options));
    if (index.id == 0) return Damaged("indexes.id");
    if (index.name.empty()) return Damaged("indexes.name");
    if (index.key_pattern.empty()) return Damaged("indexes.key");
    if (index.format_version != 1) {
      return Status(ErrorCode::kStoreFormatUnknown, "index '" + index.name +
                                                        "' has format version " +
                                                        std::to_string(index.format_version) +
                                                        ", which this version does not know");
    }
  }
  return Status::Ok();
}

Status ReadUuid(const bson::Element& element, std::array<uint8_t, 16>* uuid) {
  if (element.value.type() != Type::kBinary || element.value.BinarySubtype() != kUuidSubtype ||
      element.value.AsBinary().size() != uuid->size()) {
    return Damaged(element.name);
  }
  std::memcpy(uuid->data(), element.value.AsBinary().data(), uuid->size());
  return Status::Ok();
}

Status ReadLayout(const bson::Element& element, Layout* layout) {
  int32_t number = -1;
  CAIRN_TRY(ReadInt(element, &number));
  if (number != static_cast<int32_t>(Layout::kById) &&
      number != static_cast<int32_t>(Layout::kByRecord)) {
    return Status(ErrorCode::kStoreFormatUnknown,
                  "catalog entry: unknown layout " + std::to_string(number));
  }
  *layout = static_cast<Layout>(number);
  return Status::Ok();
}

Status DecodeField(const bson::Element& element, int32_t* version, Collection* collection) {
  const std::string_view name = element.name;
  if (name == "v") return ReadInt(element, version);
  if (name == "id") return ReadId(element, &collection->id);
  if (name == "uuid") return ReadUuid(element, &collection->uuid);
  if (name == "db") return ReadString(element, &collection->database);
  if (name == "name") return ReadString(element, &collection->name);
  if (name == "layout") return ReadLayout(element, &collection->layout);
  if (name == "options") {
    bson::Document options;
    CAIRN_TRY(ReadDocument(element, &options));
    collection->SetOptions(std::move(options));
    return Status::Ok();
  }
  if (name == "indexes") return DecodeIndexes(element, &collection->indexes);
  return Unknown(name);
}

}  // namespace

bool RefusesDuplicates(const IndexSpec& index) {
  const bson::Value prepared = index.options["prepareUnique"];
  return index.unique || (prepared.type() == Type::kBool && prepared.AsBool());
}

bool IsOfOtherIcu(const IndexSpec& index) {
  return index.collator != nullptr && index.icu_version != collation::Collator::Version();
}

const IndexSpec* Collection::FindIndex(std::string_view index_name) const {
  for (const IndexSpec& index : indexes) {
    if (index.name == index_name) return &index;
  }
  return nullptr;
}

size_t Collection::CountIndexes() const {
  const bool by_layout = FindIndex(kIdIndexName) == nullptr && options["clusteredIndex"].missing();
  return indexes.size() + (by_layout ? 1 : 0);
}

Result<std::shared_ptr<const collation::Collator>> CollatorOf(bson::View options) {
  const Value spec = options["collation"];
  if (spec.type() != Type::kDocument) return std::shared_ptr<const collation::Collator>();
  return collation::Collator::ParseStored(spec.AsView());
}

void Collection::SetOptions(bson::Document new_options) {
  options = std::move(new_options);
  is_view = options["viewOn"].type() == Type::kString;
  const Value validator = options["validator"];
  has_validator = validator.type() == Type::kDocument && !validator.AsView().empty();
  capped.reset();
  const Value is_capped = options["capped"];
  if (is_capped.type() == Type::kBool && is_capped.AsBool()) {
    const auto integer = [](Value value) -> int64_t {
      if (value.type() == Type::kInt64) return value.AsInt64();
      return value.type() == Type::kInt32 ? value.AsInt32() : 0;
    };
    capped = CappedBounds{integer(options["size"]), integer(options["max"])};
  }
}

bson::Document EncodeCollection(const Collection& collection) {
  bson::Builder out;
  out.AppendInt32("v", kVersion);
  out.AppendInt64("id", collection.id);
  out.AppendBinary("uuid", kUuidSubtype,
                   {reinterpret_cast<const char*>(collection.uuid.data()), collection.uuid.size()});
  out.AppendString("db", collection.database);
  out.AppendString("name", collection.name);
  out.AppendInt32("layout", static_cast<int32_t>(collection.layout));
  out.AppendDocument("options", collection.options);
  out.OpenArray("indexes");
  for (const IndexSpec& index : collection.indexes) EncodeIndex(index, &out);
  out.Close();
  return out.Finish();
}

Result<Collection> DecodeCollection(bson::View bytes) {
  Collection collection;
  int32_t version = 0;
  for (const bson::Element& element : bytes) {
    CAIRN_TRY(DecodeField(element, &version, &collection));
    if (version != kVersion) {
      return Status(ErrorCode::kStoreFormatUnknown,
                    "catalog entry: version " + std::to_string(version) + " is not known");
    }
  }
  if (version != kVersion) return Damaged("v");
  if (collection.id == 0) return Damaged("id");
  if (collection.database.empty()) return Damaged("db");
  if (collection.name.empty()) return Damaged("name");
  CAIRN_TRY_ASSIGN(collection.collator, CollatorOf(collection.options));
  return collection;
}

}  // namespace cairn::catalog
