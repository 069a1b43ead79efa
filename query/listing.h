// SPDX-License-Identifier: Apache-2.0
// Collections and indexes as the API lists them. Any thread.
#pragma once

#include "cairn/options.h"
#include "engine/store/document_store.h"

namespace cairn {

CollectionInfo DescribeCollection(const store::DocumentStore& store,
                                  const catalog::Collection& collection);

}  // namespace cairn
