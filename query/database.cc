// SPDX-License-Identifier: Apache-2.0
#include "cairn/database.h"

#include <algorithm>
#include <utility>

#include "engine/base/md5.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/engine.h"
#include "query/globals.h"
#include "query/listing.h"
#include "query/plan/partial_filter.h"

namespace cairn {
namespace {

std::string Hexadecimal(const base::Md5::Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                 const OpenOptions& options) {
  kv::OpenOptions store_options;
  store_options.path = path;
  store_options.in_memory = options.in_memory;
  store_options.cache_bytes = options.cache_bytes;
  store_options.log_bytes = options.log_bytes;
  store_options.log_seconds = options.log_seconds;
  store_options.log = options.log;
  CAIRN_TRY_ASSIGN(auto store,
                   store::DocumentStore::Open(store_options, plan::CompilePartialFilter));
  store->ResumeIndexBuilds();
  auto engine = std::make_unique<Engine>(std::move(store), options.cache_bytes,
                                         options.in_memory ? std::string() : path, options.log);
  engine->StartTtlMonitor(options.ttl_interval_ms);
  return std::unique_ptr<Database>(new Database(std::move(engine)));
}

Database::Database(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Database::~Database() = default;

Result<Collection> Database::GetCollection(std::string_view database, std::string_view name) {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  CAIRN_TRY(catalog::CheckCollectionName(database, name));
  return Collection(engine_.get(), database, name);
}

std::vector<std::string> Database::ListDatabases() const {
  return engine_->store().ListDatabases();
}

Result<std::vector<CollectionInfo>> Database::ListCollections(std::string_view database) const {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  std::vector<CollectionInfo> infos;
  for (const store::CollectionPtr& collection : engine_->store().ListCollections(database)) {
    infos.push_back(DescribeCollection(engine_->store(), *collection));
  }
  AddSystemViews(&infos);
  return infos;
}

Result<bool> Database::DropDatabase(std::string_view database, CommitNumber* commit) {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  CAIRN_TRY_ASSIGN(const store::DdlOutcome dropped, engine_->store().DropDatabase(database));
  if (commit != nullptr) *commit = dropped.commit;
  return dropped.existed;
}

Status Database::WaitDurable(CommitNumber commit) {
  if (commit == 0) return Status::Ok();
  return engine_->store().kv().WaitDurable(commit);
}

Status Database::Sync() { return WaitDurable(engine_->store().kv().visible()); }

void Database::WhenDurable(CommitNumber commit, std::function<void(const Status&)> done) {
  if (commit == 0) {
    done(Status::Ok());
    return;
  }
  engine_->store().kv().WhenDurable(commit, std::move(done));
}

Status Database::write_state() const { return engine_->store().kv().write_state(); }

std::vector<bson::Document> Database::CurrentOperations() const {
  return engine_->operations().Describe();
}

bool Database::KillOperation(int64_t id) { return engine_->operations().Kill(id); }

Result<DatabaseHash> Database::Hash(std::string_view database,
                                    const std::vector<std::string>& names,
                                    int64_t max_time_ms) const {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  const OperationDeadline deadline(engine_->environment().clock, max_time_ms);
  DatabaseHash hash;
  base::Md5 all;
  for (const store::CollectionPtr& collection : engine_->store().ListCollections(database)) {
    const bool wanted = names.empty() || std::ranges::find(names, collection->name) != names.end();
    if (collection->is_view || !wanted) continue;
    CAIRN_TRY_ASSIGN(Cursor cursor,
                     Collection(engine_.get(), database, collection->name).Find(bson::Document()));
    base::Md5 sum;
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, cursor.Next());
      if (!more) break;
      sum.Add(cursor.document().bytes());
    }
    std::string digits = Hexadecimal(sum.Finish());
    all.Add(digits);
    hash.collections.emplace_back(collection->name, std::move(digits));
  }
  hash.all = Hexadecimal(all.Finish());
  return hash;
}

std::vector<std::pair<std::string, uint64_t>> Database::Metrics() const {
  return engine_->store().kv().Metrics();
}

}  // namespace cairn
