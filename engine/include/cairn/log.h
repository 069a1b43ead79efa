// SPDX-License-Identifier: Apache-2.0
// What the library has to say to the program that embeds it. The library itself writes nowhere.
#pragma once

#include <functional>
#include <string_view>

namespace cairn {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Receives one message without a line end. Called from any thread, several at once; must not call
/// back into the Database that it was given to. Empty: messages are dropped.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

}  // namespace cairn
