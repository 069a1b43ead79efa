// SPDX-License-Identifier: Apache-2.0
#include "engine/index/key_generator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

constexpr Value kUndefined(Type::kUndefined, nullptr);
constexpr Value kMinKey(Type::kMinKey, nullptr);

// The position that a path component names: decimal digits without a leading zero.
std::optional<uint32_t> PositionOf(std::string_view component) {
  if (component.empty() || (component.size() > 1 && component[0] == '0')) return std::nullopt;
  uint32_t position = 0;
  const char* end = component.data() + component.size();
  const auto [at, error] = std::from_chars(component.data(), end, position);
  if (error != std::errc() || at != end) return std::nullopt;
  return position;
}

Value ElementAt(bson::View array, uint32_t position) {
  for (const bson::Element& element : array) {
    if (position-- == 0) return element.value;
  }
  return {};
}

bool SameBytes(Value a, Value b) {
  if (a.type() != b.type()) return false;
  if (a.missing() || a.payload() == b.payload()) return true;
  const size_t size = a.size();
  return size == b.size() && std::memcmp(a.payload(), b.payload(), size) == 0;
}

bool IsNegative(Value value) {
  return (value.type() == Type::kInt32 && value.AsInt32() < 0) ||
         (value.type() == Type::kInt64 && value.AsInt64() < 0) ||
         (value.type() == Type::kDouble && value.AsDouble() < 0) ||
         (value.type() == Type::kDecimal128 && value.AsDecimal128().IsNegative());
}

}  // namespace

const GeneratedKey* FindKey(const KeySet& keys, std::string_view fields) {
  const auto all = keys.keys();
  const auto at = std::lower_bound(
      all.begin(), all.end(), fields,
      [](const GeneratedKey& key, std::string_view wanted) { return key.fields < wanted; });
  return at != all.end() && at->fields == fields ? &*at : nullptr;
}

int64_t HashOf(Value value) {
  std::string bytes;
  key::AppendValue(value, key::Direction::kAscending, &bytes);
  uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
  // The bits of FNV's hash are mixed, so that neighbours are far apart.
  hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCD;
  hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53;
  return static_cast<int64_t>(hash ^ hash >> 33);
}

uint32_t DescendingFields(bson::View key_pattern, int* fields) {
  uint32_t descending = 0;
  int field = 0;
  for (const bson::Element& element : key_pattern) {
    if (IsWildcardField(element.name)) ++field;
    if (field < kFieldsMax && IsNegative(element.value)) descending |= uint32_t{1} << field;
    ++field;
  }
  if (fields != nullptr) *fields = field;
  return descending;
}

// One document on its way into keys. Recurses once an array, at most once a path component.
class Expansion {
 public:
  Expansion(const KeyGenerator& generator, bool fit, KeySet* out)
      : generator_(generator), fit_(fit), out_(out) {
    out->Clear();
  }

  Status Run(bson::View document) {
    Places places;
    for (size_t i = 0; i < fields(); ++i) places[i].value = Value(Type::kDocument, document.data());
    CAIRN_TRY(generator_.path_field_ < 0 ? Expand(&places) : ExpandWildcard(&places, document));
    const auto begin = out_->keys_.begin();
    const auto end = begin + static_cast<ptrdiff_t>(out_->size_);
    if (out_->size_ > 1) {
      const auto less = [](const auto& a, const auto& b) { return a.fields < b.fields; };
      const auto equal = [](const auto& a, const auto& b) { return a.fields == b.fields; };
      std::stable_sort(begin, end, less);
      out_->size_ = static_cast<size_t>(std::unique(begin, end, equal) - begin);
    }
    return Status::Ok();
  }

 private:
  // How far one field has got.
  struct Place {
    Value value;        // Where the walk stands; the key's value when done.
    uint32_t next = 0;  // The next component to follow.
    bool done = false;
  };
  using Places = std::array<Place, kFieldsMax>;

  size_t fields() const { return generator_.fields_.size(); }
  const std::vector<std::string>& Components(size_t i) const {
    return generator_.fields_[i].components;
  }

  // Follows the path until it ends or stands on an array.
  void Walk(size_t i, Place* place) const {
    const std::vector<std::string>& components = Components(i);
    while (!place->done && place->value.type() != Type::kArray) {
      if (place->next == components.size()) {
        place->done = true;
      } else if (place->value.type() != Type::kDocument) {
        *place = {Value(), place->next, true};
      } else {
        place->value = place->value.AsView().Find(components[place->next++]);
        place->done = place->value.missing();
      }
    }
  }

