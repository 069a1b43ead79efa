// SPDX-License-Identifier: Apache-2.0
// Collections and indexes as the API lists them. Any thread.
#pragma once

#include <vector>

#include "cairn/options.h"
#include "engine/store/document_store.h"

namespace cairn {

CollectionInfo DescribeCollection(const store::DocumentStore& store,
                                  const catalog::Collection& collection);

/// Where there are views, MongoDB has a collection of their definitions: adds it to a sorted list.
void AddSystemViews(std::vector<CollectionInfo>* infos);

}  // namespace cairn
