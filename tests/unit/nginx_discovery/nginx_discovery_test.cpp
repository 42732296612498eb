// What a configuration says, in small pieces. nginx_truth_test.cpp asks nginx itself.

#include "plugins/nginx_discovery/nginx_discovery.h"

#include "tests/support/discovery_text.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string discovered(const std::string& config)
{
    const TemporaryFolder folder;
    const auto file = folder.write("nginx.conf", config);
    const auto found = plugins::NginxDiscovery(file).discover();
    REQUIRE(found.ok());
    return textOf(*found, folder.path().string() + "/");
}

// One server in http.
std::string server(const std::string& content)
{
    return discovered("http { server { " + content + " } }");
}

const std::string pair = " ssl_certificate a.pem; ssl_certificate_key a.key; ";

} // namespace

TEST_CASE("a listen says where a server is looked at")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"listen 443 ssl;", " 127.0.0.1|443|a.test"},
        {"listen *:443 ssl;", " 127.0.0.1|443|a.test"},
        {"listen 0.0.0.0:443 ssl;", " 127.0.0.1|443|a.test"},
        {"listen 192.0.2.1:8443 ssl http2 backlog=5;", " 192.0.2.1|8443|a.test"},
        {"listen 192.0.2.1 ssl;", " 192.0.2.1|80|a.test"},
        {"listen localhost:443 ssl;", " 127.0.0.1|443|a.test"},
        {"listen [::]:443 ssl;", " ::1|443|a.test"},
        {"listen [0:0::1]:443 ssl;", " ::1|443|a.test"},
        {"listen [2001:DB8::1] ssl;", " 2001:db8::1|80|a.test"},
        {"listen 443 ssl; listen [::]:443 ssl default_server;",
            " 127.0.0.1|443|a.test ::1|443|a.test"},
        {"listen 443 ssl; listen *:443;", " 127.0.0.1|443|a.test"},
        {"listen 192.0.2.1:8000-8002 ssl;",
            " 192.0.2.1|8000|a.test 192.0.2.1|8001|a.test 192.0.2.1|8002|a.test"},
        {"listen 80;", ""},
        {"", ""},
        {"listen unix:/run/nginx.sock ssl;", ""},
        {"listen 443 quic;", ""},
        {"listen 443; ssl on;", " 127.0.0.1|443|a.test"},
        {"ssl on;", " 127.0.0.1|80|a.test"},
        {"listen 443 ssl; ssl off;", " 127.0.0.1|443|a.test"},
    };
    for (const auto& [listen, listeners] : table) {
        CAPTURE(listen);
        CHECK(server("server_name a.test;" + pair + listen) ==
              "a.pem a.key nginx" + listeners + "\n");
    }
}

TEST_CASE("a listen that cannot be looked at is told, and the certificate is found all the same")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"listen web.test:443 ssl;", "listen: a host name, which is not looked up"},
        {"listen 0 ssl;", "listen: not a port"},
        {"listen 127.0.0.1:70000 ssl;", "listen: not a port"},
        {"listen 127.0.0.1: ssl;", "listen: not a port"},
        {"listen 2-1 ssl;", "listen: not a port"},
        {"listen 1-60000 ssl;", "listen: a range of more than 100 ports"},
        {"listen [::1 ssl;", "listen: a host name, which is not looked up"},
        {"listen [zz]:443 ssl;", "listen: not an IPv6 address"},
        {"listen 443 ssl proxy_protocol;",
            "0.0.0.0:443 is not looked at: it expects the PROXY protocol before TLS"},
    };
    for (const auto& [listen, reason] : table) {
        CAPTURE(listen);
        CHECK(server(pair + listen) == "a.pem a.key nginx\n- nginx.conf:1: " + reason + "\n");
    }
}

