// SPDX-License-Identifier: Apache-2.0
// Where $out and $merge write to: a collection of this or another database. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::pipeline {

struct WriteTarget {
  std::string database;
  std::string collection;
};

/// Error InvalidNamespace for names that no collection may have.
Status CheckTarget(const WriteTarget& target);

}  // namespace cairn::pipeline
