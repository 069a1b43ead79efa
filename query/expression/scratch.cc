// SPDX-License-Identifier: Apache-2.0
#include "query/expression/scratch.h"

#include <cstring>

#include "engine/base/out_of_memory.h"

namespace cairn::expression {
namespace {

constexpr size_t kBlockBytes = 4096;
// An array comes here from where it was made, and so does the one that holds it.
constexpr size_t kMemoryOfByte = 2;

}  // namespace

void Scratch::Clear() {
  used_ = 0;
  share_.Release();
  if (blocks_.empty()) return;
  // The first block has the common size; larger ones were made for one value.
  blocks_.resize(1);
  at_ = blocks_[0].get();
  left_ = kBlockBytes;
}

char* Scratch::Room(size_t bytes) {
  used_ += bytes;
  if (used_ > kScratchBytesMax || !share_.Cover(kMemoryOfByte * used_)) return nullptr;
  if (bytes > left_) {
    if (bytes > kBlockBytes && !blocks_.empty()) {
      return blocks_.emplace_back(new char[bytes]).get();
    }
    at_ = blocks_.emplace_back(new char[kBlockBytes]).get();
    left_ = kBlockBytes;
    if (bytes > left_) return blocks_.emplace_back(new char[bytes]).get();
  }
  char* const room = at_;
  at_ += bytes;
  left_ -= bytes;
  return room;
}

Result<bson::Value> Scratch::Copy(bson::Type type, std::string_view payload) {
  if (payload.empty()) return bson::Value(type, "");
  char* const room = Room(payload.size());
  if (room == nullptr) {
    if (used_ <= kScratchBytesMax) return base::OthersHoldMemory("an expression");
    return Status(ErrorCode::kExceededMemoryLimit, "an expression needs too much memory");
  }
  std::memcpy(room, payload.data(), payload.size());
  return bson::Value(type, room);
}

Result<bson::Value> Scratch::Number(bson::Number number) {
  bson::Builder builder;
  number.AppendTo(&builder, "");
  const bson::Document made = builder.Finish();
  const bson::Value value = made.view().begin()->value;
  return Copy(value.type(), {value.payload(), value.size()});
}

Result<bson::Value> Scratch::Int32(int32_t value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  return Copy(bson::Type::kInt32, {bytes, sizeof(bytes)});
}

Result<bson::Value> Scratch::Date(int64_t ms_since_epoch) {
  char bytes[sizeof(ms_since_epoch)];
  std::memcpy(bytes, &ms_since_epoch, sizeof(ms_since_epoch));
  return Copy(bson::Type::kDate, {bytes, sizeof(bytes)});
}

Result<bson::Value> Scratch::String(std::string_view value) {
  if (value.size() > static_cast<size_t>(bson::kMaxDocumentBytes)) {
    return Status(ErrorCode::kExceededMemoryLimit, "an expression made too long a string");
  }
  std::string payload;
  payload.reserve(value.size() + 5);
  const auto size = static_cast<int32_t>(value.size() + 1);
  payload.append(reinterpret_cast<const char*>(&size), sizeof(size));
  payload.append(value).push_back('\0');
  return Copy(bson::Type::kString, payload);
}

Result<bson::Value> Scratch::Document(const bson::Document& document) {
  return Copy(bson::Type::kDocument, document.bytes());
}

Result<bson::Value> Scratch::Array(const bson::Document& array) {
  return Copy(bson::Type::kArray, array.bytes());
}

}  // namespace cairn::expression
