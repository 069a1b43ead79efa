// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/optimiser.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "query/pipeline/limit.h"
#include "query/pipeline/match.h"
#include "query/pipeline/sort.h"

namespace cairn::pipeline {
namespace {

MatchStage* AsMatch(const StagePtr& stage) { return dynamic_cast<MatchStage*>(stage.get()); }

// Null when the filter does not parse, which is so when it got too deep.
std::unique_ptr<MatchStage> MakeMatch(bson::View filter, const expression::Globals& globals) {
  Result<match::Matcher> matcher = match::Matcher::Parse(filter, globals);
  if (!matcher.ok()) return nullptr;
  return std::make_unique<MatchStage>(std::move(matcher).value());
}

bool MayPass(const MatchStage& match, const Stage& stage) {
  expression::Dependencies dependencies;
  match.AddDependencies(&dependencies);
  if (dependencies.whole) return false;
  return std::ranges::all_of(dependencies.paths, [&stage](const std::string& dotted) {
    const Result<path::FieldPath> path = path::FieldPath::Parse(dotted);
    return path.ok() && stage.LetsMatchPass(*path);
  });
}

// Makes two of a $match: the fields that may pass `stage` go to `*passing`, the others stay.
// Nothing happens unless there are both.
void Split(const Stage& stage, const expression::Globals& globals, StagePtr* match,
           std::unique_ptr<MatchStage>* passing) {
  bson::Builder passes, stays;
  for (const bson::Element& field : AsMatch(*match)->matcher().source()) {
    const bson::Document one = bson::Builder().Append(field.name, field.value).Finish();
    const auto part = MakeMatch(one, globals);
    const bool may_pass = part != nullptr && MayPass(*part, stage);
    (may_pass ? passes : stays).Append(field.name, field.value);
  }
  const bson::Document passing_fields = passes.Finish();
  const bson::Document staying_fields = stays.Finish();
  if (passing_fields.empty() || staying_fields.empty()) return;
  *passing = MakeMatch(passing_fields, globals);
  StagePtr staying = MakeMatch(staying_fields, globals);
  if (*passing != nullptr && staying != nullptr) {
    *match = std::move(staying);
  } else {
    passing->reset();
  }
}

// Moves the $match at `at` to the front as far as possible.
void MoveUp(const expression::Globals& globals, size_t at, StageList* stages) {
  while (at > 0 && AsMatch((*stages)[at - 1]) == nullptr) {
    const Stage& before = *(*stages)[at - 1];
    if (MayPass(*AsMatch((*stages)[at]), before)) {
      std::swap((*stages)[at - 1], (*stages)[at]);
    } else {
      std::unique_ptr<MatchStage> passing;
      Split(before, globals, &(*stages)[at], &passing);
      if (passing == nullptr) return;
      stages->insert(stages->begin() + static_cast<ptrdiff_t>(at) - 1, std::move(passing));
    }
    --at;
  }
}

// One $match instead of the `count` ones from `at` on; false when that cannot be.
bool Merge(const expression::Globals& globals, size_t at, size_t count, StageList* stages) {
  bson::Builder filter;
  filter.OpenArray("$and");
  for (size_t i = at; i < at + count; ++i) {
    filter.AppendDocument(filter.NextIndex(), AsMatch((*stages)[i])->matcher().source());
  }
  StagePtr merged = MakeMatch(filter.Close().Finish(), globals);
  if (merged == nullptr) return false;
  const auto first = stages->begin() + static_cast<ptrdiff_t>(at);
  *first = std::move(merged);
  stages->erase(first + 1, first + static_cast<ptrdiff_t>(count));
  return true;
}

}  // namespace

void Optimise(const expression::Globals& globals, StageList* stages) {
  for (size_t i = 1; i < stages->size(); ++i) {
    if (AsMatch((*stages)[i]) == nullptr) continue;
    const size_t before = stages->size();
    MoveUp(globals, i, stages);
    i += stages->size() - before;
  }
  for (size_t i = 0; i < stages->size(); ++i) {
    size_t count = 0;
    while (i + count < stages->size() && AsMatch((*stages)[i + count]) != nullptr) ++count;
    if (count > 1 && !Merge(globals, i, count, stages)) i += count;
  }
}

void LimitSorts(const StageList& stages) {
  for (size_t i = 0; i + 1 < stages.size(); ++i) {
    auto* const sort = dynamic_cast<SortStage*>(stages[i].get());
    if (sort == nullptr) continue;
    uint64_t skipped = 0;
    for (size_t next = i + 1; next < stages.size(); ++next) {
      if (const auto* const skip = dynamic_cast<SkipStage*>(stages[next].get())) {
        if (skipped > INT64_MAX) break;
        skipped += static_cast<uint64_t>(skip->skip());
        continue;
      }
      if (const auto* const limit = dynamic_cast<LimitStage*>(stages[next].get())) {
        const uint64_t wanted = skipped + static_cast<uint64_t>(limit->limit());
        if (wanted >= skipped) sort->set_limit(wanted);
      }
      break;
    }
  }
}

}  // namespace cairn::pipeline
