// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/workload.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "tests/harness/checker.h"

namespace cairn::harness {
namespace {

constexpr int64_t kRecordIds = int64_t{1} << 40;  // never drawn twice, so their own tokens
// Fields that get an index while clients write: a number of its own for each version, one that
// repeats, texts longer than a key may be, and nothing.
constexpr const char* kLaterIndexes[] = {"t", "before", "p", "nowhere"};

bson::Value Int64Value(const int64_t* number) {
  return bson::Value(bson::Type::kInt64, reinterpret_cast<const char*>(number));
}

// Twelve letters a draw: large documents are most of what a run draws.
std::string Letters(size_t count, Random* random) {
  std::string letters(count, '\0');
  uint64_t left = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i % 12 == 0) left = (*random)();
    letters[i] = static_cast<char>('a' + left % 26);
    left /= 26;
  }
  return letters;
}

store::IndexDefinition Index(std::string name, const char* field, bool unique) {
  bson::Builder pattern;
  pattern.AppendInt32(field, 1);
  store::IndexDefinition index;
  index.name = std::move(name);
  index.key_pattern = pattern.Finish();
  index.unique = unique;
  return index;
}

}  // namespace

Client::Client(store::DocumentStore* store, Journal* journal, const Mix& mix, uint32_t number,
               uint64_t seed, Excused excused)
    : store_(*store),
      journal_(*journal),
      mix_(mix),
      number_(number),
      excused_(std::move(excused)),
      random_(seed) {
  for (int i = 0; i < kTargets; ++i) {
    targets_[i] = store_.FindCollection(kDatabase, kTargetNames[i]);
  }
}

// `unique` empty: a fresh draw.
DocumentWrite Client::MakeDocument(Target target, int64_t id, int64_t before,
                                   std::string_view unique) {
  bson::Builder builder;
  builder.AppendInt64("_id", id);
  builder.AppendInt64("t", NextToken());
  builder.AppendInt64("before", before);
  if (target == Target::kMain) {
    const std::string drawn =
        "u" + std::to_string(Draw(&random_, static_cast<uint64_t>(mix_.ids) * 3));
    builder.AppendString("u", unique.empty() ? drawn : unique);
    builder.AppendInt32("a", static_cast<int32_t>(Draw(&random_, 100)));
    builder.OpenArray("tags");
    for (uint64_t i = Draw(&random_, 4); i > 0; --i) {
      builder.AppendInt32(builder.NextIndex(), static_cast<int32_t>(Draw(&random_, 20)));
    }
    builder.Close();
  }
  const bool large = Draw(&random_, 100) < static_cast<uint64_t>(mix_.large);
  const uint64_t size = Draw(&random_, large ? 65536 : 400);
  builder.AppendString("p", Letters(size, &random_));
  DocumentWrite write;
  write.target = target;
  write.id = id;
  write.before = before;
  write.after = builder.Finish().bytes();
  return write;
}

Status Client::InsertOne(store::WriteTransaction& transaction, Target target, int64_t id) {
  DocumentWrite write = MakeDocument(target, id, 0, {});
  Status status = transaction.Insert(bson::View(write.after.data()));
  if (status.code() == ErrorCode::kDuplicateKey) return Status::Ok();  // leaves no trace
  CAIRN_TRY(std::move(status));
  write.kind = store::ChangeKind::kInsert;
  writes_.push_back(std::move(write));
  return Status::Ok();
}

Status Client::UpdateOne(store::WriteTransaction& transaction, int64_t id, bool remove) {
  const std::string suffix = key::EncodeId(Int64Value(&id));
  bson::View before;
  CAIRN_TRY_ASSIGN(const bool found, transaction.ReadForUpdate(suffix, &before));
  if (!found) return Status::Ok();
  const int64_t token = TokenOf(before.bytes());
  DocumentWrite write;
  if (remove) {
    CAIRN_TRY(transaction.Delete(suffix, before));
    write.id = id;
    write.before = token;
    write.kind = store::ChangeKind::kDelete;
  } else {
    const bool keep = Draw(&random_, 3) != 0;
    const std::string unique = keep ? std::string(before.Find("u").AsString()) : std::string();
    write = MakeDocument(Target::kMain, id, token, unique);
    write.kind = store::ChangeKind::kReplace;
    Status status = transaction.Update(suffix, before, bson::View(write.after.data()), {});
    if (status.code() == ErrorCode::kDuplicateKey) return Status::Ok();
    CAIRN_TRY(std::move(status));
  }
  writes_.push_back(std::move(write));
  return Status::Ok();
}

// What the transaction does follows from `seed`, though not the bytes of the documents: after a
// conflict it runs again.
Status Client::RunBody(store::WriteTransaction& transaction, uint64_t seed) {
  writes_.clear();
  Random random(seed);
  const bool several = Draw(&random, 100) < static_cast<uint64_t>(mix_.several);
  std::set<int64_t> ids;
  for (uint64_t left = several ? 2 + Draw(&random, 11) : 1; left > 0; --left) {
    const auto id = static_cast<int64_t>(Draw(&random, static_cast<uint64_t>(mix_.ids)));
    const auto what = static_cast<int>(Draw(&random, 100));
    if (!ids.insert(id).second) continue;
    if (what < mix_.update + mix_.remove) {
      CAIRN_TRY(UpdateOne(transaction, id, what < mix_.remove));
    } else {
      CAIRN_TRY(InsertOne(transaction, Target::kMain, id));
    }
  }
  return Status::Ok();
}

