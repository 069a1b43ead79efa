// SPDX-License-Identifier: Apache-2.0
// Reads encoded values. Keys come from disk, so nothing in them is trusted: Scanner checks the
// structure of a value within its bounds, Reader then rebuilds a value that was scanned.
#include <bitset>
#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "engine/key/grammar.h"
#include "engine/key/number_encoding.h"

namespace cairn::key {
namespace {

Status Damaged(const char* what) {
  return Status(ErrorCode::kDataCorruptionDetected, std::string("damaged key: ") + what);
}

/// Finds where a value ends. Every function returns false when the bytes are damaged or too few.
class Scanner {
 public:
  Scanner(std::string_view key, Direction direction)
      : begin_(reinterpret_cast<const uint8_t*>(key.data())),
        at_(begin_),
        end_(begin_ + key.size()),
        mask_(direction == Direction::kDescending ? 0xFF : 0x00) {}

  bool SkipValue();
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }

 private:
  bool ReadByte(uint8_t* byte) {
    if (at_ == end_) return false;
    *byte = *at_++ ^ mask_;
    return true;
  }
  bool Skip(size_t bytes) {
    if (static_cast<size_t>(end_ - at_) < bytes) return false;
    at_ += bytes;
    return true;
  }
  bool SkipString();
  bool SkipNumber();
  bool SkipBool();
  bool SkipLengthAnd(size_t more);
  bool SkipScalar(TypeByte type);

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  uint8_t mask_;
};

bool Scanner::SkipString() {
  uint8_t byte;
  while (ReadByte(&byte)) {
    if (byte > kEscape) continue;
    if (byte == kEnd) return true;
    if (!ReadByte(&byte) || byte < 1 || byte > 2) return false;
  }
  return false;
}

bool Scanner::SkipNumber() {
  if (!Skip(kNumberBytes)) return false;
  const uint8_t low = at_[-1] ^ mask_;
  return (low & kTailFlag) == 0 || Skip(kTailBytes);
}

bool Scanner::SkipBool() {
  uint8_t byte;
  return ReadByte(&byte) && byte <= 1;
}

bool Scanner::SkipLengthAnd(size_t more) {
  uint8_t byte;
  if (!ReadByte(&byte)) return false;
  size_t length = byte;
  if (byte == kLongBinary) {
    length = 0;
    for (size_t i = 0; i < sizeof(uint32_t); ++i) {
      if (!ReadByte(&byte)) return false;
      length = length << 8 | byte;
    }
    if (length < kLongBinary) return false;
  }
  return Skip(length) && Skip(more);
}

bool Scanner::SkipScalar(TypeByte type) {
  switch (type) {
    case TypeByte::kMinKey:
    case TypeByte::kUndefined:
    case TypeByte::kNull:
    case TypeByte::kMaxKey:
      return true;
    case TypeByte::kNumber:
      return SkipNumber();
    case TypeByte::kString:
    case TypeByte::kCode:
      return SkipString();
    case TypeByte::kBinary:
      return SkipLengthAnd(1);
    case TypeByte::kObjectId:
      return Skip(kObjectIdBytes);
    case TypeByte::kBool:
      return SkipBool();
    case TypeByte::kDate:
    case TypeByte::kTimestamp:
      return Skip(sizeof(uint64_t));
    case TypeByte::kRegex:
      return SkipString() && SkipString();
    case TypeByte::kDbPointer:
      return SkipLengthAnd(kObjectIdBytes);
    default:
      return false;
  }
}

bool Scanner::SkipValue() {
  std::bitset<bson::kMaxDepth> is_array;
  int depth = 0;
  do {
    uint8_t byte;
    if (!ReadByte(&byte)) return false;
    if (depth > 0) {
      if (byte == kEnd) {
        --depth;
        continue;
      }
      if (!is_array[static_cast<size_t>(depth) - 1] && !SkipString()) return false;
    }
    const auto type = static_cast<TypeByte>(byte);
    if (type == TypeByte::kObject || type == TypeByte::kArray || type == TypeByte::kCodeWithScope) {
      if (type == TypeByte::kCodeWithScope && !SkipString()) return false;
      if (depth == bson::kMaxDepth) return false;
      is_array[static_cast<size_t>(depth++)] = type == TypeByte::kArray;
    } else if (!SkipScalar(type)) {
      return false;
    }
  } while (depth > 0);
  return true;
}

/// Rebuilds one ascending value that a Scanner has accepted, so bounds and depth are right.
class Reader {
 public:
  Reader(std::string_view value, TypeBitsReader* types) : at_(value.data()), types_(types) {}

