// SPDX-License-Identifier: Apache-2.0
// Reads many documents at once, and keeps their bytes alive while they are looked at.
// Thread safety: belongs to its operator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/exec/read_context.h"
#include "query/exec/source.h"

namespace cairn::exec {

class FetchBatch {
 public:
  static constexpr size_t kDocumentsMax = 128;
  /// What a batch may take when all documents are as long as the longest so far.
  static constexpr size_t kBytesWanted = size_t{2} << 20;

  /// Forgets everything and begins a new batch. Its size grows from batch to batch, as a query that
  /// wanted little is over early.
  void Clear();
  bool Full() const { return size_ >= capacity_; }
  /// No more than `documents` are wanted, and likely as many.
  void Expect(uint64_t documents) {
    capacity_ = static_cast<size_t>(std::clamp<uint64_t>(documents, 1, kDocumentsMax));
  }
  size_t size() const { return size_; }
  /// Copies `suffix`.
  void Add(uint32_t collection_id, std::string_view suffix);
  /// Reads all that were added.
  Status Read(kv::Reader* reader);

  /// Moves to the next document that exists; false at the end.
  Result<bool> Next(Row* row);
  /// How many of those that were added Next has passed, the current one included.
  size_t examined() const { return next_; }
  /// Next has passed all that were added.
  bool Looked() const { return next_ == size_; }
  bool IsRead() const { return read_; }
  /// Gives back the bytes; those that Next has not passed stay added, to be read again.
  void Release();

 private:
  std::vector<std::string>
      keys_;  // The first size_ are of this batch; the others keep their memory.
  std::vector<std::string_view> views_;
  std::vector<kv::PinnedValue> values_;
  size_t size_ = 0;
  size_t capacity_ = 4;
  size_t longest_ = 1;  // Document seen so far.
  size_t next_ = 0;
  bool read_ = false;
};

}  // namespace cairn::exec