  // The one array that all unfinished fields stand on; missing when none is unfinished.
  Status WalkAll(Places* places, Value* array) const {
    size_t first = 0;
    for (size_t i = 0; i < fields(); ++i) {
      Place& place = (*places)[i];
      Walk(i, &place);
      if (place.done) continue;
      if (array->missing()) {
        *array = place.value;
        first = i;
      } else if (array->payload() != place.value.payload()) {
        return Status(ErrorCode::kCannotIndexParallelArrays,
                      "cannot index parallel arrays [" + Components(i)[place.next - 1] + "] [" +
                          Components(first)[(*places)[first].next - 1] + "]");
      }
    }
    return Status::Ok();
  }

  Status MarkArrays(const Places& places) {
    for (size_t i = 0; i < fields(); ++i) {
      if (generator_.fields_[i].hashed && !places[i].done) {
        return Status(ErrorCode::kLocation16766,
                      "hashed indexes do not currently support array values");
      }
    }
    if (!out_->multikey_) {
      out_->multikey_ = true;
      out_->arrays_.assign(fields(), ArrayBits());
    }
    for (size_t i = 0; i < fields(); ++i) {
      if (!places[i].done) out_->arrays_[i].set(places[i].next - 1);
    }
    return Status::Ok();
  }

  // The element that the next component of field `i` names by position; missing when it names none.
  Status Positional(size_t i, const Place& place, Value* element) const {
    if (place.next == Components(i).size()) return Status::Ok();
    const std::string& component = Components(i)[place.next];
    const std::optional<uint32_t> position = PositionOf(component);
    if (!position) return Status::Ok();
    *element = ElementAt(place.value.AsView(), *position);
    if (element->missing()) return Status::Ok();
    for (const bson::Element& other : place.value.AsView()) {
      if (other.value.type() == Type::kDocument &&
          !other.value.AsView().Find(component).missing()) {
        return Status(ErrorCode::kLocation16746,
                      "Ambiguous field name found in array (do not use numeric field names in "
                      "embedded elements in an array), field: '" +
                          component + "'");
      }
    }
    return Status::Ok();
  }

  // `place` after a step by position. An array that ends the path there is one value.
  void StepTo(size_t i, Value element, Place* place) const {
    place->value = element;
    ++place->next;
    place->done = place->next == Components(i).size() &&
                  !(element.type() == Type::kArray && element.AsView().empty());
  }

  // `place` within one element of the array that it stands on.
  void StepInto(size_t i, Value element, Place* place) const {
    place->value = element;
    if (place->next == Components(i).size()) {
      place->done = true;
    } else if (element.type() != Type::kDocument) {
      *place = {Value(), place->next, true};
    }
  }

  // All fields but the wildcard's are values; that gives one key for each of its paths.
  Status ExpandWildcard(Places* places, bson::View document) {
    const auto path_field = static_cast<size_t>(generator_.path_field_);
    Place& path = (*places)[path_field];
    Place& value = (*places)[path_field + 1];
    path.done = value.done = true;
    for (size_t i = 0; i < fields(); ++i) {
      Place& place = (*places)[i];
      Walk(i, &place);
      if (!place.done) {
        return Status(ErrorCode::kLocation7246301,
                      "Failed to index document for compound wildcard index: the regular field '" +
                          generator_.fields_[i].name + "' holds an array");
      }
    }
    std::string path_bytes;
    bool arrays = false;
    CAIRN_TRY(generator_.wildcard_.ForEach(
        document, &arrays, [&](std::string_view at, Value leaf) -> Status {
          path_bytes.clear();
          base::AppendLittle<uint32_t>(&path_bytes, static_cast<uint32_t>(at.size() + 1));
          path_bytes.append(at).push_back('\0');
          path.value = Value(Type::kString, path_bytes.data());
          value.value = leaf;
          return Emit(*places);
        }));
    if (arrays && !out_->multikey_) {
      out_->multikey_ = true;
      out_->arrays_.assign(fields(), ArrayBits());
    }
    if (out_->size_ != 0 || fields() == 2) return Status::Ok();
    path.value = value.value = kMinKey;
    return Emit(*places);
  }

  bool AllMissing(const Places& places) const {
    for (size_t i = 0; i < fields(); ++i) {
      if (!places[i].value.missing()) return false;
    }
    return true;
  }

