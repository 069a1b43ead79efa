// SPDX-License-Identifier: Apache-2.0
// What stands behind a Database and its Collections: the store, and how writes of the API reach it.
// Thread safety: any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/options.h"
#include "cairn/status.h"
#include "engine/base/clock.h"
#include "engine/store/document_store.h"
#include "query/exec/read_context.h"
#include "query/exec/running_operations.h"
#include "query/plan/cache.h"
#include "query/plan/query_settings.h"
#include "query/validators.h"

namespace cairn {

class TtlMonitor;

class Engine {
 public:
  /// `temporary_directory`: empty when nothing may go to disk.
  Engine(std::unique_ptr<store::DocumentStore> store, size_t cache_bytes,
         std::string temporary_directory, LogSink log);
  ~Engine();

  store::DocumentStore& store() { return *store_; }
  plan::PlanCache& plans() { return *plans_; }
  plan::QuerySettings& query_settings() { return *query_settings_; }
  exec::RunningOperations& operations() { return *operations_; }
  exec::Environment environment() const {
    return {store_.get(),         base::Clock::System(), scan_cache_bytes_,
            temporary_directory_, plans_.get(),          query_settings_.get()};
  }

  /// Runs `body` as store::DocumentStore::Write does, in a collection that is created when there is
  /// none, and again when it is dropped meanwhile. Errors: InvalidNamespace,
  /// CommandNotSupportedOnView.
  Result<CommitNumber> WriteCreating(std::string_view database, std::string_view name,
                                     const std::function<Status(store::WriteTransaction&)>& body);
  /// Whether users have said anywhere how reads have to find their documents.
  bool ReadsAreDirected() const { return !query_settings_->empty() || plans_->HasFilters(); }
  Validators& validators() { return validators_; }
  /// Deletes expired documents from now on, every `interval_ms`; 0: never.
  void StartTtlMonitor(int64_t interval_ms);
  /// Waits as `options` ask for.
  Status Settle(const WriteOptions& options, CommitNumber commit);

 private:
  const std::unique_ptr<store::DocumentStore> store_;
  const std::unique_ptr<plan::PlanCache> plans_ = std::make_unique<plan::PlanCache>();
  const std::unique_ptr<plan::QuerySettings> query_settings_ =
      std::make_unique<plan::QuerySettings>();
  const std::unique_ptr<exec::RunningOperations> operations_ =
      std::make_unique<exec::RunningOperations>(base::Clock::System());
  const size_t scan_cache_bytes_;
  const std::string temporary_directory_;
  Validators validators_;
  std::unique_ptr<TtlMonitor> ttl_monitor_;  // Last: its thread uses the others.
};

/// Error CommandNotSupportedOnView for a view.
Status CheckIsCollection(const catalog::Collection& collection);

/// Whether `status` is about the document at hand, so that others may follow it; otherwise it is
/// about the store, or about the transaction.
bool IsDocumentError(const Status& status);

}  // namespace cairn
