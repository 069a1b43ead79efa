// SPDX-License-Identifier: Apache-2.0
// One index of a collection: found, and changed within DocumentStore::ModifyCollection. Free
// functions; FindDuplicates may run on any thread.
#pragma once

#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/store/document_store.h"
#include "engine/store/requests.h"

namespace cairn::store {

Status IndexNotFound(const std::string& what);

/// The index with this key pattern, ready or not. Errors: IndexNotFound, AmbiguousIndexKeyPattern.
Result<const catalog::IndexSpec*> FindIndexByKey(const catalog::Collection& collection,
                                                 bson::View pattern);
/// The ready index that comes first in the selection. Errors as FindIndexByKey.
Result<const catalog::IndexSpec*> FindIndex(const catalog::Collection& collection,
                                            const IndexSelection& selection);

/// Changes the one index that FindIndex gives. Errors as FindIndex.
Result<IndexChangeOutcome> ChangeIndex(const IndexSelection& selection, const IndexChange& change,
                                       catalog::Collection* collection);

/// The groups of documents that share a key of the index, as [{ids: [_id, ...]}, ...] and as far as
/// they fit into an error; empty when there are none. An index that has refused duplicates since
/// before the call gets no new ones.
Result<bson::Document> FindDuplicates(DocumentStore* store, const catalog::Collection& collection,
                                      const catalog::IndexSpec& index);

}  // namespace cairn::store
