// SPDX-License-Identifier: Apache-2.0
// Files beside the source tree that belong to others: conformance cases and data sets. A test that
// does not find them says loudly that its cases were left out.
#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/source_directory.h"

namespace cairn::bson {

/// False, and a message, when the folder is absent.
inline bool HaveShared(const std::string& below) {
  if (std::filesystem::is_directory(SharedFile(below))) return true;
  std::cout << "LEFT OUT: " << SharedFile(below) << " is absent; none of its cases were run\n";
  return false;
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace cairn::bson
