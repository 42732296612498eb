#include "plugins/tomcat_discovery/tomcat_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    Host() { std::filesystem::create_directory(folder / "conf"); }
    Result<Discovery> discovery(const std::string& xml, PluginSettings settings = {}) const
    {
        settings.emplace("config", folder.write("conf/server.xml", xml));
        const auto source = plugins::makeTomcatDiscovery(settings);
        REQUIRE(source.ok());
        return (*source)->discover();
    }
    std::string of(const std::string& xml, const PluginSettings& settings = {}) const
    {
        const auto found = discovery(xml, settings);
        if (!found) return "! " + found.error().message;
        return textOf(*found, folder.path().string() + "/");
    }
};

std::string server(const std::string& connectors)
{
    return "<?xml version='1.0' encoding='utf-8'?>\n<Server port=\"-1\">\n<!-- <Connector/> -->"
           "<Service name=\"Catalina\">" +
           connectors + "<Engine name=\"Catalina\"/></Service></Server>\n";
}
std::string connector(const std::string& hosts, const std::string& more = "")
{
    return "<Connector port=\"8443\" SSLEnabled=\"true\" " + more + ">" + hosts + "</Connector>";
}
std::string host(const std::string& name, const std::string& certificate)
{
    return "<SSLHostConfig" + (name.empty() ? "" : " hostName=\"" + name + "\"") +
           "><Certificate " + certificate + "/></SSLHostConfig>";
}

const std::string pem = "certificateFile=\"tls/a.pem\" certificateKeyFile=\"tls/a.key\"";
const std::string store = "certificateKeystoreFile=\"tls/a.p12\" certificateKeystorePassword=\"x\"";
const std::string first = "conf/server.xml: Connector 1";

} // namespace

TEST_CASE("PEM files, relative to CATALINA_BASE, shown to whoever sends no name")
{
    const Host tomcat;
    CHECK(tomcat.of(server(connector(host("", pem)))) ==
          "tls/a.pem tls/a.key tomcat 127.0.0.1|8443|\n");
    CHECK(tomcat.of(server(connector(host("", pem))), {{"base", "/srv/tomcat"}}) ==
          "/srv/tomcat/tls/a.pem /srv/tomcat/tls/a.key tomcat 127.0.0.1|8443|\n");
    CHECK(tomcat.of(server(connector(host("", "certificateFile=\"${catalina.base}/b.pem\"")))) ==
          "b.pem b.pem tomcat 127.0.0.1|8443|\n");
    CHECK(tomcat.of(server("<Connector port=\"8080\"/><Connector port=\"1\" SSLEnabled=\"false\">" +
                           host("", pem) + "</Connector>")) == "tls/a.pem tls/a.key tomcat\n");
    CHECK(tomcat.of(server(connector(host("", "certificateFile=\"${user.home}/b.pem\"")))) ==
          "- " + first + ", SSLHostConfig 1, Certificate 1: certificateFile holds a variable\n");
    CHECK(tomcat.of(server(connector(host("", "type=\"RSA\"")))) ==
          "- " + first +
              ", SSLHostConfig 1, Certificate 1 names no file; the store in the home of "
              "Tomcat's user is not looked for\n");
}

TEST_CASE("several SSLHostConfig: exact names, wildcards, and the default")
{
    const Host tomcat;
    const auto file = [](const std::string& name) { return "certificateFile=\"" + name + "\""; };
    CHECK(tomcat.of(server(connector(host("Web1.test", file("1")) + host("*.test", file("2")) +
                                         host("name0.test", file("3")),
              "address=\"10.0.0.1\" defaultSSLHostConfigName=\"WEB1.test\""))) ==
          "1 1 tomcat 10.0.0.1|8443| 10.0.0.1|8443|web1.test\n"
          "2 2 tomcat 10.0.0.1|8443|name1.test\n"
          "3 3 tomcat 10.0.0.1|8443|name0.test\n");
    // Two keys of one host: a handshake shows one of them.
    CHECK(tomcat.of(server(connector("<SSLHostConfig><Certificate " + file("1") +
                                     " type=\"RSA\"/><Certificate " + file("2") +
                                     " type=\"EC\"/></SSLHostConfig>"))) ==
          "1 1 tomcat 127.0.0.1|8443|\n2 2 tomcat 127.0.0.1|8443|\n");
    CHECK(tomcat.of(server(connector(host("a.test", file("1")) + host("A.test", file("2"))))) ==
          "1 1 tomcat 127.0.0.1|8443|a.test\n- " + first +
              ", SSLHostConfig 2 has the hostName of another one: Tomcat refuses it\n- " + first +
              " has no SSLHostConfig for its default: Tomcat does not start it\n");
    CHECK(tomcat.of(server(connector(host("", file("1")) + host("not_a name", file("2"))))) ==
          "1 1 tomcat 127.0.0.1|8443|\n2 2 tomcat\n- " + first +
              ", SSLHostConfig 2 is not looked at: hostName is no name that can be asked for\n");
    CHECK(tomcat.of(server(connector(host("", file("1")) + host("a.test", file("2")),
              "defaultSSLHostConfigName=\"a.test\""))) ==
          "1 1 tomcat\n2 2 tomcat 127.0.0.1|8443| 127.0.0.1|8443|a.test\n- " + first +
              ", SSLHostConfig 1: no name leads to it\n");
}