  Status Expand(Places* places) {
    Value array;
    CAIRN_TRY(WalkAll(places, &array));
    if (array.missing()) return Emit(*places);
    CAIRN_TRY(MarkArrays(*places));
    if (array.AsView().empty()) {
      for (size_t i = 0; i < fields(); ++i) {
        Place& place = (*places)[i];
        if (place.done) continue;
        place.value = place.next == Components(i).size() ? kUndefined : Value();
        place.done = true;
      }
      return Emit(*places);
    }
    return ExpandElements(*places, array.AsView());
  }

  Status ExpandElements(const Places& places, bson::View array) {
    std::array<Value, kFieldsMax> by_position;
    bool each_element = false;
    for (size_t i = 0; i < fields(); ++i) {
      if (places[i].done) continue;
      CAIRN_TRY(Positional(i, places[i], &by_position[i]));
      each_element |= by_position[i].missing();
    }
    Places inner;
    for (const bson::Element& element : array) {
      for (size_t i = 0; i < fields(); ++i) {
        inner[i] = places[i];
        if (inner[i].done) continue;
        if (by_position[i].missing()) {
          StepInto(i, element.value, &inner[i]);
        } else {
          StepTo(i, by_position[i], &inner[i]);
        }
      }
      CAIRN_TRY(Expand(&inner));
      if (!each_element) break;
    }
    return Status::Ok();
  }

  Status Emit(const Places& places) {
    if (generator_.sparse_ && AllMissing(places)) return Status::Ok();
    if (out_->size_ == kKeysPerDocumentMax) {
      return Status(
          ErrorCode::kCannotBuildIndexKeys,
          "a document has more than " + std::to_string(kKeysPerDocumentMax) + " keys in an index");
    }
    if (out_->size_ == out_->keys_.size()) out_->keys_.emplace_back();
    GeneratedKey& key = out_->keys_[out_->size_++];
    key.fields.clear();
    key.type_bits.clear();
    for (size_t i = 0; i < fields(); ++i) {
      generator_.AppendField(static_cast<int>(i), places[i].value, &key.fields, &key.type_bits);
    }
    key.cut = fit_ && key::FitKey(&key.fields, key::kMaxFieldBytes);
    out_->cut_ |= key.cut;
    return Status::Ok();
  }

  const KeyGenerator& generator_;
  const bool fit_;
  KeySet* const out_;
};

KeyGenerator::KeyGenerator(bson::View key_pattern,
                           std::shared_ptr<const collation::Collator> collator)
    : collator_(std::move(collator)) {
  for (const bson::Element& element : key_pattern) {
    if (IsWildcardField(element.name)) {
      path_field_ = static_cast<int>(fields_.size());
      Field& path = fields_.emplace_back();
      path.name = kPathFieldName;
      path.components.push_back(path.name);
    }
    Field& field = fields_.emplace_back();
    field.name = element.name;
    field.hashed = element.value.type() == Type::kString;
    for (size_t begin = 0; begin <= field.name.size();) {
      const size_t end = std::min(field.name.find('.', begin), field.name.size());
      field.components.push_back(field.name.substr(begin, end - begin));
      begin = end + 1;
    }
    if (IsNegative(element.value)) field.direction = key::Direction::kDescending;
  }
  descending_ = DescendingFields(key_pattern, nullptr);
}

KeyGenerator::KeyGenerator(const catalog::IndexSpec& index, FilterCompiler compiler)
    : KeyGenerator(index.key_pattern, index.collator) {
  sparse_ = index.options["sparse"].type() == Type::kBool && index.options["sparse"].AsBool();
  if (path_field_ >= 0) {
    Result<WildcardPaths> paths = WildcardPaths::Parse(
        fields_[static_cast<size_t>(path_field_) + 1].name, index.options["wildcardProjection"]);
    if (paths.ok()) {
      wildcard_ = std::move(paths).value();
    } else {
      broken_ = std::move(paths).status();
    }
  }
  const Value expression = index.options["partialFilterExpression"];
  if (expression.type() != Type::kDocument) return;
  if (compiler == nullptr) {
    broken_ = Status(ErrorCode::kInternalError, "index '" + index.name +
                                                    "' is partial, and nothing here can evaluate "
                                                    "its filter");
    return;
  }
  Result<DocumentFilterPtr> filter = compiler(expression.AsView(), collator_);
  if (filter.ok()) {
    filter_ = std::move(filter).value();
  } else {
    broken_ = std::move(filter).status();
  }
}

