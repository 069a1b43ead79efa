// SPDX-License-Identifier: Apache-2.0
#include "server/http/bulk_insert.h"

#include <utility>

#include "server/http/body.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

constexpr size_t kBatchDocuments = 1000;
constexpr size_t kBatchBytes = size_t{256} << 10;

Request WithoutBody(const Request& request) {
  Request copy;
  copy.method = request.method;
  copy.path = request.path;
  copy.headers = request.headers;
  copy.peer = request.peer;
  copy.id = request.id;
  return copy;
}

std::string ErrorText(const Status& error) {
  std::string text = "\"error\":{\"code\":" + std::to_string(static_cast<int>(error.code()));
  text += ",\"codeName\":";
  json::WriteString(ErrorName(error.code()), &text);
  text += ",\"detail\":";
  json::WriteString(error.message(), &text);
  AppendDetails(error, &text);
  return text + "}";
}

}  // namespace

BulkInsert::BulkInsert(const Call& call, DocumentSplitter::Shape shape)
    : sender_(call),
      request_(WithoutBody(call.request)),
      database_(call.database()),
      collection_(call.collection()),
      shape_(shape),
      format_(AcceptedFormat(call.request, json::Format::kRelaxed)),
      ordered_(call.Query("ordered") == "true"),
      relaxed_(call.Query("j") == "false"),
      only_failures_(ReturnPreference(call.request) == Return::kMinimal),
      splitter_(shape,
                [this](std::string_view text, uint64_t place) { return Take(text, place); }) {}

bool BulkInsert::Fail(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  return false;
}

bool BulkInsert::Push(std::string_view bytes) {
  if (!failure_.ok()) return false;
  Status status = splitter_.Push(bytes);
  if (status.ok()) return failure_.ok();
  if (!items_.empty()) Flush();  // Those before it are tried.
  return Fail(std::move(status));
}

bool BulkInsert::Take(std::string_view text, uint64_t place) {
  if (stopped_) {
    ReportSkipped(place);
    return failure_.ok();
  }
  Item item{place, {}, Status()};
  Result<bson::Document> document = json::Parse(text);
  if (document.ok()) {
    item.document = WithId(*document);
    items_bytes_ += item.document.size();
  } else {
    item.error = std::move(document).status().WithContext("in this document: ");
  }
  const bool ends = ordered_ && !item.error.ok();
  items_.push_back(std::move(item));
  if (ends || items_.size() >= kBatchDocuments || items_bytes_ >= kBatchBytes) return Flush();
  return true;
}

bool BulkInsert::Flush() {
  bson::Builder insert;
  insert.AppendString("insert", collection_).AppendBool("ordered", ordered_);
  insert.OpenArray("documents");
  bool any = false;
  for (const Item& item : items_) {
    if (!item.error.ok()) continue;
    insert.AppendDocument(insert.NextIndex(), item.document);
    any = true;
  }
  insert.Close();
  if (relaxed_) insert.OpenDocument("writeConcern").AppendBool("j", false).Close();
  CommandReply sent;
  if (any) {
    sent = sender_.Send(database_, insert.Finish());
    HoldFor(sent, &held_);
    if (sent.code != ErrorCode::kOk) return Fail(ErrorOf(sent));
  }
  Report(sent);
  items_.clear();
  items_bytes_ = 0;
  return failure_.ok();
}

void BulkInsert::Report(const CommandReply& sent) {
  const bson::Value found = sent.body["writeErrors"];
  const bson::View errors = found.type() == bson::Type::kArray ? found.AsView() : bson::View();
  auto error = errors.begin();
  int64_t index = 0;  // Among those that were sent.
  for (const Item& item : items_) {
    if (stopped_) {
      ReportSkipped(item.place);
    } else if (!item.error.ok()) {
      ReportOne(item, item.error);
    } else if (error != errors.end() && AsInteger(error->value.AsView()["index"]) == index++) {
      ReportOne(item, ErrorIn(error->value.AsView()));
      ++error;
    } else {
      ReportOne(item, Status());
    }
  }
}

void BulkInsert::ReportOne(const Item& item, const Status& error) {
  if (!error.ok()) {
    ++failed_;
    stopped_ = ordered_;
    Put(item.place, ErrorText(error));
    return;
  }
  ++inserted_;
  if (only_failures_) return;
  std::string text = "\"insertedId\":";
  json::WriteValue(item.document["_id"], format_, &text);
  Put(item.place, text);
}

void BulkInsert::ReportSkipped(uint64_t place) {
  ++failed_;
  if (!only_failures_) Put(place, "\"skipped\":true");
}

void BulkInsert::Put(uint64_t place, std::string_view rest) {
  const bool lines = shape_ == DocumentSplitter::Shape::kLines;
  std::string text;
  if (!lines) text = results_count_ == 0 ? "[" : ",";
  text += lines ? "{\"line\":" : "{\"index\":";
  text += std::to_string(place) + ",";
  text.append(rest) += lines ? "}\n" : "}";
  ++results_count_;
  if (Status status = results_.Append(text); !status.ok()) Fail(std::move(status));
}

Reply BulkInsert::Finish() {
  if (failure_.ok()) {
    Status status = splitter_.Finish();
    if (!items_.empty()) Flush();
    if (!status.ok()) Fail(std::move(status));
  }
  if (failure_.ok() && inserted_ + failed_ == 0) {
    Fail(Status(ErrorCode::kBadValue, "there are no documents in the body"));
  }
  const bool lines = shape_ == DocumentSplitter::Shape::kLines;
  if (failure_.ok() && !lines) {
    if (Status status = results_.Append(results_count_ == 0 ? "[]" : "]"); !status.ok()) {
      Fail(std::move(status));
    }
  }
  Reply reply;
  if (failure_.ok()) {
    reply.status = failed_ == 0 ? 201 : 207;
    reply.content_type = lines ? "application/x-ndjson" : ContentTypeOf(format_);
    if (Status status = results_.MoveTo(&reply); !status.ok()) Fail(std::move(status));
    // The headers say how many were inserted.
    reply.without_source = lines ? "" : "[]";
  }
  if (failure_.ok() && only_failures_) {
    reply.headers.emplace_back("Preference-Applied", "return=minimal");
  }
  if (!failure_.ok()) reply = ProblemReply(failure_, request_);
  reply.held_for = held_.held_for;
  for (auto& header : held_.headers) reply.headers.push_back(std::move(header));
  reply.headers.emplace_back("Cairn-Inserted", std::to_string(inserted_));
  reply.headers.emplace_back("Cairn-Failed", std::to_string(failed_));
  return reply;
}

}  // namespace cairn::server
