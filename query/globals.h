// SPDX-License-Identifier: Apache-2.0
// What the options of an operation fix for all its expressions. Any thread.
#pragma once

#include "engine/base/try.h"
#include "query/expression/scope.h"

namespace cairn {

/// `options` is any of FindOptions, UpdateOptions and DeleteOptions. Errors: as Globals::AddLet.
template <typename Options>
Result<expression::Globals> GlobalsOf(const Options& options) {
  expression::Globals globals;
  CAIRN_TRY(globals.AddLet(options.let));
  return globals;
}

}  // namespace cairn
