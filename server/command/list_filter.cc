// SPDX-License-Identifier: Apache-2.0
// Equality filters over lists that a command makes itself.
#include "server/command/list_filter.h"

namespace cairn::server {

bool MatchesListFilter(bson::View filter, bson::View document) {
  for (const bson::Element& wanted : filter) {
    const bson::Value value = document[wanted.name];
    const bool both_absent = value.IsNullish() && wanted.value.IsNullish();
    if (!both_absent && bson::Compare(value, wanted.value) != 0) return false;
  }
  return true;
}

Status CheckListFilter(bson::View filter) {
  for (const bson::Element& wanted : filter) {
    const bool operators = wanted.value.type() == bson::Type::kDocument &&
                           !wanted.value.AsView().empty() &&
                           wanted.value.AsView().begin()->name.starts_with('$');
    if (operators || wanted.value.type() == bson::Type::kRegex || wanted.name.starts_with('$') ||
        wanted.name.find('.') != std::string_view::npos) {
      return Status(ErrorCode::kNotImplemented,
                    "a filter of a list can only compare top-level fields for equality");
    }
  }
  return Status::Ok();
}

}  // namespace cairn::server
