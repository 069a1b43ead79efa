// SPDX-License-Identifier: Apache-2.0
// What createIndexes asks for, checked by MongoDB's rules and turned into a specification.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/index/document_filter.h"

namespace cairn::index {

inline constexpr int kIndexesMax = 64;  ///< Of a collection, the one on _id included.
inline constexpr size_t kIndexNameBytesMax = 1024;

/// The name that a key pattern gives: "a.b_1", and that of the index on _id.
std::string DefaultName(bson::View key_pattern);

/// True for {_id: 1} and {_id: -1}.
bool IsIdPattern(bson::View key_pattern);

/// A specification without an id, not ready. Errors: CannotCreateIndex for a bad key pattern and
/// for what MongoDB has and Cairn has not, InvalidIndexSpecificationOption for an option that
/// MongoDB does not have or that the one on _id may not have, BadValue for a reserved name or an
/// _id pattern other than {_id: 1}, Location31303 and Location7246201 for kinds that cannot be
/// combined, Location13103 for too many fields, and those of ParseOptions (options.h).
Result<catalog::IndexSpec> MakeSpec(std::string_view name, bson::View key_pattern, bool unique,
                                    bson::View options, FilterCompiler compiler = nullptr);

/// Whether `wanted` exists already. Indexes are the same when key pattern, uniqueness, sparse,
/// partialFilterExpression, collation and wildcardProjection are. Errors: IndexOptionsConflict (the
/// same index under another name or with other options), IndexKeySpecsConflict (another index under
/// the same name).
Result<bool> FindExisting(const catalog::IndexSpec& wanted,
                          const std::vector<catalog::IndexSpec>& existing);

}  // namespace cairn::index
