// SPDX-License-Identifier: Apache-2.0
// The cairn program.
#include "server/cli/program.h"

int main(int argc, char** argv) { return cairn::server::RunProgram(argc, argv); }
