// SPDX-License-Identifier: Apache-2.0
// The rules of the house: which room may include which, sizes, names, sorted tables, and that every
// source file is built. Each check is a pure function from a tree of files to its findings, one
// line each, "path: what is wrong". Any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::tidy {

/// Path from the root → text; the text is empty for files that are not IsText.
using Tree = std::map<std::string, std::string>;
using Findings = std::vector<std::string>;

/// Whether the checks read the text of the file `path`.
bool IsText(std::string_view path);
std::vector<std::string> Lines(const std::string& text);

/// Rooms include only rooms below them, by paths that start at the root; the server only public
/// headers.
Findings LayerFindings(const Tree& tree);
Findings CycleFindings(const Tree& tree);
/// Each outside library stays behind the few files that speak to it.
Findings LibraryFindings(const Tree& tree);
/// Public headers show no library's name.
Findings PublicHeaderFindings(const Tree& tree);
Findings SizeFindings(const Tree& tree);
/// No path, type or namespace has a word such as "helper", which says nothing.
Findings NameFindings(const Tree& tree);
/// The first line, after a #! line, is the SPDX line.
Findings SpdxFindings(const Tree& tree);
/// No marks of unfinished work and no paths of one machine.
Findings TextFindings(const Tree& tree);
Findings TopLevelFindings(const Tree& tree);
/// Sorted without duplicates: the tables after a line "// table" ": sorted", every constexpr array
/// whose first key starts with $, and the numbers of error_codes.def.
Findings TableFindings(const Tree& tree);
/// Every .cc is named, relative to it, in the CMakeLists.txt of its folder or of one above.
Findings BuildFindings(const Tree& tree);

}  // namespace cairn::tidy
