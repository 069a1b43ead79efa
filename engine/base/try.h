// SPDX-License-Identifier: Apache-2.0
// Early return of errors. Statement macros; use inside functions that return Status or Result<T>.
#pragma once

#include "cairn/status.h"

/// Returns the status of `expr` from the enclosing function unless it is ok.
#define CAIRN_TRY(expr)                                  \
  do {                                                   \
    ::cairn::Status cairn_try_status = (expr);           \
    if (!cairn_try_status.ok()) return cairn_try_status; \
  } while (false)

#define CAIRN_TRY_CONCAT_INNER(a, b) a##b
#define CAIRN_TRY_CONCAT(a, b) CAIRN_TRY_CONCAT_INNER(a, b)

/// `CAIRN_TRY_ASSIGN(auto x, F());` declares x with F's value, or returns F's error.
#define CAIRN_TRY_ASSIGN(declaration, expr) \
  CAIRN_TRY_ASSIGN_IMPL(CAIRN_TRY_CONCAT(cairn_try_result_, __LINE__), declaration, expr)
#define CAIRN_TRY_ASSIGN_IMPL(result, declaration, expr) \
  auto result = (expr);                                  \
  if (!result.ok()) return std::move(result).status();   \
  declaration = std::move(result).value()
