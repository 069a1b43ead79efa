// SPDX-License-Identifier: Apache-2.0
// Parts of a harness run that are processes of their own: much of their time goes by with waiting,
// and one that crashes or hangs does not take the others along. A part tells its figures through a
// pipe, now and then and at its end; what all of them have told is printed about once a minute.
// Thread safety: one thread, and no other thread may exist in the parent.
#pragma once

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <type_traits>
#include <vector>

namespace cairn::harness {

/// `Figures` has Add(const Figures&), and its bytes can be copied.
template <typename Figures>
class Jobs {
 public:
  static_assert(std::is_trivially_copyable_v<Figures>);
  static_assert(sizeof(Figures) <= 512, "a pipe takes that much at once");

  /// What a part has to tell so far.
  using Tell = std::function<void(const Figures&)>;
  /// Runs in a process of its own. True: all went well.
  using Job = std::function<bool(const Tell&)>;

  explicit Jobs(std::function<void(const Figures&)> print) : print_(std::move(print)) {}

  void Start(const Job& job) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0) std::abort();
    if (pid == 0) {
      close(ends[0]);
      const bool well = job([to = ends[1]](const Figures& figures) {
        if (write(to, &figures, sizeof(figures)) != sizeof(figures)) _exit(2);
      });
      std::fflush(stdout);
      _exit(well ? 0 : 1);
    }
    close(ends[1]);
    running_.push_back({pid, ends[0], {}});
  }

  size_t running() const { return running_.size(); }
  bool good() const { return good_; }

  /// Waits until one of them has ended.
  void Finish() {
    const size_t before = running_.size();
    while (before > 0 && running_.size() == before) {
      std::vector<pollfd> waiting;
      for (const Process& one : running_) waiting.push_back({one.from, POLLIN, 0});
      if (poll(waiting.data(), waiting.size(), kPollMs) < 0) continue;
      for (size_t i = waiting.size(); i-- > 0;) {
        if (waiting[i].revents != 0) Read(i);
      }
      const auto now = std::chrono::steady_clock::now();
      if (now - printed_ < kBetweenPrints) continue;
      printed_ = now;
      print_(figures());
      std::fflush(stdout);
    }
  }

  /// Of all of them, the ended ones included.
  Figures figures() const {
    Figures sum = ended_;
    for (const Process& one : running_) sum.Add(one.figures);
    return sum;
  }

 private:
  struct Process {
    pid_t pid;
    int from;
    Figures figures;
  };
  static constexpr int kPollMs = 1000;
  static constexpr std::chrono::seconds kBetweenPrints{60};

  void Read(size_t which) {
    Process& one = running_[which];
    Figures told;
    if (read(one.from, &told, sizeof(told)) == sizeof(told)) {
      one.figures = told;
      return;
    }
    int status = 0;
    waitpid(one.pid, &status, 0);
    close(one.from);
    good_ &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status)) std::printf("VIOLATION: ended by signal %d\n", WTERMSIG(status));
    ended_.Add(one.figures);
    running_.erase(running_.begin() + static_cast<ptrdiff_t>(which));
  }

  const std::function<void(const Figures&)> print_;
  std::vector<Process> running_;
  Figures ended_;
  bool good_ = true;
  std::chrono::steady_clock::time_point printed_ = std::chrono::steady_clock::now();
};

}  // namespace cairn::harness
