// SPDX-License-Identifier: Apache-2.0
#include "engine/store/change_index.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "engine/index/message_text.h"
#include "engine/index/options.h"

namespace cairn::store {
namespace {

using catalog::IndexSpec;

// Of an error's list of documents with one key.
constexpr size_t kDuplicatesBytesMax = size_t{1} << 20;

bool IsPrepared(const IndexSpec& index) {
  return !index.unique && catalog::RefusesDuplicates(index);
}

// The options of an index after a change.
bson::Document ChangedOptions(const IndexSpec& index, const IndexChange& change) {
  bson::Builder out;
  for (const bson::Element& option : index.options.view()) {
    const bool replaced =
        (option.name == "hidden" && change.hidden.has_value()) ||
        (option.name == "expireAfterSeconds" && change.expire_after_seconds.has_value()) ||
        (option.name == "prepareUnique" && (change.prepare_unique.has_value() || change.unique));
    if (!replaced) out.Append(option.name, option.value);
  }
  if (change.expire_after_seconds.has_value()) {
    out.AppendInt32("expireAfterSeconds", *change.expire_after_seconds);
  }
  if (change.prepare_unique.value_or(false) && !change.unique && !index.unique) {
    out.AppendBool("prepareUnique", true);
  }
  if (change.hidden.value_or(false)) out.AppendBool("hidden", true);
  return out.Finish();
}

// Collects the documents of one key after the other, and lists those of keys that several have.
class DuplicateList {
 public:
  DuplicateList(DocumentStore* store, kv::Reader* reader, const catalog::Collection& collection)
      : store_(store), reader_(reader), collection_(collection) {
    list_.OpenArray("list");
  }

  Status Add(std::string_view fields, std::string_view suffix) {
    if (fields != fields_) {
      CloseGroup();
      fields_ = fields;
      first_ = suffix;
      return Status::Ok();
    }
    if (list_.size() > kDuplicatesBytesMax) return Status::Ok();
    if (!open_) {
      list_.OpenDocument(list_.NextIndex()).OpenArray("ids");
      open_ = found_ = true;
      CAIRN_TRY(AddId(first_));
    }
    return AddId(suffix);
  }

  bool full() const { return list_.size() > kDuplicatesBytesMax; }

  bson::Document Finish() {
    CloseGroup();
    list_.Close();
    if (!found_) return {};
    return bson::Document(list_.Finish()["list"].AsView());
  }

 private:
  void CloseGroup() {
    if (open_) list_.Close().Close();
    open_ = false;
  }

  Status AddId(std::string_view suffix) {
    bson::View document;
    CAIRN_TRY_ASSIGN(const bool there,
                     store_->Read(*reader_, collection_, suffix, &value_, &document));
    if (there) list_.Append(list_.NextIndex(), document["_id"]);
    return Status::Ok();
  }

  DocumentStore* const store_;
  kv::Reader* const reader_;
  const catalog::Collection& collection_;
  bson::Builder list_;
  kv::PinnedValue value_;
  std::string fields_;  // The current key's, and the document that has it first.
  std::string first_;
  bool open_ = false;  // The current key is in the list.
  bool found_ = false;
};

}  // namespace

Status IndexNotFound(const std::string& what) {
  return Status(ErrorCode::kIndexNotFound, "index not found with " + what);
}

Result<const IndexSpec*> FindIndexByKey(const catalog::Collection& collection, bson::View pattern) {
  const IndexSpec* found = nullptr;
  for (const IndexSpec& index : collection.indexes) {
    if (bson::Compare(index.key_pattern.view(), pattern) != 0) continue;
    if (found != nullptr) {
      return Status(ErrorCode::kAmbiguousIndexKeyPattern,
                    std::to_string(2) + " indexes found for key: " + index::MessageText(pattern) +
                        ", identify by name instead. Conflicting indexes: " + found->name + ", " +
                        index.name);
    }
    found = &index;
  }
  if (found == nullptr) return IndexNotFound("key: " + index::MessageText(pattern));
  return found;
}

Result<const IndexSpec*> FindIndex(const catalog::Collection& collection,
                                   const IndexSelection& selection) {
  if (!selection.key_pattern.empty()) {
    CAIRN_TRY_ASSIGN(const IndexSpec* const found,
                     FindIndexByKey(collection, selection.key_pattern));
    if (found->ready) return found;
    return IndexNotFound("key: " + index::MessageText(selection.key_pattern));
  }
  const std::string name = selection.names.empty() ? "" : selection.names.front();
  const IndexSpec* const found = collection.FindIndex(name);
  if (found == nullptr || !found->ready) return IndexNotFound("name [" + name + "]");
  return found;
}

Result<IndexChangeOutcome> ChangeIndex(const IndexSelection& selection, const IndexChange& change,
                                       catalog::Collection* collection) {
  CAIRN_TRY_ASSIGN(const IndexSpec* const found, FindIndex(*collection, selection));
  IndexSpec& index = collection->indexes[static_cast<size_t>(found - collection->indexes.data())];
  IndexChangeOutcome outcome;
  outcome.name = index.name;
  outcome.was_hidden = index::IsHidden(index);
  outcome.was_unique = index.unique;
  outcome.was_prepared = IsPrepared(index);
  outcome.expired_after_seconds = index::ExpireAfterSeconds(index);
  index.options = ChangedOptions(index, change);
  if (change.unique && !index.unique) index.unique = index.made_unique = true;
  return outcome;
}

Result<bson::Document> FindDuplicates(DocumentStore* store, const catalog::Collection& collection,
                                      const IndexSpec& index) {
  const std::unique_ptr<kv::Reader> reader = store->NewSnapshot();
  const std::unique_ptr<IndexScan> scan =
      store->ScanIndex(*reader, index, {}, {.fill_cache = false});
  DuplicateList duplicates(store, reader.get(), collection);
  while (!duplicates.full() && scan->Next()) {
    CAIRN_TRY(duplicates.Add(scan->fields(), scan->suffix()));
  }
  CAIRN_TRY(scan->status());
  return duplicates.Finish();
}

}  // namespace cairn::store
