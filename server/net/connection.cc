// SPDX-License-Identifier: Apache-2.0
// The steps of a connection. Each returns whether to go on, to wait for the socket, or that it is
// over.
#include "server/net/connection.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <limits>
#include <utility>

#include "server/net/body_memory.h"

namespace cairn::server {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;
static_assert(kReadBytes >= kReceiveBytesMin);
constexpr size_t kChunkBytes = size_t{64} << 10;  // What a source is asked for at a time, about.
constexpr size_t kKeptBytes = size_t{4} << 10;    // Of buffers between two requests.
constexpr int kNotSentBytes = 128 << 10;  // That the system keeps for a client that does not read.
constexpr int kRequestsAtOnce = 16;       // Pipelined, before others have a turn.
constexpr int kReadsAtOnce = 16;
constexpr int kChunksAtOnce = 8;
constexpr int kPullsAtOnce = 64;
constexpr size_t kReserveBytes = size_t{1} << 20;
constexpr int64_t kMsPerSecond = 1000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr size_t kLingerBytesMax = size_t{64} << 20;
constexpr uint32_t kToRead = EPOLLIN | EPOLLRDHUP | EPOLLET;

void FreeLarge(std::string* buffer) {
  buffer->clear();
  if (buffer->capacity() > kKeptBytes) std::string().swap(*buffer);
}

}  // namespace

int64_t MonotonicMs() {
  // Right to a few milliseconds, and asked for at every step.
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * kMsPerSecond + now.tv_nsec / kNsPerMs;
}

Connection::Connection(int socket, std::string peer, ConnectionHost* host)
    : socket_(socket),
      channel_(host->tls != nullptr ? host->tls->Accept(socket) : MakePlainChannel(socket)),
      peer_(std::move(peer)),
      host_(host),
      deadline_ms_(std::numeric_limits<int64_t>::max()),
      state_(host->tls != nullptr ? State::kHandshaking : State::kReading) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(socket_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentBytes, sizeof(kNotSentBytes));
}

Connection::~Connection() {
  if (slot_ != Slots::kNone) host_->slots.Remove(slot_);
  ReleaseBody();
  close(socket_);
}

bool Connection::Arm() {
  if (channel_ == nullptr) return false;
  slot_ = host_->slots.Add(this);
  if (slot_ == Slots::kNone) return false;
  const ConnectionLimits& limits = host_->limits;
  Await(EPOLLIN, state_ == State::kHandshaking ? limits.head_ms : limits.idle_ms);
  watched_ = kToRead;
  epoll_event event{watched_, {.u64 = slot_}};
  const int epoll = host_->epoll;
  const int socket = socket_;
  // There is no event before it is added, and then it may be gone at once.
  host_->slots.Leave(slot_);
  return epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0;
}

// A client that is still sending can be told; its end of the socket stays open for that. One that
// reads slowly goes on: the socket takes more only once much has gone, which may take it long.
void Connection::Expire() {
  const State state = waits_in_.load();
  int64_t due = deadline_ms();
  pollfd awaited{socket_, static_cast<short>(awaits_.load()), 0};
  if (poll(&awaited, 1, 0) > 0) {
    // It is a worker that is late.
    deadline_ms_.compare_exchange_strong(due, MonotonicMs() + kMsPerSecond);
    return;
  }
  if (state == State::kReading) {
    shutdown(socket_, SHUT_RD);
    return;
  }
  const int queued = QueuedBytes();
  const bool moves = queued < queued_.exchange(queued);
  if (moves && (queued > 0 || state == State::kWriting)) {
    const ConnectionLimits& limits = host_->limits;
    const int64_t more = state == State::kWriting ? limits.write_stall_ms : limits.linger_ms;
    deadline_ms_.compare_exchange_strong(due, MonotonicMs() + more);
  } else {
    Reset();
  }
}

int Connection::QueuedBytes() const {
  int queued = 0;
  return ioctl(socket_, SIOCOUTQ, &queued) == 0 ? queued : 0;
}

// A request may have come that no worker has read yet. It can still be read, and answered.
bool Connection::ExpireIfIdle() {
  return idle_.load() && !expired_.exchange(true) && shutdown(socket_, SHUT_RD) == 0;
}

void Connection::Reset() {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  connect(socket_, &nobody, sizeof(nobody));
}