bool Client::Step() {
  const bool record = Draw(&random_, 100) < static_cast<uint64_t>(mix_.records);
  const uint64_t seed = random_();
  const auto target = record ? Target::kRecords : Target::kMain;
  const Result<kv::CommitNumber> committed = store_.Write(
      targets_[static_cast<int>(target)], [&](store::WriteTransaction& transaction) -> Status {
        if (!record) return RunBody(transaction, seed);
        writes_.clear();
        return InsertOne(transaction, target, kRecordIds + NextToken());
      });
  return Settle(committed);
}

bool Client::Settle(const Result<kv::CommitNumber>& committed) {
  if (committed.ok()) {
    if (!writes_.empty()) AskForTicket(journal_.AddCommitted(std::move(writes_), *committed));
    return true;
  }
  const Status& status = committed.status();
  if (status.code() == ErrorCode::kWriteConflict) return true;
  if (status.code() == ErrorCode::kCommitOutcomeUnknown) journal_.AddUnknown(std::move(writes_));
  if (!excused_()) journal_.AddViolation("a write failed: " + status.ToString());
  return false;
}

void Client::AskForTicket(const std::shared_ptr<CommitEntry>& entry) {
  const auto how = static_cast<int>(Draw(&random_, 100));
  if (how < mix_.wait) {
    const Status durable = store_.kv().WaitDurable(entry->number);
    if (durable.ok()) {
      journal_.Acknowledge(entry);
    } else if (!excused_()) {
      journal_.AddViolation("a ticket failed: " + durable.ToString());
    }
  } else if (how < 2 * mix_.wait) {
    store_.kv().WhenDurable(entry->number, [entry, &journal = journal_](const Status& durable) {
      if (durable.ok()) journal.Acknowledge(entry);
    });
  }
}

Status PrepareCollections(store::DocumentStore* store, Journal* journal) {
  kv::CommitNumber commit = 0;
  for (int i = 0; i < kTargets; ++i) {
    if (store->FindCollection(kDatabase, kTargetNames[i]) != nullptr) continue;
    const auto layout = static_cast<Target>(i) == Target::kRecords ? catalog::Layout::kByRecord
                                                                   : catalog::Layout::kById;
    CAIRN_TRY(store->CreateCollection(kDatabase, kTargetNames[i], layout, bson::Document(), &commit)
                  .status());
  }
  const std::vector<store::IndexDefinition> indexes = {
      Index("u", "u", true), Index("a", "a", false), Index("tags", "tags", false)};
  CAIRN_TRY_ASSIGN(const store::CreateIndexesOutcome outcome,
                   store->CreateIndexes(kDatabase, kTargetNames[0], indexes));
  if (outcome.commit == 0) return Status::Ok();
  CAIRN_TRY(store->kv().WaitDurable(outcome.commit));
  for (const store::IndexDefinition& index : indexes) journal->AddIndex(index.name);
  return Status::Ok();
}

Status BuildLaterIndex(store::DocumentStore* store, Journal* journal, uint64_t which) {
  const char* field = kLaterIndexes[which % std::size(kLaterIndexes)];
  CAIRN_TRY_ASSIGN(const store::CreateIndexesOutcome outcome,
                   store->CreateIndexes(kDatabase, kTargetNames[0], {Index(field, field, false)}));
  CAIRN_TRY(store->kv().WaitDurable(outcome.commit));
  if (outcome.commit != 0) journal->AddIndex(field);
  return Status::Ok();
}

namespace {

// A collection's whole life.
Status ComeAndGo(store::DocumentStore* store, Journal* journal, const std::string& name,
                 Random* random) {
  CAIRN_TRY_ASSIGN(const store::CollectionPtr collection,
                   store->FindOrCreateCollection(kDatabase, name));
  const bool index_first = Draw(random, 2) == 0;
  const std::vector<store::IndexDefinition> indexes = {Index("n", "n", true)};
  if (index_first) CAIRN_TRY(store->CreateIndexes(kDatabase, name, indexes).status());
  CAIRN_TRY(store
                ->Write(collection,
                        [&](store::WriteTransaction& transaction) -> Status {
                          for (int32_t i = 0; i < 50; ++i) {
                            bson::Builder builder;
                            builder.AppendInt32("_id", i).AppendInt32("n", -i);
                            CAIRN_TRY(transaction.Insert(builder.Finish()));
                          }
                          return Status::Ok();
                        })
                .status());
  if (!index_first) CAIRN_TRY(store->CreateIndexes(kDatabase, name, indexes).status());
  if (Draw(random, 3) == 0) return Status::Ok();
  CAIRN_TRY_ASSIGN(const store::DdlOutcome dropped, store->DropCollection(kDatabase, name));
  CAIRN_TRY(store->kv().WaitDurable(dropped.commit));
  journal->AddDropped(name);
  return Status::Ok();
}

}  // namespace

bool ChangeDefinitionsOnce(store::DocumentStore* store, Journal* journal, uint32_t number,
                           uint64_t seed) {
  Random random(seed);
  if (Draw(&random, 4) == 0) return BuildLaterIndex(store, journal, random()).ok();
  const std::string name = "d" + std::to_string(number) + "_" + std::to_string(seed);
  return ComeAndGo(store, journal, name, &random).ok();
}

void ChangeDefinitions(store::DocumentStore* store, Journal* journal, uint32_t number,
                       uint64_t seed, const std::atomic<bool>* stop) {
  // Whether the disk excuses an error shows in the clients.
  while (!*stop && ChangeDefinitionsOnce(store, journal, number, seed++)) {
  }
}

}  // namespace cairn::harness
