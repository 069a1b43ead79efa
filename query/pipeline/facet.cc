// SPDX-License-Identifier: Apache-2.0
// $facet: {name: [stages], …}: several pipelines over the same documents, the results of which
// become arrays of one document. The documents are kept, in memory or in a temporary file, and read
// once by each pipeline.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"
#include "query/exec/row_buffer.h"
#include "query/pipeline/pipeline.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// What one $facet may give, as in MongoDB.
constexpr size_t kResultBytesMax = size_t{100} << 20;
constexpr size_t kMemoryOfByte = 2;  // A document doubles its memory as it grows.

// The input of a facet.
class ReplayStage final : public Stage {
 public:
  void set_rows(exec::RowBuffer* rows) { rows_ = rows; }
  Result<bool> Next() override {
    CAIRN_TRY(run_->Tick());
    return rows_->Next(&document_);
  }

 private:
  exec::RowBuffer* rows_ = nullptr;
};

struct Facet {
  std::string name;
  StageList stages;                    // Until they are put together.
  std::unique_ptr<Pipeline> pipeline;  // Null before.
};

class FacetStage final : public Stage {
 public:
  FacetStage(std::vector<Facet> facets, const expression::Globals& globals)
      : facets_(std::move(facets)), globals_(globals) {}

  Status Open(RunContext* run, Stage* input) override {
    ended_ = false;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override {
    if (ended_) return false;
    ended_ = true;
    exec::RowBuffer rows(run_->spill_directory());
    replay_.set_rows(&rows);
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (!more) break;
      CAIRN_TRY(rows.Add(input_->document()));
    }
    bson::Builder result;
    for (Facet& facet : facets_) {
      result.OpenArray(facet.name);
      CAIRN_TRY(RunFacet(&facet, &rows, &result));
      result.Close();
    }
    result_ = result.Finish();
    document_ = result_;
    return true;
  }
  void Describe(Verbosity verbosity, bson::Builder* out) const override {
    if (std::ranges::any_of(facets_, [](const Facet& f) { return f.pipeline == nullptr; })) {
      return Stage::Describe(verbosity, out);
    }
    out->OpenDocument("$facet");
    for (const Facet& facet : facets_) {
      out->OpenArray(facet.name);
      facet.pipeline->DescribeStages(verbosity, out);
      out->Close();
    }
    out->Close();
  }

 private:
  Status RunFacet(Facet* facet, exec::RowBuffer* rows, bson::Builder* result) {
    CAIRN_TRY(rows->Rewind());
    if (facet->pipeline == nullptr) {
      CAIRN_TRY(replay_.Open(run_, nullptr));
      CAIRN_TRY_ASSIGN(facet->pipeline,
                       Pipeline::MakeOver(run_, &replay_, std::move(facet->stages), globals_));
    }
    Pipeline* const pipeline = facet->pipeline.get();
    CAIRN_TRY(pipeline->Open());
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, pipeline->Next());
      if (!more) return Status::Ok();
      const size_t bytes = result->size() + pipeline->document().size();
      const bool fits = bytes <= kResultBytesMax;
      if (fits && !share_.Cover(kMemoryOfByte * bytes)) {
        return base::OutOfMemory("$facet", kMemoryOfByte * bytes, kMemoryOfByte * kResultBytesMax);
      }
      if (!fits) {
        return Status(ErrorCode::kLocation4031700,
                      "document constructed by $facet exceeds the limit of " +
                          std::to_string(kResultBytesMax) + " bytes");
      }
      result->AppendDocument(result->NextIndex(), pipeline->document());
    }
  }

  std::vector<Facet> facets_;
  const expression::Globals globals_;
  ReplayStage replay_;
  bool ended_ = false;
  bson::Document result_;
  MemoryShare share_;
};

Status CheckName(std::string_view name) {
  if (name.empty()) {
    return Status(ErrorCode::kLocation40352, "FieldPath cannot be constructed with empty string");
  }
  if (name[0] == '$') {
    return Status(ErrorCode::kLocation16410, "FieldPath field names may not start with '$'.");
  }
  if (name.find('.') != std::string_view::npos) {
    return Status(ErrorCode::kLocation16412, "FieldPath field names may not contain '.'.");
  }
  return Status::Ok();
}

}  // namespace

Status ParseFacet(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument || spec.AsView().empty()) {
    return Status(ErrorCode::kLocation40169, "the $facet specification must be a non-empty object");
  }
  std::vector<Facet> facets;
  for (const bson::Element& field : spec.AsView()) {
    CAIRN_TRY(CheckName(field.name));
    if (field.value.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation40170,
                    "arguments to $facet must be arrays, " + std::string(field.name) + " is not");
    }
    CAIRN_TRY_ASSIGN(auto parsed, ParseStages(field.value.AsView(), context.Inside(Place::kFacet)));
    facets.push_back({std::string(field.name), std::move(parsed), nullptr});
  }
  stages->push_back(std::make_unique<FacetStage>(std::move(facets), context.globals));
  return Status::Ok();
}

}  // namespace cairn::pipeline
