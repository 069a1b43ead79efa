// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_directory.h"

#include <memory>
#include <vector>

#include "engine/key/encoding.h"
#include "engine/store/change_record.h"

namespace cairn::harness {

using store::ChangeKind;

std::string CrashDirectory::Check(const std::string& path) {
  kv::OpenOptions options;
  options.path = path;
  options.cache_bytes = size_t{64} << 20;
  options.read_only = true;
  const auto opened = store::DocumentStore::Open(options);
  if (!opened.ok()) return "cannot open for reading: " + opened.status().ToString();
  store::DocumentStore* store = opened->get();
  std::string wrong = FollowLog(store);
  if (!wrong.empty()) return wrong;
  for (const store::CollectionPtr& collection : store->ListCollections({})) {
    wrong = CompareDocuments(store, *collection);
    if (!wrong.empty()) return collection->name + ": " + wrong;
    const Result<store::ValidateOutcome> outcome = store->Validate(*collection);
    if (!outcome.ok()) return collection->name + ": " + outcome.status().ToString();
    if (!outcome->valid) return collection->name + " is not valid: " + outcome->errors[0];
  }
  return {};
}

std::string CrashDirectory::FollowLog(store::DocumentStore* store) {
  const kv::CommitNumber visible = store->kv().visible();
  if (visible < last_) {
    return "the store ends at commit " + std::to_string(visible) + " and had " +
           std::to_string(last_);
  }
  const auto reader = store->kv().ReadLog(last_);
  if (!reader.ok()) return "the commit log: " + reader.status().ToString();
  while (last_ < visible) {
    kv::LogEntry entry;
    const Result<bool> next = (*reader)->Next(&entry);
    if (!next.ok()) return "the commit log: " + next.status().ToString();
    if (!*next) return "the commit log ends at " + std::to_string(last_);
    if (entry.number != last_ + 1) {
      return "the commit log has " + std::to_string(entry.number) + " after " +
             std::to_string(last_);
    }
    if (entry.timestamp <= last_timestamp_) return "the commit log has timestamps that do not rise";
    std::string wrong = Apply(**reader, entry);
    if (!wrong.empty()) return "commit " + std::to_string(entry.number) + " " + wrong;
    last_ = entry.number;
    last_timestamp_ = entry.timestamp;
  }
  return {};
}

std::string CrashDirectory::Apply(const kv::LogReader& reader, const kv::LogEntry& entry) {
  store::ChangeReader changes(entry.record);
  store::Change change;
  while (true) {
    const Result<bool> more = changes.Next(&change);
    if (!more.ok()) return "cannot be read: " + more.status().ToString();
    if (!*more) return {};
    Documents& documents = documents_[change.collection_id];
    if (change.kind == ChangeKind::kDelete) {
      const std::string suffix = key::EncodeId(bson::View(change.id.data()).Find("_id"));
      if (documents.erase(suffix) == 0) return "deletes a document that was not there";
      continue;
    }
    if (change.kind > ChangeKind::kDelete) continue;
    std::string key = key::IdPrefix(change.collection_id);
    key.append(change.suffix);
    std::string_view value;
    if (!reader.FindPut(key::Family::kDocuments, key, &value) || !store::IsPlainDocument(value)) {
      return "lacks a document that it names";
    }
    const bool was_there = documents.contains(std::string(change.suffix));
    if (was_there == (change.kind == ChangeKind::kInsert)) return "does not fit what was before it";
    documents[std::string(change.suffix)] = value.substr(1);
  }
}

std::string CrashDirectory::CompareDocuments(store::DocumentStore* store,
                                             const catalog::Collection& collection) {
  const Documents& expected = documents_[collection.id];
  const std::unique_ptr<kv::Reader> reader = store->NewSnapshot();
  const auto scan = store->ScanDocuments(*reader, collection, {}, {});
  size_t count = 0;
  while (scan->Next()) {
    ++count;
    const auto found = expected.find(std::string(scan->suffix()));
    if (found == expected.end()) return "a document is there that the commit log does not have";
    if (found->second != scan->document().bytes()) {
      return "a document is not the one that the commit log has";
    }
  }
  if (!scan->status().ok()) return scan->status().ToString();
  if (count == expected.size()) return {};
  return std::to_string(count) + " documents are there, " + std::to_string(expected.size()) +
         " are in the commit log";
}

}  // namespace cairn::harness