TEST_CASE("PKCS#12 key stores, by the password that stands in a file")
{
    const Host tomcat;
    const auto places = [&](const std::string& certificate, const PluginSettings& settings = {}) {
        const auto found = tomcat.discovery(server(connector(host("", certificate))), settings);
        REQUIRE(found.ok());
        std::string text;
        for (const auto& place : found->places) {
            text += place.place.store + " " + place.passwordFile + "\n";
            for (const auto& warning : place.warnings)
                text += "! " + warning.substr(warning.rfind(": ") + 2) + "\n";
        }
        for (const auto& reason : found->skipped)
            text += "- " + reason.substr(reason.rfind(": ") + 2) + "\n";
        return text;
    };
    const PluginSettings known = {{"password_file", "/etc/password"}};
    CHECK(tomcat.of(server(connector(host("", store))), known) ==
          "tls/a.p12 tls/a.p12 tomcat 127.0.0.1|8443|\n");
    CHECK(places(store, known) == "pkcs12 /etc/password\n");
    CHECK(places(store + " certificateKeystorePasswordFile=\"p\"", known) ==
          "pkcs12 " + tomcat.folder / "p" + "\n");
    CHECK(places(store) == "- certificateKeystorePassword is not used; name a file that holds it "
                           "(password_file)\n");
    for (const char* type : {"PKCS12", "jks"})
        CHECK(places(store + " certificateKeystoreType=\"" + type + "\"", known) ==
              "pkcs12 /etc/password\n");
    CHECK(places(store + " certificateKeystoreType=\"PKCS11\"", known) ==
          "- certificateKeystoreType is not PKCS12\n");
    CHECK(places(store + " certificateKeyPassword=\"y\"", known) ==
          "pkcs12 /etc/password\n! in a store made here the key has the password of the store\n");
    CHECK(places(pem + " certificateKeyPassword=\"y\"") ==
          "pem \n! keys made here are not encrypted\n");
    CHECK(places(pem + " certificateChainFile=\"c\"").find("chain_file") != std::string::npos);
}

TEST_CASE("where a connector listens")
{
    const Host tomcat;
    const auto at = [&](const std::string& attributes, const std::string& serverAttributes = "") {
        return tomcat.of("<Server " + serverAttributes +
                         "><Service><Connector SSLEnabled=\"TRUE\" " + attributes + ">" +
                         host("", pem) + "</Connector></Service></Server>");
    };
    const std::string pair = "tls/a.pem tls/a.key tomcat";
    CHECK(at("port=\"1\" address=\"::1\"") == pair + " ::1|1|\n");
    CHECK(at("port=\"1\" address=\"0.0.0.0\"") == pair + " 127.0.0.1|1|\n");
    CHECK(at("port=\"1\" address=\"localhost\"") == pair + " 127.0.0.1|1|\n");
    CHECK(at("port=\"1\"", "portOffset=\"1000\"") == pair + " 127.0.0.1|1001|\n");
    CHECK(
        at("port=\"65000\"", "portOffset=\"1000\"") == pair + "\n- " + first + ": port is none\n");
    CHECK(at("port=\"1\"", "portOffset=\"x\"") == pair + "\n- " + first + ": port is none\n");
    CHECK(at("port=\"${https.port}\"") == pair + "\n- " + first + ": port is none\n");
    CHECK(at("port=\"1\" address=\"web.test\"") ==
          pair + "\n- " + first + ": a name in address is not looked up\n");
}

TEST_CASE("settings are refused by name")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeTomcatDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "server.xml"}}) == "config: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"base", "b"}}) == "base: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"password_file", "/b\n/c"}}) ==
          "password_file: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"password", "b"}}) == "unknown key \"password\"");
    CHECK_FALSE(
        (*plugins::makeTomcatDiscovery({{"config", "/nowhere/conf/server.xml"}}))->discover().ok());
}

TEST_CASE("configurations that mean harm are refused or bounded, and never quoted")
{
    const Host tomcat;
    const std::string secret = "-----BEGIN PRIVATE KEY-----";
    const auto refused = [&](const std::string& xml) {
        const auto text = tomcat.of(xml);
        CHECK(text.find(secret) == std::string::npos);
        return text.starts_with("! conf/server.xml") || text.starts_with("! /");
    };
    CHECK(refused("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" +
                  server(connector(host("&b;", pem)))));
    CHECK(refused(
        "<!DOCTYPE Server><Server><Service>" + connector(host("", pem)) + "</Service></Server>"));
    CHECK(refused(secret));
    CHECK(refused("<" + secret + ">"));
    CHECK(refused("<Server><Service>" + secret));
    CHECK(refused("<Context/>"));
    CHECK(refused("<Server>" + repeated("<a>", 100) + repeated("</a>", 100) + "</Server>"));
    CHECK(refused(server(repeated("<Connector/>", 11'000))));
    CHECK(tomcat.of(server(std::string(2U << 20U, ' '))).find("/conf/server.xml") !=
          std::string::npos);
    CHECK(tomcat.of(server(connector(host("", "certificateFile=\"" + secret + "\"")))) ==
          "- " + first + ", SSLHostConfig 1, Certificate 1: certificateFile is no path\n");
    CHECK(tomcat.of(server(connector(host("", "certificateKeystoreFile=\"" + secret + "\""))),
              {{"password_file", "/p"}}) ==
          "- " + first + ", SSLHostConfig 1, Certificate 1: certificateKeystoreFile is no path\n");
    const auto variables = repeated("${catalina.base}", 1000);
    CHECK(tomcat
              .of(server(connector(host("", "certificateFile=\"" + variables + "\""))),
                  {{"base", "/" + std::string(3000, 'b')}})
              .starts_with("- "));
    CHECK(tomcat
              .of(server(connector(host("", "certificateFile=\"${catalina.base}/a\""))),
                  {{"base", "/${catalina.base}"}})
              .starts_with("- "));
}
