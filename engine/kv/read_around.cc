// SPDX-License-Identifier: Apache-2.0
// A scan ends where a block cannot be read. A scan in the other direction ends behind it; between
// the two, places in the middle are tried.
#include <memory>
#include <optional>

#include "engine/kv/salvage.h"

namespace cairn::kv {
namespace {

// Halvings of a gap: at most 2^6 places are tried in it.
constexpr int kDepthMax = 6;
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

  std::vector<Gap> TakeGaps() { return std::move(gaps_); }

  // All of [begin, end).
  void Read(const std::string& begin, const std::string& end, int depth) {
    std::string last = begin;
    bool any = false;
    const Status forward = Forward(begin, end, &last, &any);
    if (forward.ok()) return;
    // The first key behind the damage that a scan back from the end still reaches.
    const std::string first = Back(any ? last + '\0' : last, end);
    TryWithin(any ? last + '\0' : last, first, depth, forward);
    if (first != end) {
      std::string ignored;
      bool some = false;
      // What was readable a moment ago still is, or it is lost as well.
      const Status again = Forward(first, end, &ignored, &some);
      if (!again.ok()) Lose(some ? ignored : first, end, again);
    }
  }

 private:
  Status Forward(const std::string& begin, const std::string& end, std::string* last, bool* any) {
    const auto scan = reader_.NewScan(family_, {begin, end}, {.fill_cache = false});
    while (scan->Next()) {
      take_(scan->key(), scan->value());
      last->assign(scan->key());
      *any = true;
    }
    return scan->status();
  }

  std::string Back(const std::string& begin, const std::string& end) {
    std::string first = end;
    const auto scan =
        reader_.NewScan(family_, {begin, end}, {.reverse = true, .fill_cache = false});
    while (scan->Next()) first.assign(scan->key());
    return first;
  }

  // Nothing at either edge of [begin, end) can be read; something in the middle perhaps.
  void TryWithin(const std::string& begin, const std::string& end, int depth, const Status& why) {
    const std::optional<std::string> middle = depth < kDepthMax ? Middle(begin, end) : std::nullopt;
    if (!middle) return Lose(begin, end, why);
    std::string last = *middle;
    bool any = false;
    const auto scan = reader_.NewScan(family_, {*middle, end}, {.fill_cache = false});
    any = scan->Next();
    if (!any) {
      if (scan->status().ok()) return Lose(begin, end, why);  // nothing from there on
      TryWithin(begin, *middle, depth + 1, why);
      TryWithin(*middle, end, depth + 1, why);
      return;
    }
    const std::string found(scan->key());
    // From the left edge to what was found, then on from there.
    const std::string first = Back(begin, found);
    TryWithin(begin, first, depth + 1, why);
    if (first != found) {
      std::string ignored;
      bool some = false;
      Forward(first, found, &ignored, &some).PermitUncheckedError();
    }
    Read(found, end, depth + 1);
  }

  // Gaps come in key order: neighbours become one.
  void Lose(const std::string& begin, const std::string& end, const Status& why) {
    if (begin == end) return;
    if (!gaps_.empty() && gaps_.back().end == begin) {
      gaps_.back().end = end;
    } else {
      gaps_.push_back({begin, end, why});
    }
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
  Around around(reader, family, take);
  around.Read(range.begin, range.end, 0);
  return around.TakeGaps();
}

}  // namespace cairn::kv