Status KeyGenerator::GenerateKeys(bson::View document, bool fit, KeySet* out) const {
  if (!broken_.ok()) [[unlikely]]
    return broken_;
  if (filter_ != nullptr) {
    out->Clear();
    CAIRN_TRY_ASSIGN(const bool taken, filter_->Matches(document));
    if (!taken) return Status::Ok();
  }
  return Expansion(*this, fit, out).Run(document);
}

Status KeyGenerator::Generate(bson::View document, KeySet* out) const {
  return GenerateKeys(document, true, out);
}

Status KeyGenerator::GenerateWhole(bson::View document, KeySet* out) const {
  return GenerateKeys(document, false, out);
}

void KeyGenerator::AppendField(int field, Value value, std::string* key,
                               key::TypeBits* types) const {
  const Field& of = fields_[static_cast<size_t>(field)];
  // Names are not collated.
  const collation::Collated collated(value, field == path_field_ ? nullptr : collator_.get());
  value = collated.value();
  int64_t hash = 0;
  if (of.hashed) [[unlikely]] {
    hash = HashOf(value);
    value = Value(Type::kInt64, reinterpret_cast<const char*>(&hash));
  }
  key::AppendValue(value, of.direction, key, types);
}

bool KeyGenerator::MayDiffer(bson::View before, bson::View after) const {
  if (filter_ != nullptr || path_field_ >= 0) return true;
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) {
    return !SameBytes(before.Find(field.components[0]), after.Find(field.components[0]));
  });
}

bson::Document KeyGenerator::KeyValues(bson::View document, std::string_view fields) const {
  KeySet whole;
  Expansion(*this, false, &whole).Run(document).PermitUncheckedError();
  for (const GeneratedKey& key : whole.keys()) {
    std::string fitted = key.fields;
    key::FitKey(&fitted, key::kMaxFieldBytes);
    if (fitted != fields) continue;
    key::Decoder decoder(key.fields, key.type_bits.bytes());
    bson::Builder out;
    for (const Field& field : fields_) {
      if (!decoder.Next(field.direction, field.name, &out).ok()) return {};
    }
    const bson::Document values = out.Finish();
    return collator_ == nullptr ? values : collation::WithKeyTexts(values);
  }
  return {};
}

std::string KeyGenerator::Path(int field, int component) const {
  const std::vector<std::string>& components = fields_[static_cast<size_t>(field)].components;
  std::string path = components[0];
  for (int i = 1; i <= component; ++i) path += "." + components[static_cast<size_t>(i)];
  return path;
}

KnownFlags::KnownFlags(const catalog::IndexSpec& index, const KeyGenerator& generator)
    : arrays_(static_cast<size_t>(generator.fields())),
      multikey_(index.multikey),
      cut_(index.has_truncated_keys) {
  for (int field = 0; field < generator.fields(); ++field) {
    for (int component = 0; component < kPathComponentsMax; ++component) {
      const std::string path = generator.Path(field, component);
      if (std::find(index.multikey_paths.begin(), index.multikey_paths.end(), path) !=
          index.multikey_paths.end()) {
        arrays_[static_cast<size_t>(field)].set(static_cast<size_t>(component));
      }
      if (path.size() == generator.FieldName(field).size()) break;
    }
  }
}

bool KnownFlags::Cover(const KeySet& keys) const {
  if (keys.cut() && !cut_) return false;
  if (!keys.multikey()) return true;
  if (!multikey_) return false;
  for (size_t i = 0; i < arrays_.size(); ++i) {
    if ((keys.arrays()[i] & ~arrays_[i]).any()) return false;
  }
  return true;
}

void KnownFlags::Add(const KeySet& keys) {
  cut_ |= keys.cut();
  if (!keys.multikey()) return;
  multikey_ = true;
  for (size_t i = 0; i < arrays_.size(); ++i) arrays_[i] |= keys.arrays()[i];
}

void KnownFlags::Apply(const KeyGenerator& generator, catalog::IndexSpec* index) const {
  index->multikey |= multikey_;
  index->has_truncated_keys |= cut_;
  for (size_t field = 0; field < arrays_.size(); ++field) {
    for (int component = 0; component < kPathComponentsMax; ++component) {
      if (!arrays_[field][static_cast<size_t>(component)]) continue;
      std::string path = generator.Path(static_cast<int>(field), component);
      std::vector<std::string>& paths = index->multikey_paths;
      const auto at = std::lower_bound(paths.begin(), paths.end(), path);
      if (at == paths.end() || *at != path) paths.insert(at, std::move(path));
    }
  }
}

}  // namespace cairn::index
