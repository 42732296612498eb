// The tests' own tools: a test that trusts a broken tool proves nothing.

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <csignal>
#include <doctest/doctest.h>

using namespace perennial::test;

namespace {

bool verifies(const TestPki& pki, const std::string& name, const std::string& root,
    const std::string& purpose)
{
    return runTool({"/usr/bin/openssl", "verify", "-CAfile", pki[root].certificate, "-untrusted",
                       pki[name].chain, "-purpose", purpose, pki[name].certificate})
               .status == 0;
}

} // namespace

TEST_CASE("the test PKI makes chains that openssl accepts for their purpose only")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.makeRoot("stranger");
    pki.makeAuthority("issuing", "root");
    pki.issueServer("example.test", "issuing");
    pki.issueClient("web1", "issuing");
    TestCertificateContent expired;
    expired.commonName = "old";
    expired.notAfter = "20210101000000Z";
    pki.issue("old", "issuing", expired);

    CHECK(verifies(pki, "example.test", "root", "sslserver"));
    CHECK_FALSE(verifies(pki, "example.test", "root", "sslclient"));
    CHECK_FALSE(verifies(pki, "example.test", "stranger", "sslserver"));
    CHECK(verifies(pki, "web1", "root", "sslclient"));
    CHECK_FALSE(verifies(pki, "old", "root", "sslserver"));
    CHECK(pki.pin("issuing").size() == 64);
    CHECK(readText(pki.revoke("web1", "issuing")).find("BEGIN X509 CRL") != std::string::npos);
}

TEST_CASE("a child process is waited for, read and stopped by its process id")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("example.test", "root");
    const int port = freePort();
    ChildProcess server({"/usr/bin/openssl", "s_server", "-accept", std::to_string(port), "-cert",
        pki["example.test"].certificate, "-key", pki["example.test"].key});
    server.waitForPort(port);
    CHECK(server.running());
    const auto run = runTool({"/usr/bin/openssl", "s_client", "-connect",
        "127.0.0.1:" + std::to_string(port), "-CAfile", pki["root"].certificate});
    CHECK(run.output.find("Verify return code: 0 (ok)") != std::string::npos);
    CHECK(server.stop() == 128 + SIGTERM);
    CHECK_FALSE(server.running());
    CHECK(server.output().find("ACCEPT") != std::string::npos);
}

TEST_CASE("a tool that does not end in time is killed")
{
    CHECK(runTool({"/usr/bin/tail", "-f", "/dev/null"}, "", 1).status == 124);
}
