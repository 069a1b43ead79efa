// SPDX-License-Identifier: Apache-2.0
// The backends that the contract suite runs on, and the fixture that opens them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/kv/faulty_store.h"
#include "tests/kv/stores.h"

namespace cairn::kv {

enum class Backend { kDisk, kMemory, kFaulty };

class StoreFixture : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    OpenOptions options = SmallOptions(directory_.path().string());
    options.in_memory = GetParam() == Backend::kMemory;
    store_ = MustOpen(options);
    ASSERT_NE(store_, nullptr);
    if (GetParam() == Backend::kFaulty) store_ = std::make_unique<FaultyStore>(std::move(store_));
  }
  void Reopen() {
    store_.reset();
    Open();
  }
  bool Persists() const { return GetParam() != Backend::kMemory; }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  switch (info.param) {
    case Backend::kDisk:
      return "Disk";
    case Backend::kMemory:
      return "Memory";
    case Backend::kFaulty:
      return "FaultyIdle";
  }
  return "Unknown";
}

#define CAIRN_ON_ALL_BACKENDS(Suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(Backends, Suite,                                                     \
                           testing::Values(Backend::kDisk, Backend::kMemory, Backend::kFaulty), \
                           BackendName)

}  // namespace cairn::kv
