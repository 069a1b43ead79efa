// SPDX-License-Identifier: Apache-2.0
// The cairn program: its command line.
#pragma once

namespace cairn::server {

/// An exit code (see exit_code.h).
int RunProgram(int argc, char** argv);

}  // namespace cairn::server
