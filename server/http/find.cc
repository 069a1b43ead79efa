// SPDX-License-Identifier: Apache-2.0
// A page is one find of one document more than fits, in the order of the sort and then of _id. What
// its last document sorts by goes into the cursor.
#include "server/http/find.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/document_stream.h"
#include "server/http/keyset.h"
#include "server/http/page_token.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

// What find calls otherwise, or what is not find's.
constexpr Rename kRenames[] = {
    {"max_time_ms", "maxTimeMS"},
    {"batchSize", ""},
    {"count", ""},
    {"cursor", ""},
    {"filter", ""},
    {"limit", ""},
    {"skip", ""},
    {"sort", ""},
};

/// What a request asks for, beside what goes to find as it stands.
struct Query {
  bson::View body;
  bson::Document sort;  ///< With _id at its end, so that no two documents are equal in it.
  bool by_key = true;   ///< Pages go on behind a key; else a number of documents is skipped.
  int64_t limit = kPageDocuments;
  int64_t skip = 0;
  bool counts = false;
  uint64_t hash = 0;
  PageToken from;  ///< All zero: the first page.
};

/// The order of pages.
void SetSort(bson::Value sort, Query* query) {
  bson::Builder total;
  std::set<std::string_view> names;
  bool has_id = false;
  bool descending = false;
  if (sort.type() == bson::Type::kDocument) {
    for (const bson::Element& field : sort.AsView()) {
      // Named again it decides nothing.
      if (!names.insert(field.name).second) continue;
      total.Append(field.name, field.value);
      has_id |= field.name == "_id";
      descending = IsDescending(field.value);
      if (field.name.starts_with('$')) query->by_key = false;
    }
  }
  if (!has_id && query->by_key) total.AppendInt32("_id", descending ? -1 : 1);
  query->sort = total.Finish();
}

Status Wrong(std::string what) { return Status(ErrorCode::kBadValue, std::move(what)); }

Status ReadNumbers(bson::View body, bool lines, Query* query) {
  for (const char* name : {"filter", "sort", "projection"}) {
    const bson::Value value = body[name];
    if (!value.missing() && value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kTypeMismatch, "'" + std::string(name) + "' must be an object");
    }
  }
  const bson::Value limit = body["limit"];
  if (!limit.missing()) {
    query->limit = AsInteger(limit);
    const bool allowed = query->limit > 0 && (lines || query->limit <= kPageDocumentsMax);
    if (!limit.IsNumber() || !allowed) {
      return Wrong(lines ? "'limit' must be a number above 0; without it all documents come"
                         : "'limit' must be from 1 to 10,000; more come as lines "
                           "(application/x-ndjson)");
    }
  } else if (lines) {
    query->limit = 0;
  }
  const bson::Value skip = body["skip"];
  query->skip = AsInteger(skip);
  if ((!skip.missing() && !skip.IsNumber()) || query->skip < 0 ||
      query->skip > static_cast<int64_t>(kDocumentsBeforeMax)) {
    return Wrong("'skip' must be a number from 0 to " + std::to_string(kDocumentsBeforeMax));
  }
  const bson::Value counts = body["count"];
  if (!counts.missing() && counts.type() != bson::Type::kBool) {
    return Wrong("'count' must be true or false");
  }
  query->counts = !counts.missing() && counts.AsBool();
  return Status();
}

std::string_view BytesOf(bson::Value value) {
  return value.missing() ? std::string_view() : std::string_view(value.payload(), value.size());
}

Result<Query> ReadQuery(const Call& call, bson::View body, bool lines) {
  Query query;
  query.body = body;
  if (Status status = ReadNumbers(body, lines, &query); !status.ok()) return status;
  const bson::Value tailable = body["tailable"];
  if (tailable.type() == bson::Type::kBool && tailable.AsBool()) {
    return Wrong("a page has an end: a tailable find is for _command");
  }
  SetSort(body["sort"], &query);
  query.hash = HashQuery({call.database(), call.collection(), BytesOf(body["filter"]),
                          query.sort.bytes(), BytesOf(body["collation"])});
  const bson::Value cursor = body["cursor"];
  if (cursor.missing()) return query;
  if (cursor.type() != bson::Type::kString) return Wrong("'cursor' must be a string");
  Result<PageToken> token = DecodePageToken(cursor.AsString());
  if (!token.ok()) return std::move(token).status();
  if (token->query != query.hash) {
    return Wrong(
        "'cursor' belongs to another query: collection, filter, sort and collation must "
        "be the same");
  }
  query.from = std::move(token).value();
  query.skip = 0;
  if (query.from.key.empty()) return query;
  if (!query.by_key || !IsSortKey(query.from.key, query.sort)) return Wrong("'cursor' is broken");
  return query;
}

bson::View FilterOf(const Query& query) {
  const bson::Value filter = query.body["filter"];
  return filter.missing() ? bson::View() : filter.AsView();
}

