// SPDX-License-Identifier: Apache-2.0
// The options of an index: checked by MongoDB's rules, and brought into the form in which the
// catalog keeps them and listIndexes shows them. Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/index/document_filter.h"

namespace cairn::index {

/// What is kept of `options`: sparse and hidden when true, expireAfterSeconds as an int32, and so
/// on. Errors: TypeMismatch, CannotCreateIndex for combinations that no index can have and for what
/// Cairn has not, InvalidIndexSpecificationOption for an option that MongoDB does not have,
/// BadValue and FailedToParse for a wildcardProjection out of place, Location7246209 for one that
/// takes a field of its own index, Location16764 for a unique hashed index, and those of
/// WildcardPaths::Parse and of the filter.
Result<bson::Document> ParseOptions(bson::View key_pattern, bool unique, bson::View options,
                                    FilterCompiler compiler);

/// Error: CannotCreateIndex for a number that expireAfterSeconds cannot be, TypeMismatch.
Result<int32_t> ParseExpireAfterSeconds(bson::Value value);

/// The seconds of a TTL index.
std::optional<int64_t> ExpireAfterSeconds(const catalog::IndexSpec& index);
/// Not to be used by any query.
bool IsHidden(const catalog::IndexSpec& index);
/// Documents without the index's fields have no keys in it.
bool IsSparse(const catalog::IndexSpec& index);

}  // namespace cairn::index
