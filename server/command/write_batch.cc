// SPDX-License-Identifier: Apache-2.0
// Batches of writes.
#include "server/command/write_batch.h"

#include <string>

namespace cairn::server {
namespace {

// Past this, errors keep their place and code but lose their text, so that a reply stays bounded.
constexpr size_t kErrorBytesMax = size_t{1} << 20;

}  // namespace

Result<std::vector<bson::View>> ParseBatch(std::string_view where, bson::Value array) {
  std::vector<bson::View> batch;
  size_t count = 0;
  for (const bson::Element& element : array.AsView()) {
    std::string field(where);
    field += '.';
    field += element.name;
    Status type = CheckType(field, element.value, Accepts::kObject);
    if (!type.ok()) return type;
    if (++count <= kWriteBatchMax) batch.push_back(element.value.AsView());
  }
  if (count == 0 || count > kWriteBatchMax) {
    return Status(ErrorCode::kInvalidLength,
                  "Write batch sizes must be between 1 and 100000. Got " + std::to_string(count) +
                      " operations.");
  }
  return batch;
}

Result<std::vector<Arguments>> ReadStatements(std::string_view where, bson::Value array,
                                              std::span<const Parameter> table,
                                              Status (*check)(const Arguments& statement)) {
  Result<std::vector<bson::View>> batch = ParseBatch(where, array);
  if (!batch.ok()) return std::move(batch).status();
  std::vector<Arguments> statements;
  for (const bson::View one : *batch) {
    Result<Arguments> parsed = Arguments::OfDocument(where, table, one);
    if (!parsed.ok()) return std::move(parsed).status();
    Status status = check(*parsed);
    if (!status.ok()) return status;
    statements.push_back(std::move(parsed).value());
  }
  return statements;
}

bool EndsBatch(const Status& status) {
  return status.code() == ErrorCode::kMaxTimeMSExpired ||
         ErrorRow(status.code()).http_status == 500 || ErrorRow(status.code()).http_status == 503 ||
         ErrorRow(status.code()).http_status == 507;
}

void WriteErrors::Add(size_t index, const Status& status) {
  const bool brief = list_.size() > kErrorBytesMax;
  list_.OpenDocument(std::to_string(count_++));
  list_.AppendInt32("index", static_cast<int32_t>(index));
  list_.AppendInt32("code", static_cast<int32_t>(status.code()));
  if (!brief && !status.details().empty()) list_.AppendAll(bson::View(status.details().data()));
  list_.AppendString("errmsg", brief ? "" : status.message());
  list_.Close();
}

void WriteErrors::AppendTo(const Invocation& invocation, bson::Builder* reply) {
  if (!empty() && invocation.generic.write_concern.acknowledged)
    reply->AppendArray("writeErrors", list_.Finish());
}

}  // namespace cairn::server
