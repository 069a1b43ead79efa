// SPDX-License-Identifier: Apache-2.0
// The arguments that any command may carry: deadline, read and write concern, session, API version.
// They are read once, in Dispatch. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cairn/cairn.h"

namespace cairn::server {

/// Which concerns a command listens to.
enum class Concerns : uint8_t {
  kNone,       ///< No writeConcern; readConcern only "local".
  kRead,       ///< readConcern of a query.
  kCount,      ///< As kRead, but never "snapshot".
  kWrite,      ///< writeConcern; readConcern only "local".
  kReadWrite,  ///< writeConcern, and readConcern of a query.
  kSchema,     ///< As kWrite, but a writeConcern that cannot be satisfied is refused beforehand.
};

/// What the client wants to wait for.
struct WriteConcern {
  std::optional<bool> journaled;  ///< "j".
  bool acknowledged = true;       ///< False for w: 0.
  /// Not ok when more nodes were asked for than there are: told in the reply of a write that was
  /// done.
  Status unsatisfiable;
};

struct GenericArguments {
  std::optional<int64_t> max_time_ms;  ///< As given; 0: no limit.
  bool api_strict = false;             ///< Only what the stable API has.
  WriteConcern write_concern;
};

/// Whether `name` is one of them, so that no command's own table lists it.
bool IsGenericArgument(std::string_view name);

/// A writeConcern. Errors: FailedToParse, and those of its fields.
Result<WriteConcern> ParseWriteConcern(bson::View document);
/// A readConcern that may be the default of all commands.
Status CheckDefaultReadConcern(bson::View document);

/// Reads them out of the command `body` for the database `database`.
Result<GenericArguments> ParseGenericArguments(bson::View body, std::string_view database,
                                               Concerns concerns);

}  // namespace cairn::server
