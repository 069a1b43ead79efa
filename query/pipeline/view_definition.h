// SPDX-License-Identifier: Apache-2.0
// Views: what may stand in their pipelines, what they read, and what reading one comes to. Any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"
#include "engine/store/document_store.h"

namespace cairn::pipeline {

/// Whether the stages can be those of a view: known, one field each, none that writes or that is
/// not about a collection. Errors: TypeMismatch, Location40323, Location40324,
/// OptionNotSupportedOnView, Location51047, Location40600, Location31441, Location40573,
/// InvalidNamespace, Location7749501, MaxSubPipelineDepthExceeded.
Status CheckViewPipeline(bson::View pipeline);

/// Errors: GraphContainsCycle when the view `database`.`name` would read itself,
/// ViewDepthLimitExceeded.
Status CheckViewGraph(const store::DocumentStore& store, std::string_view database,
                      std::string_view name, std::string_view view_on, bson::View pipeline);

/// Whether the views that the checked `pipeline` names itself compare strings as `collator` does
/// (null: byte by byte). Error OptionNotSupportedOnView.
Status CheckViewCollations(const store::DocumentStore& store, std::string_view database,
                           bson::View pipeline, const collation::Collator* collator);

/// What reading a namespace means.
struct ResolvedView {
  std::string collection;   ///< The name of the collection below all views; it may not exist.
  bson::Document pipeline;  ///< A BSON array: the stages of all views on the way, innermost first.
};

/// Follows the views from `view` down to a collection. Error ViewDepthLimitExceeded.
Result<ResolvedView> ResolveView(const store::DocumentStore& store,
                                 const catalog::Collection& view);

}  // namespace cairn::pipeline
