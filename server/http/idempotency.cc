// SPDX-License-Identifier: Apache-2.0
#include "server/http/idempotency.h"

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/http/body.h"
#include "server/http/preference.h"
#include "server/http/problem.h"
#include "server/net/header_text.h"

namespace cairn::server {
namespace {

constexpr size_t kEntryBytes = 512;  // Besides key and body, about.

bool IsKey(std::string_view key) {
  return !key.empty() && key.size() <= IdempotencyTable::kKeyBytesMax &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// All that a reply depends on.
bool HashOf(const Request& request, std::array<unsigned char, 32>* hash) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  bool good = context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1;
  std::string wishes = AcceptsLines(request) ? "lines " : "";
  wishes += ContentTypeOf(AcceptedFormat(request, json::Format::kRelaxed));
  wishes += std::to_string(static_cast<int>(ReturnPreference(request)));
  for (const std::string_view part :
       {std::string_view(request.method), std::string_view(request.path),
        std::string_view(request.query), MediaTypeOf(request.Header("Content-Type")),
        std::string_view(wishes), std::string_view(request.body)}) {
    const uint64_t size = part.size();
    good = good && EVP_DigestUpdate(context, &size, sizeof(size)) == 1 &&
           EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  }
  good = good && EVP_DigestFinal_ex(context, hash->data(), nullptr) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

/// What can be given again.
Reply CopyOf(const Reply& reply) {
  Reply copy;
  copy.status = reply.status;
  copy.content_type = reply.content_type;
  copy.headers = reply.headers;
  copy.body = reply.body;
  copy.held_for = reply.held_for;
  copy.if_not_durable = reply.if_not_durable;
  if (reply.source != nullptr) copy.body = reply.without_source.value_or("");
  return copy;
}

}  // namespace

IdempotencyTable::IdempotencyTable(IdempotencyOptions options) : options_(std::move(options)) {}

int64_t IdempotencyTable::NowMs() const {
  if (options_.now_ms) return options_.now_ms();
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Reply IdempotencyTable::Once(const Request& request, const std::function<Reply()>& work) {
  if (!request.HasHeader("Idempotency-Key")) return work();
  const std::string key(request.Header("Idempotency-Key"));
  if (!IsKey(key)) {
    return ProblemReply(400, "an Idempotency-Key has 1 to 255 visible ASCII characters", request);
  }
  Hash hash;
  if (!HashOf(request, &hash)) return ProblemReply(500, "no hash", request);
  std::optional<Reply> known = Begin(request, key, hash);
  if (known) return std::move(*known);
  Reply reply = work();
  End(key, reply);
  return reply;
}

std::optional<Reply> IdempotencyTable::Begin(const Request& request, const std::string& key,
                                             const Hash& hash) {
  const std::scoped_lock lock(mutex_);
  TrimLocked(NowMs());
  const auto [found, fresh] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (fresh) {
    entry.request = hash;
    return std::nullopt;
  }
  if (entry.request != hash) {
    return ProblemReply(422, "this Idempotency-Key came with another request before", request);
  }
  if (!entry.done) {
    Reply reply =
        ProblemReply(409, "the request with this Idempotency-Key is being worked on", request);
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  }
  Reply reply = CopyOf(entry.reply);
  reply.headers.emplace_back("Idempotency-Replayed", "true");
  return reply;
}

void IdempotencyTable::End(const std::string& key, const Reply& reply) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  const size_t bytes = kEntryBytes + key.size() + reply.body.size();
  const bool keeps = (reply.source == nullptr || reply.without_source) && reply.status < 500 &&
                     reply.status != 429 && bytes <= options_.bytes_max;
  if (!keeps) {
    entries_.erase(found);
    return;
  }
  Entry& entry = found->second;
  entry.done = true;
  entry.reply = CopyOf(reply);
  entry.since_ms = NowMs();
  entry.bytes = bytes;
  bytes_ += bytes;
  order_.push_back(key);
  TrimLocked(entry.since_ms);
}

void IdempotencyTable::TrimLocked(int64_t now_ms) {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    const bool stays = now_ms - oldest->second.since_ms <= options_.age_ms_max &&
                       order_.size() <= options_.replies_max && bytes_ <= options_.bytes_max;
    if (stays) return;
    bytes_ -= oldest->second.bytes;
    entries_.erase(oldest);
    order_.pop_front();
  }
}

size_t IdempotencyTable::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace cairn::server
