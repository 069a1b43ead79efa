// SPDX-License-Identifier: Apache-2.0
// The documents of a cursor as a body that is made while it is sent: one a line, or as the array
// "documents" of one JSON object. Batches are small, and between two of them nothing but the
// cursor is held, so that slow readers cost little. Belongs to one thread at a time.
#pragma once

#include <string>
#include <utility>

#include "cairn/json.h"
#include "server/http/commands.h"
#include "server/net/source.h"

namespace cairn::server {

enum class StreamShape { kLines, kObject };

class DocumentStream final : public Source {
 public:
  /// `first`: the reply of a command that gave a cursor.
  DocumentStream(const Call& call, std::string_view database, CommandReply first,
                 json::Format format, StreamShape shape);
  /// Kills the cursor when it goes on.
  ~DocumentStream() override;

  Result<bool> Next(std::string* chunk) override;
  /// Takes the beginning, some 128 KiB, before anything is sent: what is short can fail with its
  /// own error. False: that is all, and TakeReady has it.
  Result<bool> Prepare();
  std::string TakeReady() { return std::move(ready_); }
  MemoryShare TakeMemory() { return std::move(reply_.memory); }

 private:
  Result<bool> Read(std::string* chunk);
  void Write(bson::View documents, std::string* chunk);

  const CommandSender sender_;
  const std::string database_;
  CommandReply reply_;  // Not written yet; its body is empty once it is.
  const json::Format format_;
  const StreamShape shape_;
  int64_t cursor_ = 0;
  std::string ns_;
  int64_t batch_documents_;
  bool begun_ = false;
  std::string ready_;
  MemoryShare ready_memory_{MemoryShare::Use::kPassing};
};

/// Batches are about so large.
inline constexpr int64_t kStreamBatchBytes = 64 * 1024;
/// What the first batch of a stream asks for.
inline constexpr int32_t kStreamFirstBatch = 32;

/// The reply with what a cursor's command gave: whole, when the first batch is all, else streamed.
Reply StreamReply(const Call& call, std::string_view database, CommandReply first);

}  // namespace cairn::server
