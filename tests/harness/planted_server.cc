// SPDX-License-Identifier: Apache-2.0
// The server program with a defect planted under it: the linker leads the engine's opening of a
// store through here (see CMakeLists.txt). CAIRN_PLANTED_DEFECT names the defect. Only for tests.
#include <cstdlib>

#include "engine/kv/open.h"
#include "server/cli/program.h"
#include "tests/harness/planted_store.h"

namespace cairn::harness {

Result<std::unique_ptr<kv::Store>> RealOpen(const kv::OpenOptions& options) __asm__(
    "__real__ZN5cairn2kv11OpenRocksDbERKNS0_11OpenOptionsE");
Result<std::unique_ptr<kv::Store>> WrappedOpen(const kv::OpenOptions& options) __asm__(
    "__wrap__ZN5cairn2kv11OpenRocksDbERKNS0_11OpenOptionsE");

Result<std::unique_ptr<kv::Store>> WrappedOpen(const kv::OpenOptions& options) {
  Result<std::unique_ptr<kv::Store>> opened = RealOpen(options);
  const char* name = std::getenv("CAIRN_PLANTED_DEFECT");
  const std::optional<Defect> defect = FindDefect(name == nullptr ? "" : name);
  if (!opened.ok() || !defect) return opened;
  return PlantIn(std::move(opened).value(), *defect);
}

}  // namespace cairn::harness

int main(int argc, char** argv) { return cairn::server::RunProgram(argc, argv); }
