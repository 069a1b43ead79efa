// SPDX-License-Identifier: Apache-2.0
// A scan ends where a block cannot be read, and says which: the same words for every key of that
// block. So the end of the damage is found by halving: where seeking meets other damage, or none.
#include <memory>
#include <optional>

#include "engine/kv/salvage.h"

namespace cairn::kv {
namespace {

// Halvings for one damaged block, and how many bytes of a key they look at.
constexpr int kHalvingsMax = 256;
constexpr size_t kMiddleBytesMax = 64;

// A key about halfway; nothing when there is no room. An empty `end`: no bound.
std::optional<std::string> Middle(std::string_view begin, std::string_view end) {
  std::string middle;
  unsigned carry = 0;  // of the sum's half
  for (size_t i = 0; i < kMiddleBytesMax; ++i) {
    const unsigned low = i < begin.size() ? static_cast<uint8_t>(begin[i]) : 0;
    const unsigned high = end.empty() ? 255 : (i < end.size() ? static_cast<uint8_t>(end[i]) : 0);
    const unsigned sum = low + high + carry * 256;
    // Bytes of a sum that is halved from the front: what is left over goes to the next byte.
    middle += static_cast<char>(std::min(sum / 2, 255u));
    carry = sum % 2;
  }
  if (middle <= begin || (!end.empty() && middle >= end)) return std::nullopt;
  return middle;
}

class Around {
 public:
  using Take = std::function<void(std::string_view, std::string_view)>;
  Around(Reader* reader, Family family, const Take& take)
      : reader_(*reader), family_(family), take_(take) {}

  // All of [begin, end).
  std::vector<Gap> Read(std::string begin, const std::string& end) {
    while (true) {
      const Status why = Forward(&begin, end);
      if (why.ok()) return std::move(gaps_);
      const std::optional<std::string> next = FindReadable(begin, end, why);
      gaps_.push_back({begin, next.value_or(end), why});
      if (!next) return std::move(gaps_);
      begin = *next;
    }
  }

 private:
  // Takes entries from `*begin` on, and moves it behind the last one.
  Status Forward(std::string* begin, const std::string& end) {
    const auto scan = reader_.NewScan(family_, {*begin, end}, {.fill_cache = false});
    while (scan->Next()) {
      take_(scan->key(), scan->value());
      begin->assign(scan->key()).push_back('\0');
    }
    return scan->status();
  }

  // The first key from `begin` on that can be read, where seeking `begin` meets the damage `why`.
  std::optional<std::string> FindReadable(std::string begin, const std::string& end, Status why) {
    const std::string damaged = begin;
    while (true) {
      const std::optional<std::string> behind = Behind(begin, end, why);
      if (!behind) return std::nullopt;
      const auto scan = reader_.NewScan(family_, {*behind, end}, {.fill_cache = false});
      if (scan->Next()) return Back(damaged, std::string(scan->key()));
      if (scan->status().ok()) return std::nullopt;
      begin = *behind;
      why = scan->status();
    }
  }

  // A place where seeking no longer meets `why`, as it does at `begin`.
  std::optional<std::string> Behind(std::string begin, const std::string& end, const Status& why) {
    std::optional<std::string> behind;
    for (int i = 0; i < kHalvingsMax; ++i) {
      const std::optional<std::string> middle = Middle(begin, behind ? *behind : end);
      if (!middle) break;
      const auto scan = reader_.NewScan(family_, {*middle, end}, {.fill_cache = false});
      if (!scan->Next() && scan->status().message() == why.message()) {
        begin = *middle;
      } else {
        behind = middle;
      }
    }
    return behind;
  }

  // The first key that a scan back from `found`, which can be read, still reaches.
  std::string Back(const std::string& begin, std::string found) {
    const auto scan =
        reader_.NewScan(family_, {begin, found}, {.reverse = true, .fill_cache = false});
    while (scan->Next()) found.assign(scan->key());
    return found;
  }

  Reader& reader_;
  const Family family_;
  const Take& take_;
  std::vector<Gap> gaps_;
};

}  // namespace

std::vector<Gap> ReadAround(
    Reader* reader, Family family, const Range& range,
    const std::function<void(std::string_view key, std::string_view value)>& take) {
  return Around(reader, family, take).Read(range.begin, range.end);
}

}  // namespace cairn::kv
