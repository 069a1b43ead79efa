// SPDX-License-Identifier: Apache-2.0
#include "query/exec/accumulation.h"

#include <utility>

#include "engine/base/try.h"

namespace cairn::exec {

Result<Accumulation> Accumulation::Parse(std::string_view field, bson::Value statement,
                                         const expression::Globals& globals,
                                         accumulate::Place place) {
  if (statement.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40234,
                  "The field '" + std::string(field) + "' must be an accumulator object");
  }
  const bson::View call_text = statement.AsView();
  if (call_text.empty() || ++call_text.begin() != call_text.end()) {
    return Status(ErrorCode::kLocation40238,
                  "The field '" + std::string(field) + "' must specify one accumulator");
  }
  CAIRN_TRY_ASSIGN(const auto call, accumulate::ParseCall(*call_text.begin(), place));
  Accumulation parsed;
  parsed.field_ = field;
  parsed.op_ = call.op;
  parsed.place_ = place;
  parsed.collator_ = globals.collator;
  parsed.settings_.collator = globals.collator.get();
  parsed.settings_.method = call.method;
  if (!call.input.missing()) {
    CAIRN_TRY_ASSIGN(parsed.input_, expression::Parse(call.input, globals));
  }
  if (!call.sort_by.missing()) CAIRN_TRY(parsed.ParseSortBy(call.sort_by.AsView()));
  if (!call.n.missing()) CAIRN_TRY(parsed.ParseN(call.n, globals));
  if (!call.p.missing()) {
    CAIRN_TRY_ASSIGN(const auto p, expression::Parse(call.p, globals));
    expression::Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value value,
                     p->Evaluate({bson::View(), &scratch, parsed.collator_.get()}));
    CAIRN_TRY_ASSIGN(parsed.settings_.p, accumulate::CheckP(value));
  }
  return parsed;
}

Status Accumulation::ParseSortBy(bson::View sort_by) {
  CAIRN_TRY_ASSIGN(auto pattern, plan::SortPattern::Parse(sort_by));
  if (pattern.empty()) {
    return Status(ErrorCode::kBadValue, "sortBy must name at least one field");
  }
  sort_ = std::make_unique<plan::SortPattern>(std::move(pattern));
  keys_ = std::make_unique<SortKeys>(sort_.get(), collator_);
  return Status::Ok();
}

Status Accumulation::ParseN(bson::Value n, const expression::Globals& globals) {
  CAIRN_TRY_ASSIGN(n_, expression::Parse(n, globals));
  if (!n_->IsConstant()) return Status::Ok();
  expression::Scratch scratch;
  CAIRN_TRY_ASSIGN(const bson::Value value,
                   n_->Evaluate({bson::View(), &scratch, collator_.get()}));
  CAIRN_TRY_ASSIGN(settings_.n, accumulate::CheckN(value, place_));
  n_.reset();
  return Status::Ok();
}

void Accumulation::AddDependencies(expression::Dependencies* dependencies) const {
  if (input_ != nullptr) input_->AddDependencies(dependencies);
  if (sort_ == nullptr) return;
  for (const plan::SortField& field : sort_->fields()) {
    dependencies->paths.insert(field.path.dotted());
  }
}

Result<accumulate::AccumulatorPtr> Accumulation::Make(bson::View group,
                                                      expression::Scratch* scratch) const {
  if (n_ == nullptr) return op_->make(settings_);
  accumulate::Settings settings = settings_;
  CAIRN_TRY_ASSIGN(const bson::Value n, n_->Evaluate({group, scratch, collator_.get()}));
  CAIRN_TRY_ASSIGN(settings.n, accumulate::CheckN(n, place_));
  return op_->make(settings);
}

Status Accumulation::Add(bson::View document, expression::Scratch* scratch,
                         accumulate::Accumulator* accumulator) {
  bson::Value value;
  if (input_ != nullptr) {
    expression::Context context(document, scratch, collator_.get());
    context.grouping = place_ == accumulate::Place::kGroup;
    CAIRN_TRY_ASSIGN(value, input_->Evaluate(context));
  }
  if (keys_ == nullptr) return accumulator->Add(value);
  key_.clear();
  CAIRN_TRY(keys_->Append(document, &key_));
  return accumulator->Add(value, key_);
}

}  // namespace cairn::exec
