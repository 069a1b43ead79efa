// SPDX-License-Identifier: Apache-2.0
// Batches of documents.
#include "server/command/batch.h"

#include <algorithm>
#include <utility>

#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// The next document, the held one first; false at the end.
Result<bool> Advance(OpenCursor* cursor) {
  if (cursor->held) return true;
  if (cursor->remaining == 0) return false;
  return cursor->source->Next();
}

// Keeps the document for the next batch, if need be with memory that is for what passes. Error
// TemporarilyUnavailable, as there is none: then the cursor ends, since it would go on without the
// document.
Status Hold(bson::View document, OpenCursor* cursor) {
  if (cursor->held) return Status::Ok();
  const size_t bytes = std::min(document.size(), WorkMemory::bytes_max() / 2);
  MemoryShare kept(MemoryShare::Use::kKept);
  MemoryShare passing(MemoryShare::Use::kPassing);
  if (kept.Cover(bytes)) {
    cursor->held_memory = std::move(kept);
  } else if (passing.Cover(bytes)) {
    cursor->held_memory = std::move(passing);
  } else {
    cursor->ended = true;
    return Status(ErrorCode::kTemporarilyUnavailable,
                  "other work leaves too little memory for a cursor; try again later");
  }
  cursor->held.emplace(document);
  return Status::Ok();
}

// table: sorted
constexpr Parameter kCursor[] = {
    {"batchSize", Use::kOptional, Accepts::kInteger},
};

// What a document in a reply takes: it is made, written as text, and sent, in strings that grow.
constexpr size_t kMemoryOfReply = 6;

// Of the memory for work, what the cursor has come to hold, about.
int64_t WorkBytes(const Invocation& invocation, const OpenCursor& cursor) {
  const int64_t grown = WorkMemory::thread_bytes() - invocation.began_bytes -
                        static_cast<int64_t>(invocation.memory->held());
  return std::max<int64_t>(cursor.work_bytes + grown, 0);
}

// Waits for the memory of a reply of so many bytes. What the cursor itself holds would never come.
Status AwaitMemory(const Invocation& invocation, const OpenCursor& cursor, size_t bytes) {
  const size_t all = WorkMemory::bytes_max();
  const size_t others = all - std::min(static_cast<size_t>(WorkBytes(invocation, cursor)), all);
  return invocation.operation->AwaitMemory(std::min(kMemoryOfReply * bytes, others),
                                           invocation.memory);
}

}  // namespace

Status FillBatch(Invocation* invocation, OpenCursor* cursor, int64_t documents_max,
                 bson::Builder* reply) {
  MemoryShare* const memory = invocation->memory;
  const size_t start = reply->size();
  size_t largest = 0;
  for (int64_t count = 0; count < documents_max; ++count) {
    // What is not taken from the source need not be held until the next batch.
    if (count > 0 && !memory->Cover(kMemoryOfReply * (reply->size() - start + largest))) break;
    Result<bool> more = Advance(cursor);
    if (!more.ok()) {
      cursor->ended = true;
      return std::move(more).status();
    }
    if (!*more) {
      cursor->ended = !cursor->source->tailable();
      return Status::Ok();
    }
    const bson::View document = cursor->held ? cursor->held->view() : cursor->source->document();
    const size_t bytes = reply->size() - start + document.size();
    if (count > 0 && (bytes > kBatchBytesMax || !memory->Cover(kMemoryOfReply * bytes))) {
      Status held = Hold(document, cursor);
      if (!held.ok()) return held;
      break;
    }
    if (count == 0) {
      Status room = AwaitMemory(*invocation, *cursor, bytes);
      if (!room.ok()) {
        Status held = Hold(document, cursor);
        return held.ok() ? room : held;
      }
    }
    largest = std::max(largest, document.size());
    reply->AppendDocument(reply->NextIndex(), document);
    cursor->held.reset();
    cursor->held_memory.Release();
    if (cursor->remaining > 0) --cursor->remaining;
  }
  if (cursor->remaining == 0) cursor->ended = true;
  if (!cursor->ended) cursor->source->Pause();
  return Status::Ok();
}

void NoteWorkBytes(const Invocation& invocation, OpenCursor* cursor) {
  cursor->work_bytes = WorkBytes(invocation, *cursor);
}

Status ReplyFirstBatch(Invocation* invocation, OpenCursor cursor, int64_t documents_max,
                       bool single_batch, bson::Builder* reply) {
  cursor.client = invocation->client->address;
  std::string ns = cursor.ns;
  reply->OpenDocument("cursor").OpenArray("firstBatch");
  Status status = FillBatch(invocation, &cursor, documents_max, reply);
  if (!status.ok()) return status;
  reply->Close();
  int64_t id = 0;
  if (!cursor.ended && !single_batch) {
    NoteWorkBytes(*invocation, &cursor);
    Result<int64_t> added = invocation->cursors->Add(std::move(cursor));
    if (!added.ok()) return std::move(added).status();
    id = *added;
  }
  reply->AppendInt64("id", id).AppendString("ns", ns).Close();
  return Status::Ok();
}

Result<int64_t> ParseCursorParameter(std::string_view command, bson::Value cursor,
                                     int64_t otherwise) {
  if (cursor.missing()) return otherwise;
  Result<Arguments> arguments =
      Arguments::OfDocument(std::string(command) + ".cursor", kCursor, cursor.AsView());
  if (!arguments.ok()) return std::move(arguments).status();
  return arguments->NonNegative("batchSize", otherwise);
}

}  // namespace cairn::server
