// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/fault_workloads.h"

#include <utility>
#include <vector>

namespace cairn::harness {
namespace {

using store::DocumentStore;

bool Steps(Client* client, int count) {
  for (int i = 0; i < count; ++i) {
    if (!client->Step()) return false;
  }
  return true;
}

bool Few(DocumentStore* /*store*/, Journal* /*journal*/, Client* client) {
  return Steps(client, 12);
}
bool Many(DocumentStore* /*store*/, Journal* /*journal*/, Client* client) {
  return Steps(client, 60);
}
bool Nothing(DocumentStore* /*store*/, Journal* /*journal*/, Client* /*client*/) { return true; }

bool Define(DocumentStore* store, Journal* journal, Client* /*client*/) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    ChangeDefinitionsOnce(store, journal, static_cast<uint32_t>(1000 + seed), seed);
  }
  return true;
}
bool DefineAndWrite(DocumentStore* store, Journal* journal, Client* client) {
  return Steps(client, 4) && Define(store, journal, client) && Steps(client, 4);
}
bool BuildThenWrite(DocumentStore* store, Journal* journal, Client* client) {
  return BuildLaterIndex(store, journal, 0).ok() && Steps(client, 8);
}
bool BuildTwo(DocumentStore* store, Journal* journal, Client* client) {
  return Steps(client, 2) && BuildLaterIndex(store, journal, 2).ok() &&
         BuildLaterIndex(store, journal, 3).ok();
}
bool ValidateAll(DocumentStore* store, Journal* /*journal*/, Client* client) {
  for (const store::CollectionPtr& collection : store->ListCollections({})) {
    store->Validate(*collection).status().PermitUncheckedError();
  }
  return Steps(client, 3);
}
bool ReadLog(DocumentStore* store, Journal* /*journal*/, Client* client) {
  for (int pass = 0; pass < 2; ++pass) {
    auto reader = store->kv().ReadLog(0);
    kv::LogEntry entry;
    while (reader.ok()) {
      const Result<bool> next = (*reader)->Next(&entry);
      if (!next.ok() || !*next) break;
    }
    if (!Steps(client, 4)) return false;
  }
  return true;
}

constexpr Mix kInserts{.update = 0, .remove = 0, .several = 0, .records = 0, .large = 0};
constexpr Mix kUpdates{
    .ids = 100, .update = 85, .remove = 0, .several = 0, .records = 0, .large = 0};
constexpr Mix kDeletes{
    .ids = 100, .update = 0, .remove = 70, .several = 0, .records = 0, .large = 0};
constexpr Mix kSeveral{.several = 100, .records = 0, .large = 0};
constexpr Mix kRaces{.ids = 6, .several = 40, .records = 0, .large = 0};
constexpr Mix kRecords{.records = 100, .large = 0};
constexpr Mix kLarge{.update = 10, .remove = 0, .several = 50, .large = 80};
constexpr Mix kTickets{.wait = 50};
constexpr Mix kUnasked{.wait = 0};
constexpr Mix kPlain{};

}  // namespace

const FaultWorkload kFaultTable[kFaultWorkloads] = {
    {"new", ImageKind::kEmpty, Few, kPlain},
    {"new-definitions", ImageKind::kEmpty, DefineAndWrite, kPlain},
    {"new-large", ImageKind::kEmpty, Many, kLarge},
    {"open", ImageKind::kSmall, Nothing, kPlain},
    {"open-filled", ImageKind::kFilled, Nothing, kPlain},
    {"inserts", ImageKind::kSmall, Many, kInserts},
    {"updates", ImageKind::kSmall, Many, kUpdates},
    {"deletes", ImageKind::kSmall, Many, kDeletes},
    {"several", ImageKind::kSmall, Few, kSeveral},
    {"races", ImageKind::kSmall, Many, kRaces},
    {"records", ImageKind::kSmall, Few, kRecords},
    {"large", ImageKind::kFilled, Many, kLarge},
    {"large-small-log", ImageKind::kFilled, Many, kLarge, true},
    {"tickets", ImageKind::kSmall, Few, kTickets},
    {"no-tickets", ImageKind::kFilled, Many, kUnasked},
    {"definitions", ImageKind::kFilled, DefineAndWrite, kPlain},
    {"build-then-write", ImageKind::kSmall, BuildThenWrite, kPlain},
    {"build-two", ImageKind::kFilled, BuildTwo, kPlain},
    {"validate", ImageKind::kFilled, ValidateAll, kPlain},
    {"read-log", ImageKind::kFilled, ReadLog, kPlain},
};

}  // namespace cairn::harness
