// SPDX-License-Identifier: Apache-2.0
// Clients that read a long stream slowly: what they cost others, and how their streams end when the
// server is stopped.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "bench/load/client.h"
#include "bench/load/crowd.h"
#include "bench/load/load.h"

namespace cairn::bench {
namespace {

constexpr int kReaders = 1000;
constexpr int kReadBytes = 1024;
constexpr double kReadEverySeconds = 1;
constexpr int kReceiveBytes = 4096;
constexpr double kSeconds = 45;   // Longer than a client may take nothing.
constexpr int kPeople = 270'000;  // About 100 MB.

struct Ends {
  int whole = 0;
  int reset = 0;
  int cut = 0;  ///< As if whole, but without the rest.
};

class Readers {
 public:
  explicit Readers(int port) {
    const std::string request =
        MakeRequest("GET /v1/bench/people", "Accept: application/x-ndjson\r\n");
    for (int i = 0; i < kReaders; ++i) {
      readers_.push_back({Connect(port, kReceiveBytes)});
      const int socket = readers_.back().socket;
      if (send(socket, request.data(), request.size(), MSG_NOSIGNAL) <= 0) {
        std::fprintf(stderr, "reader %d was not let in\n", i);
        std::exit(1);
      }
    }
  }
  ~Readers() {
    for (const Reader& reader : readers_) close(reader.socket);
  }

  /// 1 KB a second each, until `over`.
  void ReadSlowlyUntil(const std::atomic<bool>& over) {
    const double start = Now();
    for (int64_t reads = 0; !over.load(); ++reads) {
      const double due = start + kReadEverySeconds * static_cast<double>(reads) / kReaders;
      const double ahead = due - Now();
      if (ahead > 0) std::this_thread::sleep_for(std::chrono::duration<double>(ahead));
      Read(&readers_[static_cast<size_t>(reads % kReaders)], kReadBytes);
    }
  }

  /// As fast as they can, to the ends of all.
  void ReadToEnds() {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    size_t open = 0;
    for (size_t i = 0; i < readers_.size(); ++i) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (!readers_[i].ended) ++open;
      if (!readers_[i].ended) epoll_ctl(epoll, EPOLL_CTL_ADD, readers_[i].socket, &event);
    }
    while (open > 0) {
      epoll_event event;
      if (epoll_wait(epoll, &event, 1, 10'000) <= 0) break;
      Reader& reader = readers_[event.data.u64];
      Read(&reader, 65536);
      if (!reader.ended) continue;
      epoll_ctl(epoll, EPOLL_CTL_DEL, reader.socket, nullptr);
      --open;
    }
    close(epoll);
  }

  int ended() const {
    int count = 0;
    for (const Reader& reader : readers_) count += reader.ended ? 1 : 0;
    return count;
  }

  Ends CountEnds() const {
    Ends ends;
    for (const Reader& reader : readers_) {
      if (reader.chunks.end() == ChunkReader::End::kWhole && reader.chunks.lines() == kPeople) {
        ++ends.whole;
      } else if (reader.reset && reader.chunks.end() == ChunkReader::End::kNone) {
        ++ends.reset;
      } else {
        ++ends.cut;
      }
    }
    return ends;
  }

 private:
  struct Reader {
    int socket = -1;
    ChunkReader chunks{};
    bool ended = false;
    bool reset = false;
  };

  static void Read(Reader* reader, size_t bytes) {
    static char buffer[65536];
    if (reader->ended) return;
    const ssize_t got = recv(reader->socket, buffer, bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) reader->chunks.Feed(std::string_view(buffer, static_cast<size_t>(got)));
    reader->reset = got < 0;
    reader->ended = got <= 0 || reader->chunks.end() != ChunkReader::End::kNone;
  }

  std::vector<Reader> readers_;
};

}  // namespace

void SlowReaders(const Settings& settings) {
  if (!HaveFiles(kReaders + 500)) {
    PrintLeftOut("slow-readers", "this machine does not allow 1,500 files a process");
    return;
  }
  Server server(settings);
  const size_t bytes = server.LoadPeople(kPeople);
  Readers readers(server.port());
  std::atomic<bool> over{false};
  std::thread reading([&] { readers.ReadSlowlyUntil(over); });
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const std::vector<double> times = TimeNewcomers(server.port(), GetPerson(2), kSeconds);
  const double resident = server.ResidentMb();
  over.store(true);
  reading.join();
  const int lost = readers.ended();
  std::thread ends([&] { readers.ReadToEnds(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double stopping = server.Stop();
  ends.join();
  const Ends how = readers.CountEnds();
  std::printf("%d readers of %.0f MB at 1 KB/s, %zu newcomers; after SIGTERM %d whole, %d reset\n",
              kReaders, static_cast<double>(bytes) / 1e6, times.size(), how.whole, how.reset);
  PrintBelow("slow-readers: newcomer, p99", Percentile(times, 0.99), "ms", 100);
  PrintBelow("slow-readers: memory of the server", resident, "MB", 512);
  PrintBelow("slow-readers: streams ended before SIGTERM", lost, "", 1);
  PrintBelow("slow-readers: streams cut without a reset", how.cut, "", 1);
  PrintBelow("slow-readers: from SIGTERM to the exit", stopping, "s", 5);
}

}  // namespace cairn::bench
