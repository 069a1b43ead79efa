// SPDX-License-Identifier: Apache-2.0
// A client that opens more connections than the system has files.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/server/program.h"
#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

TEST(OpenFiles, ManyConnectionsOfOnePeerLeaveSomeForOthersAndForTheStore) {
  const TemporaryDirectory directory;
  const std::string limited = directory / "limited";
  const std::string program = UseProgram(limited);
  std::ofstream(limited) << "#!/bin/sh\nulimit -n 256\nexec " << program << " \"$@\"\n";
  std::filesystem::permissions(limited, std::filesystem::perms::owner_all);
  RunningServer server;
  const bool started = server.Start({directory / "data"});
  UseProgram(program);
  ASSERT_TRUE(started) << server.error();
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 400; ++i) {
    many.push_back(std::make_unique<RawClient>(server.address().port));
  }
  EXPECT_EQ(many.back()->Read().status, 503);
  RawClientOptions elsewhere;
  elsewhere.from = "127.0.0.2";
  RawClient other(server.address().port, elsewhere);
  other.Send(MakeRequest("POST", "/v1/d/c", "{}"));
  EXPECT_EQ(other.Read().status, 201);
  EXPECT_EQ(server.Stop(SIGTERM), 0);
}

}  // namespace
}  // namespace cairn::server
