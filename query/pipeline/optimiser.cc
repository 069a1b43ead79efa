// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/optimiser.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/deadline.h"
#include "query/pipeline/conjuncts.h"
#include "query/pipeline/count.h"
#include "query/pipeline/dependencies.h"
#include "query/pipeline/group.h"
#include "query/pipeline/join.h"
#include "query/pipeline/limit.h"
#include "query/pipeline/lookup.h"
#include "query/pipeline/match.h"
#include "query/pipeline/project.h"
#include "query/pipeline/sort.h"
#include "query/pipeline/union_with.h"
#include "query/pipeline/unwind.h"

namespace cairn::pipeline {
namespace {

template <typename Kind>
Kind* As(const StagePtr& stage) {
  return dynamic_cast<Kind*>(stage.get());
}

// Looks at two neighbours at a time, and again at those before when something has changed.
class Rewriter {
 public:
  Rewriter(const expression::Globals& globals, StageList* stages)
      : globals_(globals), stages_(*stages) {}

  // Each rewriting leaves a pipeline that says the same, so it may end at any.
  void Run() {
    const size_t most = kRewritesOfPair * (stages_.size() + 1) * (stages_.size() + 1);
    size_t rewrites = 0;
    for (size_t i = 0; i + 1 < stages_.size() && rewrites < most;) {
      if (!base::Deadline::CheckRunning().ok()) return;  // Which the first stage that runs says.
      if (Rewrite(i)) {
        i -= std::min<size_t>(i, 1);
        ++rewrites;
      } else {
        ++i;
      }
    }
    assert(rewrites < most && "no rule undoes what another does");
  }

 private:
  // A stage passes another one once, and has its parts pass it.
  static constexpr size_t kRewritesOfPair = 16;

  bool Rewrite(size_t at) {
    const StagePtr& second = stages_[at + 1];
    if (As<MatchStage>(second) != nullptr) return MoveMatch(at);
    if (As<JoinStage>(second) != nullptr) return MoveJoin(at);
    if (As<SortStage>(second) != nullptr) return MoveSort(at);
    if (As<LimitStage>(second) != nullptr || As<SkipStage>(second) != nullptr) {
      return MovePart(at) || MergeParts(at);
    }
    if (As<UnwindStage>(second) != nullptr) return FuseUnwind(at);
    return false;
  }

  bool Swap(size_t at) {
    std::swap(stages_[at], stages_[at + 1]);
    return true;
  }
  void Erase(size_t at) { stages_.erase(stages_.begin() + static_cast<ptrdiff_t>(at)); }
  void Insert(size_t at, StagePtr stage) {
    stages_.insert(stages_.begin() + static_cast<ptrdiff_t>(at), std::move(stage));
  }

  // Null when the filter does not parse, which is so when it got too deep.
  StagePtr MakeMatch(const std::vector<bson::Document>& filters) const {
    Result<match::Matcher> matcher = match::Matcher::Parse(AllOf(filters), globals_);
    if (!matcher.ok()) return nullptr;
    return std::make_unique<MatchStage>(std::move(matcher).value());
  }

  bool MovePart(size_t at) { return stages_[at]->IsOneToOne() && Swap(at); }

  // Two of $limit, or of $skip, become one.
  bool MergeParts(size_t at) {
    const auto *const limit = As<LimitStage>(stages_[at]), *const next_limit =
                                                               As<LimitStage>(stages_[at + 1]);
    if (limit != nullptr && next_limit != nullptr) {
      Erase(limit->limit() <= next_limit->limit() ? at + 1 : at);
      return true;
    }
    const auto *const skip = As<SkipStage>(stages_[at]), *const next_skip =
                                                             As<SkipStage>(stages_[at + 1]);
    int64_t sum = 0;
    if (skip == nullptr || next_skip == nullptr ||
        __builtin_add_overflow(skip->skip(), next_skip->skip(), &sum)) {
      return false;
    }
    stages_[at] = std::make_unique<SkipStage>(sum);
    Erase(at + 1);
    return true;
  }

  // $sort goes before stages that add to documents, or make more of them, if it sorts by what they
  // leave as it is: an index may then give the order, and fewer documents are sorted.
  bool MoveSort(size_t at) {
    const Stage& before = *stages_[at];
    const auto* const lookup = As<LookupStage>(stages_[at]);
    const bool multiplies =
        As<UnwindStage>(stages_[at]) != nullptr || (lookup != nullptr && lookup->unwinds());
    const bool adds = before.IsOneToOne() && As<ProjectStage>(stages_[at]) == nullptr;
    if (!multiplies && !adds) return false;
    // Behind a stage that multiplies, $limit would no longer stand next to it.
    if (multiplies && at + 2 < stages_.size() &&
        (As<LimitStage>(stages_[at + 2]) != nullptr || As<SkipStage>(stages_[at + 2]) != nullptr)) {
      return false;
    }
    const auto& fields = As<SortStage>(stages_[at + 1])->pattern().fields();
    const bool kept = std::ranges::all_of(fields, [&](const plan::SortField& field) {
      const auto path = before.PathBefore(field.path);
      return path && path->dotted() == field.path.dotted();
    });
    return kept && Swap(at);
  }

