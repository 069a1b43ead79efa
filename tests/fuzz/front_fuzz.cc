// SPDX-License-Identifier: Apache-2.0
// A connection over a real socket: the requests that reach the service are the same whether the
// bytes come at once or in pieces, and bodies stay within their limit.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "server/net/connection.h"
#include "tests/fuzz/fuzz.h"

namespace cairn::server {
namespace {

constexpr size_t kBodyMax = 2000;
constexpr uint64_t kReady = uint64_t{1} << 63;

// Notes what reaches it. Targets that begin with /sink take their body in pieces.
class Notes final : public Service {
 public:
  void Serve(Incoming incoming, Completion done, bool) override {
    fuzz::Require(incoming.body.size() <= kBodyMax);
    Note(incoming.head, incoming.body);
    Give(std::move(done));
  }
  std::unique_ptr<Sink> Open(const Head& head, const std::string&) override {
    if (!head.target.starts_with("/sink")) return nullptr;
    return std::make_unique<Collector>(this, head);
  }
  std::string Refuse(const FramingError& error, const Head*, const std::string&) override {
    fuzz::Require(error.status >= 400 && error.status < 600);
    return "HTTP/1.1 " + std::to_string(error.status) + " -\r\nContent-Length: 0\r\n\r\n";
  }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  class Collector final : public Sink {
   public:
    Collector(Notes* notes, Head head) : notes_(notes), head_(std::move(head)) {}
    bool Push(std::string_view bytes) override {
      fuzz::Require(!bytes.empty());
      body_ += bytes;
      return true;
    }
    void Finish(bool, Completion done) override {
      notes_->Note(head_, body_);
      Give(std::move(done));
    }

   private:
    Notes* const notes_;
    const Head head_;
    std::string body_;
  };

  void Note(const Head& head, std::string_view body) {
    notes_.push_back(head.method + " " + head.target + " " + std::string(body));
  }
  static void Give(Completion done) {
    Answer answer;
    answer.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    done(std::move(answer));
  }
  std::vector<std::string> notes_;
};

// Sends `bytes` in pieces of `piece` and gives what the service saw.
std::vector<std::string> Run(std::string_view bytes, size_t piece) {
  int ends[2];
  fuzz::Require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  Notes notes;
  ConnectionHost host(1);
  host.service = &notes;
  host.limits.body_bytes_max = kBodyMax;
  host.epoll = epoll_create1(0);
  fuzz::Require(host.ready.Join(host.epoll, kReady));
  auto connection = std::make_unique<Connection>(ends[0], "fuzz", &host);
  fuzz::Require(connection->Arm());
  char replies[4096];
  for (size_t at = 0; connection != nullptr;) {
    const size_t take = std::min(piece, bytes.size() - at);
    if (take > 0)
      at += static_cast<size_t>(
          std::max<ssize_t>(send(ends[1], bytes.data() + at, take, MSG_NOSIGNAL), 0));
    if (at == bytes.size()) shutdown(ends[1], SHUT_WR);
    Connection* taken = nullptr;
    epoll_event event{};
    if (epoll_wait(host.epoll, &event, 1, 0) == 1) {
      if (event.data.u64 == kReady) {
        host.ready.Take(&taken, 1);
      } else {
        const bool ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        taken = host.slots.Take(event.data.u64, ended);
      }
    }
    if (taken != nullptr && taken->OnReady(false) == Connection::Now::kOver) connection.reset();
    while (recv(ends[1], replies, sizeof(replies), 0) > 0) {
    }
  }
  close(ends[1]);
  close(host.epoll);
  return notes.notes();
}

}  // namespace
}  // namespace cairn::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::server::Run;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = Run(bytes, size + 1);
  cairn::fuzz::Require(Run(bytes, 1) == whole);
  cairn::fuzz::Require(Run(bytes, 7) == whole);
  return 0;
}
