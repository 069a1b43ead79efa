// SPDX-License-Identifier: Apache-2.0
// How collections are made and changed: parameters and results. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "cairn/bson.h"
#include "cairn/options.h"

namespace cairn {

/// The largest size that a capped collection may have, in bytes.
inline constexpr int64_t kCappedBytesMax = int64_t{1} << 50;
/// Views over views, at most.
inline constexpr int kViewDepthMax = 20;

/// A new collection, or a new view.
struct CreateOptions {
  /// Keeps documents in the order in which they were inserted, and drops the oldest ones to stay
  /// within `size` bytes and `max` documents.
  bool capped = false;
  std::optional<int64_t> size;  ///< Needed with `capped`; rounded up to a multiple of 256.
  std::optional<int64_t> max;

  /// A filter that documents have to match when they are written; {}: none.
  std::optional<bson::Document> validator;
  std::optional<std::string> validation_level;   ///< "strict" (the default), "moderate" or "off".
  std::optional<std::string> validation_action;  ///< "error" (the default) or "warn".

  /// Makes a view: reads give what `pipeline` makes of this collection or view.
  std::optional<std::string> view_on;
  std::optional<bson::Document> pipeline;  ///< A BSON array of stages; missing: no stages.

  /// Every collection of Cairn that is not capped is clustered by _id; this says so in listings.
  bool clustered = false;
  std::string clustered_name = "_id_";
  std::optional<int64_t> expire_after_seconds;  ///< Only of a clustered collection.

  /// How strings compare in it, where an operation does not say: {locale: …, …}. {}: by their
  /// bytes.
  bson::Document collation = {};
  bool pre_and_post_images = false;
  bson::Document storage_engine = {};         ///< Kept as given.
  bson::Document index_option_defaults = {};  ///< Kept as given.
  bson::Document encrypted_fields = {};       ///< Kept as given, for the client's encryption.
};

/// What changes of a collection or view; what is missing stays.
struct ModifyOptions {
  std::optional<bson::Document> validator;
  std::optional<std::string> validation_level;
  std::optional<std::string> validation_action;
  std::optional<std::string> view_on;
  std::optional<bson::Document> pipeline;  ///< A BSON array.
  std::optional<int64_t> capped_size;
  std::optional<int64_t> capped_max;  ///< Not above 0: no bound.
  std::optional<bool> pre_and_post_images;
  std::optional<int64_t> expire_after_seconds;  ///< Of a clustered collection; negative: never.
  std::optional<IndexModification> index;       ///< Not of a view.
  bool dry_run = false;  ///< Only looks whether `index` can become unique; nothing changes.
};

struct ModifyResult {
  CommitNumber commit = 0;  ///< 0: a dry run.
  IndexChangeResult index;  ///< What the index was before.
};

struct RenameOptions {
  bool drop_target = false;  ///< A collection that has the name already is dropped.
  /// The target must be there and have this UUID.
  std::optional<std::array<uint8_t, 16>> target_uuid;
};

}  // namespace cairn
