// SPDX-License-Identifier: Apache-2.0
// Writes BSON front to back; the length of an open document is filled in when it is closed.
#include <cassert>
#include <charconv>

#include "cairn/bson.h"
#include "engine/base/bytes.h"

namespace cairn::bson {
namespace {

using base::AppendLittle;

void AppendText(std::string* bytes, std::string_view text) {
  AppendLittle(bytes, static_cast<int32_t>(text.size() + 1));
  bytes->append(text);
  bytes->push_back('\0');
}

}  // namespace

Builder::Builder() : Builder(std::string()) {}

Builder::Builder(std::string reuse) : bytes_(std::move(reuse)) { bytes_.assign(4, '\0'); }

void Builder::Name(Type type, std::string_view name) {
  assert(name.find('\0') == std::string_view::npos);
  // Growth from a few bytes on would copy often.
  constexpr size_t kFirstBytes = 240;
  if (bytes_.capacity() < kFirstBytes && bytes_.size() + name.size() + 10 > bytes_.capacity()) {
    bytes_.reserve(kFirstBytes);
  }
  bytes_.push_back(static_cast<char>(type));
  bytes_.append(name);
  bytes_.push_back('\0');
}

Builder& Builder::Append(std::string_view name, Value value) {
  assert(!value.missing());
  Name(value.type(), name);
  bytes_.append(value.payload(), value.size());
  return *this;
}

Builder& Builder::AppendDouble(std::string_view name, double value) {
  Name(Type::kDouble, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendString(std::string_view name, std::string_view value) {
  Name(Type::kString, name);
  AppendText(&bytes_, value);
  return *this;
}

Builder& Builder::AppendDocument(std::string_view name, View value) {
  Name(Type::kDocument, name);
  bytes_.append(value.bytes());
  return *this;
}

Builder& Builder::AppendArray(std::string_view name, View value) {
  Name(Type::kArray, name);
  bytes_.append(value.bytes());
  return *this;
}

Builder& Builder::AppendBinary(std::string_view name, uint8_t subtype, std::string_view value) {
  Name(Type::kBinary, name);
  const auto length = static_cast<int32_t>(value.size());
  // The old subtype repeats the length inside of the data.
  AppendLittle(&bytes_, subtype == 2 ? length + 4 : length);
  bytes_.push_back(static_cast<char>(subtype));
  if (subtype == 2) AppendLittle(&bytes_, length);
  bytes_.append(value);
  return *this;
}

Builder& Builder::AppendUndefined(std::string_view name) {
  Name(Type::kUndefined, name);
  return *this;
}

Builder& Builder::AppendObjectId(std::string_view name, const ObjectId& value) {
  Name(Type::kObjectId, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendBool(std::string_view name, bool value) {
  Name(Type::kBool, name);
  bytes_.push_back(value ? '\1' : '\0');
  return *this;
}

Builder& Builder::AppendDate(std::string_view name, int64_t ms_since_epoch) {
  Name(Type::kDate, name);
  AppendLittle(&bytes_, ms_since_epoch);
  return *this;
}

Builder& Builder::AppendNull(std::string_view name) {
  Name(Type::kNull, name);
  return *this;
}

Builder& Builder::AppendRegex(std::string_view name, std::string_view pattern,
                              std::string_view options) {
  Name(Type::kRegex, name);
  assert((pattern.find('\0') & options.find('\0')) == std::string_view::npos);
  bytes_.append(pattern);
  bytes_.push_back('\0');
  bytes_.append(options);
  bytes_.push_back('\0');
  return *this;
}

Builder& Builder::AppendDbPointer(std::string_view name, std::string_view ns, const ObjectId& id) {
  Name(Type::kDbPointer, name);
  AppendText(&bytes_, ns);
  AppendLittle(&bytes_, id);
  return *this;
}

Builder& Builder::AppendCode(std::string_view name, std::string_view code) {
  Name(Type::kCode, name);
  AppendText(&bytes_, code);
  return *this;
}

Builder& Builder::AppendSymbol(std::string_view name, std::string_view value) {
  Name(Type::kSymbol, name);
  AppendText(&bytes_, value);
  return *this;
}

Builder& Builder::AppendCodeWithScope(std::string_view name, std::string_view code, View scope) {
  Name(Type::kCodeWithScope, name);
  AppendLittle(&bytes_, static_cast<int32_t>(4 + 4 + code.size() + 1 + scope.size()));
  AppendText(&bytes_, code);
  bytes_.append(scope.bytes());
  return *this;
}

Builder& Builder::AppendInt32(std::string_view name, int32_t value) {
  Name(Type::kInt32, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendTimestamp(std::string_view name, Timestamp value) {
  Name(Type::kTimestamp, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendInt64(std::string_view name, int64_t value) {
  Name(Type::kInt64, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendDecimal128(std::string_view name, const Decimal128& value) {
  Name(Type::kDecimal128, name);
  AppendLittle(&bytes_, value);
  return *this;
}

Builder& Builder::AppendMinKey(std::string_view name) {
  Name(Type::kMinKey, name);
  return *this;
}

Builder& Builder::AppendMaxKey(std::string_view name) {
  Name(Type::kMaxKey, name);
  return *this;
}

Builder& Builder::AppendAll(View view) {
  bytes_.append(view.data() + 4, view.size() - 5);
  return *this;
}

void Builder::Open() {
  if (depth_ < near_.size()) {
    near_[depth_] = current_;
  } else {
    far_.push_back(current_);
  }
  ++depth_;
  current_ = {.start = bytes_.size(), .next_index = 0};
  bytes_.append(4, '\0');
}

Builder& Builder::OpenDocument(std::string_view name) {
  Name(Type::kDocument, name);
  Open();
  return *this;
}

Builder& Builder::OpenArray(std::string_view name) {
  Name(Type::kArray, name);
  Open();
  return *this;
}

Builder& Builder::Close() {
  assert(depth_ > 0);
  bytes_.push_back('\0');
  base::StoreLittle(bytes_.data() + current_.start,
                    static_cast<int32_t>(bytes_.size() - current_.start));
  --depth_;
  if (depth_ < near_.size()) {
    current_ = near_[depth_];
  } else {
    current_ = far_.back();
    far_.pop_back();
  }
  return *this;
}

std::string_view Builder::NextIndex() {
  char* const end = std::to_chars(index_text_, std::end(index_text_), current_.next_index++).ptr;
  return {index_text_, static_cast<size_t>(end - index_text_)};
}

Document Builder::Finish() {
  assert(depth_ == 0);
  bytes_.push_back('\0');
  base::StoreLittle(bytes_.data(), static_cast<int32_t>(bytes_.size()));
  Document document = Document::FromTrustedBytes(std::move(bytes_));
  bytes_.assign(4, '\0');
  current_ = {};
  return document;
}

}  // namespace cairn::bson
