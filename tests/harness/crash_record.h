// SPDX-License-Identifier: Apache-2.0
// The outside record of the crash harness: what clients asked a server for and what they were told,
// kept in the process that kills, and what a restarted server must therefore show.
//
//   documents  Each belongs to one client, which has one request under way. A version is its text
//   in
//              canonical Extended JSON, with a token of its own. An acknowledged write makes a
//              version known; a request without an answer leaves both the old and the new one
//              possible, and of an ordered bulk only a beginning.
//   races      Ids that all clients insert at once: one of them wins, and what is there later is
//   the
//              winner's.
//   indexes    Built and dropped beside the writes: there, gone, or unknown.
//
// Thread safety: ClientRecord belongs to its client's thread; RaceRecord: any thread; checking: one
// thread, once the clients have ended.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cairn::harness {

/// A document's version; nothing: the document is not there.
using Version = std::optional<std::string>;

/// One document as a request would leave it.
struct Intent {
  int64_t id = 0;
  Version after;
};

class ClientRecord {
 public:
  /// The newest acknowledged version. Not to be asked of a document with an unknown outcome.
  const Version& Known(int64_t id) { return slots_[id].known; }
  void Acknowledge(const Intent& intent) { slots_[intent.id].known = intent.after; }
  /// A request that got no answer. `ordered`: its intents take effect one after the other.
  void LeaveUnknown(std::vector<Intent> intents, bool ordered);

  /// Holds `seen`, the client's documents as the server has them, against the record, which then
  /// takes them over as known. Empty, or what is wrong.
  std::string Check(const std::map<int64_t, std::string>& seen);

 private:
  struct Slot {
    Version known;
    std::vector<Version> possible;  ///< Besides `known`.
  };
  std::string CheckOrdered(const std::map<int64_t, std::string>& seen) const;

  std::map<int64_t, Slot> slots_;
  std::vector<Intent> ordered_;  // the unknown request, if it was an ordered one
};

class RaceRecord {
 public:
  /// An id for this client's next attempt: rises slowly, so that clients meet at the same ones.
  int64_t NextId();
  /// `client` was told that its insert of `id` is done. Two winners are wrong.
  void Win(int64_t id, int client);
  void Lose(int64_t id);
  void LeaveUnknown(int64_t id, int client);
  /// `seen`: who wrote each document that is there.
  std::string Check(const std::map<int64_t, int>& seen);
  uint64_t lost() const { return lost_; }

 private:
  struct Race {
    int winner = -1;
    std::set<int> unknown;
  };
  std::mutex mutex_;
  // Guarded by mutex_:
  std::map<int64_t, Race> races_;
  int64_t draws_ = 0;
  uint64_t lost_ = 0;
  std::string wrong_;
};

/// The indexes that come and go. An interrupted build is done anew after the server has started, so
/// what is not there yet stays unknown.
class IndexRecord {
 public:
  bool there(const std::string& name) const { return there_.contains(name); }
  bool unknown(const std::string& name) const { return unknown_.contains(name); }
  void Build(const std::string& name) {
    there_.insert(name);
    unknown_.erase(name);
  }
  void Drop(const std::string& name) {
    there_.erase(name);
    unknown_.erase(name);
  }
  void LeaveUnknown(const std::string& name) { unknown_.insert(name); }
  /// `seen`: those of them that the server lists.
  std::string Check(const std::set<std::string>& seen);

 private:
  std::set<std::string> there_;
  std::set<std::string> unknown_;
};

}  // namespace cairn::harness
