// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/name_set.h"

#include "engine/base/clock.h"

namespace cairn::json {
namespace {

struct Secrets {
  uint64_t seed = base::Clock::System()->Random();
  uint64_t factor = base::Clock::System()->Random() | 1;
};

}  // namespace

NameHash::NameHash() noexcept {
  static const Secrets secrets;
  seed_ = secrets.seed;
  factor_ = secrets.factor;
}

bool NameSet::InsertHashed(const NameRef& ref, size_t first, std::vector<NameRef>* names,
                           const char* base) {
  const size_t count = names->size() - first;
  // The table of the object that used this set before is not cleared until it is needed again.
  if (count == kScannedMax || count * 2 >= slots_.size()) Rebuild(first, *names);
  const size_t mask = slots_.size() - 1;
  size_t slot = ref.hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (Equal((*names)[first + slots_[slot] - 1], ref, base)) return false;
  }
  names->push_back(ref);
  slots_[slot] = static_cast<uint32_t>(count + 1);
  return true;
}

void NameSet::Rebuild(size_t first, const std::vector<NameRef>& names) {
  const size_t count = names.size() - first;
  size_t size = 64;
  while (size < count * 4) size *= 2;
  slots_.assign(size, 0);
  for (size_t i = 0; i < count; ++i) {
    size_t slot = names[first + i].hash & (size - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (size - 1);
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace cairn::json
