// SPDX-License-Identifier: Apache-2.0
#include "cairn/cursor.h"

#include "query/exec/execution.h"

namespace cairn {

Cursor::Cursor(std::unique_ptr<exec::Execution> execution) : execution_(std::move(execution)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

Result<bool> Cursor::Next() { return execution_->Next(); }

bson::View Cursor::document() const { return execution_->document(); }

void Cursor::Pause() { execution_->Pause(); }

}  // namespace cairn
