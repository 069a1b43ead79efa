// SPDX-License-Identifier: Apache-2.0
// Holds an opened store against what its clients were told. What it demands:
//
//   1 Every acknowledged commit is there, every commit up to the newest one is there whole, and
//     nothing else is: the state is that of all commits up to a number, applied in order.
//   2 The commit log says the same: numbers without a gap, timestamps that rise, each commit with
//     exactly the documents that its client wrote, each document made from the version before it.
//   3 Documents and index entries agree both ways, unique holds, kept counts are right.
//   4 Acknowledged drops and indexes stay.
//
// When the log's history is lost (which the store may say after damage to unsynced bytes, and after
// retention), 1, 3 and 4 are checked without it. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/store/document_store.h"
#include "tests/harness/journal.h"

namespace cairn::harness {

/// What a store is known to hold, as of its last check.
struct Model {
  using Documents = std::map<std::pair<Target, int64_t>, std::string>;  // BSON
  Documents documents;
  kv::CommitNumber last = 0;
  uint64_t last_timestamp = 0;
  std::vector<std::string> dropped;
  std::vector<std::string> indexes;
};

struct CheckFigures {
  uint64_t commits_lost = 0;     ///< Not acknowledged, and gone.
  uint64_t commits_unknown = 0;  ///< Of unknown outcome.
  uint64_t histories_lost = 0;
  uint64_t documents = 0;
};

/// The token of a document of this harness; 0 when it has none.
int64_t TokenOf(std::string_view bson);

/// Brings `model` to what `store` holds, which had commits up to `recovered` when it was opened.
/// Returns what is wrong, or an empty text.
std::string CheckStore(store::DocumentStore* store, kv::CommitNumber recovered,
                       const Journal& journal, Model* model, CheckFigures* figures);

/// Only that all readable documents, indexes and counts agree among themselves and with `model`,
/// which has no unfinished business. `detected` is set when the store itself reports damage, which
/// is then no violation.
std::string CheckAgainstModel(store::DocumentStore* store, const Model& model, bool* detected);

}  // namespace cairn::harness