Connection::Now Connection::OnReady(bool hold) {
  Step step = Step::kGoOn;
  for (int requests = 0, reads = 0; step == Step::kGoOn;) {
    switch (state_) {
      case State::kHandshaking:
        step = Handshake();
        break;
      case State::kReading:
        step = Parse(hold);
        if (step == Step::kMore) step = ReadOrYield(&reads);
        break;
      case State::kServing: {
        const std::scoped_lock lock(mutex_);
        if (!answer_) return Now::kWaits;  // Cannot be: it is ready once the answer is there.
        out_ = std::move(answer_->bytes);
        out_at_ = 0;
        ReleaseBody();
        memory_ = std::move(answer_->memory);
        source_ = std::move(answer_->source);
        if (source_ == nullptr) {
          // It is there, whether there is room or not; what comes next has to do with less.
          static_cast<void>(memory_.Cover(out_.size()));
          memory_.ShrinkTo(out_.size());
        }
        chunked_ = answer_->chunked;
        close_after_ = close_after_ || !chunked_;
        answer_.reset();
        parked_ = false;
        sink_.reset();
        state_ = State::kWriting;
        if (hold) return Now::kHasReply;
        break;
      }
      case State::kWriting:
        step = Write();
        if (step == Step::kGoOn && ++requests == kRequestsAtOnce) {
          step = Yield(EPOLLIN | EPOLLOUT, TimeToRead());
        }
        break;
      case State::kLingering:
        step = Linger();
        break;
    }
  }
  return step == Step::kOver ? Now::kOver : Now::kWaits;
}

void Connection::Await(uint32_t events, int64_t timeout_ms) {
  waits_in_.store(state_);
  awaits_.store(events);
  if (state_ == State::kWriting || state_ == State::kLingering) queued_.store(QueuedBytes());
  deadline_ms_.store(MonotonicMs() + timeout_ms, std::memory_order_relaxed);
}

Connection::Step Connection::Wait(uint32_t events, int64_t timeout_ms) {
  Await(events, timeout_ms);
  if ((events & ~watched_) != 0) {
    watched_ |= events;
    epoll_event event{watched_, {.u64 = slot_}};
    if (epoll_ctl(host_->epoll, EPOLL_CTL_MOD, socket_, &event) != 0) return Step::kOver;
  }
  return host_->slots.Leave(slot_) ? Step::kWait : Step::kGoOn;
}

Connection::Step Connection::Yield(uint32_t events, int64_t timeout_ms) {
  Await(events, timeout_ms);
  host_->ready.Push(this);
  return Step::kWait;
}

Connection::Step Connection::Handshake() {
  const Io io = channel_->Handshake();
  if (io.state == Io::State::kDone) {
    if (refusal_.status != 0) return Refuse(refusal_);
    state_ = State::kReading;
    deadline_ms_.store(MonotonicMs() + host_->limits.idle_ms, std::memory_order_relaxed);
    return Step::kGoOn;
  }
  const int64_t left = deadline_ms() - MonotonicMs();
  return io.state == Io::State::kAgain && left > 0 ? Wait(io.events, left) : Step::kOver;
}

Connection::Step Connection::Read() {
  static thread_local std::string scratch(kReadBytes, '\0');
  const bool in_body = head_.has_value();
  Io io;
  if (!ended_) io = channel_->Receive(scratch.data(), scratch.size());
  if (io.state == Io::State::kDone) {
    drained_ = io.drained;
    in_.append(scratch.data(), io.bytes);
    if (idle_.exchange(false)) {
      // The time for a head runs from its first byte, however many pieces it comes in.
      deadline_ms_.store(MonotonicMs() + host_->limits.head_ms, std::memory_order_relaxed);
    }
    return Step::kGoOn;
  }
  if (io.state != Io::State::kAgain) ended_ = true;
  if (ended_) {
    if (idle_.load()) return Step::kOver;
    return Refuse({408, in_body ? "request body incomplete" : "request head incomplete"});
  }
  if (idle_.load() && host_->draining.load()) return Step::kOver;
  const int64_t left = TimeToRead();
  if (left <= 0) return Refuse({408, in_body ? "request body too slow" : "request head too slow"});
  return Wait(io.events, left);
}

int64_t Connection::TimeToRead() const {
  const ConnectionLimits& limits = host_->limits;
  if (idle_.load()) return limits.idle_ms;
  if (!head_) return deadline_ms() - MonotonicMs();
  if (sink_) return limits.body_stall_ms;
  const auto got = static_cast<int64_t>(body_.size());
  const int64_t until =
      body_began_ms_ + limits.body_stall_ms + got * kMsPerSecond / limits.body_rate_min;
  return std::min(limits.body_stall_ms, until - MonotonicMs());
}

Connection::Step Connection::ReadOrYield(int* reads) {
  if (++*reads <= kReadsAtOnce) return Read();
  return Yield(EPOLLIN, std::max<int64_t>(TimeToRead(), 1));
}

Connection::Step Connection::Parse(bool more) {
  if (!head_) {
    const Step step = ParseHeadOf();
    // A refusal goes on to being written.
    if (step != Step::kGoOn || state_ != State::kReading) return step;
  }
  return sink_ ? PushBody() : TakeBody(more);
}

