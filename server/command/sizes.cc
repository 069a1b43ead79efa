// SPDX-License-Identifier: Apache-2.0
// dbStats, collStats and dataSize: how much there is.
#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kDbStats[] = {
    {"freeStorage", Use::kOptional, Accepts::kBoolOrNumber},
    {"scale", Use::kOptional, Accepts::kInteger},
};
static_assert(IsSorted(kDbStats));

// table: sorted
constexpr Parameter kCollStats[] = {
    {"queryExecStats", Use::kIgnored},
    {"scale", Use::kOptional, Accepts::kInteger},
    {"verbose", Use::kIgnored, Accepts::kBoolOrNumber},
    {"waitForLock", Use::kIgnored, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kCollStats));

// table: sorted
constexpr Parameter kDataSize[] = {
    {"estimate", Use::kOptional, Accepts::kBoolOrNumber},
    {"keyPattern", Use::kOptional, Accepts::kObject},
    {"max", Use::kOptional, Accepts::kObject},
    {"maxObjects", Use::kOptional, Accepts::kInteger},
    {"maxSize", Use::kOptional, Accepts::kInteger},
    {"min", Use::kOptional, Accepts::kObject},
};
static_assert(IsSorted(kDataSize));

Result<int64_t> ParseScale(bson::Value value) {
  if (value.missing()) return int64_t{1};
  const int64_t scale = ToInt64(value);
  // Doubles are cut, as everywhere where MongoDB takes a "safe int".
  const int64_t cut = value.type() == bson::Type::kDouble
                          ? static_cast<int64_t>(std::trunc(value.AsDouble()))
                          : scale;
  if (cut >= 1) return cut;
  return Status(ErrorCode::kBadValue, "BSON field 'scale' value must be >= 1, actual value '" +
                                          std::to_string(cut) + "'");
}

struct Totals {
  int64_t collections = 0;
  int64_t views = 0;
  int64_t documents = 0;
  int64_t bytes = 0;
  int64_t indexes = 0;
};

Totals Sum(const std::vector<CollectionInfo>& infos) {
  Totals totals;
  for (const CollectionInfo& info : infos) {
    ++(info.is_view ? totals.views : totals.collections);
    totals.documents += info.documents;
    totals.bytes += info.bytes;
    totals.indexes += static_cast<int64_t>(info.indexes.size());
  }
  return totals;
}

void AppendFileSystem(const std::string& directory, double scale, bson::Builder* reply) {
  struct statvfs disk {};
  if (statvfs(directory.empty() ? "/" : directory.c_str(), &disk) != 0) return;
  const auto block = static_cast<double>(disk.f_frsize);
  const auto used = static_cast<double>(disk.f_blocks - disk.f_bfree) * block;
  reply->AppendDouble("fsUsedSize", used / scale);
  reply->AppendDouble("fsTotalSize", static_cast<double>(disk.f_blocks) * block / scale);
}

// The stage's document of the collection, or an error.
Result<bson::Document> StageStats(const Collection& collection, int64_t scale) {
  bson::Builder stages;
  stages.OpenDocument(stages.NextIndex()).OpenDocument("$collStats").OpenDocument("storageStats");
  stages.AppendInt32(
      "scale", static_cast<int32_t>(std::min<int64_t>(scale, std::numeric_limits<int32_t>::max())));
  const bson::Document pipeline = stages.Close().Close().Close().Finish();
  Result<Cursor> cursor = collection.Aggregate(pipeline);
  if (!cursor.ok()) return std::move(cursor).status();
  Result<bool> found = cursor->Next();
  if (!found.ok()) return std::move(found).status();
  return bson::Document(cursor->document());
}

void AppendNothingThere(int64_t scale, bson::Builder* reply) {
  for (const char* name : {"size", "count", "numOrphanDocs", "storageSize", "totalSize", "nindexes",
                           "totalIndexSize"}) {
    reply->AppendInt32(name, 0);
  }
  reply->OpenDocument("indexDetails").Close().OpenDocument("indexSizes").Close();
  AppendCount("scaleFactor", scale, reply);
}

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Measured {
  int64_t bytes = 0;
  int64_t documents = 0;
  bool cut = false;
};

Result<Measured> Measure(const Collection& collection, const FindOptions& options,
                         int64_t bytes_max, int64_t documents_max) {
  Result<Cursor> cursor = collection.Find(bson::Document(), options);
  if (!cursor.ok()) return std::move(cursor).status();
  Measured measured;
  while (true) {
    Result<bool> more = cursor->Next();
    if (!more.ok()) return std::move(more).status();
    if (!*more) return measured;
    measured.bytes += static_cast<int64_t>(cursor->document().size());
    ++measured.documents;
    if ((bytes_max > 0 && measured.bytes > bytes_max) ||
        (documents_max > 0 && measured.documents > documents_max)) {
      measured.cut = true;
      return measured;
    }
  }
}

