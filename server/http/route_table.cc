// SPDX-License-Identifier: Apache-2.0
// The table of routes.
#include <algorithm>

#include "server/http/collections.h"
#include "server/http/command_route.h"
#include "server/http/data_api.h"
#include "server/http/documents.h"
#include "server/http/find.h"
#include "server/http/indexes.h"
#include "server/http/insert.h"
#include "server/http/openapi.h"
#include "server/http/operations.h"
#include "server/http/reads.h"
#include "server/http/routes.h"
#include "server/http/writes.h"

namespace cairn::server {
namespace {

constexpr QueryParameter kJournaled = {"j", "boolean",
                                       "false: the reply does not wait for the disk"};

constexpr QueryParameter kOfAction[] = {{"secret", "string", "Accepted, without effect"}};
constexpr QueryParameter kOfDocument[] = {
    {"id_type", "string", "oid, string, int, long, double, date, uuid or json"},
};
constexpr QueryParameter kOfDocumentWrite[] = {kOfDocument[0], kJournaled};
constexpr QueryParameter kOfWrite[] = {kJournaled};
constexpr QueryParameter kOfInsert[] = {
    kJournaled,
    {"ordered", "boolean", "true: nothing behind a document that fails goes in"},
};
constexpr QueryParameter kOfDeleteMany[] = {
    {"filter", "json", "Which documents; {} for all. Without it the collection is dropped"},
    {"hint", "string or json", "The index to use"},
    {"collation", "json", "How strings compare"},
    kJournaled,
};
constexpr QueryParameter kOfUpdateMany[] = {
    {"filter", "json", "Which documents; {} for all", true},
    {"upsert", "boolean", "Insert one when none matches"},
    {"arrayFilters", "json", "Which elements of arrays"},
    kOfDeleteMany[1],
    kOfDeleteMany[2],
    kJournaled,
};

constexpr int kOk[] = {200};
constexpr int kCreated[] = {201};
constexpr int kOkOrCreated[] = {200, 201};
constexpr int kOkOrPartly[] = {200, 207};
constexpr int kCreatedOrPartly[] = {201, 207};
constexpr int kOkOrNothing[] = {200, 204};
constexpr int kFound[] = {200, 304};
constexpr int kPut[] = {200, 201, 204};
constexpr int kGone[] = {204};
constexpr int kGoneOrShown[] = {204, 200};

constexpr Member kOfActionReply[] = {
    {"document", "any"},      {"documents", "array"},      {"insertedId", "any"},
    {"insertedIds", "array"}, {"matchedCount", "integer"}, {"modifiedCount", "integer"},
    {"upsertedId", "any"},    {"deletedCount", "integer"},
};
constexpr Member kStatus[] = {{"status", "string"}};
constexpr Member kDatabases[] = {{"databases", "array"}};
constexpr Member kCollections[] = {{"database", "string"}, {"collections", "array"}};
constexpr Member kCreatedCollection[] = {
    {"database", "string"}, {"collection", "string"}, {"created", "boolean"}};
constexpr Member kDeletedCount[] = {{"deletedCount", "integer"}};
constexpr Member kDocuments[] = {{"documents", "array"}};
constexpr Member kPage[] = {{"documents", "array"}, {"count", "integer"}, {"cursor", "string"}};
constexpr Member kUpdated[] = {
    {"matchedCount", "integer"}, {"modifiedCount", "integer"}, {"upsertedId", "any"}};
constexpr Member kInserted[] = {{"insertedId", "any"}};
constexpr Member kBulk[] = {
    {"insertedCount", "integer"}, {"matchedCount", "integer"}, {"modifiedCount", "integer"},
    {"upsertedCount", "integer"}, {"deletedCount", "integer"}, {"insertedIds", "object"},
    {"upsertedIds", "object"},    {"errors", "array"},
};
constexpr Member kCount[] = {{"count", "integer"}};
constexpr Member kValues[] = {{"values", "array"}};
constexpr Member kModified[] = {
    {"document", "any"}, {"matchedCount", "integer"}, {"upsertedId", "any"}};
constexpr Member kIndexes[] = {{"indexes", "array"}};
constexpr Member kCreatedIndexes[] = {
    {"names", "array"}, {"numIndexesBefore", "integer"}, {"numIndexesAfter", "integer"}};
constexpr Member kVersion[] = {{"name", "string"}, {"version", "string"}};

// table: sorted by pattern, then method
constexpr RouteRow kRoutes[] = {
    {"GET", "/", HandleIndex, "What this server offers, for people", {}, BodyKind::kNone, kOk},
    {"POST", "/action/{action}", HandleDataApi, "Data API action", kOfAction, BodyKind::kObject,
     kOkOrCreated, kOfActionReply, 0, nullptr, ReadInsertOne},
    {"POST", "/app/{app}/endpoint/data/beta/action/{action}", HandleDataApi, "Data API action",
     kOfAction, BodyKind::kObject, kOkOrCreated, kOfActionReply, 0, nullptr, ReadInsertOne},
    {"POST", "/app/{app}/endpoint/data/v1/action/{action}", HandleDataApi, "Data API action",
     kOfAction, BodyKind::kObject, kOkOrCreated, kOfActionReply, 0, nullptr, ReadInsertOne},
    {"GET",
     "/healthz",
     HandleHealth,
     "Whether writes are accepted",
     {},
     BodyKind::kNone,
     kOk,
     kStatus},
    {"GET",
     "/openapi.json",
     HandleOpenApi,
     "These routes as OpenAPI 3.1",
     {},
     BodyKind::kNone,
     kOk},
    {"GET",
     "/readyz",
     HandleReady,
     "Whether requests should be sent here",
     {},
     BodyKind::kNone,
     kOk,
     kStatus},
    {"GET",
     "/v1",
     HandleListDatabases,
     "Databases, with sizes",
     {},
     BodyKind::kNone,
     kOk,
     kDatabases},
    {"DELETE", "/v1/{database}", HandleDropDatabase, "Drop a database", {}, BodyKind::kNone, kGone},
    {"GET",
     "/v1/{database}",
     HandleListCollections,
     "Collections, with counts and sizes",
     {},
     BodyKind::kNone,
     kOk,
     kCollections},
    {"POST",
     "/v1/{database}/_command",
     HandleCommand,
     "Any command in Extended JSON",
     {},
     BodyKind::kObject,
     kOk},
    {"DELETE", "/v1/{database}/{collection}", HandleDeleteMany,
     "Delete the documents that match, or drop the collection", kOfDeleteMany, BodyKind::kNone,
     kGoneOrShown, kDeletedCount, kPrefers},
    {"GET", "/v1/{database}/{collection}", HandleFindByQuery, "Find documents", kFindParameters,
     BodyKind::kNone, kOk, kPage, kLines},
    {"PATCH", "/v1/{database}/{collection}", HandleUpdateMany, "Update the documents that match",
     kOfUpdateMany, BodyKind::kObjectOrArray, kOkOrNothing, kUpdated, kPrefers},
    {"POST", "/v1/{database}/{collection}", HandleInsert,
     "Insert a document, an array of them, or one a line", kOfInsert, BodyKind::kDocuments,
     kCreatedOrPartly, kInserted, kPrefers | kLines, OpenInsert, ReadSingleInsert},
    {"PUT",
     "/v1/{database}/{collection}",
     HandleCreateCollection,
     "Create a collection",
     {},
     BodyKind::kOptionalObject,
     kOkOrCreated,
     kCreatedCollection},
    {"POST",
     "/v1/{database}/{collection}/_aggregate",
     HandleAggregate,
     "Run a pipeline",
     {},
     BodyKind::kObjectOrArray,
     kOk,
     kDocuments,
     kLines},
    {"POST", "/v1/{database}/{collection}/_bulk", HandleBulk, "Several writes in one request",
     kOfWrite, BodyKind::kObject, kOkOrPartly, kBulk},
    {"POST",
     "/v1/{database}/{collection}/_count",
     HandleCount,
     "Count documents",
     {},
     BodyKind::kOptionalObject,
     kOk,
     kCount},
    {"POST",
     "/v1/{database}/{collection}/_distinct",
     HandleDistinct,
     "Distinct values of a field",
     {},
     BodyKind::kObject,
     kOk,
     kValues},
    {"POST",
     "/v1/{database}/{collection}/_explain",
     HandleExplain,
     "How a find or a pipeline is answered",
     {},
     BodyKind::kOptionalObject,
     kOk},
    {"POST",
     "/v1/{database}/{collection}/_find",
     HandleFind,
     "Find documents",
     {},
     BodyKind::kOptionalObject,
     kOk,
     kPage,
     kLines},
    {"POST", "/v1/{database}/{collection}/_find_and_modify", HandleFindAndModify,
     "Change one document and give it back", kOfWrite, BodyKind::kObject, kOkOrNothing, kModified,
     kPrefers},
    {"GET",
     "/v1/{database}/{collection}/_indexes",
     HandleListIndexes,
     "Indexes, with their use",
     {},
     BodyKind::kNone,
     kOk,
     kIndexes},
    {"POST",
     "/v1/{database}/{collection}/_indexes",
     HandleCreateIndexes,
     "Create indexes",
     {},
     BodyKind::kObjectOrArray,
     kOkOrCreated,
     kCreatedIndexes},
    {"DELETE",
     "/v1/{database}/{collection}/_indexes/{name}",
     HandleDropIndex,
     "Drop an index",
     {},
     BodyKind::kNone,
     kGone},
    {"DELETE",
     "/v1/{database}/{collection}/{id}",
     HandleDeleteDocument,
     "Delete a document",
     kOfDocumentWrite,
     BodyKind::kNone,
     kGoneOrShown,
     {},
     kTagged | kPrefers},
    {"GET",
     "/v1/{database}/{collection}/{id}",
     HandleGetDocument,
     "One document by _id",
     kOfDocument,
     BodyKind::kNone,
     kFound,
     {},
     kTagged},
    {"PATCH",
     "/v1/{database}/{collection}/{id}",
     HandlePatchDocument,
     "Update a document",
     kOfDocumentWrite,
     BodyKind::kObjectOrArray,
     kOkOrNothing,
     {},
     kTagged | kPrefers},
    {"PUT",
     "/v1/{database}/{collection}/{id}",
     HandlePutDocument,
     "Replace or create a document",
     kOfDocumentWrite,
     BodyKind::kObject,
     kPut,
     {},
     kTagged | kPrefers},
    {"GET", "/version", HandleVersion, "The server's version", {}, BodyKind::kNone, kOk, kVersion},
};

}  // namespace

std::span<const RouteRow> Routes() { return kRoutes; }

}  // namespace cairn::server
