// SPDX-License-Identifier: Apache-2.0
// Cairn as a library: everything an embedding program needs.
//
//   auto database = cairn::Database::Open("./data");
//   auto people = database.value()->GetCollection("shop", "people");
//   people->InsertOne(cairn::json::Parse(R"({"name":"Ada","age":36})").value());
//   auto cursor = people->Find(cairn::json::Parse(R"({"age":{"$gt":30}})").value());
//   while (cursor->Next().value()) puts(cairn::json::ToJson(cursor->document()).c_str());
#pragma once

#include "cairn/bson.h"
#include "cairn/bulk_write.h"
#include "cairn/collection.h"
#include "cairn/collection_options.h"
#include "cairn/cursor.h"
#include "cairn/database.h"
#include "cairn/filter.h"
#include "cairn/json.h"
#include "cairn/log.h"
#include "cairn/maintenance.h"
#include "cairn/operation.h"
#include "cairn/options.h"
#include "cairn/profile.h"
#include "cairn/status.h"
#include "cairn/work_memory.h"