  TypeByte ReadType() { return static_cast<TypeByte>(*at_++); }
  /// Recursion is bounded by the scanned depth.
  Status ReadBody(TypeByte type, std::string_view name, bson::Builder* out);

 private:
  /// The bytes of a string; in `scratch` when it had escapes.
  std::string_view ReadString(std::string* scratch);
  /// A string that BSON ends with NUL, so that it must not hold one.
  Status ReadCString(std::string* scratch, std::string_view* text);
  size_t ReadLength();
  std::string_view Take(size_t bytes) {
    const std::string_view taken(at_, bytes);
    at_ += bytes;
    return taken;
  }
  int64_t ReadDate();
  bson::Timestamp ReadTimestamp();
  Status ReadNumber(std::string_view name, bson::Builder* out);
  Status ReadText(std::string_view name, bson::Builder* out);
  Status ReadBinary(std::string_view name, bson::Builder* out);
  Status ReadRegex(std::string_view name, bson::Builder* out);
  Status ReadDbPointer(std::string_view name, bson::Builder* out);
  Status ReadCodeWithScope(std::string_view name, bson::Builder* out);
  Status ReadElements(bson::Builder* out);
  Status ReadArray(bson::Builder* out);

  const char* at_;
  TypeBitsReader* types_;
};

std::string_view Reader::ReadString(std::string* scratch) {
  const char* const begin = at_;
  while (static_cast<uint8_t>(*at_) > kEscape) ++at_;
  if (static_cast<uint8_t>(*at_) == kEnd) {
    return {begin, static_cast<size_t>(at_++ - begin)};
  }
  scratch->assign(begin, at_);
  for (; static_cast<uint8_t>(*at_) != kEnd; ++at_) {
    if (static_cast<uint8_t>(*at_) == kEscape) {
      scratch->push_back(static_cast<char>(*++at_ - 1));
    } else {
      scratch->push_back(*at_);
    }
  }
  ++at_;
  return *scratch;
}

Status Reader::ReadCString(std::string* scratch, std::string_view* text) {
  *text = ReadString(scratch);
  if (text->find('\0') != std::string_view::npos) return Damaged("NUL in a name");
  return Status::Ok();
}

size_t Reader::ReadLength() {
  const auto first = static_cast<uint8_t>(*at_++);
  if (first != kLongBinary) return first;
  return base::LoadBig<uint32_t>(Take(sizeof(uint32_t)).data());
}

int64_t Reader::ReadDate() {
  return static_cast<int64_t>(base::LoadBig<uint64_t>(Take(8).data()) ^ uint64_t{1} << 63);
}

bson::Timestamp Reader::ReadTimestamp() {
  const auto seconds = base::LoadBig<uint32_t>(Take(4).data());
  const auto increment = base::LoadBig<uint32_t>(Take(4).data());
  return {increment, seconds};
}

Status Reader::ReadNumber(std::string_view name, bson::Builder* out) {
  const bool has_tail = (static_cast<uint8_t>(at_[kNumberBytes - 1]) & kTailFlag) != 0;
  const std::string_view body = Take(kNumberBytes + (has_tail ? kTailBytes : 0));
  const auto type = types_->Next();
  if (!type.has_value()) return Damaged("type bits");
  return DecodeNumber(body, *type, name, out);
}

Status Reader::ReadText(std::string_view name, bson::Builder* out) {
  std::string scratch;
  const std::string_view text = ReadString(&scratch);
  const auto type = types_->Next();
  if (!type.has_value()) return Damaged("type bits");
  if (type->kind == TypeKind::kDefault) {
    out->AppendString(name, text);
  } else if (type->kind == TypeKind::kSymbol) {
    out->AppendSymbol(name, text);
  } else {
    return Damaged("the type of a number for a string");
  }
  return Status::Ok();
}

Status Reader::ReadBinary(std::string_view name, bson::Builder* out) {
  const size_t length = ReadLength();
  const auto subtype = static_cast<uint8_t>(*at_++);
  std::string_view data = Take(length);
  if (subtype == 2) {
    // The old subtype repeats the length inside of the data; Builder writes it.
    if (length < sizeof(uint32_t) ||
        base::LoadLittle<uint32_t>(data.data()) != length - sizeof(uint32_t)) {
      return Damaged("a binary's length");
    }
    data.remove_prefix(sizeof(uint32_t));
  }
  out->AppendBinary(name, subtype, data);
  return Status::Ok();
}

Status Reader::ReadRegex(std::string_view name, bson::Builder* out) {
  std::string pattern_scratch;
  std::string options_scratch;
  std::string_view pattern;
  std::string_view options;
  CAIRN_TRY(ReadCString(&pattern_scratch, &pattern));
  CAIRN_TRY(ReadCString(&options_scratch, &options));
  out->AppendRegex(name, pattern, options);
  return Status::Ok();
}

Status Reader::ReadDbPointer(std::string_view name, bson::Builder* out) {
  const std::string_view ns = Take(ReadLength());
  const auto id = base::LoadLittle<bson::ObjectId>(Take(kObjectIdBytes).data());
  out->AppendDbPointer(name, ns, id);
  return Status::Ok();
}

Status Reader::ReadCodeWithScope(std::string_view name, bson::Builder* out) {
  std::string scratch;
  const std::string_view code = ReadString(&scratch);
  bson::Builder scope;
  CAIRN_TRY(ReadElements(&scope));
  const bson::Document document = scope.Finish();
  out->AppendCodeWithScope(name, code, document.view());
  return Status::Ok();
}

Status Reader::ReadElements(bson::Builder* out) {
  while (static_cast<uint8_t>(*at_) != kEnd) {
    const TypeByte type = ReadType();
    std::string scratch;
    std::string_view name;
    CAIRN_TRY(ReadCString(&scratch, &name));
    CAIRN_TRY(ReadBody(type, name, out));
  }
  ++at_;
  return Status::Ok();
}

Status Reader::ReadArray(bson::Builder* out) {
  while (static_cast<uint8_t>(*at_) != kEnd) {
    const TypeByte type = ReadType();
    CAIRN_TRY(ReadBody(type, out->NextIndex(), out));
  }
  ++at_;
  return Status::Ok();
}

Status Reader::ReadBody(TypeByte type, std::string_view name, bson::Builder* out) {
  switch (type) {
    case TypeByte::kMinKey:
      out->AppendMinKey(name);
      return Status::Ok();
    case TypeByte::kUndefined:
      out->AppendUndefined(name);
      return Status::Ok();
    case TypeByte::kNull:
      out->AppendNull(name);
      return Status::Ok();
    case TypeByte::kNumber:
      return ReadNumber(name, out);
    case TypeByte::kString:
      return ReadText(name, out);
    case TypeByte::kObject:
      out->OpenDocument(name);
      CAIRN_TRY(ReadElements(out));
      out->Close();
      return Status::Ok();
    case TypeByte::kArray:
      out->OpenArray(name);
      CAIRN_TRY(ReadArray(out));
      out->Close();
      return Status::Ok();
    case TypeByte::kBinary:
      return ReadBinary(name, out);
    case TypeByte::kObjectId:
      out->AppendObjectId(name, base::LoadLittle<bson::ObjectId>(Take(kObjectIdBytes).data()));
      return Status::Ok();
    case TypeByte::kBool:
      out->AppendBool(name, *Take(1).data() != 0);
      return Status::Ok();
    case TypeByte::kDate:
      out->AppendDate(name, ReadDate());
      return Status::Ok();
    case TypeByte::kTimestamp:
      out->AppendTimestamp(name, ReadTimestamp());
      return Status::Ok();
    case TypeByte::kRegex:
      return ReadRegex(name, out);
    case TypeByte::kDbPointer:
      return ReadDbPointer(name, out);
    case TypeByte::kCode: {
      std::string scratch;
      out->AppendCode(name, ReadString(&scratch));
      return Status::Ok();
    }
    case TypeByte::kCodeWithScope:
      return ReadCodeWithScope(name, out);
    case TypeByte::kMaxKey:
      out->AppendMaxKey(name);
      return Status::Ok();
  }
  return Damaged("a type");
}

}  // namespace

Result<size_t> EncodedSize(std::string_view key, Direction direction) {
  Scanner scanner(key, direction);
  if (!scanner.SkipValue()) return Damaged("a value that does not end");
  return scanner.offset();
}

Status Decoder::Next(Direction direction, std::string_view name, bson::Builder* out) {
  CAIRN_TRY_ASSIGN(const size_t size, EncodedSize(key_, direction));
  std::string_view value = key_.substr(0, size);
  key_.remove_prefix(size);
  std::string flipped;
  if (direction == Direction::kDescending) {
    flipped = value;
    for (char& c : flipped) c = static_cast<char>(~c);
    value = flipped;
  }
  Reader reader(value, &types_);
  const TypeByte type = reader.ReadType();
  return reader.ReadBody(type, name, out);
}

}  // namespace cairn::key
