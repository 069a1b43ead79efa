// SPDX-License-Identifier: Apache-2.0
// What an index build keeps in the catalog: its specifications, and how far it is.
#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/kv/retry.h"
#include "engine/store/index_build.h"
#include "engine/store/store_impl.h"

namespace cairn::store {

using catalog::BuildStage;

// The latch is held alone. Commits what `change` makes of the collection, and shows it.
Result<kv::CommitNumber> IndexBuild::ChangeCollection(const CollectionChange& change) {
  catalog::Collection changed;
  CAIRN_TRY_ASSIGN(const kv::CommitNumber commit,
                   kv::RunTransaction(&store_->kv(), {}, [&](kv::Transaction& transaction) {
                     changed = state_->writer().collection;
                     CAIRN_TRY(change(transaction, &changed));
                     return catalog::PutCollection(transaction, changed);
                   }));
  const CollectionPtr shown = store_->FindCollectionById(collection_id_);
  state_->Replace(changed, true);
  store_->Publish(std::move(changed), shown->shared);
  return commit;
}

Status IndexBuild::TakeUp() {
  const std::unique_lock latch(state_->latch);
  if (state_->dropped) {
    return Status(ErrorCode::kNamespaceNotFound, "the collection has been dropped");
  }
  const catalog::Collection& collection = state_->writer().collection;
  collection_id_ = collection.id;
  namespace_ = collection.Namespace();
  bool goes_on = true;
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (index.ready) continue;
    Target& target = targets_.emplace_back(index, store_->filter_compiler());
    const catalog::BuildState state = index.build.value_or(catalog::BuildState());
    // The same for all: one build at a time makes notes, and for all its indexes at once.
    stage_ = state.stage;
    after_ = state.after;
    position_ = state.position;
    target.runs = state.runs;
    goes_on &= index.build.has_value() && !catalog::IsOfOtherIcu(index);
  }
  if (targets_.empty()) return Status::Ok();
  resumed_ = goes_on && LogReaches(after_);
  if (resumed_) {
    store_->Log(LogLevel::kInfo, "an interrupted index build of " + namespace_ + " goes on");
    for (Target& target : targets_) target.has_other_keys = stage_ == BuildStage::kLoaded;
    return Status::Ok();
  }
  store_->Log(LogLevel::kInfo, "an interrupted index build of " + namespace_ + " is done anew");
  return BeginAnewLocked();
}

bool IndexBuild::LogReaches(kv::CommitNumber after) {
  log_pin_ = store_->kv().PinLog(after);
  kv::LogEntry entry;
  const Result<std::unique_ptr<kv::LogReader>> log = store_->kv().ReadLog(after);
  return log.ok() && (*log)->Next(&entry).ok();
}

Status IndexBuild::BeginAnew() {
  const std::unique_lock latch(state_->latch);
  return BeginAnewLocked();
}

// The latch is held alone. Under new ids nothing is in the way.
Status IndexBuild::BeginAnewLocked() {
  resumed_ = false;
  stage_ = BuildStage::kScanning;
  position_.clear();
  touched_.clear();
  std::vector<Target> old;
  old.swap(targets_);
  std::vector<catalog::IndexSpec> anew;
  CAIRN_TRY(ChangeCollection([&](kv::Transaction& transaction,
                                 catalog::Collection* collection) -> Status {
              anew.clear();
              CAIRN_TRY_ASSIGN(uint32_t id, catalog::AllocateIds(
                                                transaction, static_cast<uint32_t>(old.size())));
              for (catalog::IndexSpec& spec : collection->indexes) {
                const auto is = [&](const Target& target) { return target.spec.id == spec.id; };
                if (std::none_of(old.begin(), old.end(), is)) continue;
                CAIRN_TRY(catalog::PutIndexDropped(transaction, spec));
                spec.id = id++;
                spec.ready = spec.multikey = spec.has_truncated_keys = false;
                spec.multikey_paths.clear();
                spec.build.reset();
                anew.push_back(spec);
              }
              return Status::Ok();
            }).status());
  for (const catalog::IndexSpec& spec : anew) {
    targets_.emplace_back(spec, store_->filter_compiler());
  }
  store_->reclaimer().Notify();
  return Status::Ok();
}

// While documents are being scanned, the next runs are announced, so that what is stored under
// their ids can be found again. Runs that have been loaded are given up.
Status IndexBuild::Note(BuildStage stage, kv::CommitNumber after, std::string_view position) {
  stage_ = stage;
  after_ = after;
  if (store_->options().in_memory) return Status::Ok();
  const std::unique_lock latch(state_->latch);
  std::vector<std::vector<uint32_t>> runs;
  CAIRN_TRY(ChangeCollection([&](kv::Transaction& transaction,
                                 catalog::Collection* collection) -> Status {
              uint32_t next = 0;
              if (stage == BuildStage::kScanning) {
                CAIRN_TRY_ASSIGN(next, catalog::AllocateIds(
                                           transaction, static_cast<uint32_t>(targets_.size())));
              }
              runs.clear();
              for (const Target& target : targets_) {
                runs.push_back(target.runs);
                if (stage == BuildStage::kScanning) runs.back().push_back(next++);
                for (catalog::IndexSpec& spec : collection->indexes) {
                  if (spec.id == target.spec.id) {
                    CAIRN_TRY(NoteOf(transaction, target, position, &runs.back(), &spec));
                  }
                }
              }
              return Status::Ok();
            }).status());
  for (size_t i = 0; i < targets_.size(); ++i) targets_[i].runs = std::move(runs[i]);
  if (stage == BuildStage::kLoaded) store_->reclaimer().Notify();
  return Status::Ok();
}

Status IndexBuild::NoteOf(kv::Transaction& transaction, const Target& target,
                          std::string_view position, std::vector<uint32_t>* runs,
                          catalog::IndexSpec* spec) const {
  if (stage_ == BuildStage::kLoaded) {
    for (const uint32_t run : *runs) {
      CAIRN_TRY(catalog::PutDropped(transaction, run, catalog::DroppedKind::kRun));
    }
    runs->clear();
  }
  target.flags.Apply(target.generator, spec);
  spec->build = catalog::BuildState{stage_, after_, std::string(position), *runs};
  return Status::Ok();
}

}  // namespace cairn::store
