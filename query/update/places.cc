// SPDX-License-Identifier: Apache-2.0
// Paths as written, and what they come to in a document.
#include "query/update/places.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::update {
namespace {

bool IsFiltered(std::string_view part) { return part.starts_with("$[") && part.ends_with(']'); }

// The x of $[x].
std::string_view Identifier(std::string_view part) { return part.substr(2, part.size() - 3); }

bool IsContainer(bson::Value value) {
  return value.type() == bson::Type::kDocument || value.type() == bson::Type::kArray;
}

// The paths of one operator in one document. Recursion goes no deeper than the path.
class PathExpander {
 public:
  PathExpander(const ArrayFilters& filters, int64_t matched_position, Places* places)
      : filters_(filters), matched_position_(matched_position), places_(places) {}

  Status Expand(const Operator& op, bson::View document) {
    op_ = &op;
    prefix_.clear();
    return Walk(0, bson::Value(bson::Type::kDocument, document.data()));
  }

 private:
  Status Walk(size_t part, bson::Value at) {
    const path::FieldPath& path = op_->path();
    if (part == path.size()) return Add();
    const std::string_view name = path.part(part);
    if (part > 0 && IsFiltered(name)) return Filtered(part, at);
    if (part > 0 && name == "$") {
      if (matched_position_ < 0) {
        return Status(ErrorCode::kBadValue,
                      "The positional operator did not find the match needed from the query.");
      }
      return Step(part, std::to_string(matched_position_), at);
    }
    return Step(part, name, at);
  }

  Status Step(size_t part, std::string_view name, bson::Value at) {
    const size_t length = prefix_.size();
    if (part > 0) prefix_ += '.';
    prefix_ += name;
    CAIRN_TRY(Walk(part + 1, IsContainer(at) ? at.AsView().Find(name) : bson::Value()));
    prefix_.resize(length);
    return Status::Ok();
  }

  Status Filtered(size_t part, bson::Value at) {
    if (at.missing()) {
      return Status(ErrorCode::kBadValue, "The path '" + prefix_ +
                                              "' must exist in the document in order to apply "
                                              "array updates.");
    }
    if (at.type() != bson::Type::kArray) {
      return Status(ErrorCode::kBadValue, "Cannot apply array updates to non-array element " +
                                              prefix_ + " of type " +
                                              std::string(bson::TypeName(at.type())));
    }
    const std::string_view identifier = Identifier(op_->path().part(part));
    const int filter = identifier.empty() ? -1 : filters_.Find(identifier);
    const size_t length = prefix_.size();
    for (const bson::Element& element : at.AsView()) {
      if (filter >= 0) {
        CAIRN_TRY_ASSIGN(const bool passes,
                         filters_.Matches(static_cast<size_t>(filter), element.value, &scratch_));
        if (!passes) continue;
      }
      prefix_ += '.';
      prefix_ += element.name;
      CAIRN_TRY(Walk(part + 1, element.value));
      prefix_.resize(length);
    }
    return Status::Ok();
  }

  Status Add() {
    if (places_->size() == kPlacesMax) {
      return Status(
          ErrorCode::kExceededMemoryLimit,
          "the update changes more than " + std::to_string(kPlacesMax) + " fields of one document");
    }
    CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(prefix_));
    places_->push_back({std::move(path), op_});
    return Status::Ok();
  }

  const ArrayFilters& filters_;
  const int64_t matched_position_;
  Places* const places_;
  const Operator* op_ = nullptr;
  std::string prefix_;
  std::string scratch_;
};

// How far a path leads.
struct Reached {
  bson::Value value;           // Missing when the path ends early.
  bool through_array = false;  // An array stands above the end, or where the path ends early.
  bool blocked = false;        // By a value that cannot have such a field.
};

Reached Reach(bson::View document, const path::FieldPath& path) {
  Reached reached;
  bson::Value at(bson::Type::kDocument, document.data());
  for (size_t i = 0; i < path.size(); ++i) {
    if (at.type() == bson::Type::kArray) {
      reached.through_array = true;
      reached.blocked = path.index(i) < 0;
    } else {
      reached.blocked = at.type() != bson::Type::kDocument;
    }
    if (reached.blocked) return reached;
    at = at.AsView().Find(path.part(i));
    if (at.missing()) return reached;
  }
  reached.value = at;
  return reached;
}

Status ExpandRename(const Operator& op, bson::View document, Expansion* expansion) {
  const path::FieldPath& from = *op.source();
  const Reached source = Reach(document, from);
  if (source.blocked) {
    return Status(ErrorCode::kPathNotViable,
                  "cannot use the path '" + from.dotted() + "' to traverse the document");
  }
  if (source.value.missing()) return Status::Ok();
  if (source.through_array) {
    return Status(ErrorCode::kBadValue, "The source field cannot be an array element, '" +
                                            from.dotted() + "' has an array above it");
  }
  if (from.part(0) == "_id" || op.path().part(0) == "_id") {
    return Status(ErrorCode::kImmutableField,
                  "Performing an update on the path '_id' would modify the immutable field '_id'");
  }
  const Reached target = Reach(document, op.path());
  if (target.through_array) {
    return Status(ErrorCode::kBadValue, "The destination field cannot be an array element, '" +
                                            op.path().dotted() + "' has an array above it");
  }
  for (const bool removing : {false, true}) {
    const path::FieldPath& path = removing ? from : op.path();
    CAIRN_TRY_ASSIGN(auto made, removing ? ParseUnset(path, bson::Value(), {})
                                         : ParseSet(path, source.value, {}));
    expansion->places.push_back({path, made.get()});
    expansion->made.push_back(std::move(made));
  }
  return Status::Ok();
}

}  // namespace

Places PlacesAsWritten(const Operators& operators) {
  Places places;
  places.reserve(operators.size());
  for (const auto& op : operators) {
    places.push_back({op->path(), op.get()});
    if (op->source() != nullptr) places.push_back({*op->source(), op.get()});
  }
  return places;
}

bool DependsOnDocument(const Operators& operators) {
  return std::ranges::any_of(operators, [](const auto& op) {
    return op->source() != nullptr || HasPositional(op->path());
  });
}

Status CheckFiltersUsed(const Operators& operators, const ArrayFilters& filters) {
  std::vector<bool> used(filters.size());
  for (const auto& op : operators) {
    for (size_t i = 1; i < op->path().size(); ++i) {
      const std::string_view part = op->path().part(i);
      if (!IsFiltered(part) || Identifier(part).empty()) continue;
      const int filter = filters.Find(Identifier(part));
      if (filter < 0) {
        return Status(ErrorCode::kBadValue, "No array filter found for identifier '" +
                                                std::string(Identifier(part)) + "' in path '" +
                                                op->path().dotted() + "'");
      }
      used[static_cast<size_t>(filter)] = true;
    }
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    return Status(ErrorCode::kFailedToParse, "The array filter for identifier '" +
                                                 filters.identifier(i) +
                                                 "' was not used in the update");
  }
  return Status::Ok();
}

Result<Expansion> Expand(const Operators& operators, const ArrayFilters& filters,
                         bson::View document, int64_t matched_position) {
  Expansion expansion;
  PathExpander expander(filters, matched_position, &expansion.places);
  for (const auto& op : operators) {
    if (op->source() != nullptr) {
      CAIRN_TRY(ExpandRename(*op, document, &expansion));
    } else {
      CAIRN_TRY(expander.Expand(*op, document));
    }
  }
  return expansion;
}

}  // namespace cairn::update
