// SPDX-License-Identifier: Apache-2.0
// What a page far behind costs, against the first one.
#include <string>

#include "bench/load/client.h"
#include "bench/load/load.h"

namespace cairn::bench {
namespace {

constexpr int kPages = 10'000;
constexpr int kPageDocuments = 20;
constexpr int kTries = 500;

/// The target of a reply's Link to the next page.
std::string NextOf(const ClientReply& reply) {
  static constexpr std::string_view kLink = "\r\nLink: <";
  const size_t at = reply.head.find(kLink);
  if (reply.status != 200 || at == std::string::npos) {
    std::fprintf(stderr, "a page without a next one: %s\n", reply.head.c_str());
    std::exit(1);
  }
  const size_t begin = at + kLink.size();
  return reply.head.substr(begin, reply.head.find('>', begin) - begin);
}

void Compare(int port, const char* name, const std::string& first) {
  Client client(port);
  std::string target = first;
  for (int page = 1; page < kPages; ++page) {
    target = NextOf(client.Ask(MakeRequest("GET " + target)));
  }
  std::vector<double> of_first, of_last;
  for (int i = 0; i < kTries; ++i) {
    double start = Now();
    client.Ask(MakeRequest("GET " + first));
    of_first.push_back(Now() - start);
    start = Now();
    client.Ask(MakeRequest("GET " + target));
    of_last.push_back(Now() - start);
  }
  std::printf("pages of %d documents, medians of %d: first %.0f us, number %d %.0f us\n",
              kPageDocuments, kTries, Median(of_first) * 1e6, kPages, Median(of_last) * 1e6);
  PrintBelow(name, Median(of_last) / Median(of_first), "", 1.5);
}

}  // namespace

void Paging(const Settings& settings) {
  Server server(settings);
  server.LoadPeople(kPages * kPageDocuments + kPageDocuments);
  const std::string limit = "limit=" + std::to_string(kPageDocuments);
  Compare(server.port(), "paging: by _id, page 10,000/page 1", "/v1/bench/people?" + limit);
  const ClientReply made =
      Client(server.port())
          .Ask(MakeRequest("POST /v1/bench/people/_indexes", "Content-Type: application/json\r\n",
                           "{\"key\":{\"score\":1}}"));
  if (made.status != 201) {
    PrintLeftOut("paging: by an index", made.body);
    return;
  }
  Compare(server.port(), "paging: by an index, page 10,000/page 1",
          "/v1/bench/people?sort=%7B%22score%22:1%7D&" + limit);
}

}  // namespace cairn::bench
