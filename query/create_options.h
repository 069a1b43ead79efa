// SPDX-License-Identifier: Apache-2.0
// From the parameters of a new or changed collection to the options that the catalog keeps, which
// are normalized so that equal ones compare equal. Any thread.
#pragma once

#include <string_view>

#include "cairn/collection_options.h"
#include "cairn/status.h"
#include "engine/store/document_store.h"

namespace cairn {

/// The options of a new collection. Errors: InvalidOptions for combinations that mean nothing,
/// BadValue, those of CheckValidator and of CheckViewPipeline, and Location60… of clustered ones.
Result<bson::Document> MakeOptions(std::string_view database, std::string_view name,
                                   const CreateOptions& options);

/// `size` as a capped collection keeps it. Errors: InvalidOptions, BadValue.
Result<int64_t> CappedSize(int64_t size);

/// Applies what `options` say to `collection`. Errors as MakeOptions.
Status ApplyOptions(const ModifyOptions& options, catalog::Collection* collection);

}  // namespace cairn
