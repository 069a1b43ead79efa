// SPDX-License-Identifier: Apache-2.0
// Keys whose bytes sort as MongoDB sorts documents: by the least of the keys that an index on the
// sort's pattern would have for the document. So a missing field sorts as null, an empty array
// below null, an array by its least element ascending and its greatest descending. Thread safety:
// belongs to its operator.
#pragma once

#include <memory>
#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/index/key_generator.h"
#include "query/plan/sort_pattern.h"

namespace cairn::exec {

class SortKeys {
 public:
  /// Borrows `sort`. `collator`: of strings; null: by their bytes.
  SortKeys(const plan::SortPattern* sort, std::shared_ptr<const collation::Collator> collator);

  /// Appends the key of `document`. Errors: BadValue for arrays in two fields that do not share
  /// them, Location16746, CannotBuildIndexKeys (more than index::kKeysPerDocumentMax elements).
  Status Append(bson::View document, std::string* key);
  /// The values of the key, as $meta shows them: an array, in the order of the pattern. Errors: as
  /// Append.
  Result<bson::Document> Values(bson::View document);

 private:
  /// The key by the generator, which takes arrays apart.
  Result<std::string> Generate(bson::View document);

  const plan::SortPattern* const sort_;
  const index::KeyGenerator generator_;
  index::KeySet keys_;
};

}  // namespace cairn::exec