/// `documents`: 0: all.
bson::Document MakeFind(const Call& call, const Query& query, int64_t documents, int64_t batch) {
  bson::Builder find;
  find.AppendString("find", call.collection());
  AppendFields(query.body, kRenames, &find);
  const bool behind = !query.from.key.empty();
  if (behind) {
    find.AppendDocument("filter", FilterBehind(FilterOf(query), query.sort, query.from.key));
  } else {
    find.AppendDocument("filter", FilterOf(query));
  }
  if (!query.sort.empty()) find.AppendDocument("sort", query.sort);
  const auto before = static_cast<int64_t>(query.from.before);
  find.AppendInt64("skip", behind ? 0 : query.skip + before);
  if (documents > 0) find.AppendInt64("limit", documents);
  find.AppendInt64("batchSize", batch);
  return find.Finish();
}

/// A page and what follows it.
struct Page {
  std::vector<bson::Document> documents;
  bool more = false;
  std::optional<bson::Document> key;  ///< Of the last document, where the next page can go on.
};

/// As many as one batch holds; `cut`: there are more, but no room.
Status ReadBatch(const Call& call, bson::Document find, std::vector<bson::Document>* documents,
                 bool* cut) {
  const CommandReply reply = Send(call, call.database(), std::move(find));
  if (Status error = ErrorOf(reply); !error.ok()) return error;
  const Batch batch = BatchOf(reply);
  for (const bson::Element& element : batch.documents) {
    documents->emplace_back(element.value.AsView());
  }
  *cut = batch.cursor != 0;
  if (*cut) Send(call, call.database(), MakeKillCursors(batch.cursor, batch.ns));
  return Status();
}

/// What the query's collation, or that of the collection or view, makes different.
Collated CollatedIn(const Call& call, const Query& query) {
  if (!query.body["collation"].missing()) return {true, true};
  const Result<Collection> collection =
      call.services.database->GetCollection(call.database(), call.collection());
  if (!collection.ok()) return {};
  const Result<CollectionInfo> info = collection->Info();
  if (!info.ok() || info->options["collation"].missing()) return {};
  // A collection's index on _id is unique in its collation.
  return {true, info->is_view};
}

/// Sets the page's end by its documents, which are whole, or have at least what they sort by.
void SetEnd(const Call& call, const Query& query, size_t limit, bool cut, Page* page) {
  std::vector<bson::Document>& documents = page->documents;
  page->more = documents.size() > limit || cut;
  if (!page->more || documents.empty() || !query.by_key) return;
  const size_t last = std::min(limit, documents.size()) - 1;
  const bson::Document& end = documents[last];
  page->key = SortKeyOf(end, query.sort, {true, true});
  if (!page->key) page->key = SortKeyOf(end, query.sort, CollatedIn(call, query));
  if (!page->key || last + 1 == documents.size()) return;
  // Of a view two documents may have one _id, and be equal in all that they sort by.
  const bson::Document& next = documents[last + 1];
  if (bson::Compare(end["_id"], next["_id"]) != 0) return;
  const Collated collated = CollatedIn(call, query);
  const auto next_key = SortKeyOf(next, query.sort, collated);
  if (collated.strings || !next_key || bson::Compare(*next_key, *page->key) == 0) page->key.reset();
}

/// The documents of the keys in `page`, projected. Fewer, when some are gone meanwhile.
Status Project(const Call& call, const Query& query, Page* page) {
  bson::Builder filter;
  filter.OpenArray("$and").AppendDocument("0", FilterOf(query));
  filter.OpenDocument("1").OpenDocument("_id").OpenArray("$in");
  for (const bson::Document& document : page->documents) {
    filter.Append(filter.NextIndex(), document["_id"]);
  }
  filter.Close().Close().Close().Close();
  bson::Builder find;
  find.AppendString("find", call.collection());
  AppendFields(query.body, kRenames, &find);
  find.AppendDocument("filter", filter.Finish()).AppendDocument("sort", query.sort);
  find.AppendInt64("batchSize", kPageDocumentsMax + 1);  // A full batch would leave a cursor.
  const size_t wanted = page->documents.size();
  page->documents.clear();
  bool cut = false;
  Status status = ReadBatch(call, find.Finish(), &page->documents, &cut);
  if (status.ok() && (cut || page->documents.size() > wanted)) {
    return Status(ErrorCode::kBSONObjectTooLarge, "the page is too large; use a smaller limit");
  }
  return status;
}

/// Only what a page is cut by, so that a projection may leave it out.
bson::Document MakeFindKeys(const Call& call, const Query& query) {
  bson::Builder projection;
  projection.AppendInt32("_id", 1);
  // What is below another one comes with it.
  const auto is_below = [](std::string_view path, std::string_view other) {
    return path.size() > other.size() && path.starts_with(other) && path[other.size()] == '.';
  };
  for (const bson::Element& field : query.sort.view()) {
    const bool comes = field.name == "_id" || is_below(field.name, "_id") ||
                       std::ranges::any_of(query.sort.view(), [&](const bson::Element& other) {
                         return is_below(field.name, other.name);
                       });
    if (!comes) projection.AppendInt32(field.name, 1);
  }
  const bson::Document whole = MakeFind(call, query, query.limit + 1, query.limit + 1);
  bson::Builder find;
  for (const bson::Element& element : whole.view()) {
    if (element.name != "projection") find.Append(element.name, element.value);
  }
  return find.AppendDocument("projection", projection.Finish()).Finish();
}

