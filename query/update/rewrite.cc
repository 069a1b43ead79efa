// SPDX-License-Identifier: Apache-2.0
// Rewriting of documents and arrays. Recursion goes no deeper than the document or a path.
#include "query/update/rewrite.h"

#include <charconv>
#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::update {
namespace {

// Which children of a node were met in a document; without allocation for up to 64.
class Met {
 public:
  explicit Met(size_t size) : left_(size) {
    if (size > 64) many_.resize(size);
  }
  // False when it was there before.
  bool Add(size_t i) {
    if (Has(i)) return false;
    if (many_.empty()) {
      few_ |= uint64_t{1} << i;
    } else {
      many_[i] = true;
    }
    --left_;
    return true;
  }
  bool Has(size_t i) const { return many_.empty() ? ((few_ >> i) & 1) != 0 : many_[i]; }
  bool All() const { return left_ == 0; }

 private:
  size_t left_;
  uint64_t few_ = 0;
  std::vector<bool> many_;
};

const char* Start(const bson::Element& element) { return element.name.data() - 1; }
const char* End(const bson::Element& element) {
  return element.value.payload() + element.value.size();
}

bool SameBytes(bson::Value a, bson::Value b) {
  return a.type() == b.type() && a.size() == b.size() &&
         std::memcmp(a.payload(), b.payload(), a.size()) == 0;
}

Status NotViable(const Node& node, std::string_view in, bson::Type type) {
  return Status(ErrorCode::kPathNotViable, "Cannot create field '" + std::string(node.name) +
                                               "' in element '" + std::string(in) + "' of type " +
                                               std::string(bson::TypeName(type)));
}

}  // namespace

Status CheckSize(size_t bytes) {
  if (bytes <= static_cast<size_t>(bson::kMaxDocumentBytes)) return Status::Ok();
  return Status(ErrorCode::kBSONObjectTooLarge, "the updated document would be larger than " +
                                                    std::to_string(bson::kMaxDocumentBytes) +
                                                    " bytes");
}

size_t Rewriter::Open(const char* after_length) {
  const size_t start = out_->size();
  out_->append(4, '\0');
  copied_ = after_length;
  return start;
}

void Rewriter::Close(size_t start, const char* end) {
  if (end != nullptr) CopyUntil(end);
  out_->push_back('\0');
  base::StoreLittle(out_->data() + start, static_cast<int32_t>(out_->size() - start));
}

void Rewriter::Append(std::string_view name, bson::Value value) {
  out_->push_back(static_cast<char>(value.type()));
  out_->append(name);
  out_->push_back('\0');
  if (const size_t size = value.size(); size != 0) out_->append(value.payload(), size);
}

void Rewriter::Record(const Node& leaf, const Change& change) {
  changed_ = true;
  if (change.kind == Change::Kind::kRemove) {
    removed_.push_back(leaf.path);
    return;
  }
  if (!diff_open_) {
    constexpr size_t kOrdinary = 256;
    std::string room;
    room.reserve(kOrdinary);
    diff_ = bson::Builder(std::move(room));
    diff_.OpenDocument("u");
    diff_open_ = true;
  }
  if (change.grown_from >= 0) {
    RecordGrowth(leaf, change);
  } else {
    diff_.Append(leaf.path->dotted(), change.value);
  }
}

// An array that grew is recorded as its new elements.
void Rewriter::RecordGrowth(const Node& leaf, const Change& change) {
  std::string path = leaf.path->dotted() + ".";
  const size_t length = path.size();
  int64_t position = 0;
  for (const bson::Element& element : change.value.AsView()) {
    if (position++ < change.grown_from) continue;
    path.resize(length);
    path += element.name;
    diff_.Append(path, element.value);
  }
}

bson::Document Rewriter::TakeDiff() {
  if (diff_open_) diff_.Close();
  diff_open_ = false;
  if (!removed_.empty()) {
    diff_.OpenArray("d");
    for (const path::FieldPath* const path : removed_) {
      const std::string index(diff_.NextIndex());
      diff_.AppendString(index, path->dotted());
    }
    diff_.Close();
    removed_.clear();
  }
  return diff_.Finish();
}

Status Rewriter::Document(const Node& node, bson::View document) {
  const size_t start = Open(document.data() + 4);
  Met met(node.children.size());
  for (const bson::Element& element : document) {
    const Node* const child = node.Find(element.name);
    if (child == nullptr || !met.Add(static_cast<size_t>(child - node.children.data()))) continue;
    CAIRN_TRY(Field(*child, element, false));
    if (met.All()) break;
  }
  const char* const end = document.data() + document.size() - 1;
  if (!met.All()) {
    CopyUntil(end);
    copied_ = end;
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (!met.Has(i)) CAIRN_TRY(Create(node.children[i]));
    }
  }
  Close(start, end);
  return Status::Ok();
}

