// SPDX-License-Identifier: Apache-2.0
// Inserts the documents of a body while it arrives, in batches, and collects what became of each.
// Memory is bounded, whatever the length of the body. Belongs to one thread at a time.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "server/http/commands.h"
#include "server/http/document_splitter.h"
#include "server/http/preference.h"
#include "server/http/spool.h"

namespace cairn::server {

class BulkInsert final : public Upload {
 public:
  BulkInsert(const Call& call, DocumentSplitter::Shape shape);

  bool Push(std::string_view bytes) override;
  Reply Finish() override;
  size_t held_bytes() const { return splitter_.held_bytes() + items_bytes_; }

 private:
  /// One document of the body: it, or what is wrong with it.
  struct Item {
    uint64_t place;
    bson::Document document;
    Status error;
  };

  bool Take(std::string_view text, uint64_t place);
  /// Inserts what has been collected. False when nothing more shall be.
  bool Flush();
  /// `sent`: of the items without an error.
  void Report(const CommandReply& sent);
  void ReportOne(const Item& item, const Status& error);
  void ReportSkipped(uint64_t place);
  void Put(uint64_t place, std::string_view rest);
  /// The reply is this refusal; nothing more is read.
  bool Fail(Status status);

  const CommandSender sender_;
  const Request request_;  // Without its body.
  const std::string database_;
  const std::string collection_;
  const DocumentSplitter::Shape shape_;
  const json::Format format_;
  const bool ordered_;
  const bool relaxed_;
  const bool only_failures_;
  DocumentSplitter splitter_;

  std::vector<Item> items_;
  size_t items_bytes_ = 0;
  bool stopped_ = false;  // Ordered, and one has failed.
  Spool results_;
  uint64_t results_count_ = 0;
  uint64_t inserted_ = 0;
  uint64_t failed_ = 0;
  Status failure_;
  Reply held_;  // Collects what the reply has to wait for.
};

}  // namespace cairn::server
