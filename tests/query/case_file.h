// SPDX-License-Identifier: Apache-2.0
// Behaviour as data: tests/cases/*.ejsonl, one case a line in Extended JSON. Lines that are empty
// or begin with # are passed over. A case runs in an empty collection "c" of a database of its own:
//
//   {"name": …, "documents": [what is in c], "before": [commands], "command": {…}, "expect": {…}}
//
// "documents" and "before" may be left out. What is expected, all of the given:
//   "documents"  the batch of the reply's cursor, types and order included
//   "reply"      fields of the reply, types included
//   "error"      the code of the reply, or of its first write error
//   "after"      the documents of c afterwards, in the order of their _id
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cairn/bson.h"

namespace cairn::cases {

struct Case {
  std::string file;
  int line = 0;
  bson::Document body;

  std::string name() const;
};

/// Runs one command in the case's database and gives MongoDB's reply, errors included.
using RunCommand = std::function<bson::Document(bson::View command)>;

/// All cases of tests/cases, by file and line. A damaged file gives a case without a body.
std::vector<Case> LoadCases();

/// Runs a case; what is not as expected, or empty.
std::string Check(const Case& test, const RunCommand& run);

}  // namespace cairn::cases
