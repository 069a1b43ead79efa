// SPDX-License-Identifier: Apache-2.0
#include "query/expression/scratch.h"

#include <algorithm>
#include <cstring>

#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"

namespace cairn::expression {
namespace {

constexpr size_t kBlockBytes = 4096;
// An array comes here from where it was made, and so does the one that holds it.
constexpr size_t kMemoryOfByte = 2;

}  // namespace

void Scratch::Clear() {
  used_ = 0;
  share_.Release();
  kept_.clear();
  if (blocks_.empty()) return;
  // The first block has the common size; larger ones were made for one value.
  blocks_.resize(1);
  at_ = blocks_[0].get();
  left_ = kBlockBytes;
}

Status Scratch::Count(size_t bytes) {
  used_ += bytes;
  const size_t memory = kMemoryOfByte * used_;
  if (used_ <= kScratchBytesMax) {
    if (share_.Cover(memory)) return Status::Ok();
    if (base::OthersAreInTheWay(memory, MemoryShare::Use::kPassing))
      return base::OthersHoldMemory("an expression");
  }
  return Status(ErrorCode::kExceededMemoryLimit, "an expression needs too much memory");
}

Result<char*> Scratch::Room(size_t bytes) {
  CAIRN_TRY(Count(bytes));
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
  CAIRN_TRY_ASSIGN(char* const room, Room(payload.size()));
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

Result<bson::Value> Scratch::Joined(std::span<const std::string_view> parts) {
  size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  if (bytes > static_cast<size_t>(bson::kMaxDocumentBytes)) {
    return Status(ErrorCode::kExceededMemoryLimit, "an expression made too long a string");
  }
  CAIRN_TRY_ASSIGN(char* const room, Room(sizeof(int32_t) + bytes + 1));
  const auto size = static_cast<int32_t>(bytes + 1);
  std::memcpy(room, &size, sizeof(size));
  char* at = room + sizeof(size);
  for (const std::string_view part : parts) at = std::ranges::copy(part, at).out;
  *at = '\0';
  return bson::Value(bson::Type::kString, room);
}

Result<bson::Value> Scratch::Keep(bson::Type type, bson::Document made) {
  if (made.bytes().size() <= kBlockBytes) return Copy(type, made.bytes());
  CAIRN_TRY(Count(made.bytes().size()));
  kept_.push_back(std::move(made));
  return bson::Value(type, kept_.back().bytes().data());
}

}  // namespace cairn::expression