Connection::Step Connection::ParseHeadOf() {
  const size_t end = FindHeadEnd(in_, searched_);
  if (end == std::string::npos) {
    const FramingError refused = CheckPartialHead(in_, searched_);
    if (refused.status != 0) return Refuse(refused);
    if (in_.size() > kHeadBytesMax) return Refuse({431, "request head too large"});
    searched_ = in_.size();
    return Step::kMore;
  }
  if (end > kHeadBytesMax) return Refuse({431, "request head too large"});
  Head head;
  const FramingError error = ParseHead(std::string_view(in_).substr(0, end), &head);
  if (error.status != 0) {
    if (!head.target.empty()) head_ = std::move(head);  // The refusal is in its route's shape.
    return Refuse(error);
  }
  const bool has_body = head.chunked || head.content_length > 0;
  if (has_body) sink_ = host_->service->Open(head, peer_);
  in_.erase(0, end);
  searched_ = 0;
  head_ = std::move(head);
  if (!sink_ && head_->content_length > host_->limits.body_bytes_max) {
    return Refuse({413, "body too large"});
  }
  return has_body ? BeginBody() : Step::kGoOn;
}

Connection::Step Connection::BeginBody() {
  if (head_->chunked) {
    chunks_.emplace(sink_ ? std::numeric_limits<size_t>::max() : host_->limits.body_bytes_max);
  }
  pushed_ = 0;
  body_began_ms_ = MonotonicMs();
  if (head_->expects_continue && in_.empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    // Nothing was sent before, so that these few bytes find room.
    const Io io = channel_->Send(kContinue.data(), kContinue.size());
    if (io.state != Io::State::kDone || io.bytes < kContinue.size()) return Step::kOver;
  }
  return Step::kGoOn;
}

Connection::Step Connection::TakeBody(bool more) {
  if (chunks_) {
    std::string_view input = in_;
    if (!ReserveBody(input.size())) return Refuse({503, "too much is being uploaded"});
    if (body_.size() + input.size() > body_.capacity() && body_.size() > kReserveBytes) {
      // Memory that is not touched costs nothing, and growing by copies would need twice as much.
      body_.reserve(host_->limits.body_bytes_max);
    }
    const FramingError error = chunks_->Feed(&input, &body_);
    if (error.status != 0) return Refuse(error);
    in_.erase(0, in_.size() - input.size());
    return chunks_->done() ? Serve(more) : Step::kMore;
  }
  const auto length = static_cast<size_t>(head_->content_length);
  const size_t take = std::min(length - body_.size(), in_.size());
  if (!ReserveBody(take)) return Refuse({503, "too much is being uploaded"});
  if (take == in_.size() && take == length) {
    body_.swap(in_);
  } else {
    body_.reserve(length);
    body_.append(in_, 0, take);
    in_.erase(0, take);
  }
  return body_.size() == length ? Serve(more) : Step::kMore;
}

Connection::Step Connection::PushBody() {
  // As long as it takes: the time of the client does not run meanwhile.
  deadline_ms_.store(std::numeric_limits<int64_t>::max(), std::memory_order_relaxed);
  bool wants_more = true;
  host_->service->ServePutOff();
  if (chunks_) {
    std::string_view input = in_;
    const FramingError error = chunks_->Feed(&input, &body_);
    if (error.status != 0) return Refuse(error);
    in_.erase(0, in_.size() - input.size());
    if (!body_.empty()) wants_more = sink_->Push(body_);
    body_.clear();
    if (wants_more && chunks_->done()) return FinishPush();
  } else {
    const size_t take = std::min<uint64_t>(head_->content_length - pushed_, in_.size());
    if (take > 0) wants_more = sink_->Push(std::string_view(in_).substr(0, take));
    in_.erase(0, take);
    pushed_ += take;
    if (wants_more && pushed_ == head_->content_length) return FinishPush();
  }
  if (wants_more) return Step::kMore;
  head_->keep_alive = false;
  return FinishPush();
}

Connection::Step Connection::FinishPush() {
  const bool keep_alive = head_->keep_alive && !ended_ && !host_->draining.load();
  BeginServing(keep_alive);
  sink_->Finish(keep_alive, [this](Answer answer) { Complete(std::move(answer)); });
  return AwaitAnswer();
}

bool Connection::ReserveBody(size_t bytes) {
  reserved_ += bytes;
  return memory_.Cover(MemoryOfBody(reserved_));
}

void Connection::ReleaseBody() {
  reserved_ = 0;
  memory_.Release();
}

Connection::Step Connection::Refuse(FramingError error) {
  idle_.store(false);
  sink_.reset();
  ReleaseBody();
  out_ = host_->service->Refuse(error, head_ ? &*head_ : nullptr, peer_);
  out_at_ = 0;
  close_after_ = true;
  state_ = State::kWriting;
  return Step::kGoOn;
}

