// SPDX-License-Identifier: Apache-2.0
// Where the sources are, and what may stand beside them. Any thread.
#pragma once

#include <filesystem>

namespace cairn {

/// The directory of the project. In a file of its own, so that the other tests compile to the same
/// in every clone and a compiler cache serves them all.
std::filesystem::path SourceDirectory();
/// `shared/BELOW` beside the project: data and cases of others, which need not be there.
std::filesystem::path SharedFile(const std::filesystem::path& below);

}  // namespace cairn