  bool MoveJoin(size_t at) {
    auto* const join = As<JoinStage>(stages_[at + 1]);
    if (As<MatchStage>(stages_[at]) != nullptr) return Swap(at);
    const auto path = stages_[at]->PathBefore(join->path());
    if (!path || stages_[at]->BlursValues()) return false;
    join->set_path(*path);
    return Swap(at);
  }

  bool FuseUnwind(size_t at) {
    auto* const lookup = As<LookupStage>(stages_[at]);
    if (lookup == nullptr || !lookup->Unwind(As<UnwindStage>(stages_[at + 1])->options())) {
      return false;
    }
    Erase(at + 1);
    return true;
  }

  // The filter that lets through before the stage what `part` does behind it; none: there is none.
  static std::optional<bson::Document> Before(const Stage& stage, const match::Matcher& matcher,
                                              const bson::Document& part) {
    // A filter that is asked more, or less, often would give other chances.
    const std::string_view bytes = part.view().bytes();
    if (bytes.find("$rand") != bytes.npos || bytes.find("$sampleRate") != bytes.npos) return {};
    if (stage.BlursValues() && !OnlyCompares(part)) return {};
    expression::Dependencies read;
    MatchStage(matcher).AddDependencies(&read);
    if (read.whole) return {};
    bool same = true;
    for (const std::string& dotted : read.paths) {
      const Result<path::FieldPath> path = path::FieldPath::Parse(dotted);
      const auto before = path.ok() ? stage.PathBefore(*path) : std::optional<path::FieldPath>();
      if (!before) return {};
      same &= before->dotted() == dotted;
    }
    if (same) return part;
    return WithPaths(part, [&stage](std::string_view dotted) -> std::optional<std::string> {
      const Result<path::FieldPath> path = path::FieldPath::Parse(dotted);
      if (!path.ok()) return {};
      const auto before = stage.PathBefore(*path);
      return before ? std::optional(before->dotted()) : std::nullopt;
    });
  }

  // The parts of a $match that find the same before the stage go there.
  bool MoveMatch(size_t at) {
    if (As<MatchStage>(stages_[at]) != nullptr) return false;  // They are merged in the end.
    if (As<JoinStage>(stages_[at]) != nullptr) return false;   // It passes a $match itself.
    if (auto* const other = As<UnionWithStage>(stages_[at])) {
      return other->AddMatch(As<MatchStage>(stages_[at + 1])->matcher().source(), globals_) &&
             Swap(at);
    }
    std::vector<bson::Document> moves, stays;
    for (bson::Document& part : Conjuncts(As<MatchStage>(stages_[at + 1])->matcher().source())) {
      const Result<match::Matcher> matcher = match::Matcher::Parse(part, globals_);
      auto before = matcher.ok() ? Before(*stages_[at], *matcher, part) : std::nullopt;
      if (before) {
        moves.push_back(std::move(*before));
      } else {
        stays.push_back(std::move(part));
      }
    }
    if (moves.empty()) return HelpAlong(at, stays);
    StagePtr moving = MakeMatch(moves);
    StagePtr staying = stays.empty() ? nullptr : MakeMatch(stays);
    if (moving == nullptr || (staying == nullptr && !stays.empty())) return false;
    if (staying == nullptr) {
      Erase(at + 1);
    } else {
      stages_[at + 1] = std::move(staying);
    }
    Insert(at, std::move(moving));
    return true;
  }

  // A $match that cannot pass may still say something to the stage before it.
  bool HelpAlong(size_t at, const std::vector<bson::Document>& parts) {
    if (auto* const lookup = As<LookupStage>(stages_[at])) return MatchJoined(lookup, at, parts);
    const Stage* const before = stages_[at].get();
    if (!before->OnlyTakesAway() || !helped_.insert(before).second) return false;
    std::vector<bson::Document> safe;
    std::ranges::copy_if(parts, std::back_inserter(safe),
                         [](const bson::Document& part) { return HoldsForMore(part); });
    StagePtr copy = safe.empty() ? nullptr : MakeMatch(safe);
    if (copy == nullptr) return false;
    Insert(at, std::move(copy));
    return true;
  }

