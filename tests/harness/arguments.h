// SPDX-License-Identifier: Apache-2.0
// The arguments of a harness program: pairs of "--name value". Thread safety: one thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

namespace cairn::harness {

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) left_[argv[i]] = i + 1 < argc ? argv[i + 1] : "";
  }

  /// Empty when it is not given.
  std::string Text(const std::string& name) const {
    const auto found = left_.find(name);
    if (found == left_.end()) return {};
    std::string value = found->second;
    left_.erase(found);
    return value;
  }
  uint64_t Number(const std::string& name, uint64_t fallback) const {
    const std::string text = Text(name);
    return text.empty() ? fallback : std::strtoull(text.c_str(), nullptr, 10);
  }
  /// --seed, or a new one.
  uint64_t Seed() const { return Number("--seed", std::random_device()()); }
  bool AllUsed() const { return left_.empty(); }
  int Refuse(const std::string& usage) const {
    std::fprintf(stderr, "%s\n", usage.c_str());
    return 2;
  }

 private:
  mutable std::map<std::string, std::string> left_;
};

}  // namespace cairn::harness
