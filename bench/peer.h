// SPDX-License-Identifier: Apache-2.0
// Databases that bench/peers.cc compares Cairn with: the same documents, the same question.
// Thread safety: a Peer belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace cairn::bench {

/// What a group-by found: checked, so that all have done the same work.
struct GroupAnswer {
  int64_t groups = 0;
  int64_t documents = 0;
  double sum_of_means = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual const char* name() const = 0;
  /// Documents as JSON, before the first Group.
  virtual void Load(std::span<const std::string> documents) = 0;
  /// By `age`: how many, and the mean of `score`. Reads all documents.
  virtual GroupAnswer Group() = 0;
};

/// Both keep their files in `directory`, and end the program on errors. Null, with a line on
/// standard error, where this build or this machine does not have it.
std::unique_ptr<Peer> OpenSqlite(const std::string& directory);
/// A server of its own on a socket in `directory`, one process a query; ends with the Peer.
std::unique_ptr<Peer> OpenPostgres(const std::string& directory);

}  // namespace cairn::bench
