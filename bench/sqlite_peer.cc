// SPDX-License-Identifier: Apache-2.0
#include "bench/peer.h"

#ifdef CAIRN_BENCH_SQLITE
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

namespace cairn::bench {
namespace {

class Sqlite final : public Peer {
 public:
  explicit Sqlite(const std::string& directory) {
    Check(sqlite3_open((directory + "/sqlite.db").c_str(), &db_));
    // As much memory as Cairn has by default; the file stays in it.
    Run("PRAGMA cache_size = -262144");
    Run("PRAGMA synchronous = OFF");
    Run("CREATE TABLE people (id INTEGER PRIMARY KEY, d TEXT)");
  }
  ~Sqlite() override { sqlite3_close(db_); }

  const char* name() const override { return "SQLite json_extract"; }
  void Load(std::span<const std::string> documents) override {
    Run("BEGIN");
    sqlite3_stmt* insert = Prepare("INSERT INTO people (d) VALUES (?)");
    for (const std::string& document : documents) {
      Check(sqlite3_bind_text(insert, 1, document.data(), static_cast<int>(document.size()),
                              SQLITE_STATIC));
      if (sqlite3_step(insert) != SQLITE_DONE) Check(SQLITE_ERROR);
      Check(sqlite3_reset(insert));
    }
    sqlite3_finalize(insert);
    Run("COMMIT");
    Run("ANALYZE");
  }
  GroupAnswer Group() override {
    sqlite3_stmt* const query = Prepare(
        "SELECT json_extract(d, '$.age'), count(*), avg(json_extract(d, '$.score')) "
        "FROM people GROUP BY 1");
    GroupAnswer answer;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(query)) == SQLITE_ROW) {
      ++answer.groups;
      answer.documents += sqlite3_column_int64(query, 1);
      answer.sum_of_means += sqlite3_column_double(query, 2);
    }
    if (step != SQLITE_DONE) Check(step);
    sqlite3_finalize(query);
    return answer;
  }

 private:
  void Check(int code) {
    if (code == SQLITE_OK) return;
    std::fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void Run(const char* sql) { Check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    Check(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr));
    return statement;
  }

  sqlite3* db_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> OpenSqlite(const std::string& directory) {
  return std::make_unique<Sqlite>(directory);
}

}  // namespace cairn::bench

#else
#include <cstdio>

std::unique_ptr<cairn::bench::Peer> cairn::bench::OpenSqlite(const std::string&) {
  std::fprintf(stderr, "LEFT OUT: SQLite, as this was built without libsqlite3-dev\n");
  return nullptr;
}
#endif
