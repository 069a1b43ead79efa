// SPDX-License-Identifier: Apache-2.0
// One attempt at a WriteTransaction over one kv::Transaction. The collection's latch is held shared
// while it lives. Each operation checks everything before it writes anything.
// Thread safety: one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/index/entry.h"
#include "engine/store/change_record.h"
#include "engine/store/collection_state.h"
#include "engine/store/document_store.h"

namespace cairn::store {

class StoreImpl;

/// A set of hashes that may answer yes too often, never too rarely.
class TouchedKeys {
 public:
  /// True when `key` was marked before; marks it.
  bool Mark(std::string_view key);

 private:
  void Grow();
  std::vector<uint64_t> slots_;  // Open addressing, 0 is free. A power of two in size.
  size_t size_ = 0;
  uint64_t first_ = 0;  // The only mark of most transactions needs no table.
};

class StoreTransaction final : public WriteTransaction {
 public:
  StoreTransaction(StoreImpl* store, CollectionState* state);

  const catalog::Collection& collection() const override { return view_.collection; }
  Status Insert(bson::View document) override;
  Result<bool> ReadForUpdate(std::string_view suffix, bson::View* document) override;
  Status Update(std::string_view suffix, bson::View before, bson::View after,
                bson::View diff) override;
  Status Delete(std::string_view suffix, bson::View before) override;
  size_t write_bytes() const override { return transaction_->write_bytes() + record_.size(); }

  /// Once, at the end.
  Result<kv::CommitNumber> Commit();

 private:
  // The keys that one operation takes from an index and gives to it.
  struct KeyChanges {
    index::KeySet before;
    index::KeySet after;
  };

  void SetDocumentKey(std::string_view suffix);
  std::string_view suffix() const { return std::string_view(key_).substr(sizeof(uint32_t)); }
  Status CheckSize(bson::View document) const;
  Status CheckNew(size_t i, bson::View document);
  Status ClaimKey(const WriterIndex& index, const index::GeneratedKey& key, bson::View document);
  Status PutEntries(size_t i, bool changed_only);
  Status DeleteEntries(size_t i, bool changed_only);
  Status PutDocument(bson::View document);
  void AddCounts(int64_t documents, int64_t bytes);
  Result<bool> IsTaken();
  Result<bool> IsWithinHighest();
  Status NextRecord();
  Status MakeRoom(uint64_t newest);
  void NoteFlags(size_t i);
  void Record(Change change, bson::View before);
  Status PutFlags();
  Result<kv::CommitNumber> CommitWithFlags();

  StoreImpl* const store_;
  CollectionState* const state_;
  const WriterView& view_;
  std::unique_ptr<kv::Transaction> transaction_;
  std::string key_;  // Document key of the operation.
  std::string entry_key_;
  std::string value_;
  std::string record_;                    // Change record of the commit.
  kv::PinnedValue read_;                  // What ReadForUpdate gave.
  std::vector<KeyChanges> changes_;       // One an index.
  std::vector<bool> affected_;            // One an index.
  std::vector<index::KnownFlags> flags_;  // One an index; empty while nothing new was seen.
  TouchedKeys touched_;
  // Of layout by_record; they become the state's with the commit.
  kv::Counts added_;           // By this transaction so far.
  uint64_t record_mark_ = 0;   // 0: as it was.
  uint64_t first_record_ = 0;  // 0: as it was.
};

}  // namespace cairn::store