TEST_CASE("the server name that is asked for leads to the server")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"server_name a.test b.test;", "a.test"},
        {"server_name A.TEST;", "a.test"},
        {"server_name *.a.test b.test;", "b.test"},
        {"server_name *.a.test;", "perennial.a.test"},
        {"server_name .a.test;", "a.test"},
        {"server_name www.a.*;", "www.a.perennial"},
        {"server_name ~^w.*$ b.test;", "b.test"},
        {"server_name ~^w.*$;", ""},
        {"server_name $hostname;", ""},
        {"server_name _;", ""},
        {"server_name \"\";", ""},
        {"server_name 192.0.2.1;", ""},
        {"server_name 'not a name';", ""},
        {"server_name " + std::string(300, 'a') + ";", ""},
        {"", ""},
    };
    for (const auto& [names, expected] : table) {
        CAPTURE(names);
        CHECK(server("listen 443 ssl;" + pair + names) ==
              "a.pem a.key nginx 127.0.0.1|443|" + expected + "\n");
    }
}

TEST_CASE("servers that share an address are told apart as nginx does")
{
    const std::string a = "ssl_certificate a.pem; ssl_certificate_key a.key; ";
    const std::string b = "ssl_certificate b.pem; ssl_certificate_key b.key; ";
    const auto two = [](const std::string& first, const std::string& second) {
        return discovered("http {\n server { " + first + " }\n server { " + second + " }\n}");
    };
    SUBCASE("who has no name is reached only as the default server")
    {
        CHECK(two("listen 443 ssl; server_name a.test;" + a, "listen 443 ssl;" + b) ==
              "a.pem a.key nginx 127.0.0.1|443|a.test\nb.pem b.key nginx\n"
              "- nginx.conf:3: 0.0.0.0:443 is not looked at: no name that can be asked for leads "
              "to this server\n");
        CHECK(
            two("listen 443 ssl; server_name a.test;" + a, "listen 443 ssl default_server;" + b) ==
            "a.pem a.key nginx 127.0.0.1|443|a.test\nb.pem b.key nginx 127.0.0.1|443|\n");
    }
    SUBCASE("ssl of one is ssl of both")
    {
        CHECK(
            two("listen 443; server_name a.test;" + a, "listen 443 ssl; server_name b.test;" + b) ==
            "a.pem a.key nginx 127.0.0.1|443|a.test\nb.pem b.key nginx 127.0.0.1|443|b.test\n");
    }
    SUBCASE("`ssl on` counts where the default server says it")
    {
        CHECK(two("listen 443; server_name a.test; ssl on;" + a,
                  "listen 443; server_name b.test;" + b) ==
              "a.pem a.key nginx 127.0.0.1|443|a.test\nb.pem b.key nginx 127.0.0.1|443|b.test\n");
        CHECK(two("listen 443; server_name a.test;" + a,
                  "listen 443; server_name b.test; ssl on;" + b) ==
              "a.pem a.key nginx\nb.pem b.key nginx\n");
    }
    SUBCASE("the first who has a name keeps it")
    {
        CHECK(two("listen 443 ssl; server_name x.test;" + a,
                  "listen 443 ssl; server_name x.test y.test;" + b) ==
              "a.pem a.key nginx 127.0.0.1|443|x.test\nb.pem b.key nginx 127.0.0.1|443|y.test\n");
    }
    SUBCASE("a wildcard is asked for by a name that is nobody else's")
    {
        CHECK(two("listen 443 ssl; server_name *.test;" + a,
                  "listen 443 ssl; server_name perennial.test *.b.test;" + b) ==
              "a.pem a.key nginx 127.0.0.1|443|perennial-1.test\n"
              "b.pem b.key nginx 127.0.0.1|443|perennial.test\n");
    }
    SUBCASE("an address of its own hides the common one there")
    {
        CHECK(two("listen 443 ssl; server_name a.test;" + a,
                  "listen 127.0.0.1:443 ssl; server_name b.test;" + b) ==
              "a.pem a.key nginx 127.0.0.2|443|a.test\nb.pem b.key nginx 127.0.0.1|443|b.test\n");
        CHECK(two("listen [::]:443 ssl; server_name a.test;" + a,
                  "listen [::1]:443 ssl; server_name b.test;" + b) ==
              "a.pem a.key nginx\nb.pem b.key nginx ::1|443|b.test\n"
              "- nginx.conf:2: [::]:443 is not looked at: more specific addresses hide it\n");
    }
}

