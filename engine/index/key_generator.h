// SPDX-License-Identifier: Apache-2.0
// The keys of a document in an index, by MongoDB's rules:
//   - a missing field and a path through something that is no document give null;
//   - each element of an array that ends a path is a key of its own; an array within the array is
//   one
//     value; the empty array is undefined;
//   - a path that goes on behind an array goes into each of its documents, or by position when the
//   next
//     component is a number and the array has that element;
//   - fields of a compound index may go through one array together, never through two different
//   ones;
//   - equal keys of one document are one key;
//   - a hashed field gives the hash of its value, and must not hold an array;
//   - a wildcard field gives a key for each path (wildcard.h): its fields are the path, as a string
//     before the value. Beside it, other fields must not hold arrays; a compound one gives a key
//     with MinKey for path and value when the document has no such path;
//   - a sparse index leaves out keys of which all fields are missing, a partial one the documents
//     that its filter does not match;
//   - with a collator, each string in a value, nested ones too, is replaced by its sort key
//     (collation::WithSortKeys) before it is encoded. Bounds for such an index have to be made of
//     values that went the same way; what a key holds is then no value to give back, so the index
//     covers nothing.
// Thread safety: a KeyGenerator is immutable after Make; a KeySet belongs to one thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/collation/collator.h"
#include "engine/index/document_filter.h"
#include "engine/index/wildcard.h"
#include "engine/key/encoding.h"

namespace cairn::index {

inline constexpr int kFieldsMax = 32;           ///< Of a compound index.
inline constexpr int kPathComponentsMax = 100;  ///< As deep as documents go.
inline constexpr size_t kKeysPerDocumentMax = 100'000;

/// Bit k: the first k + 1 components of a path name an array.
using ArrayBits = std::bitset<kPathComponentsMax>;

/// One key: the encoded fields, cut to key::kMaxFieldBytes when they are longer.
struct GeneratedKey {
  std::string fields;
  key::TypeBits type_bits;
  bool cut = false;
};

/// The keys of one document: ascending, without duplicates. Reuse one for many documents.
class KeySet {
 public:
  void Clear() {
    size_ = 0;
    multikey_ = cut_ = false;
  }
  std::span<const GeneratedKey> keys() const { return {keys_.data(), size_}; }
  /// An array was met: the index has to be multikey.
  bool multikey() const { return multikey_; }
  /// Some key was cut.
  bool cut() const { return cut_; }
  /// One a field; meaningful when multikey().
  std::span<const ArrayBits> arrays() const { return arrays_; }

 private:
  friend class Expansion;  // Defined in key_generator.cc alone.
  std::vector<GeneratedKey> keys_;
  size_t size_ = 0;
  std::vector<ArrayBits> arrays_;
  bool multikey_ = false;
  bool cut_ = false;
};

/// The key of `keys` with these fields, or null.
const GeneratedKey* FindKey(const KeySet& keys, std::string_view fields);

/// Bit i is set when field i of a key is descending; a wildcard field counts as two. `fields` may
/// be null.
uint32_t DescendingFields(bson::View key_pattern, int* fields);

/// What a hashed field holds instead of `value`. Part of the on-disk format: never change.
int64_t HashOf(bson::Value value);

class KeyGenerator {
 public:
  /// From a key pattern of plain fields: for sorts. `collator`: null: strings by their bytes.
  explicit KeyGenerator(bson::View key_pattern,
                        std::shared_ptr<const collation::Collator> collator = nullptr);
  /// From a specification that MakeSpec (definition.h) has accepted, with its collator. `compiler`
  /// may be null where no index is partial.
  KeyGenerator(const catalog::IndexSpec& index, FilterCompiler compiler);

  /// Errors: CannotIndexParallelArrays, CannotBuildIndexKeys (too many keys), Location16746 (a
  /// component could be a position as well as a name), Location16766 (an array in a hashed field),
  /// Location7246301 (an array beside a wildcard field), and those of a partial index's filter.
  Status Generate(bson::View document, KeySet* out) const;
  /// The same without cutting keys: for sorts.
  Status GenerateWhole(bson::View document, KeySet* out) const;

  /// Appends what a key has for a field that leads to this value. `types` may be null.
  void AppendField(int field, bson::Value value, std::string* key,
                   key::TypeBits* types = nullptr) const;

  /// False when the keys of the two are surely the same.
  bool MayDiffer(bson::View before, bson::View after) const;

  /// The values of the key of `document` whose encoded fields are `fields`, named as in the
  /// pattern. Empty when there is no such key. With a collator: as collation::WithKeyTexts.
  bson::Document KeyValues(bson::View document, std::string_view fields) const;

  int fields() const { return static_cast<int>(fields_.size()); }
  /// Bit i: field i is descending.
  uint32_t descending() const { return descending_; }
  /// Null: strings by their bytes.
  const collation::Collator* collator() const { return collator_.get(); }
  const std::string& FieldName(int field) const { return fields_[static_cast<size_t>(field)].name; }
  /// Of a wildcard index: the field that holds the path, behind which the value follows; else -1.
  int path_field() const { return path_field_; }
  const WildcardPaths& wildcard() const { return wildcard_; }
  bool sparse() const { return sparse_; }
  /// The dotted path of the first component + 1 components of a field.
  std::string Path(int field, int component) const;

 private:
  friend class Expansion;
  struct Field {
    std::string name;
    std::vector<std::string> components;
    key::Direction direction = key::Direction::kAscending;
    bool hashed = false;
  };
  Status GenerateKeys(bson::View document, bool fit, KeySet* out) const;

  std::vector<Field> fields_;  // Of a key: the path of a wildcard field is one, too.
  std::shared_ptr<const collation::Collator> collator_;
  uint32_t descending_ = 0;
  bool sparse_ = false;
  int path_field_ = -1;  // Of a wildcard index: the field that holds the path.
  WildcardPaths wildcard_;
  DocumentFilterPtr filter_;
  Status broken_;  // Why no keys can be generated: a specification that this version cannot use.
};

/// What an index knows of the arrays and cut keys in it, in the form in which writers compare it.
class KnownFlags {
 public:
  KnownFlags(const catalog::IndexSpec& index, const KeyGenerator& generator);
  /// True when `keys` show nothing new.
  bool Cover(const KeySet& keys) const;
  void Add(const KeySet& keys);
  /// Writes them into a specification.
  void Apply(const KeyGenerator& generator, catalog::IndexSpec* index) const;

 private:
  std::vector<ArrayBits> arrays_;
  bool multikey_ = false;
  bool cut_ = false;
};

}  // namespace cairn::index
