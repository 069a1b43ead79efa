// SPDX-License-Identifier: Apache-2.0
#include "query/exec/fetch.h"

#include <algorithm>

#include "engine/base/try.h"

namespace cairn::exec {

void FetchBatch::Clear() {
  if (read_) {
    const size_t fitting = std::max<size_t>(kBytesWanted / longest_, 1);
    capacity_ = std::min({capacity_ * 4, kDocumentsMax, fitting});
  }
  values_.clear();
  size_ = 0;
  next_ = 0;
  read_ = false;
}

void FetchBatch::Release() {
  for (size_t i = 0; i + next_ < size_; ++i) keys_[i].swap(keys_[i + next_]);
  size_ -= next_;
  next_ = 0;
  values_.clear();
  read_ = false;
}

void FetchBatch::Add(uint32_t collection_id, std::string_view suffix) {
  if (size_ == keys_.size()) keys_.emplace_back();
  std::string& key = keys_[size_++];
  key.clear();
  key::AppendIdPrefix(collection_id, &key);
  key.append(suffix);
}

Status FetchBatch::Read(kv::Reader* reader) {
  read_ = true;
  views_.assign(keys_.begin(), keys_.begin() + static_cast<ptrdiff_t>(size_));
  CAIRN_TRY(reader->MultiGet(key::Family::kDocuments, views_, &values_));
  for (const kv::PinnedValue& value : values_) longest_ = std::max(longest_, value.view().size());
  return Status::Ok();
}

Result<bool> FetchBatch::Next(Row* row) {
  while (next_ < size_) {
    const kv::PinnedValue& value = values_[next_];
    const std::string_view key = views_[next_];
    ++next_;
    if (!value.found()) continue;
    if (!store::IsPlainDocument(value.view())) return store::DamagedDocument(value.view());
    row->document = bson::View(value.view().data() + 1);
    row->suffix = key::SuffixOfDocumentKey(key);
    return true;
  }
  return false;
}

}  // namespace cairn::exec