Status Rewriter::Array(const Node& node, bson::View array) {
  const size_t start = Open(array.data() + 4);
  size_t next = 0;
  int64_t position = 0;
  for (const bson::Element& element : array) {
    if (next == node.children.size() || node.children[next].index < 0) break;
    if (node.children[next].index == position++) {
      CAIRN_TRY(Field(node.children[next++], element, true));
    }
  }
  const char* const end = array.data() + array.size() - 1;
  if (next < node.children.size()) {
    // Only a complete walk has left positions over, so `position` is then the array's size.
    CopyUntil(end);
    copied_ = end;
    CAIRN_TRY(CreateInArray(node, next, position));
  }
  Close(start, end);
  return Status::Ok();
}

Status Rewriter::Field(const Node& node, const bson::Element& element, bool in_array) {
  if (node.op != nullptr) return Leaf(node, element, in_array);
  const bson::Type type = element.value.type();
  if (type != bson::Type::kDocument && type != bson::Type::kArray) {
    for (const Node& child : node.children) {
      if (child.NeedsViablePath(inserting_)) return NotViable(child, element.name, type);
    }
    return Status::Ok();
  }
  CopyUntil(element.value.payload());
  if (type == bson::Type::kDocument) {
    CAIRN_TRY(Document(node, element.value.AsView()));
  } else {
    CAIRN_TRY(Array(node, element.value.AsView()));
  }
  copied_ = End(element);
  return Status::Ok();
}

Status Rewriter::Leaf(const Node& node, const bson::Element& element, bool in_array) {
  CAIRN_TRY_ASSIGN(Change change, node.op->Apply(element.value, inserting_, &room_));
  if (change.kind == Change::Kind::kNone) return Status::Ok();
  if (change.kind == Change::Kind::kRemove && in_array) {
    // The elements after it keep their positions.
    change = {Change::Kind::kSet, bson::Value(bson::Type::kNull, element.value.payload()), -1};
  }
  if (change.kind == Change::Kind::kSet && SameBytes(element.value, change.value)) {
    return Status::Ok();
  }
  CopyUntil(Start(element));
  copied_ = End(element);
  if (change.kind == Change::Kind::kSet) Append(element.name, change.value);
  Record(node, change);
  return Status::Ok();
}

Status Rewriter::Create(const Node& node) {
  if (!node.Creates(inserting_)) return Status::Ok();
  if (node.op != nullptr) {
    CAIRN_TRY_ASSIGN(const Change change, node.op->Apply(bson::Value(), inserting_, &room_));
    if (change.kind != Change::Kind::kSet) return Status::Ok();
    Append(node.name, change.value);
    Record(node, change);
    return Status::Ok();
  }
  Append(node.name, bson::Value(bson::Type::kDocument, bson::View().data()));
  out_->resize(out_->size() - bson::View().size());
  const size_t start = out_->size();
  out_->append(4, '\0');
  for (const Node& child : node.children) CAIRN_TRY(Create(child));
  Close(start, nullptr);
  return Status::Ok();
}

Status Rewriter::CreateInArray(const Node& array, size_t next_child, int64_t size) {
  for (size_t i = next_child; i < array.children.size(); ++i) {
    const Node& child = array.children[i];
    if (child.index < 0 && child.NeedsViablePath(inserting_)) {
      return NotViable(child, array.name, bson::Type::kArray);
    }
    if (child.index < 0 || !child.Creates(inserting_)) continue;
    CAIRN_TRY(Pad(size, child.index));
    CAIRN_TRY(Create(child));
    size = child.index + 1;
  }
  return Status::Ok();
}

Status Rewriter::Pad(int64_t from, int64_t to) {
  if (to - from > kBackfillMax) {
    return Status(ErrorCode::kCannotBackfillArray,
                  "can't backfill more than " + std::to_string(kBackfillMax) + " elements");
  }
  char text[24];
  for (; from < to; ++from) {
    const char* const end = std::to_chars(text, std::end(text), from).ptr;
    Append({text, static_cast<size_t>(end - text)},
           bson::Value(bson::Type::kNull, bson::View().data()));
  }
  return CheckSize(out_->size());
}

}  // namespace cairn::update
