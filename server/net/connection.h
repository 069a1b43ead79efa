// SPDX-License-Identifier: Apache-2.0
// One connection as a state machine over a non-blocking socket: bytes become requests, one at a
// time and in order, and answers become bytes. While nothing happens it holds no thread and next to
// no memory.
//
// Thread safety: OnReady runs on one worker at a time, which its slot and the ready queue see to.
// The deadline and Expire may be used from any thread, and the answer may come from any thread.
// While a request is being served its slot is taken, so nothing else can end the connection.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "cairn/work_memory.h"
#include "server/net/channel.h"
#include "server/net/framing.h"
#include "server/net/ready_queue.h"
#include "server/net/service.h"
#include "server/net/slots.h"
#include "server/net/tls.h"

namespace cairn::server {

struct ConnectionLimits {
  int64_t idle_ms = 60'000;         ///< Between two requests.
  int64_t head_ms = 10'000;         ///< For TLS's handshake; from a first byte to a head's end.
  int64_t body_stall_ms = 30'000;   ///< Between two pieces of a body.
  int64_t body_rate_min = 500;      ///< Bytes a second, of a body that waits in memory.
  int64_t write_stall_ms = 30'000;  ///< Until the client takes something more of an answer.
  int64_t linger_ms = 2'000;        ///< For the client to take the last reply.
  size_t body_bytes_max = size_t{48} << 20;
};

/// What connections share.
struct ConnectionHost {
  explicit ConnectionHost(size_t connections_max) : slots(connections_max) {}

  Service* service = nullptr;
  Tls* tls = nullptr;  ///< Null: bytes go as they are.
  ConnectionLimits limits;
  int epoll = -1;
  Slots slots;
  ReadyQueue ready;
  std::atomic<bool> draining{false};  ///< No further requests.
};

class Connection {
 public:
  /// Takes the connected, non-blocking socket. `host` is borrowed.
  Connection(int socket, std::string peer, ConnectionHost* host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Before Arm, of TLS: the handshake is followed by this refusal and the end.
  void RefuseAtOnce(FramingError error) { refusal_ = error; }
  /// Adds it to epoll. False when that cannot be done; else nothing of it may be touched any more.
  bool Arm();
  enum class Now {
    kWaits,     ///< For its socket or its answer: nothing of it may be touched any more.
    kHasReply,  ///< Of which nothing has been sent: OnReady goes on with it.
    kOver,      ///< To be deleted.
  };
  /// Goes on as far as it can without waiting, or with `hold` until it has a reply: others are at
  /// hand, and ServePutOff is called once they have had their turn.
  Now OnReady(bool hold);

  /// Milliseconds of the monotonic clock when Expire is due; INT64_MAX: never.
  int64_t deadline_ms() const { return deadline_ms_.load(std::memory_order_relaxed); }
  /// Ends it from outside: a worker will see it. A client that takes its answer, however slowly, is
  /// given more time instead.
  void Expire();
  /// Ends it at once, so that the client does not take what it has for the whole. Any thread.
  void Reset();
  /// Whether a request is being answered: its socket is not read, so that a client who hangs up is
  /// not noticed but by asking the socket.
  bool answering() const { return answering_.load(std::memory_order_relaxed); }
  int socket() const { return socket_; }
  /// Tells the service that nobody waits for the answer.
  void ClientGone() { client_gone_.request_stop(); }
  /// Ends it if no request is under way, or after one that has just come; whether that was so.
  bool ExpireIfIdle();
  const std::string& peer() const { return peer_; }

 private:
  enum class State { kHandshaking, kReading, kServing, kWriting, kLingering };
  /// kMore: the socket has to be read first. kWait: nothing of this may be touched any more.
  enum class Step { kGoOn, kMore, kWait, kOver };

  Step Handshake();
  Step Read();
  /// Bytes of in_ as far as they go: the head, then the body.
  Step Parse(bool more);
  Step ParseHeadOf();
  Step BeginBody();
  Step TakeBody(bool more);
  Step PushBody();
  /// No worker stays with a client for as long as it sends.
  Step ReadOrYield(int* reads);
  int64_t TimeToRead() const;
  Step Refuse(FramingError error);
  Step Serve(bool more);
  Step FinishPush();
  void BeginServing(bool keep_alive);
  Step AwaitAnswer();
  void Complete(Answer answer);
  Step Write();
  /// More of the source in out_; false at its end.
  Result<bool> FillFromSource();
  Step AfterAnswer();
  Step Linger();
  /// Of what was sent, that the client has not taken.
  int QueuedBytes() const;
  /// Waits for the socket.
  Step Wait(uint32_t events, int64_t timeout_ms);
  /// Goes on at once, but lets others come first.
  Step Yield(uint32_t events, int64_t timeout_ms);
  /// Until when, and for which of epoll's events, is for Expire.
  void Await(uint32_t events, int64_t timeout_ms);
  bool ReserveBody(size_t bytes);
  void ReleaseBody();

  const int socket_;
  const std::unique_ptr<Channel> channel_;
  const std::string peer_;
  ConnectionHost* const host_;
  std::atomic<int64_t> deadline_ms_;
  std::atomic<bool> idle_{true};                  // No byte of a request has come.
  std::atomic<State> waits_in_{State::kReading};  // For the socket.
  std::atomic<uint32_t> awaits_{0};               // Epoll's events.
  std::atomic<bool> answering_{false};
  std::atomic<bool> expired_{false};
  std::atomic<int> queued_{0};  // QueuedBytes when the deadline was set.
  std::stop_source client_gone_;
  FramingError refusal_;
  State state_;
  Slots::Id slot_ = Slots::kNone;
  uint32_t watched_ = 0;  // Epoll's events.

  // Reading.
  std::string in_;
  size_t searched_ = 0;   // Bytes of in_ that hold no end of a head.
  bool ended_ = false;    // The client sends no more.
  bool drained_ = false;  // What comes next is an event.
  std::optional<Head> head_;
  std::optional<ChunkedDecoder> chunks_;
  std::string body_;
  std::unique_ptr<Sink> sink_;  // Takes the body instead; lives until its answer is there.
  uint64_t pushed_ = 0;
  int64_t body_began_ms_ = 0;
  size_t reserved_ = 0;                             // Bytes of the body, read or announced.
  MemoryShare memory_{MemoryShare::Use::kPassing};  // Of the body, then of the answer.

  // The answer. Those that come from another thread are under the mutex.
  std::mutex mutex_;
  bool parked_ = false;
  std::optional<Answer> answer_;
  std::string out_;
  size_t out_at_ = 0;
  std::unique_ptr<Source> source_;
  bool chunked_ = true;
  bool close_after_ = false;
};

/// Milliseconds of the monotonic clock.
int64_t MonotonicMs();

}  // namespace cairn::server
