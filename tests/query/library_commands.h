// SPDX-License-Identifier: Apache-2.0
// MongoDB's commands as calls of the C++ API, as far as the case files need them.
#pragma once

#include <string>

#include "cairn/cairn.h"

namespace cairn::cases {

/// The reply, errors included.
bson::Document RunOnLibrary(Database* database, const std::string& name, bson::View command);

}  // namespace cairn::cases
