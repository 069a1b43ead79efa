// SPDX-License-Identifier: Apache-2.0
// Clients that write through a DocumentStore and note in a journal what they did and were told:
// inserts, updates, deletes, races for ids and unique values, commits of several documents, and
// collections and indexes that come and go. Thread safety: see the functions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/store/document_store.h"
#include "tests/harness/journal.h"
#include "tests/harness/simulated_disk.h"

namespace cairn::harness {

/// How one client chooses. Chances in a hundred.
struct Mix {
  int64_t ids = 1500;  ///< Ids and unique values are drawn from so many.
  int update = 30;
  int remove = 12;
  int several = 15;  ///< Commits of 2 to 12 documents.
  int records = 8;   ///< Inserts into the collection keyed by record number.
  int large = 3;     ///< Documents of up to 64 KiB.
  int wait = 20;     ///< Commits that wait for their ticket; as many get a callback.
};

/// Errors that a client expects when the disk under the store has failed.
using Excused = std::function<bool()>;

class Client {
 public:
  /// `number` tells clients apart for the whole life of a store. Errors that `excused` does not
  /// excuse are violations.
  Client(store::DocumentStore* store, Journal* journal, const Mix& mix, uint32_t number,
         uint64_t seed, Excused excused);

  /// One commit. False when the store takes no more.
  bool Step();

 private:
  int64_t NextToken() { return (int64_t{number_} << 32) | ++tokens_; }
  DocumentWrite MakeDocument(Target target, int64_t id, int64_t before, std::string_view unique);
  Status InsertOne(store::WriteTransaction& transaction, Target target, int64_t id);
  Status UpdateOne(store::WriteTransaction& transaction, int64_t id, bool remove);
  Status RunBody(store::WriteTransaction& transaction, uint64_t seed);
  bool Settle(const Result<kv::CommitNumber>& committed);
  void AskForTicket(const std::shared_ptr<CommitEntry>& entry);

  store::DocumentStore& store_;
  Journal& journal_;
  const Mix mix_;
  const uint32_t number_;
  const Excused excused_;
  Random random_;
  int64_t tokens_ = 0;
  store::CollectionPtr targets_[kTargets];
  std::vector<DocumentWrite> writes_;  // of the attempt that is under way
};

/// Makes the checked collections and their indexes where they are missing.
Status PrepareCollections(store::DocumentStore* store, Journal* journal);

/// Builds the index `which` of a few on the main collection, unless it is there.
Status BuildLaterIndex(store::DocumentStore* store, Journal* journal, uint64_t which);
/// One collection's life or one index; false after an error.
bool ChangeDefinitionsOnce(store::DocumentStore* store, Journal* journal, uint32_t number,
                           uint64_t seed);
/// Makes and drops collections, and builds indexes, until `stop` or an error. Names are made of
/// `number` and never come twice.
void ChangeDefinitions(store::DocumentStore* store, Journal* journal, uint32_t number,
                       uint64_t seed, const std::atomic<bool>* stop);

}  // namespace cairn::harness
