// SPDX-License-Identifier: Apache-2.0
#include "server/http/reads.h"

#include <string>
#include <utility>

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/document_stream.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

constexpr Rename kFilterIsQuery[] = {{"filter", "query"}};
constexpr Rename kWithoutVerbosity[] = {{"verbosity", ""}};
constexpr Rename kOfAggregate[] = {{"cursor", ""}};

/// The body of an aggregation: {pipeline, …}.
Result<bson::Document> ReadPipeline(const Call& call) {
  Result<bson::Document> body = ReadObjectOrArray(call);
  if (!body.ok()) return body;
  const bson::Value value = body->view().begin()->value;
  if (value.type() == bson::Type::kDocument) return bson::Document(value.AsView());
  return bson::Builder().AppendArray("pipeline", value.AsView()).Finish();
}

/// One field of a command's reply as the body.
Reply FieldReply(const Call& call, const CommandReply& sent, const char* field, const char* name) {
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  const bson::Document body = bson::Builder().Append(name, sent.body[field]).Finish();
  return DocumentReply(200, body, AcceptedFormat(call.request, json::Format::kRelaxed));
}

/// All of an explanation.
Reply ExplainedReply(const Call& call, const CommandReply& sent) {
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  bson::Builder shown;
  for (const bson::Element& element : sent.body.view()) {
    if (element.name != "ok") shown.Append(element.name, element.value);
  }
  return DocumentReply(200, shown.Finish(), AcceptedFormat(call.request, json::Format::kRelaxed));
}

}  // namespace

Reply HandleAggregate(const Call& call) {
  Result<bson::Document> body = ReadPipeline(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  bson::Builder command;
  command.AppendString("aggregate", call.collection());
  AppendFields(*body, kOfAggregate, &command);
  command.OpenDocument("cursor").AppendInt32("batchSize", kStreamFirstBatch).Close();
  CommandReply sent = Send(call, call.database(), command.Finish());
  const bson::Value explain = (*body)["explain"];
  const bool explains = explain.type() == bson::Type::kBool && explain.AsBool();
  if (explains) return ExplainedReply(call, sent);
  return StreamReply(call, call.database(), std::move(sent));
}

Reply HandleDistinct(const Call& call) {
  Result<bson::Document> body = ReadObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  bson::Builder command;
  command.AppendString("distinct", call.collection());
  AppendFields(*body, kFilterIsQuery, &command);
  return FieldReply(call, Send(call, call.database(), command.Finish()), "values", "values");
}

Reply HandleCount(const Call& call) {
  Result<bson::Document> body = ReadOptionalObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  bson::Builder command;
  command.AppendString("count", call.collection());
  AppendFields(*body, kFilterIsQuery, &command);
  return FieldReply(call, Send(call, call.database(), command.Finish()), "n", "count");
}

Reply HandleExplain(const Call& call) {
  Result<bson::Document> body = ReadOptionalObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  const bool aggregates = !(*body)["pipeline"].missing();
  bson::Builder command;
  command.OpenDocument("explain");
  command.AppendString(aggregates ? "aggregate" : "find", call.collection());
  AppendFields(*body, kWithoutVerbosity, &command);
  if (aggregates && (*body)["cursor"].missing()) command.OpenDocument("cursor").Close();
  command.Close();
  const bson::Value verbosity = (*body)["verbosity"];
  if (!verbosity.missing()) command.Append("verbosity", verbosity);
  return ExplainedReply(call, Send(call, call.database(), command.Finish()));
}

}  // namespace cairn::server
