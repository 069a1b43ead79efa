// SPDX-License-Identifier: Apache-2.0
#include "cairn/cursor.h"

#include "query/exec/document_stream.h"

namespace cairn {

Cursor::Cursor(std::unique_ptr<exec::DocumentStream> stream) : stream_(std::move(stream)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

Result<bool> Cursor::Next() { return stream_->Next(); }

bool Cursor::tailable() const { return stream_->tailable(); }

bool Cursor::Await(int64_t timeout_ms) { return stream_->Await(timeout_ms); }

bson::View Cursor::document() const { return stream_->document(); }

void Cursor::Pause() { stream_->Pause(); }

}  // namespace cairn
