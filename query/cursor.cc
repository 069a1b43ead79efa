// SPDX-License-Identifier: Apache-2.0
#include "cairn/cursor.h"

#include "query/exec/document_stream.h"

namespace cairn {

Cursor::Cursor(std::unique_ptr<exec::DocumentStream> stream) : stream_(std::move(stream)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

Result<bool> Cursor::Next() { return stream_->Next(); }

bson::View Cursor::document() const { return stream_->document(); }

void Cursor::Pause() { stream_->Pause(); }

}  // namespace cairn
