// SPDX-License-Identifier: Apache-2.0
// Documents for a command's batches: from a query, or from a list that was made at once. One thread
// at a time.
#pragma once

#include <utility>
#include <vector>

#include "cairn/cairn.h"

namespace cairn::server {

class DocumentSource {
 public:
  virtual ~DocumentSource() = default;
  /// Moves on; false at the end.
  virtual Result<bool> Next() = 0;
  /// The current document, until the next call.
  virtual bson::View document() const = 0;
  /// Whether Next may go on after false.
  virtual bool tailable() const { return false; }
  /// Of a tailable one: waits until there may be more, for so long at the most.
  virtual bool Await(int64_t timeout_ms) {
    (void)timeout_ms;
    return false;
  }
  /// Lets go of what should not be held between two batches.
  virtual void Pause() = 0;
};

/// The matches of a query.
class QuerySource final : public DocumentSource {
 public:
  explicit QuerySource(Cursor cursor) : cursor_(std::move(cursor)) {}
  Result<bool> Next() override { return cursor_.Next(); }
  bson::View document() const override { return cursor_.document(); }
  bool tailable() const override { return cursor_.tailable(); }
  bool Await(int64_t timeout_ms) override { return cursor_.Await(timeout_ms); }
  void Pause() override { cursor_.Pause(); }

 private:
  Cursor cursor_;
};

/// Documents that are all there.
class ListSource final : public DocumentSource {
 public:
  explicit ListSource(std::vector<bson::Document> documents) : documents_(std::move(documents)) {}
  Result<bool> Next() override {
    if (next_ == documents_.size()) return false;
    ++next_;
    return true;
  }
  bson::View document() const override { return documents_[next_ - 1]; }
  void Pause() override {}

 private:
  std::vector<bson::Document> documents_;
  size_t next_ = 0;
};

}  // namespace cairn::server
