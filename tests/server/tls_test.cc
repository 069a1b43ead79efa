// SPDX-License-Identifier: Apache-2.0
// The program over TLS: which versions, whose certificate, who waits for whom, and its tools.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "tests/server/certificate.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

class TlsTest : public testing::Test {
 protected:
  void SetUp() override { Write("first"); }

  void Write(const std::string& name) const { WriteCertificate(name, Certificate(), Key()); }
  std::string Certificate() const { return directory_ / "certificate.pem"; }
  std::string Key() const { return directory_ / "key.pem"; }
  std::vector<std::string> Arguments() const {
    return {"--memory", "--tls-certificate", Certificate(), "--tls-key", Key()};
  }
  void Start() { ASSERT_TRUE(server_.Start(Arguments())) << server_.error(); }

  std::unique_ptr<RawClient> Connect(int tls_version = 0, const char* protocol = "http/1.1") const {
    RawClientOptions options;
    options.tls = true;
    options.tls_version = tls_version;
    options.protocol = protocol;
    return std::make_unique<RawClient>(server_.address().port, options);
  }
  int Ask(RawClient* client) const {
    client->Send(MakeRequest("GET", "/healthz"));
    return client->Read().status;
  }
  std::string PresentedName() const {
    const auto client = Connect();
    return client->connected() ? client->certificate() : "";
  }

  const TemporaryDirectory directory_;
  RunningServer server_;
};

TEST_F(TlsTest, SpeaksVersion12AndLater) {
  Start();
  EXPECT_TRUE(server_.url().starts_with("https://127.0.0.1:")) << server_.url();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = Connect(version);
    ASSERT_TRUE(client->connected());
    EXPECT_EQ(Ask(client.get()), 200);
    EXPECT_EQ(Ask(client.get()), 200);
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_FALSE(Connect(version)->connected());
  }
  EXPECT_FALSE(Connect(0, "h2")->connected());
  RawClient plain(server_.address().port);
  plain.Send(MakeRequest("GET", "/healthz"));
  EXPECT_EQ(plain.Read().status, 0);
}

TEST_F(TlsTest, LargeBodiesPassBothWays) {
  Start();
  const auto client = Connect();
  const std::string text(size_t{10} << 20, 'x');
  client->Send(MakeRequest("POST", "/v1/d/c", R"({"_id":"large","text":")" + text + "\"}"));
  EXPECT_EQ(client->Read().status, 201);
  client->Send(MakeRequest("GET", "/v1/d/c/large"));
  EXPECT_NE(client->Read().body.find(text), std::string::npos);
}

TEST_F(TlsTest, HandshakesThatDoNotGoOnHoldNobodyUpAndEnd) {
  Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  RawClientOptions options;
  options.wait_s = 40;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_.address().port, options));
    if (i % 2 == 0) slow.back()->Send(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
  }
  const auto client = Connect();
  EXPECT_EQ(Ask(client.get()), 200);
  for (const auto& one : slow) EXPECT_EQ(one->Read().status, 0);  // at its end, or after 40 s
  EXPECT_TRUE(slow.back()->Closed());
}

TEST_F(TlsTest, ANewCertificateIsTakenOnSighupAndOldConnectionsGoOn) {
  Start();
  const auto before = Connect();
  EXPECT_EQ(before->certificate(), "first");
  Write("second");
  EXPECT_EQ(PresentedName(), "first");
  kill(server_.pid(), SIGHUP);
  while (PresentedName() == "first") std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(PresentedName(), "second");
  EXPECT_EQ(Ask(before.get()), 200);
  std::ofstream(Certificate()) << "no certificate";
  kill(server_.pid(), SIGHUP);
  while (server_.error().find("stays as it was") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(PresentedName(), "second");
  EXPECT_EQ(Ask(before.get()), 200);
  EXPECT_EQ(server_.Stop(SIGTERM), 0);
}

TEST_F(TlsTest, CertificatesThatCannotBeUsedAreNamed) {
  const std::string other = directory_ / "other.pem";
  WriteCertificate("other", directory_ / "unused.pem", other);
  struct Refused {
    std::vector<std::string> arguments;
    int code;
    const char* reason;
  };
  for (const Refused& refused : std::vector<Refused>{
           {{"--tls-certificate", directory_ / "none", "--tls-key", Key()}, 1, "the certificate"},
           {{"--tls-certificate", Certificate(), "--tls-key", directory_ / "none"}, 1, "the key"},
           {{"--tls-certificate", Certificate(), "--tls-key", other}, 1, "the key"},
           {{"--tls-certificate", Certificate()}, 2, "--tls-key"},
           {{"--tls-key", Key()}, 2, "--tls-certificate"}}) {
    std::vector<std::string> arguments = {"serve", "--memory", "--http", "127.0.0.1:0"};
    arguments.insert(arguments.end(), refused.arguments.begin(), refused.arguments.end());
    const Finished finished = RunCairn(arguments, "", {}, std::chrono::seconds(10));
    EXPECT_EQ(finished.code, refused.code) << finished.err;
    EXPECT_NE(finished.err.find(refused.reason), std::string::npos) << finished.err;
  }
}

TEST_F(TlsTest, AloneIsNotEnoughToListenElsewhere) {
  std::vector<std::string> arguments = Arguments();
  arguments.insert(arguments.begin(), "serve");
  arguments.insert(arguments.end(), {"--http", "0.0.0.0:0"});
  EXPECT_EQ(RunCairn(arguments, "", {}, std::chrono::seconds(10)).code, 2);
}

TEST_F(TlsTest, ToolsCheckTheCertificate) {
  Start();
  const auto run = [this](std::vector<std::string> arguments, std::vector<std::string> trust) {
    arguments.insert(arguments.end(), trust.begin(), trust.end());
    return RunCairn(arguments, "{\"_id\":1}\n").code;
  };
  const std::vector<std::vector<std::string>> tools = {
      {"import", "-", "--db", "d", "--collection", "c", "--drop", "--url", server_.url()},
      {"export", "--db", "d", "--collection", "c", "--url", server_.url()},
      {"verify", server_.url()}};
  for (const auto& tool : tools) {
    EXPECT_EQ(run(tool, {"--ca-file", Certificate()}), 0) << tool[0];
    EXPECT_EQ(run(tool, {"--insecure-skip-verify"}), 0) << tool[0];
    EXPECT_EQ(run(tool, {}), 1) << tool[0];
  }
  Write("another");
  EXPECT_EQ(run(tools[1], {"--ca-file", Certificate()}), 1);
}

}  // namespace
}  // namespace cairn::server
