// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/checker.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "engine/store/change_record.h"

namespace cairn::harness {
namespace {

using store::ChangeKind;

constexpr size_t kUnknownMax = 16;

bool IsDocumentKind(ChangeKind kind) { return static_cast<int>(kind) < 16; }

int64_t IdOf(bson::View document) {
  const bson::Value id = document.Find("_id");
  return id.type() == bson::Type::kInt64 ? id.AsInt64() : -1;
}

/// A failed step: a violation, or damage that the store has reported.
struct Finding {
  std::string what;
  bool reported = false;
};

Finding Reported(const std::string& doing, const Status& status) {
  return {doing + ": " + status.ToString(), true};
}

class StateCheck {
 public:
  explicit StateCheck(store::DocumentStore* store) : store_(*store) {}

  /// All documents of the checked collections, each collection against its indexes and counts.
  Finding Run(Model::Documents* seen) {
    for (int i = 0; i < kTargets; ++i) {
      const auto target = static_cast<Target>(i);
      const store::CollectionPtr collection = store_.FindCollection(kDatabase, kTargetNames[i]);
      if (collection == nullptr) continue;
      Finding finding = ReadDocuments(target, *collection, seen);
      if (!finding.what.empty()) return finding;
    }
    for (const store::CollectionPtr& collection : store_.ListCollections({})) {
      Finding finding = Validate(*collection);
      if (!finding.what.empty()) return finding;
    }
    return {};
  }

 private:
  Finding ReadDocuments(Target target, const catalog::Collection& collection,
                        Model::Documents* seen) {
    const std::unique_ptr<kv::Reader> reader = store_.NewSnapshot();
    const auto scan = store_.ScanDocuments(*reader, collection, {}, {});
    std::unordered_set<std::string> suffixes;
    std::set<std::string> unique;
    while (scan->Next()) {
      const bson::View document = scan->document();
      const std::string where = collection.name + ", _id " + std::to_string(IdOf(document));
      if (!bson::Validate(document.bytes()).ok()) return {where + " is no BSON"};
      if (!seen->emplace(std::pair(target, IdOf(document)), document.bytes()).second) {
        return {where + " is there twice"};
      }
      suffixes.emplace(scan->suffix());
      const bson::Value u = document.Find("u");
      if (!u.missing() && !unique.emplace(u.AsString()).second) {
        return {where + " shares its unique value"};
      }
    }
    if (!scan->status().ok()) return Reported("scanning " + collection.name, scan->status());
    for (const catalog::IndexSpec& index : collection.indexes) {
      if (!index.ready || index.multikey) continue;
      Finding finding = ReadIndex(*reader, collection.name, index, suffixes);
      if (!finding.what.empty()) return finding;
    }
    return {};
  }

  // An index that is not multikey leads to each document once.
  Finding ReadIndex(kv::Reader& reader, const std::string& name, const catalog::IndexSpec& index,
                    const std::unordered_set<std::string>& suffixes) {
    const auto scan = store_.ScanIndex(reader, index, {}, {});
    size_t entries = 0;
    const std::string where = "index " + index.name + " of " + name;
    while (scan->Next()) {
      ++entries;
      if (!suffixes.contains(std::string(scan->suffix()))) {
        return {where + " leads to a document that is not there"};
      }
    }
    if (!scan->status().ok()) return Reported("scanning " + where, scan->status());
    if (entries == suffixes.size()) return {};
    return {where + " has " + std::to_string(entries) + " entries for " +
            std::to_string(suffixes.size()) + " documents"};
  }

  Finding Validate(const catalog::Collection& collection) {
    const Result<store::ValidateOutcome> outcome = store_.Validate(collection);
    if (!outcome.ok()) {
      if (outcome.status().code() == ErrorCode::kNamespaceNotFound) return {};
      return Reported("validating " + collection.name, outcome.status());
    }
    if (!outcome->valid) return {collection.name + " is not valid: " + outcome->errors[0]};
    const kv::Counts counts = store_.GetCounts(collection);
    if (counts.documents == outcome->documents) return {};
    return {collection.name + " counts " + std::to_string(counts.documents) +
            " documents and has " + std::to_string(outcome->documents)};
  }

