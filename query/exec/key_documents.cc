// SPDX-License-Identifier: Apache-2.0
#include "query/exec/key_documents.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "query/plan/index_scan.h"

namespace cairn::exec {
namespace {

std::vector<std::string> Parts(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// A column's value, and where it goes.
struct Leaf {
  const std::vector<std::string>* path;
  bson::Value value;
};

// Leaves that share a part follow each other: _id first, then in the order of the columns.
void Arrange(std::vector<Leaf>* leaves, size_t begin, size_t end, size_t depth) {
  for (size_t i = begin; i < end;) {
    const std::string& name = (*(*leaves)[i].path)[depth];
    const auto first = leaves->begin() + static_cast<ptrdiff_t>(i);
    const auto behind =
        std::stable_partition(first, leaves->begin() + static_cast<ptrdiff_t>(end),
                              [&](const Leaf& leaf) { return (*leaf.path)[depth] == name; });
    const auto next = static_cast<size_t>(behind - leaves->begin());
    if (next - i > 1) Arrange(leaves, i, next, depth + 1);
    i = next;
  }
}

void Build(const std::vector<Leaf>& leaves, bson::Builder* out) {
  std::vector<std::string> open;
  for (const Leaf& leaf : leaves) {
    const std::vector<std::string>& path = *leaf.path;
    size_t shared = 0;
    while (shared < open.size() && shared + 1 < path.size() && open[shared] == path[shared]) {
      ++shared;
    }
    for (; open.size() > shared; open.pop_back()) out->Close();
    for (; open.size() + 1 < path.size(); open.push_back(path[open.size()])) {
      out->OpenDocument(path[open.size()]);
    }
    out->Append(path.back(), leaf.value);
  }
  for (; !open.empty(); open.pop_back()) out->Close();
}

}  // namespace

KeyDocuments::KeyDocuments(ReadContext* context, const match::Matcher* filter,
                           const plan::IndexScan* scan, std::unique_ptr<EntrySource> entries,
                           bool may_repeat, uint64_t seed)
    : context_(context),
      filter_(filter),
      scan_(scan),
      entries_(std::move(entries)),
      may_repeat_(may_repeat),
      seen_(seed) {
  for (int column = 0; column < scan->columns; ++column) {
    paths_.push_back(Parts(plan::ColumnName(*scan, column)));
  }
}

bool KeyDocuments::FromKey() {
  const Entry& entry = entries_->entry();
  // Once there are arrays, a key is only one of several.
  if (entry.fields.size() == key::kMaxFieldBytes || entries_->Repeats()) return false;
  bson::Builder values;
  key::Decoder decoder(entry.fields, entry.type_bits);
  for (int column = 0; column < scan_->columns; ++column) {
    if (!decoder.Next(plan::ColumnDirection(*scan_, column), values.NextIndex(), &values).ok()) {
      return false;
    }
  }
  const bson::Document flat = values.Finish();
  std::vector<Leaf> leaves;
  size_t column = 0;
  for (const bson::Element& element : flat.view()) {
    if (element.value.IsNullish()) return false;
    leaves.push_back({&paths_[column++], element.value});
  }
  std::stable_partition(leaves.begin(), leaves.end(),
                        [](const Leaf& leaf) { return leaf.path->front() == "_id"; });
  Arrange(&leaves, 0, leaves.size(), 0);
  bson::Builder out(std::move(document_));
  Build(leaves, &out);
  document_ = out.Finish().TakeBytes();
  row_.document = bson::View(document_.data());
  return true;
}

Result<bool> KeyDocuments::FromStore() {
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  ++statistics_.docs_examined;
  return context_->store().Read(*reader, context_->collection(), entries_->entry().suffix, &value_,
                                &row_.document);
}

Result<bool> KeyDocuments::MakeDocument() {
  row_.suffix = entries_->entry().suffix;
  if (FromKey()) return true;
  return FromStore();
}

Result<bool> KeyDocuments::Next() {
  while (true) {
    Result<bool> more = entries_->Next();
    if (!more.ok()) {
      if (more.status().code() != ErrorCode::kTrialOver || !context_->TakeRenewal()) return more;
      Pause();
      context_->ReleaseSnapshot();
      continue;
    }
    if (!*more) break;
    if (may_repeat_ && seen_.Contains(entries_->entry().suffix)) {
      ++statistics_.duplicates;
      continue;
    }
    CAIRN_TRY_ASSIGN(const bool found, MakeDocument());
    if (!found) continue;
    CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(row_.document));
    if (!matches) continue;
    if (may_repeat_) CAIRN_TRY(seen_.Insert(row_.suffix).status());
    ++statistics_.advanced;
    return true;
  }
  statistics_.ended = true;
  return false;
}

Result<bool> EntryCount::Next() {
  while (true) {
    Result<bool> more = entries_->Next();
    if (!more.ok()) {
      if (more.status().code() != ErrorCode::kTrialOver || !context_->TakeRenewal()) return more;
      Pause();
      context_->ReleaseSnapshot();
      continue;
    }
    if (!*more) break;
    if (entries_->Repeats()) {
      CAIRN_TRY_ASSIGN(const bool first_time, seen_.Insert(entries_->entry().suffix));
      if (!first_time) {
        ++statistics_.duplicates;
        continue;
      }
    }
    row_.suffix = entries_->entry().suffix;
    ++statistics_.advanced;
    return true;
  }
  statistics_.ended = true;
  return false;
}

}  // namespace cairn::exec
