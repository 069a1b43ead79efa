// SPDX-License-Identifier: Apache-2.0
// How $out and $merge write: what they need of the collections above. Given to a pipeline by its
// owner. Thread safety: belongs to one pipeline.
#pragma once

#include <memory>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::pipeline {

/// Documents that are collected in a temporary collection. Unless Finish is called, and if the
/// process ends before that, all of them are dropped.
class Replacement {
 public:
  virtual ~Replacement() = default;
  virtual Status Add(bson::View document) = 0;
  /// So much was added that it has to be written, with no read under way that would keep memory.
  virtual bool Due() const = 0;
  /// Errors: DuplicateKey and others of inserts.
  virtual Status Write() = 0;
  /// The collection is now made of them, in one commit; it is created where there was none.
  virtual Status Finish() = 0;
};

class DocumentWriter {
 public:
  virtual ~DocumentWriter() = default;
  /// Errors: DuplicateKey and others of inserts. Creates the collection.
  virtual Status Insert(std::string_view database, std::string_view collection,
                        bson::View document) = 0;
  /// Puts `replacement` in the place of the match of `filter`; whether there was one.
  virtual Result<bool> Replace(std::string_view database, std::string_view collection,
                               bson::View filter, bson::View replacement) = 0;
  /// Changes the match of `filter` by the stages of an update, which see the fields of `let` as
  /// variables: {name: value}; whether there was one.
  virtual Result<bool> Transform(std::string_view database, std::string_view collection,
                                 bson::View filter, bson::View stages, bson::View let) = 0;
  virtual Result<bool> Exists(std::string_view database, std::string_view collection,
                              bson::View filter) = 0;
  /// What is to stand in the place of all documents of the collection, whose options and indexes
  /// stay. Errors: those of views and of capped collections.
  virtual Result<std::unique_ptr<Replacement>> BeginReplacement(std::string_view database,
                                                                std::string_view collection) = 0;
  /// Waits until what was written is durable, where the operation's durability asks for it.
  virtual Status Settle() = 0;
};

}  // namespace cairn::pipeline