Connection::Step Connection::Serve(bool more) {
  Incoming incoming;
  incoming.head = std::move(*head_);
  incoming.body = std::move(body_);
  incoming.peer = peer_;
  incoming.client_gone = client_gone_.get_token();
  incoming.keep_alive = incoming.head.keep_alive && !ended_ && !host_->draining.load();
  BeginServing(incoming.keep_alive);
  host_->service->Serve(
      std::move(incoming), [this](Answer answer) { Complete(std::move(answer)); }, more);
  return AwaitAnswer();
}

void Connection::BeginServing(bool keep_alive) {
  head_.reset();
  chunks_.reset();
  body_ = std::string();
  close_after_ = !keep_alive;
  idle_.store(false);
  answering_.store(true, std::memory_order_relaxed);
  deadline_ms_.store(std::numeric_limits<int64_t>::max(), std::memory_order_relaxed);
  state_ = State::kServing;
}

Connection::Step Connection::AwaitAnswer() {
  const std::scoped_lock lock(mutex_);
  if (answer_) return Step::kGoOn;
  parked_ = true;
  return Step::kWait;
}

void Connection::Complete(Answer answer) {
  const std::scoped_lock lock(mutex_);
  answer_ = std::move(answer);
  if (parked_) host_->ready.Push(this);
}

Connection::Step Connection::Write() {
  for (int chunks = 0;;) {
    while (out_at_ < out_.size()) {
      const Io io = channel_->Send(out_.data() + out_at_, out_.size() - out_at_);
      if (io.state == Io::State::kAgain) return Wait(io.events, host_->limits.write_stall_ms);
      if (io.state != Io::State::kDone) return Step::kOver;
      out_at_ += io.bytes;
    }
    out_at_ = 0;
    if (source_ == nullptr) return AfterAnswer();
    if (++chunks > kChunksAtOnce) {
      out_.clear();
      return Yield(EPOLLOUT, host_->limits.write_stall_ms);
    }
    const Result<bool> more = FillFromSource();
    if (!more.ok()) {
      Reset();
      return Step::kOver;
    }
    if (!*more) source_.reset();
  }
}

Result<bool> Connection::FillFromSource() {
  static constexpr std::string_view kEnd = "0\r\n\r\n";
  std::string chunk;
  bool more = true;
  host_->service->ServePutOff();
  for (int pulls = 0; more && chunk.size() < kChunkBytes && pulls < kPullsAtOnce; ++pulls) {
    Result<bool> next = source_->Next(&chunk);
    if (!next.ok()) return next;
    more = *next;
  }
  out_.clear();
  if (!chunked_) {
    out_ = std::move(chunk);
    return more;
  }
  if (!chunk.empty()) {
    char size[24];
    std::snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
    out_.append(size).append(chunk).append("\r\n");
  }
  if (!more) out_.append(kEnd);
  return more;
}

Connection::Step Connection::AfterAnswer() {
  answering_.store(false, std::memory_order_relaxed);
  FreeLarge(&out_);
  memory_.Release();
  if (close_after_ || host_->draining.load()) {
    channel_->EndSending();
    deadline_ms_.store(MonotonicMs() + host_->limits.linger_ms, std::memory_order_relaxed);
    state_ = State::kLingering;
    FreeLarge(&in_);
    return ended_ ? Step::kOver : Step::kGoOn;
  }
  state_ = State::kReading;
  if (in_.empty()) FreeLarge(&in_);
  idle_.store(in_.empty());
  if (in_.empty() && ended_) return Step::kOver;
  // The next request has seldom come already.
  if (in_.empty() && drained_) return Wait(EPOLLIN, host_->limits.idle_ms);
  const int64_t left = in_.empty() ? host_->limits.idle_ms : host_->limits.head_ms;
  deadline_ms_.store(MonotonicMs() + left, std::memory_order_relaxed);
  return Step::kGoOn;
}

// Unread bytes would turn the close into a reset that may eat the last reply. They are not even
// decrypted.
Connection::Step Connection::Linger() {
  static thread_local std::string scratch(kReadBytes, '\0');
  for (int i = 0; i < kReadsAtOnce; ++i) {
    const ssize_t got = recv(socket_, scratch.data(), scratch.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      const int64_t left = std::min(deadline_ms() - MonotonicMs(), host_->limits.linger_ms);
      return left <= 0 ? Step::kOver : Wait(EPOLLIN, left);
    }
    if (got <= 0) return Step::kOver;
    searched_ += static_cast<size_t>(got);
    if (searched_ > kLingerBytesMax) return Step::kOver;
  }
  return Yield(EPOLLIN, host_->limits.linger_ms);
}

}  // namespace cairn::server
