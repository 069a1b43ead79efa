// SPDX-License-Identifier: Apache-2.0
#include "cairn/database.h"

#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/engine.h"
#include "query/listing.h"
#include "query/plan/partial_filter.h"

namespace cairn {

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

void Database::WhenDurable(CommitNumber commit, std::function<void(const Status&)> done) {
  if (commit == 0) {
    done(Status::Ok());
    return;
  }
  engine_->store().kv().WhenDurable(commit, std::move(done));
}

Status Database::write_state() const { return engine_->store().kv().write_state(); }

}  // namespace cairn