TEST_CASE("certificates are inherited whole, and pairs belong together by their order")
{
    CHECK(
        discovered("http { ssl_certificate h.pem; ssl_certificate_key h.key;\n"
                   "server { listen 443 ssl; }\n"
                   "server { listen 444 ssl; ssl_certificate s.pem; ssl_certificate_key s.key; }\n"
                   "server { listen 445 ssl; ssl_certificate t.pem; } }") ==
        "h.pem h.key nginx 127.0.0.1|443|\ns.pem s.key nginx 127.0.0.1|444|\n"
        "t.pem h.key nginx 127.0.0.1|445|\n");
    CHECK(server("ssl_certificate rsa.pem; ssl_certificate ec.pem; ssl_certificate_key rsa.key; "
                 "ssl_certificate_key ec.key; listen 443 ssl;") ==
          "rsa.pem rsa.key nginx 127.0.0.1|443|\nec.pem ec.key nginx 127.0.0.1|443|\n");
    CHECK(server("ssl_certificate a.pem;\nssl_certificate b.pem; ssl_certificate_key a.key; "
                 "listen 443 ssl;") == "a.pem a.key nginx 127.0.0.1|443|\n"
                                       "- nginx.conf:2: a certificate without a key of its own\n");
    CHECK(server("ssl_certificate_key a.key; listen 443 ssl;") == "");
}

TEST_CASE("a server that rejects every handshake shows no certificate")
{
    CHECK(discovered("http {" + pair +
                     "server { listen 443 ssl default_server; ssl_reject_handshake on; }\n"
                     "server { listen 443 ssl; server_name a.test; } }") ==
          "a.pem a.key nginx 127.0.0.1|443|a.test\n");
    CHECK(server(pair + "ssl_reject_handshake off;") == "a.pem a.key nginx\n");
}

TEST_CASE("stream and mail have servers of their own")
{
    CHECK(discovered("stream { server { listen 636 ssl;" + pair + "} }") ==
          "a.pem a.key nginx 127.0.0.1|636|\n");
    CHECK(
        discovered("stream { server { listen 53 udp ssl;" + pair + "} }") == "a.pem a.key nginx\n");
    CHECK(discovered("mail { server_name m.test; server { listen 993 ssl;" + pair + "} }") ==
          "a.pem a.key nginx 127.0.0.1|993|\n");
    CHECK(discovered("mail { " + pair + " server { listen 143; starttls on; } }") ==
          "a.pem a.key nginx\n");
    CHECK(discovered("mail { starttls only; server { listen 143 ssl;" + pair + "} }") ==
          "a.pem a.key nginx\n"
          "- nginx.conf:1: 0.0.0.0:143 is not looked at: TLS begins after STARTTLS\n");
    CHECK(discovered("http { server { listen 443 ssl; server_name a.test;" + pair +
                     "} } stream { server { listen 443 ssl;" + pair + "} }") ==
          "a.pem a.key nginx 127.0.0.1|443|a.test\na.pem a.key nginx 127.0.0.1|443|\n");
}

TEST_CASE("what nginx shows to its upstreams is found too")
{
    CHECK(server("location / { proxy_ssl_certificate c.pem; proxy_ssl_certificate_key c.key; }") ==
          "c.pem c.key nginx\n");
    CHECK(discovered("http { proxy_ssl_certificate c.pem; server { location /a { location /a/b { "
                     "proxy_ssl_certificate_key c.key; } } } }") == "c.pem c.key nginx\n");
    CHECK(discovered("stream { server { proxy_ssl_certificate c.pem; "
                     "proxy_ssl_certificate_key c.key; } }") == "c.pem c.key nginx\n");
    CHECK(discovered("http { grpc_ssl_certificate g.pem; grpc_ssl_certificate_key g.key; "
                     "uwsgi_ssl_certificate u.pem; uwsgi_ssl_certificate_key u.key; }") ==
          "g.pem g.key nginx\nu.pem u.key nginx\n");
    CHECK(server("location / { proxy_ssl_certificate $who; proxy_ssl_certificate_key c.key; }") ==
          "- nginx.conf:1: proxy_ssl_certificate holds a variable\n");
}

