// SPDX-License-Identifier: Apache-2.0
// A second, plain implementation of the filter language for comparison: over trees instead of
// bytes, collecting all values of a path before looking at any. Tests only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/bson.h"

namespace cairn {

/// A value as a tree. kEndOfObject is "missing".
struct Tree {
  bson::Type type = bson::Type::kEndOfObject;
  long double number = 0;  ///< Exact for all that the generator makes; bool and date too.
  std::string text;
  std::vector<std::pair<std::string, Tree>> fields;  ///< Of documents and arrays.
};

Tree ToTree(bson::Value value);
Tree ToTree(bson::View document);

/// Below, equal or above zero, by the order of all types. A missing value stands with undefined.
int NaiveOrder(const Tree& a, const Tree& b);

/// Mistakes that the comparison must find.
enum class PlantedBug { kNone, kNullIgnoresMissing, kWholeArrayForgotten, kTypesCompareAcross };

/// Whether `document` matches `filter`.
bool NaiveMatches(const Tree& filter, const Tree& document, PlantedBug bug = PlantedBug::kNone);

}  // namespace cairn
