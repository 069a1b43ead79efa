// SPDX-License-Identifier: Apache-2.0
// What a pipeline reads of the documents that its stages get. Free functions; any thread.
#pragma once

#include <set>
#include <string>

#include "cairn/bson.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

struct FieldsRead {
  bool known = false;  ///< False: it may be all.
  std::set<std::string> paths = {};
};

/// What `stages`, from `begin` on, read of the documents that the first of them gets.
FieldsRead FieldsReadBy(const StageList& stages, size_t begin = 0);

/// A projection that takes these paths alone, `first` before the others; empty when there is none.
bson::Document ProjectionOf(const std::set<std::string>& paths, const std::string& first);

}  // namespace cairn::pipeline
