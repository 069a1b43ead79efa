// SPDX-License-Identifier: Apache-2.0
// How handlers read bodies and options of requests, and pass them on to commands. Pure functions;
// any thread.
#pragma once

#include <span>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "server/http/routes.h"

namespace cairn::server {

/// Whether the Content-Type is `media_type`, parameters apart.
bool HasMediaType(const Request& request, std::string_view media_type);
/// Whether the client asks for one JSON document a line.
bool AcceptsLines(const Request& request);

/// The body, one object of Extended JSON. Errors: FailedToParse, UnsupportedMediaType for lines.
Result<bson::Document> ReadObject(const Call& call);
/// The same; {} when there is no body.
Result<bson::Document> ReadOptionalObject(const Call& call);
/// An object or array as {"": value}.
Result<bson::Document> ReadObjectOrArray(const Call& call);
/// An update as {"": value}: operators, or a pipeline. Error FailedToParse for a replacement.
Result<bson::Document> ReadUpdate(const Call& call);

/// A field of a body that a command calls by another name.
struct Rename {
  std::string_view from;
  std::string_view to;
};
/// Appends the body's fields, apart from those renamed to "".
void AppendFields(bson::View body, std::span<const Rename> renames, bson::Builder* command);

/// The query parameters as fields of a body, by their types in the route's list; `names` says
/// which. Errors: FailedToParse, BadValue.
Result<bson::Document> ReadQueryFields(const Call& call, std::span<const QueryParameter> names);

/// {"j": false} when the request says ?j=false. Route has let through "true" and "false" only.
void AppendWriteConcern(const Call& call, bson::Builder* command);

}  // namespace cairn::server
