// SPDX-License-Identifier: Apache-2.0
// The program that kill_test.cc kills: opens the store in argv[1], commits from several threads,
// and writes a line "key number" to its standard output for each commit that is durable.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/kv/stores.h"

int main(int argc, char** argv) {
  using namespace cairn::kv;
  if (argc != 3) return 2;
  OpenOptions options = SmallOptions(argv[1]);
  options.cache_bytes = size_t{4} << 20;
  cairn::Result<std::unique_ptr<Store>> opened = OpenRocksDb(options);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 3;
  }
  Store* store = opened->get();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([store, t, round = std::string(argv[2])] {
      for (int i = 0;; ++i) {
        const std::string key = round + "-" + std::to_string(t) + "-" + std::to_string(i);
        const cairn::Result<CommitNumber> committed =
            PutOne(store, key, key + std::string(700, '.'), key);
        if (!committed.ok()) std::_Exit(4);
        const std::string line = key + " " + std::to_string(*committed) + "\n";
        const auto tell = [line](const cairn::Status& status) {
          if (!status.ok() || ::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(5);
        };
        if (i % 8 == t) {
          tell(store->WaitDurable(*committed));
        } else {
          store->WhenDurable(*committed, tell);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}
