// SPDX-License-Identifier: Apache-2.0
// A fuzzer without libFuzzer: runs the seeds and a few changes of each, always the same ones, so
// that every build of the tests compiles the fuzzers and finds what they would find at once.
//
//   fuzz_seeds_NAME FILE [bytes]   "bytes": the lines have escapes, as those of printf's %b
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Only of those whose inputs are JSON.
extern "C" [[gnu::weak]] size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                                        unsigned int seed);

namespace {

constexpr size_t kInputBytesMax = 4096;
constexpr int kChangesOfSeed = 500;

std::minstd_rand random_bits(1);  // NOLINT(cert-msc51-cpp): always the same

std::string Unescaped(const std::string& line) {
  std::string bytes;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      bytes += line[i];
      continue;
    }
    const char kind = line[++i];
    if (kind == 'x') {
      size_t digits = 0;
      const std::string hex = line.substr(i + 1, 2);
      bytes += static_cast<char>(std::stoi(hex, &digits, 16));
      i += digits;
    } else {
      bytes += kind == 'r'   ? '\r'
               : kind == 'n' ? '\n'
               : kind == 't' ? '\t'
               : kind == '0' ? '\0'
                             : kind;
    }
  }
  return bytes;
}

}  // namespace

// libFuzzer's own changes, in small.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  if (size == 0) return 0;
  const size_t at = random_bits() % size;
  switch (random_bits() % 4) {
    case 0:
      data[at] = static_cast<uint8_t>(random_bits());
      return size;
    case 1:  // Cut.
      return at;
    case 2:  // Without a byte.
      std::memmove(data + at, data + at + 1, size - at - 1);
      return size - 1;
    default: {  // With its end once more.
      const size_t more = std::min(size - at, max_size - size);
      std::memmove(data + size, data + at, more);
      return size + more;
    }
  }
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool bytes = argc > 2 && std::string(argv[2]) == "bytes";
  std::ifstream file(argv[1]);
  std::string line;
  int seeds = 0;
  int runs = 0;
  std::vector<uint8_t> input(kInputBytesMax);
  while (std::getline(file, line)) {
    const std::string seed = bytes ? Unescaped(line) : line;
    ++seeds;
    for (int i = 0; i <= kChangesOfSeed; ++i, ++runs) {
      size_t size = std::min(seed.size(), kInputBytesMax);
      std::copy_n(seed.begin(), size, input.begin());
      for (int change = 0; change < i % 4 + (i == 0 ? 0 : 1); ++change) {
        size = LLVMFuzzerCustomMutator != nullptr
                   ? LLVMFuzzerCustomMutator(input.data(), size, kInputBytesMax,
                                             static_cast<unsigned int>(random_bits()))
                   : LLVMFuzzerMutate(input.data(), size, kInputBytesMax);
      }
      // A copy of its size, so that a sanitizer sees what reads beyond.
      const std::vector<uint8_t> exact(input.begin(), input.begin() + static_cast<ptrdiff_t>(size));
      LLVMFuzzerTestOneInput(exact.data(), exact.size());
    }
  }
  std::printf("%d seeds, %d runs\n", seeds, runs);
  return seeds == 0 ? 1 : 0;
}