  store::DocumentStore& store_;
};

std::string Difference(const Model::Documents& expected, const Model::Documents& seen) {
  for (const auto& [where, bytes] : expected) {
    const auto found = seen.find(where);
    const std::string name = std::string(kTargetNames[static_cast<int>(where.first)]) + ", _id " +
                             std::to_string(where.second);
    if (found == seen.end()) return name + " is missing";
    if (found->second != bytes) {
      return name + " has version " + std::to_string(TokenOf(found->second)) + " instead of " +
             std::to_string(TokenOf(bytes));
    }
  }
  for (const auto& [where, bytes] : seen) {
    if (expected.contains(where)) continue;
    return std::string(kTargetNames[static_cast<int>(where.first)]) + ", _id " +
           std::to_string(where.second) + " is there and should not be";
  }
  return {};
}

class Check {
 public:
  Check(store::DocumentStore* store, kv::CommitNumber recovered, const Journal& journal,
        Model* model, CheckFigures* figures)
      : store_(*store),
        recovered_(recovered),
        journal_(journal),
        model_(*model),
        figures_(*figures) {}

  std::string Run() {
    if (!journal_.violation().empty()) return journal_.violation();
    visible_ = store_.kv().visible();
    if (std::string wrong = CheckNumbers(); !wrong.empty()) return wrong;
    if (const Status durable = store_.kv().WaitDurable(visible_); !durable.ok()) {
      return "after recovery: " + durable.ToString();
    }
    bool history_lost = false;
    if (std::string wrong = ReplayLog(&history_lost); !wrong.empty()) return wrong;
    Model::Documents seen;
    if (Finding finding = StateCheck(&store_).Run(&seen); !finding.what.empty()) {
      return finding.what;
    }
    figures_.documents = seen.size();
    std::string wrong = history_lost ? ReplayKnown(seen) : Difference(model_.documents, seen);
    if (!wrong.empty()) return wrong;
    return CheckDefinitions();
  }

 private:
  std::string CheckNumbers() {
    if (recovered_ < model_.last) {
      return "the store ends at commit " + std::to_string(recovered_) + ", but had recovered " +
             std::to_string(model_.last);
    }
    for (const auto& entry : journal_.committed()) {
      const std::string commit = "commit " + std::to_string(entry->number);
      if (entry->number <= model_.last) return commit + " has the number of an earlier commit";
      if (!known_.emplace(entry->number, entry.get()).second) return commit + " was given twice";
      if (entry->number <= recovered_) continue;
      ++figures_.commits_lost;
      if (entry->acknowledged) {
        return commit + " was acknowledged, but the store ends at " + std::to_string(recovered_);
      }
    }
    figures_.commits_unknown += journal_.unknown().size();
    unknown_used_.resize(journal_.unknown().size());
    return {};
  }

  std::string ReplayLog(bool* history_lost) {
    if (model_.last == visible_) return {};
    Result<std::unique_ptr<kv::LogReader>> reader = store_.kv().ReadLog(model_.last);
    if (!reader.ok()) return "opening the commit log: " + reader.status().ToString();
    while (model_.last < visible_) {
      kv::LogEntry entry;
      const Result<bool> next = (*reader)->Next(&entry);
      if (next.status().code() == ErrorCode::kChangeStreamHistoryLost) {
        *history_lost = true;
        ++figures_.histories_lost;
        return {};
      }
      if (!next.ok()) return "reading the commit log: " + next.status().ToString();
      const std::string commit = "commit " + std::to_string(entry.number);
      if (!*next) return "the commit log ends before commit " + std::to_string(model_.last + 1);
      if (entry.number != model_.last + 1) {
        return "the commit log has " + commit + " after " + std::to_string(model_.last);
      }
      if (entry.timestamp <= model_.last_timestamp) return commit + " has an older timestamp";
      std::string wrong = ReplayEntry(**reader, entry);
      if (!wrong.empty()) return commit + ": " + wrong;
      model_.last = entry.number;
      model_.last_timestamp = entry.timestamp;
    }
    return {};
  }

