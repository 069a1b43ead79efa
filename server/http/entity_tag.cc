// SPDX-License-Identifier: Apache-2.0
#include "server/http/entity_tag.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "server/http/problem.h"
#include "server/net/header_text.h"

namespace cairn::server {
namespace {

constexpr size_t kHashBytes = 16;  // Of SHA-256: nobody finds two documents that share them.

/// What stands between the quotes of `tag`, up to the first of `ends`.
std::string_view Inside(std::string_view tag, std::string_view ends) {
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return {};
  tag = tag.substr(1, tag.size() - 2);
  return tag.substr(0, std::min(tag.find_first_of(ends), tag.size()));
}

/// Whether one of the tags in a list is `wanted`. Commas do not occur in tags of ours.
bool Has(std::string_view list, std::string_view wanted, std::string_view ends, bool weak) {
  while (!list.empty()) {
    std::string_view tag = TakeElement(',', &list);
    if (weak && tag.starts_with("W/")) tag.remove_prefix(2);
    const std::string_view inside = Inside(tag, ends);
    if (!inside.empty() && inside == wanted) return true;
  }
  return false;
}

/// The hash of `bytes`; false when there is no memory for it. OpenSSL takes longer to find an
/// algorithm by its name than to hash a document.
bool Hash(std::string_view bytes, unsigned char* hash) {
  static EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return context != nullptr && EVP_DigestInit_ex2(context.get(), kSha256, nullptr) == 1 &&
         EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
         EVP_DigestFinal_ex(context.get(), hash, nullptr) == 1;
}

}  // namespace

std::string EntityTag(bson::View document, json::Format format) {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char hash[EVP_MAX_MD_SIZE];
  if (!Hash(document.bytes(), hash)) return {};
  char digits[2 * kHashBytes];
  for (size_t i = 0; i < kHashBytes; ++i) {
    digits[2 * i] = kHex[hash[i] >> 4];
    digits[2 * i + 1] = kHex[hash[i] & 15];
  }
  const std::string_view end = format == json::Format::kCanonical ? ".ejson\"" : "\"";
  std::string tag;
  tag.reserve(1 + sizeof(digits) + end.size());
  tag.append("\"").append(digits, sizeof(digits)).append(end);
  return tag;
}

Reply TaggedReply(const Request& request, int status, bson::View document) {
  const json::Format format = AcceptedFormat(request, json::Format::kRelaxed);
  Reply reply = DocumentReply(status, document, format);
  reply.headers.reserve(4);
  reply.headers.emplace_back("ETag", EntityTag(document, format));
  reply.headers.emplace_back("Vary", "Accept");
  return reply;
}

Preconditions PreconditionsOf(const Request& request) {
  // A list without a tag is no tag of any document.
  const auto list = [&request](std::string_view name) {
    const std::string_view tags = TrimSpace(request.Header(name));
    return tags.empty() && request.HasHeader(name) ? std::string_view(",") : tags;
  };
  return {list("If-Match"), list("If-None-Match")};
}

bool MatchesStrongly(std::string_view header, std::string_view tag) {
  return header == "*" || Has(header, Inside(tag, "."), ".-", false);
}

bool MatchesWeakly(std::string_view header, std::string_view tag) {
  return header == "*" || Has(header, Inside(tag, "-"), "-", true);
}

}  // namespace cairn::server
