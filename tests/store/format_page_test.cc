// SPDX-License-Identifier: Apache-2.0
// A small store, byte by byte, as docs/format.md lists it: made with a clock that stands still, so
// that everything in it is the same each time.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>

#include "tests/source_directory.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

using key::Family;

// 2001-09-09T01:46:40Z for ever; randomness counts from 1.
class StandingClock final : public base::Clock {
 public:
  int64_t WallMs() override { return 1'000'000'000'000; }
  int64_t MonotonicUs() override { return 0; }
  uint64_t Random() override { return ++drawn_; }

 private:
  std::atomic<uint64_t> drawn_{0};
};

std::string ToHex(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<uint8_t>(c) >> 4];
    text += kHex[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

// A line of the page for each entry.
std::vector<std::string> Lines(DocumentStore& store) {
  constexpr const char* kNames[] = {"catalog", "documents", "indexes"};
  std::vector<std::string> lines;
  const std::unique_ptr<kv::Reader> reader = store.NewSnapshot();
  for (int family = 0; family < key::kFamilyCount; ++family) {
    const auto scan = reader->NewScan(static_cast<Family>(family), {}, {});
    while (scan->Next()) {
      // How many commits the store made for itself, and so the positions that it noted, may differ.
      if (scan->key()[0] == key::kCommitTag && family == 0) continue;
      const std::string value =
          scan->value().empty() ? "(empty)" : "`" + ToHex(scan->value()) + "`";
      lines.push_back(std::string("| ") + kNames[family] + " | `" + ToHex(scan->key()) + "` | " +
                      value + " |");
    }
    EXPECT_TRUE(scan->status().ok());
  }
  return lines;
}

IndexDefinition Index(std::string name, std::string_view pattern, bool unique) {
  IndexDefinition index;
  index.name = std::move(name);
  index.key_pattern = Json(pattern);
  index.unique = unique;
  return index;
}

TEST(FormatPage, ListsASmallStore) {
  StandingClock clock;
  kv::OpenOptions options;
  options.in_memory = true;
  options.clock = &clock;
  auto opened = DocumentStore::Open(options);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  DocumentStore& store = **opened;
  const CollectionPtr things = *store.FindOrCreateCollection("shop", "things");
  ASSERT_TRUE(store
                  .CreateIndexes("shop", "things",
                                 {Index("n", R"({"n":1})", false), Index("u", R"({"u":-1})", true)})
                  .ok());
  const CollectionPtr records =
      *store.CreateCollection("shop", "records", catalog::Layout::kByRecord, {}, nullptr);
  ASSERT_TRUE(Insert(store, things, Json(R"({"_id":1,"n":[7,{"$numberLong":"7"}],"u":"x"})")).ok());
  ASSERT_TRUE(Insert(store, things, Json(R"({"_id":2,"n":0.5})")).ok());
  ASSERT_TRUE(Insert(store, records, Json(R"({"_id":"a"})")).ok());
  std::ifstream file(SourceDirectory() / "docs/format.md");
  ASSERT_TRUE(file.good());
  std::stringstream page;
  page << file.rdbuf();
  for (const std::string& line : Lines(store)) {
    EXPECT_NE(page.str().find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace cairn::store