  std::string ReplayEntry(const kv::LogReader& reader, const kv::LogEntry& entry) {
    std::vector<DocumentWrite> logged;
    store::ChangeReader changes(entry.record);
    store::Change change;
    while (true) {
      const Result<bool> more = changes.Next(&change);
      if (!more.ok()) return more.status().ToString();
      if (!*more) break;
      if (!IsDocumentKind(change.kind)) continue;
      DocumentWrite write;
      write.kind = change.kind;
      if (!FindTarget(change.collection_id, &write.target)) continue;
      std::string wrong = FillIn(reader, change, &write);
      if (!wrong.empty()) return wrong;
      logged.push_back(std::move(write));
    }
    const std::vector<DocumentWrite>* written = FindIntent(entry.number, logged);
    if (written == nullptr)
      return logged.empty() ? "" : "holds writes that no client had under way";
    if (!SameWrites(*written, logged)) {
      return "holds" + Describe(logged) + ", but its client wrote" + Describe(*written);
    }
    return Apply(*written, &model_.documents);
  }

  bool FindTarget(uint32_t collection_id, Target* target) const {
    const store::CollectionPtr collection = store_.FindCollectionById(collection_id);
    if (collection == nullptr || collection->database != kDatabase) return false;
    for (int i = 0; i < kTargets; ++i) {
      *target = static_cast<Target>(i);
      if (collection->name == kTargetNames[i]) return true;
    }
    return false;
  }

  std::string FillIn(const kv::LogReader& reader, const store::Change& change,
                     DocumentWrite* write) const {
    if (change.kind == ChangeKind::kDelete) {
      write->id = IdOf(bson::View(change.id.data()));
      return {};
    }
    std::string key = key::IdPrefix(change.collection_id);
    key.append(change.suffix);
    std::string_view value;
    if (!reader.FindPut(key::Family::kDocuments, key, &value)) return "holds no document it names";
    if (!store::IsPlainDocument(value)) return "holds a damaged document";
    write->after = value.substr(1);
    write->id = IdOf(bson::View(write->after.data()));
    return {};
  }

  static std::string Describe(const std::vector<DocumentWrite>& writes) {
    std::string text;
    for (const DocumentWrite& write : writes) {
      text += " _id " + std::to_string(write.id) + " kind " +
              std::to_string(static_cast<int>(write.kind)) + " version " +
              (write.after.empty() ? "none" : std::to_string(TokenOf(write.after)));
    }
    return text;
  }

  static bool SameWrites(const std::vector<DocumentWrite>& a, const std::vector<DocumentWrite>& b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [](const DocumentWrite& x, const DocumentWrite& y) {
          return x.target == y.target && x.kind == y.kind && x.id == y.id && x.after == y.after;
        });
  }

  const std::vector<DocumentWrite>* FindIntent(kv::CommitNumber number,
                                               const std::vector<DocumentWrite>& logged) {
    if (number > recovered_) return nullptr;  // of the store itself
    if (const auto found = known_.find(number); found != known_.end())
      return &found->second->writes;
    for (size_t i = 0; i < unknown_used_.size() && !logged.empty(); ++i) {
      if (unknown_used_[i] || !SameWrites(journal_.unknown()[i], logged)) continue;
      unknown_used_[i] = true;
      return &journal_.unknown()[i];
    }
    return nullptr;
  }

  static std::string Apply(const std::vector<DocumentWrite>& writes, Model::Documents* documents) {
    for (const DocumentWrite& write : writes) {
      const std::pair where(write.target, write.id);
      const auto found = documents->find(where);
      const int64_t token = found == documents->end() ? 0 : TokenOf(found->second);
      if (token != write.before) {
        return "_id " + std::to_string(write.id) + " was written over version " +
               std::to_string(token) + ", but its client had seen " + std::to_string(write.before);
      }
      if (write.after.empty()) {
        documents->erase(where);
      } else {
        (*documents)[where] = write.after;
      }
    }
    return {};
  }