  // What is asked of joined documents that are given one by one is asked while they are found.
  bool MatchJoined(LookupStage* lookup, size_t at, const std::vector<bson::Document>& parts) {
    const std::string prefix = lookup->as().dotted() + ".";
    std::vector<bson::Document> inside, stays;
    for (const bson::Document& part : parts) {
      auto within = WithPaths(part, [&](std::string_view path) -> std::optional<std::string> {
        if (!path.starts_with(prefix)) return {};
        return std::string(path.substr(prefix.size()));
      });
      if (within && lookup->TakesMatch()) {
        inside.push_back(std::move(*within));
      } else {
        stays.push_back(part);
      }
    }
    if (inside.empty()) return false;
    StagePtr staying = stays.empty() ? nullptr : MakeMatch(stays);
    if (staying == nullptr && !stays.empty()) return false;
    if (!lookup->AddMatch(AllOf(inside), globals_)) return false;
    if (staying == nullptr) {
      Erase(at + 1);
    } else {
      stages_[at + 1] = std::move(staying);
    }
    return true;
  }

  const expression::Globals& globals_;
  StageList& stages_;
  std::set<const Stage*> helped_;  // By a copy of the $match behind.
};

// One $match instead of the `count` ones from `at` on; false when that cannot be.
bool Merge(const expression::Globals& globals, size_t at, size_t count, StageList* stages) {
  std::vector<bson::Document> parts;
  for (size_t i = at; i < at + count; ++i) {
    for (bson::Document& part : Conjuncts(As<MatchStage>((*stages)[i])->matcher().source())) {
      parts.push_back(std::move(part));
    }
  }
  Result<match::Matcher> matcher = match::Matcher::Parse(AllOf(parts), globals);
  if (!matcher.ok()) return false;
  const auto first = stages->begin() + static_cast<ptrdiff_t>(at);
  *first = std::make_unique<MatchStage>(std::move(matcher).value());
  stages->erase(first + 1, first + static_cast<ptrdiff_t>(count));
  return true;
}

void MergeMatches(const expression::Globals& globals, StageList* stages) {
  for (size_t i = 0; i < stages->size(); ++i) {
    size_t count = 0;
    while (i + count < stages->size() && As<MatchStage>((*stages)[i + count]) != nullptr) ++count;
    if (count > 1 && !Merge(globals, i, count, stages)) i += count;
  }
}

// Whether stages that keep whole documents read from the one at `at`, so that smaller ones help.
bool AreKept(const StageList& stages, size_t at) {
  for (size_t i = at + 1; i < stages.size(); ++i) {
    if (stages[i]->KeepsDocuments()) return true;
    expression::Dependencies ignored;
    if (!stages[i]->AddDependencies(&ignored)) return false;
  }
  return false;
}

// $project that only takes fields away, where what follows does not look at them.
void RemoveProjections(StageList* stages) {
  for (size_t i = stages->size(); i-- > 0;) {
    const auto* const project = As<ProjectStage>((*stages)[i]);
    if (project == nullptr || !project->IsPlain() || AreKept(*stages, i)) continue;
    const FieldsRead read = FieldsReadBy(*stages, i + 1);
    const bool needless =
        read.known && std::ranges::all_of(read.paths, [project](const std::string& dotted) {
          const Result<path::FieldPath> path = path::FieldPath::Parse(dotted);
          return path.ok() && project->projection().Keeps(*path);
        });
    if (needless) stages->erase(stages->begin() + static_cast<ptrdiff_t>(i));
  }
}

// A $group that does nothing but to count all documents.
void ReplaceCounts(StageList* stages) {
  for (StagePtr& stage : *stages) {
    const auto* const group = As<GroupStage>(stage);
    if (group == nullptr) continue;
    if (auto count = group->AsCount()) stage = std::move(count);
  }
}

}  // namespace

void Optimise(const expression::Globals& globals, StageList* stages) {
  Rewriter(globals, stages).Run();
  MergeMatches(globals, stages);
  RemoveProjections(stages);
  ReplaceCounts(stages);
}

void LimitSorts(StageList* stages) {
  for (size_t i = 0; i + 1 < stages->size(); ++i) {
    auto* const sort = As<SortStage>((*stages)[i]);
    if (sort == nullptr) continue;
    uint64_t skipped = 0;
    for (size_t next = i + 1; next < stages->size(); ++next) {
      if (const auto* const skip = As<SkipStage>((*stages)[next])) {
        skipped += static_cast<uint64_t>(skip->skip());
        if (skipped > INT64_MAX) break;
        continue;
      }
      const auto* const limit = As<LimitStage>((*stages)[next]);
      if (limit == nullptr) break;
      sort->set_limit(skipped + static_cast<uint64_t>(limit->limit()));
      if (next == i + 1) stages->erase(stages->begin() + static_cast<ptrdiff_t>(next));
      break;
    }
  }
}

}  // namespace cairn::pipeline
