// SPDX-License-Identifier: Apache-2.0
#include "server/http/page_token.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace cairn::server {
namespace {

constexpr size_t kFixedBytes = 16;
constexpr size_t kTextBytesMax = (kFixedBytes + kKeyBytesMax + 2) / 3 * 4;

void AppendBig(uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

uint64_t ReadBig(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

bool IsBase64Url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

Status NoToken() { return Status(ErrorCode::kBadValue, "'cursor' is not a cursor of this server"); }

}  // namespace

std::string EncodePageToken(const PageToken& token) {
  std::string bytes;
  AppendBig(token.query, &bytes);
  AppendBig(token.before, &bytes);
  if (!token.key.empty()) bytes += token.key.bytes();
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Result<PageToken> DecodePageToken(std::string_view text) {
  if (text.size() > kTextBytesMax || text.size() % 4 == 1 || !IsBase64Url(text)) return NoToken();
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(padded.data()),
                                   static_cast<int>(padded.size()));
  if (size < 0 || static_cast<size_t>(size) < kFixedBytes + padding) return NoToken();
  bytes.resize(static_cast<size_t>(size) - padding);
  PageToken token;
  token.query = ReadBig(bytes);
  token.before = ReadBig(std::string_view(bytes).substr(8));
  if (bytes.size() > kFixedBytes) {
    Result<bson::Document> key = bson::Document::FromBytes(bytes.substr(kFixedBytes));
    if (!key.ok()) return NoToken();
    token.key = std::move(key).value();
  }
  if (token.before > kDocumentsBeforeMax) return NoToken();
  return token;
}

uint64_t HashQuery(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    AppendBig(part.size(), &text);
    text += part;
  }
  unsigned char hash[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), hash, &size, EVP_sha256(), nullptr) != 1) return 0;
  return ReadBig({reinterpret_cast<const char*>(hash), 8});
}

}  // namespace cairn::server