// From where to where: hint, min and max of a find.
Status SetRange(const CollectionInfo& info, const Arguments& arguments, FindOptions* options) {
  options->min = bson::Document(arguments.Object("min"));
  options->max = bson::Document(arguments.Object("max"));
  if (options->min.empty() && options->max.empty()) return Status::Ok();
  if (options->min.empty() || options->max.empty()) {
    return Status(ErrorCode::kBadValue, "only one of min or max specified");
  }
  const bson::View wanted = arguments.Object("keyPattern");
  for (const IndexInfo& index : info.indexes) {
    const bson::View against = wanted.empty() ? options->min.view() : wanted;
    auto key = index.keys.view().begin();
    const auto end = index.keys.view().end();
    bool prefix = true;
    for (const bson::Element& field : against) {
      prefix = prefix && key != end && key->name == field.name;
      if (prefix) ++key;
    }
    if (!prefix || key != end) continue;
    options->hint = bson::Value(bson::Type::kDocument, index.keys.bytes().data());
    return Status::Ok();
  }
  return Status(ErrorCode::kOperationFailed, "couldn't find valid index containing key pattern");
}

}  // namespace

Status RunDbStats(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kDbStats, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> parsed = ParseScale((*arguments)["scale"]);
  if (!parsed.ok()) return std::move(parsed).status();
  const auto scale = static_cast<double>(*parsed);
  Result<std::vector<CollectionInfo>> infos =
      invocation->database->ListCollections(invocation->database_name);
  if (!infos.ok()) return std::move(infos).status();
  const Totals totals = Sum(*infos);
  const auto scaled = [scale](int64_t bytes) { return static_cast<double>(bytes) / scale; };
  reply->AppendString("db", invocation->database_name);
  reply->AppendInt64("collections", totals.collections).AppendInt64("views", totals.views);
  reply->AppendInt64("objects", totals.documents);
  reply->AppendDouble("avgObjSize", totals.documents == 0
                                        ? 0.0
                                        : static_cast<double>(totals.bytes) /
                                              static_cast<double>(totals.documents));
  reply->AppendDouble("dataSize", scaled(totals.bytes));
  reply->AppendDouble("storageSize", scaled(totals.bytes));
  const bool free = arguments->Bool("freeStorage", false);
  if (free) reply->AppendDouble("freeStorageSize", 0);
  reply->AppendInt64("indexes", totals.indexes);
  reply->AppendDouble("indexSize", 0);
  if (free) reply->AppendDouble("indexFreeStorageSize", 0);
  reply->AppendDouble("totalSize", scaled(totals.bytes));
  if (free) reply->AppendDouble("totalFreeStorageSize", 0);
  reply->AppendInt64("scaleFactor", *parsed);
  AppendFileSystem(invocation->state->options.directory, scale, reply);
  return Status::Ok();
}

Status RunCollStats(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kCollStats, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> scale = ParseScale((*arguments)["scale"]);
  if (!scale.ok()) return std::move(scale).status();
  reply->AppendString("ns", Namespace(collection->database(), collection->name()));
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) {
    AppendNothingThere(*scale, reply);
    return Status::Ok();
  }
  if (info->is_view) {
    return Status(ErrorCode::kCommandNotSupportedOnView,
                  "Namespace " + Namespace(collection->database(), collection->name()) +
                      " is a view, not a collection");
  }
  Result<bson::Document> stats = StageStats(*collection, *scale);
  if (!stats.ok()) return std::move(stats).status();
  reply->AppendAll((*stats)["storageStats"].AsView());
  return Status::Ok();
}

Status RunDataSize(Invocation* invocation, bson::Builder* reply) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("dataSize", "dataSize");
  Status type = CheckType("dataSize.dataSize", target, Accepts::kString);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kDataSize, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::string_view ns = target.AsString();
  const size_t dot = ns.find('.');
  if (dot == std::string_view::npos) {
    return Status(ErrorCode::kInvalidNamespace, "Invalid namespace: " + std::string(ns));
  }
  Result<Collection> collection =
      invocation->database->GetCollection(ns.substr(0, dot), ns.substr(dot + 1));
  if (!collection.ok()) return std::move(collection).status();
  const int64_t began_ms = NowMs();
  const bool estimate = arguments->Bool("estimate", false);
  Measured measured;
  Result<CollectionInfo> info = collection->Info();
  if (info.ok()) {
    FindOptions options;
    options.max_time_ms = MaxTimeMs(*invocation);
    Status range = SetRange(*info, *arguments, &options);
    if (!range.ok()) return range;
    const bool whole = options.min.empty();
    if (whole && estimate) {
      measured = {info->bytes, info->documents};
    } else if (whole || bson::Compare(options.min.view(), options.max.view()) < 0) {
      Result<Measured> found = Measure(*collection, options, ToInt64((*arguments)["maxSize"]),
                                       ToInt64((*arguments)["maxObjects"]));
      if (!found.ok()) return std::move(found).status();
      measured = *found;
    }
  }
  reply->AppendBool("estimate", estimate);
  reply->AppendInt64("size", measured.bytes).AppendInt64("numObjects", measured.documents);
  reply->AppendInt64("millis", NowMs() - began_ms);
  if (measured.cut) reply->AppendBool("maxReached", true);
  return Status::Ok();
}

}  // namespace cairn::server
