// SPDX-License-Identifier: Apache-2.0
// A front with few workers and a service made for the test.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/net/front.h"
#include "tests/server/raw_client.h"

namespace cairn::server {

inline std::string Plain(std::string_view body, bool keep_alive) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         (keep_alive ? "" : "Connection: close\r\n") + "\r\n" + std::string(body);
}

// So many chunks, then the end or an error.
class Chunks final : public Source {
 public:
  Chunks(int chunks, bool fails) : left_(chunks), fails_(fails) {}
  Result<bool> Next(std::string* chunk) override {
    if (left_ == 0 && fails_) return Status(ErrorCode::kInternalError, "broken");
    if (left_ == 0) return false;
    chunk->append(size_t{64} << 10, 'x');
    --left_;
    return true;
  }

 private:
  int left_;
  bool fails_;
};

inline std::string Alphabet(size_t from, size_t bytes) {
  std::string text(bytes, ' ');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (from + i) % 26);
  return text;
}

// Counts what it is given, and has enough after `enough` bytes.
class Counter final : public Sink {
 public:
  explicit Counter(size_t enough, std::atomic<int>* alive) : enough_(enough), alive_(alive) {
    ++*alive_;
  }
  ~Counter() override { --*alive_; }
  bool Push(std::string_view bytes) override {
    EXPECT_FALSE(bytes.empty());
    EXPECT_LE(bytes.size(), size_t{256} << 10);
    EXPECT_TRUE(bytes == Alphabet(bytes_, bytes.size()));
    bytes_ += bytes.size();
    return bytes_ < enough_;
  }
  void Finish(bool keep_alive, Completion done) override {
    done({Plain(std::to_string(bytes_), keep_alive), nullptr});
  }

 private:
  size_t bytes_ = 0;
  const size_t enough_;
  std::atomic<int>* const alive_;
};

class TestService final : public Service {
 public:
  void Serve(Incoming incoming, Completion done, bool more) override {
    const std::string& target = incoming.head.target;
    if (target == "/later" && more) {
      later_.push_back(std::move(done));
    } else if (target == "/held") {
      const std::scoped_lock lock(mutex_);
      held_.push_back(std::move(done));
    } else if (target == "/stream" || target == "/broken") {
      const bool chunked = !incoming.head.http_1_0;
      done({"HTTP/1.1 200 OK\r\n" +
                std::string(chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"),
            std::make_unique<Chunks>(target == "/stream" ? 1000 : 2, target == "/broken"),
            chunked});
    } else if (target == "/busy") {
      ++at_busy_;
      busy_.wait(true);
      --at_busy_;
      done({Plain("busy", true), nullptr});
    } else {
      done({Plain(target + " " + incoming.body, incoming.keep_alive), nullptr});
    }
  }
  void ServePutOff() override {
    put_off_ += static_cast<int>(later_.size());
    for (const Completion& done : later_) done({Plain("later", true), nullptr});
    later_.clear();
  }
  /// Requests for /later that were put off.
  int put_off() const { return put_off_.load(); }
  std::unique_ptr<Sink> Open(const Head& head, const std::string&) override {
    if (head.target == "/count") return std::make_unique<Counter>(SIZE_MAX, &sinks_);
    if (head.target == "/enough") return std::make_unique<Counter>(1, &sinks_);
    return nullptr;
  }
  int sinks() const { return sinks_.load(); }
  std::string Refuse(const FramingError& error, const Head*, const std::string&) override {
    return "HTTP/1.1 " + std::to_string(error.status) + " " + error.reason +
           "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  }
  /// Until SetIdle, workers stay with requests for /busy.
  void SetBusy() { busy_.store(true); }
  void SetIdle() {
    busy_.store(false);
    busy_.notify_all();
  }
  /// Workers with a request for /busy.
  int at_busy() const { return at_busy_.load(); }
  size_t held() {
    const std::scoped_lock lock(mutex_);
    return held_.size();
  }
  void Release() {
    const std::scoped_lock lock(mutex_);
    for (const Completion& done : held_) done({Plain("held", true), nullptr});
    held_.clear();
  }

 private:
  inline static thread_local std::vector<Completion> later_;

  std::mutex mutex_;
  std::deque<Completion> held_;
  std::atomic<int> put_off_{0};
  std::atomic<bool> busy_{false};
  std::atomic<int> at_busy_{0};
  std::atomic<int> sinks_{0};
};

class FrontTest : public testing::Test {
 protected:
  void Start(const FrontOptions& options) {
    front_ = std::make_unique<Front>(options, &service_);
    const Result<int> port = front_->Listen();
    ASSERT_TRUE(port.ok()) << port.status().ToString();
    port_ = *port;
    thread_ = std::thread([this] { front_->Run(); });
  }
  static FrontOptions TwoWorkers() {
    FrontOptions options;
    options.workers = 2;
    return options;
  }
  void TearDown() override {
    service_.SetIdle();
    service_.Release();
    if (front_ == nullptr) return;
    front_->Stop();
    thread_.join();
  }
  // A request of a newcomer; it must not wait for the others, who would take ten seconds.
  void ExpectServed() {
    RawClient client(port_);
    const auto begin = std::chrono::steady_clock::now();
    client.Send(MakeRequest("GET", "/now"));
    EXPECT_EQ(client.Read().status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
  std::vector<std::unique_ptr<RawClient>> Clients(int count, std::string_view bytes) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(port_));
      EXPECT_TRUE(clients.back()->Send(bytes));
    }
    return clients;
  }

  TestService service_;
  std::unique_ptr<Front> front_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace cairn::server
