// SPDX-License-Identifier: Apache-2.0
#include "server/http/document_stream.h"

#include <algorithm>
#include <utility>

#include "server/http/body.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

constexpr int64_t kBatchDocumentsMax = 10'000;
constexpr size_t kPreparedBytes = size_t{128} << 10;

}  // namespace

DocumentStream::DocumentStream(const Call& call, std::string_view database, CommandReply first,
                               json::Format format, StreamShape shape)
    : sender_(call),
      database_(database),
      reply_(std::move(first)),
      format_(format),
      shape_(shape),
      batch_documents_(kStreamFirstBatch) {
  const Batch batch = BatchOf(reply_);
  cursor_ = batch.cursor;
  ns_ = batch.ns;
}

DocumentStream::~DocumentStream() {
  if (cursor_ != 0) sender_.Send(database_, MakeKillCursors(cursor_, ns_));
}

void DocumentStream::Write(bson::View documents, std::string* chunk) {
  int64_t count = 0;
  for (const bson::Element& document : documents) {
    if (shape_ == StreamShape::kObject && begun_) chunk->push_back(',');
    begun_ = true;
    json::Write(document.value.AsView(), format_, chunk);
    if (shape_ == StreamShape::kLines) chunk->push_back('\n');
    ++count;
  }
  if (count == 0) return;
  const int64_t bytes = std::max<int64_t>(static_cast<int64_t>(documents.size()) / count, 1);
  batch_documents_ = std::clamp<int64_t>(kStreamBatchBytes / bytes, 1, kBatchDocumentsMax);
}

Result<bool> DocumentStream::Prepare() {
  while (ready_.size() < kPreparedBytes && ready_memory_.Cover(ready_.size())) {
    Result<bool> more = Read(&ready_);
    if (!more.ok() || !*more) return more;
  }
  return true;
}

Result<bool> DocumentStream::Next(std::string* chunk) {
  if (ready_.empty()) {
    ready_memory_.Release();  // It has been sent.
    return Read(chunk);
  }
  chunk->append(std::exchange(ready_, {}));
  return true;
}

Result<bool> DocumentStream::Read(std::string* chunk) {
  if (reply_.body.empty()) {
    reply_ = sender_.Send(database_, MakeGetMore(cursor_, ns_, batch_documents_));
    if (Status error = ErrorOf(reply_); !error.ok()) {
      cursor_ = 0;
      return error;
    }
    cursor_ = BatchOf(reply_).cursor;
  } else if (shape_ == StreamShape::kObject) {
    chunk->append("{\"documents\":[");
  }
  Write(BatchOf(reply_).documents, chunk);
  reply_.body = bson::Document();
  reply_.memory.ShrinkTo(chunk->size());
  if (cursor_ != 0) return true;
  if (shape_ == StreamShape::kObject) chunk->append("]}");
  return false;
}

Reply StreamReply(const Call& call, std::string_view database, CommandReply first) {
  if (const Status error = ErrorOf(first); !error.ok()) return ProblemReply(error, call.request);
  const bool lines = AcceptsLines(call.request);
  const json::Format format = AcceptedFormat(call.request, json::Format::kRelaxed);
  Reply reply;
  HoldFor(first, &reply);
  reply.content_type = lines ? "application/x-ndjson" : ContentTypeOf(format);
  reply.headers.emplace_back("Vary", "Accept");
  // The stream may outlive the request.
  const bool goes_on = BatchOf(first).cursor != 0;
  MemoryShare* const memory = call.request.memory;
  if (goes_on && memory != nullptr) first.memory = std::move(*memory);
  auto stream = std::make_unique<DocumentStream>(
      call, database, std::move(first), format, lines ? StreamShape::kLines : StreamShape::kObject);
  const Result<bool> more = lines && goes_on ? Result<bool>(true) : stream->Prepare();
  if (!more.ok()) return ProblemReply(more.status(), call.request);
  if (*more) {
    reply.source = std::move(stream);
  } else {
    reply.body = stream->TakeReady();
    if (goes_on && memory != nullptr) *memory = stream->TakeMemory();
  }
  return reply;
}

}  // namespace cairn::server
