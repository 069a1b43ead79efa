// SPDX-License-Identifier: Apache-2.0
// Cairn inside a program, without a server: opens a database, indexes, writes and queries it.
//   embed [DIR]    keeps its data in DIR, or in memory when none is named
#include <cairn/cairn.h>

#include <cstdio>
#include <string>
#include <utility>

namespace {

using cairn::bson::Document;

// The steps; the first error ends them.
cairn::Status Run(cairn::Database* database) {
  auto books = database->GetCollection("library", "books");
  if (!books.ok()) return books.status();

  cairn::IndexModel by_year;
  auto keys = cairn::json::Parse(R"({"year": 1})");
  if (!keys.ok()) return keys.status();
  by_year.keys = *keys;
  auto indexed = books->CreateIndexes({&by_year, 1});
  if (!indexed.ok()) return indexed.status();

  for (const char* text : {
           R"({"title": "A Field of Stones", "year": 1931, "tags": ["travel", "mountains"]})",
           R"({"title": "The Lamp Keeper", "year": 1967, "tags": ["sea"]})",
           R"({"title": "Notes on Salt", "year": 1988, "tags": ["sea", "cooking"]})",
       }) {
    auto document = cairn::json::Parse(text);
    if (!document.ok()) return document.status();
    auto inserted = books->InsertOne(*document);  // acknowledged: it is on disk
    if (!inserted.ok()) return inserted.status();
  }

  auto sea = cairn::json::Parse(R"({"tags": "sea", "year": {"$gte": 1960}})");
  auto read = cairn::json::Parse(R"({"$set": {"read": true}, "$inc": {"visits": 1}})");
  auto order = cairn::json::Parse(R"({"year": -1})");
  for (const auto* parsed : {&sea, &read, &order}) {
    if (!parsed->ok()) return parsed->status();
  }
  auto updated = books->UpdateMany(*sea, *read);
  if (!updated.ok()) return updated.status();

  cairn::FindOptions options;
  options.sort = *order;
  auto cursor = books->Find(*sea, options);
  if (!cursor.ok()) return cursor.status();
  while (true) {
    auto more = cursor->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    std::puts(cairn::json::ToJson(cursor->document()).c_str());
  }

  auto count = books->Count(Document());
  if (!count.ok()) return count.status();
  std::printf("%lld books\n", static_cast<long long>(*count));
  return cairn::Status::Ok();
}

}  // namespace

int main(int argc, char** argv) {
  cairn::OpenOptions options;
  options.in_memory = argc < 2;
  auto database = cairn::Database::Open(argc < 2 ? "" : argv[1], options);
  const cairn::Status status =
      database.ok() ? Run(database.value().get()) : std::move(database).status();
  if (!status.ok()) std::fprintf(stderr, "embed: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
