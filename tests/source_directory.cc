// SPDX-License-Identifier: Apache-2.0
// The one file that knows the path of this clone.
#include "tests/source_directory.h"

namespace cairn {

std::filesystem::path SourceDirectory() { return CAIRN_SOURCE_DIR; }

std::filesystem::path SharedFile(const std::filesystem::path& below) {
  return SourceDirectory().parent_path() / "shared" / below;
}

}  // namespace cairn
