// SPDX-License-Identifier: Apache-2.0
// Cursor replies: {cursor: {firstBatch | nextBatch, id, ns}}. Any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "cairn/work_memory.h"
#include "server/command/cursor_table.h"
#include "server/command/invocation.h"

namespace cairn::server {

inline constexpr int64_t kFirstBatchDocuments = 101;
inline constexpr size_t kBatchBytesMax = size_t{16} << 20;

/// Appends the next documents of `cursor` to the array that is open in `reply`: at most
/// `documents_max`, and at most kBatchBytesMax bytes, or as many as the invocation's memory can
/// cover, unless one document is larger: that waits for memory. Sets cursor->ended.
Status FillBatch(Invocation* invocation, OpenCursor* cursor, int64_t documents_max,
                 bson::Builder* reply);

/// Notes what the cursor keeps of the memory that the command has come to hold.
void NoteWorkBytes(const Invocation& invocation, OpenCursor* cursor);

/// A first batch; a cursor that goes on after it is kept unless `single_batch`.
Status ReplyFirstBatch(Invocation* invocation, OpenCursor cursor, int64_t documents_max,
                       bool single_batch, bson::Builder* reply);

/// The "cursor" parameter of commands other than find, {batchSize}: how many documents come first.
Result<int64_t> ParseCursorParameter(std::string_view command, bson::Value cursor,
                                     int64_t otherwise = std::numeric_limits<int64_t>::max());

}  // namespace cairn::server
