#pragma once

#include "controller/cli/command_line.h"
#include "shared/http/server/http_server.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace perennial::test {

struct CliRun {
    int status = 0;
    std::string out;
    std::string err;
};

// The command line in a home folder of its own; nothing of the machine's configuration counts.
class Cli {
public:
    CliRun run(const std::vector<std::string>& arguments);
    std::string homeConfig() const { return home / ".config/perennial/perennial.yaml"; }
    void writeHomeConfig(const std::string& text) const;

    TemporaryFolder home;
    PosixFileSystem files;
    FakeClock clock{TimePoint(std::chrono::seconds(1'790'000'000))}; // 2026-09-21T14:13:20Z
    Terminal terminal;
    std::string environmentConfig;
    std::string systemConfig = home / "etc/perennial.yaml";
};

// Answers as it was told, over TLS, and remembers what it was asked.
class ApiServer {
public:
    explicit ApiServer(const Cli& cli);

    // "GET /v1/status", with the query as "?a=1&b=2" in the order of the names. Several answers are
    // given one after the other, the last one for ever.
    void answers(const std::string& call, const std::string& body, int status = 200);
    std::vector<std::string> asked() const; // with the body after a space
    std::string url() const;
    // perennial.yaml with this server as both.
    std::string config() const;

    TestPki pki;
    std::string tokenFile;
    std::string token = "operator-token-of-the-test";

private:
    http::Answer answer(const http::Call& call);

    mutable std::mutex mutex_;
    std::map<std::string, std::vector<http::Answer>> answers_;
    std::vector<std::string> asked_;
    std::unique_ptr<http::Server> server_; // last: it stops before what it uses goes away
};

bool contains(const std::string& text, const std::string& part);

} // namespace perennial::test