Result<Page> ReadPage(const Call& call, const Query& query) {
  const auto limit = static_cast<size_t>(query.limit);
  const bson::Value projection = query.body["projection"];
  const bool projects = !projection.missing() && !projection.AsView().empty() && query.by_key;
  Page page;
  bool cut = false;
  Status status = ReadBatch(call,
                            projects ? MakeFindKeys(call, query)
                                     : MakeFind(call, query, query.limit + 1, query.limit + 1),
                            &page.documents, &cut);
  if (!status.ok()) return status;
  SetEnd(call, query, limit, cut, &page);
  if (page.documents.size() > limit) page.documents.resize(limit);
  if (projects && !page.documents.empty()) status = Project(call, query, &page);
  if (!status.ok()) return status;
  return page;
}

PageToken TokenBehind(const Query& query, const Page& page) {
  PageToken token;
  token.query = query.hash;
  token.before = query.from.before + static_cast<uint64_t>(query.skip) + page.documents.size();
  if (page.key && page.key->size() <= kKeyBytesMax) token.key = *page.key;
  return token;
}

/// The same request behind the token.
std::string NextLink(const Call& call, const std::string& token) {
  std::string link = "<" + call.request.path + "?";
  for (const auto& [name, value] : call.query) {
    if (name == "cursor" || name == "skip") continue;
    link += PercentEncode(name) + "=" + PercentEncode(value) + "&";
  }
  return link + "cursor=" + token + ">; rel=\"next\"";
}

Result<int64_t> Count(const Call& call, bson::View body) {
  bson::Builder count;
  count.AppendString("count", call.collection());
  for (const auto& [from, to] : {std::pair{"filter", "query"},
                                 {"hint", "hint"},
                                 {"collation", "collation"},
                                 {"max_time_ms", "maxTimeMS"}}) {
    if (!body[from].missing()) count.Append(to, body[from]);
  }
  const CommandReply sent = Send(call, call.database(), count.Finish());
  if (Status error = ErrorOf(sent); !error.ok()) return error;
  return AsInteger(sent.body["n"]);
}

Reply FindLines(const Call& call, Query* query) {
  if (query->counts) return ProblemReply(400, "lines come without a count", call.request);
  if (query->body["sort"].missing() && query->body["cursor"].missing()) {
    query->sort = bson::Document();
  }
  bson::Builder find;
  find.AppendAll(MakeFind(call, *query, query->limit, kStreamFirstBatch));
  // As long as the client reads.
  if (query->body["max_time_ms"].missing() && query->body["maxTimeMS"].missing()) {
    find.AppendInt32("maxTimeMS", 0);
  }
  return StreamReply(call, call.database(), Send(call, call.database(), find.Finish()));
}

Reply Find(const Call& call, bson::View body) {
  const bool lines = AcceptsLines(call.request);
  Result<Query> query = ReadQuery(call, body, lines);
  if (!query.ok()) return ProblemReply(query.status(), call.request);
  if (lines) return FindLines(call, &*query);
  Result<Page> page = ReadPage(call, *query);
  if (!page.ok()) return ProblemReply(page.status(), call.request);
  const json::Format format = AcceptedFormat(call.request, json::Format::kRelaxed);
  Reply reply;
  reply.content_type = ContentTypeOf(format);
  reply.headers.emplace_back("Vary", "Accept");
  reply.body = "{\"documents\":[";
  for (const bson::Document& document : page->documents) {
    if (&document != page->documents.data()) reply.body += ',';
    json::Write(document, format, &reply.body);
  }
  reply.body += "]";
  if (query->counts) {
    const Result<int64_t> count = Count(call, body);
    if (!count.ok()) return ProblemReply(count.status(), call.request);
    const bson::Document number = bson::Builder().AppendInt64("", *count).Finish();
    reply.body += ",\"count\":";
    json::WriteValue(number.view().begin()->value, format, &reply.body);
  }
  if (page->more) {
    const std::string token = EncodePageToken(TokenBehind(*query, *page));
    reply.body += ",\"cursor\":\"" + token + "\"";
    if (call.request.method == "GET") reply.headers.emplace_back("Link", NextLink(call, token));
  }
  reply.body += "}";
  return reply;
}

}  // namespace

Reply HandleFindByQuery(const Call& call) {
  Result<bson::Document> body = ReadQueryFields(call, kFindParameters);
  return body.ok() ? Find(call, *body) : ProblemReply(body.status(), call.request);
}

Reply HandleFind(const Call& call) {
  Result<bson::Document> body = ReadOptionalObject(call);
  return body.ok() ? Find(call, *body) : ProblemReply(body.status(), call.request);
}

}  // namespace cairn::server