TEST_CASE("what is no file is told without a word of it")
{
    const std::string key = "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByq";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"ssl_certificate $ssl_server_name.pem; ssl_certificate_key a.key;",
            "ssl_certificate holds a variable"},
        {"ssl_certificate a.pem; ssl_certificate_key ${name}.key;",
            "ssl_certificate_key holds a variable"},
        {"ssl_certificate a.pem; ssl_certificate_key data:$key;",
            "ssl_certificate_key holds a variable"},
        {"ssl_certificate a.pem; ssl_certificate_key \"data:" + key + "\";",
            "ssl_certificate_key is no file but data:"},
        {"ssl_certificate a.pem; ssl_certificate_key \"engine:pkcs11:id_1\";",
            "ssl_certificate_key is no file but engine:"},
        {"ssl_certificate a.pem; ssl_certificate_key \"" + key + "\";",
            "ssl_certificate_key is no path"},
        {"ssl_certificate \"\"; ssl_certificate_key a.key;", "ssl_certificate is empty"},
    };
    for (const auto& [written, reason] : table) {
        CAPTURE(written);
        CHECK(server(written) == "- nginx.conf:1: " + reason + "\n");
    }
}

TEST_CASE("a key in a PKCS#11 token is named by its label, whatever PIN stands beside it")
{
    CHECK(server("ssl_certificate /a.pem; ssl_certificate_key "
                 "\"engine:pkcs11:pkcs11:token=web;object=a%20b;type=private?pin-value=1234\";") ==
          "/a.pem pkcs11:token=web;object=a%20b nginx\n");
    CHECK(server("ssl_certificate /a.pem; ssl_certificate_key "
                 "\"engine:pkcs11:pkcs11:token=web;pin-value=1234;object=a\";") ==
          "- nginx.conf:1: ssl_certificate_key is no file but engine:\n");
}

TEST_CASE("paths are those of the files that nginx opens")
{
    const TemporaryFolder folder;
    std::filesystem::create_directories(folder / "real/deep");
    std::filesystem::create_symlink(folder / "real/deep", folder / "link");
    const auto file = folder.write("nginx.conf",
        "http { server { ssl_certificate ./tls//a.pem; ssl_certificate_key /etc/./a.key; }\n"
        "server { ssl_certificate link/../a.pem; ssl_certificate_key none/../a.key; } }");
    const auto found = plugins::NginxDiscovery(file).discover();
    REQUIRE(found.ok());
    // ".." of a link is the folder above its target.
    CHECK(textOf(*found, std::filesystem::canonical(folder.path()).string() + "/") ==
          "tls/a.pem /etc/a.key nginx\nreal/a.pem a.key nginx\n");
}

TEST_CASE("settings are the file and the folder it may be relative to")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeNginxDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({{"config", "/etc/nginx/nginx.conf"}}).empty());
    CHECK(refusal({{"config", "conf/nginx.conf"}, {"prefix", "/srv/nginx"}}).empty());
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "nginx.conf"}}) ==
          "config: must be an absolute path, or relative to a prefix");
    CHECK(refusal({{"config", "/a"}, {"prefix", "b"}}) == "prefix: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"folder", "/b"}}) == "unknown key \"folder\"");
}

TEST_CASE("without its first file there is no discovery")
{
    const auto found = plugins::NginxDiscovery("/nowhere/nginx.conf").discover();
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().kind == ErrorKind::NotFound);
    CHECK(found.error().message.find("/nowhere/nginx.conf") != std::string::npos);
}
