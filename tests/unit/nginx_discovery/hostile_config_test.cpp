// Configurations that are broken, or meant to do harm: bounded, told, and never quoted.

#include "plugins/nginx_discovery/nginx_discovery.h"
#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string discovered() const
    {
        plugins::NginxDiscovery source(folder / "nginx.conf");
        return discoveredWithinLimits(source, folder.path().string());
    }
};

const std::string pair = "ssl_certificate a.pem; ssl_certificate_key a.key; ";

} // namespace

TEST_CASE("a fault ends its file with a line number and stops no other")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"server { listen 80;", "- bad.conf:1: a block is left open\n"},
        {"}\n", "- bad.conf:1: a '}' that closes nothing\n"},
        {"\n\nserver } {", "- bad.conf:3: a '}' inside a statement\n"},
        {"server {\n listen \"80;\n }", "- bad.conf:3: a quote is left open\n"},
        {"include none.conf;", "- bad.conf:1: include: none.conf: No such file or directory\n"},
        {"\ninclude a b;", "- bad.conf:2: include needs one path\n"},
        {"include bad.conf;", "- bad.conf:1: includes the file that it is in\n"},
        {"include nginx.conf;", "- bad.conf:1: includes the file that it is in\n"},
        {"include *a*a*a*a*a.conf;",
            "- bad.conf:1: include: a pattern with more than four stars in a name\n"},
        {"include sites;", "- bad.conf:1: include: sites is a folder, not a file\n"},
        {repeated("location / {", 25) + "}", "- bad.conf:1: too many blocks or statements\n"},
    };
    for (const auto& [text, reason] : table) {
        CAPTURE(text);
        const Host host;
        std::filesystem::create_directory(host.folder / "sites");
        host.folder.write("bad.conf", text);
        host.folder.write(
            "nginx.conf", "http { include bad.conf;\n server { listen 443 ssl; " + pair + "} }");
        CHECK(host.discovered() == "a.pem a.key nginx 127.0.0.1|443|\n" + reason);
    }
}

TEST_CASE("what stands before a fault counts")
{
    const Host host;
    host.folder.write("nginx.conf", "http { server { listen 443 ssl; " + pair + "} server { ' ");
    CHECK(host.discovered() ==
          "a.pem a.key nginx 127.0.0.1|443|\n- nginx.conf:1: a quote is left open\n");
}

TEST_CASE("a private key that is included is not quoted")
{
    for (const std::string text : {"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END",
             "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49;\n}",
             "include MIGHAgEAMBMGByqGSM49 -----BEGIN;",
             "ssl_certificate -----BEGIN; ssl_certificate_key MIGHAgEAMBMGByqGSM49\n;",
             "listen MIGHAgEAMBMGByqGSM49;", "server { listen MIGHAgEAMBMGByqGSM49; }"}) {
        CAPTURE(text);
        const Host host;
        host.folder.write("nginx.conf", "http { include web.key; server {} }");
        host.folder.write("web.key", text);
        const auto all = host.discovered();
        CHECK(all.find("MIGH") == std::string::npos);
        CHECK(all.find("BEGIN") == std::string::npos);
    }
}

TEST_CASE("loops and floods of includes end")
{
    const Host host;
    SUBCASE("two files that include each other")
    {
        host.folder.write("nginx.conf", "include a.conf; include a.conf;");
        host.folder.write("a.conf", "include b.conf; include b.conf;");
        host.folder.write("b.conf", "include a.conf; include b.conf;");
        CHECK(host.discovered().find("includes the file that it is in") != std::string::npos);
    }
    SUBCASE("each file includes the next one ten times")
    {
        for (int i = 0; i < 30; ++i)
            host.folder.write(std::to_string(i) + ".conf",
                repeated("include " + std::to_string(i + 1) + ".conf;\n", 10));
        host.folder.write("nginx.conf", "include 0.conf;");
        CHECK(host.discovered().find("includes are nested too deep") != std::string::npos);
    }
    SUBCASE("a chain that is too deep")
    {
        for (int i = 0; i < 30; ++i)
            host.folder.write(
                std::to_string(i) + ".conf", "include " + std::to_string(i + 1) + ".conf;");
        host.folder.write("nginx.conf", "include 0.conf;");
        CHECK(host.discovered() == "- 19.conf:1: includes are nested too deep\n");
    }
    SUBCASE("a link to itself, a FIFO and a device are not waited for")
    {
        std::filesystem::create_symlink("loop.conf", host.folder / "loop.conf");
        REQUIRE(::mkfifo((host.folder / "fifo.conf").c_str(), 0600) == 0);
        host.folder.write("nginx.conf", "include loop.conf; include *.fifo; include fifo.conf; "
                                        "include /dev/zero; include /dev/tty;");
        const auto all = host.discovered();
        CHECK(all.find("fifo.conf is not a regular file") != std::string::npos);
        CHECK(all.find("/dev/zero is not a regular file") != std::string::npos);
    }
    SUBCASE("a pattern over links that lead back")
    {
        std::filesystem::create_symlink(".", host.folder / "again");
        host.folder.write("x.conf", "server { " + pair + " }");
        host.folder.write("nginx.conf", "http { include " + repeated("*/", 30) + "x.conf; }");
        CHECK(host.discovered() == "a.pem a.key nginx\n");
    }
}

TEST_CASE("large configurations take bounded time and memory")
{
    const Host host;
    SUBCASE("over the size of a file")
    {
        host.folder.write("big.conf", std::string(17U << 20U, ' '));
        host.folder.write("nginx.conf", "include big.conf;");
        CHECK(host.discovered() ==
              "- nginx.conf:1: include: big.conf is over the limit of 16777216 bytes\n");
    }
    SUBCASE("10 MB of words that do not matter")
    {
        host.folder.write("nginx.conf", "map $a $b {" + repeated("\"some word\" 1;\n", 700'000) +
                                            "} http { server { " + pair + " } }");
        CHECK(host.discovered() == "a.pem a.key nginx\n");
    }
    SUBCASE("10 MB of opening braces")
    {
        host.folder.write("nginx.conf", repeated("a{", 5'000'000));
        CHECK(host.discovered() == "- nginx.conf:1: a block is left open\n");
    }
    SUBCASE("10 MB of servers")
    {
        host.folder.write("nginx.conf", "http {" + repeated("server{listen 1 ssl;}", 450'000));
        CHECK(host.discovered().find("too many") != std::string::npos);
    }
    SUBCASE("many certificates above many servers")
    {
        host.folder.write("nginx.conf",
            "http {" + repeated(pair, 30'000) + repeated("server{listen 1 ssl;}", 60'000) + "}");
        const auto all = host.discovered();
        CHECK(all.find("a server has at most 8 certificates") != std::string::npos);
        CHECK(all.find("too many") != std::string::npos);
    }
    SUBCASE("many names at many addresses")
    {
        std::string text = "http { server { " + pair;
        for (int port = 1; port < 60'000; port += 100)
            text += "listen " + std::to_string(port) + "-" + std::to_string(port + 99) + " ssl;";
        text += "server_name " + repeated("a.test ", 9'000) + ";}}";
        host.folder.write("nginx.conf", text);
        CHECK(host.discovered().find("too many addresses or names") != std::string::npos);
    }
    SUBCASE("many certificates for many upstreams")
    {
        host.folder.write("nginx.conf",
            "http {" +
                repeated(
                    "location / { proxy_ssl_certificate a; proxy_ssl_certificate_key b;}", 60'000) +
                "}");
        CHECK_FALSE(host.discovered().empty());
    }
}