  // Without the log: the commits that have numbers, then some of those of unknown outcome, whose
  // numbers can only be higher. The store chose which of them; one choice has to explain it all.
  std::string ReplayKnown(const Model::Documents& seen) {
    std::vector<const CommitEntry*> entries;
    for (const auto& [number, entry] : known_) {
      if (number > model_.last && number <= recovered_) entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end(),
              [](const CommitEntry* a, const CommitEntry* b) { return a->number < b->number; });
    for (const CommitEntry* entry : entries) {
      std::string wrong = Apply(entry->writes, &model_.documents);
      if (!wrong.empty()) return "commit " + std::to_string(entry->number) + ": " + wrong;
    }
    const auto& unknown = journal_.unknown();
    if (unknown.size() > kUnknownMax) return "too many commits of unknown outcome to tell";
    std::string first_wrong;
    for (uint32_t choice = 0; choice < uint32_t{1} << unknown.size(); ++choice) {
      Model::Documents chosen = model_.documents;
      std::string wrong;
      for (size_t i = 0; i < unknown.size() && wrong.empty(); ++i) {
        if ((choice >> i & 1) == 1 && !unknown_used_[i]) wrong = Apply(unknown[i], &chosen);
      }
      if (wrong.empty()) wrong = Difference(chosen, seen);
      if (choice == 0) first_wrong = wrong;
      if (!wrong.empty()) continue;
      model_.documents = std::move(chosen);
      model_.last = visible_;
      return {};
    }
    return "without the log's history, " + std::to_string(entries.size()) + " commits up to " +
           std::to_string(visible_) + " and " + std::to_string(unknown.size()) +
           " of unknown outcome: " + first_wrong;
  }

  std::string CheckDefinitions() {
    model_.dropped.insert(model_.dropped.end(), journal_.dropped().begin(),
                          journal_.dropped().end());
    model_.indexes.insert(model_.indexes.end(), journal_.indexes().begin(),
                          journal_.indexes().end());
    for (const std::string& name : model_.dropped) {
      if (store_.FindCollection(kDatabase, name) != nullptr)
        return name + " is back after its drop";
    }
    const store::CollectionPtr collection = store_.FindCollection(kDatabase, kTargetNames[0]);
    for (const std::string& name : model_.indexes) {
      const catalog::IndexSpec* index =
          collection == nullptr ? nullptr : collection->FindIndex(name);
      if (index == nullptr || !index->ready) return "index " + name + " is gone";
    }
    return {};
  }

  store::DocumentStore& store_;
  const kv::CommitNumber recovered_;
  const Journal& journal_;
  Model& model_;
  CheckFigures& figures_;
  kv::CommitNumber visible_ = 0;
  std::unordered_map<kv::CommitNumber, const CommitEntry*> known_;
  std::vector<bool> unknown_used_;
};

}  // namespace

int64_t TokenOf(std::string_view bson) {
  const bson::Value token = bson::View(bson.data()).Find("t");
  return token.type() == bson::Type::kInt64 ? token.AsInt64() : 0;
}

std::string CheckStore(store::DocumentStore* store, kv::CommitNumber recovered,
                       const Journal& journal, Model* model, CheckFigures* figures) {
  return Check(store, recovered, journal, model, figures).Run();
}

std::string CheckAgainstModel(store::DocumentStore* store, const Model& model, bool* detected) {
  Model::Documents seen;
  const Finding finding = StateCheck(store).Run(&seen);
  *detected = finding.reported;
  if (!finding.what.empty()) return finding.reported ? "" : finding.what;
  if (store->kv().visible() < model.last) {
    return "the store ends at commit " + std::to_string(store->kv().visible()) + " instead of " +
           std::to_string(model.last);
  }
  return Difference(model.documents, seen);
}

}  // namespace cairn::harness
