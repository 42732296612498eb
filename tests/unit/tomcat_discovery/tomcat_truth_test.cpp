// A real Tomcat says whether its configuration was understood.

#include "plugins/tomcat_discovery/tomcat_discovery.h"
#include "tests/support/served_certificate.h"
#include "tests/support/tomcat.h"

#include <map>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a Tomcat that runs shows what was found for it, by each name")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const char* name : {"first", "wild", "store", "other"})
        pki.issueServer(name, "root");
    folder.write("password", "changeit\n");
    mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-inkey", pki["store"].key, "-in",
        pki["store"].chain, "-passout", "file:" + (folder / "password"), "-out",
        folder / "store.p12"});
    const auto pem = [&](const std::string& name) {
        return "certificateFile=\"" + pki[name].chain + "\" certificateKeyFile=\"" + pki[name].key +
               "\"";
    };
    const auto host = [](const std::string& name, const std::string& certificate) {
        return "<SSLHostConfig hostName=\"" + name + "\"><Certificate " + certificate +
               "/></SSLHostConfig>";
    };
    const int port = freePort();
    const int second = freePort();
    const auto connector = [](int at, const std::string& more, const std::string& hosts) {
        return "<Connector port=\"" + std::to_string(at) +
               "\" SSLEnabled=\"true\" maxThreads=\"4\" minSpareThreads=\"1\" " + more + ">" +
               hosts + "</Connector>\n";
    };
    std::filesystem::create_directory(folder / "conf");
    const auto config = folder.write("conf/server.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Server port=\"-1\"><Service name=\"C\">\n" +
            connector(port, "address=\"127.0.0.1\" defaultSSLHostConfigName=\"First.test\"",
                host("first.TEST", pem("first")) + host("*.test", pem("wild")) +
                    host("store.test",
                        "certificateKeystoreFile=\"store.p12\" "
                        "certificateKeystorePasswordFile=\"${catalina.base}/password\"")) +
            connector(second, "", host("_default_", pem("other"))) +
            "<Engine name=\"C\" defaultHost=\"localhost\"><Host name=\"localhost\"/></Engine>"
            "</Service></Server>\n");
    const Tomcat tomcat(folder, second);

    const auto found = (*plugins::makeTomcatDiscovery({{"config", config}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    REQUIRE(found->places.size() == 4);
    std::size_t looked = 0;
    for (const auto& place : found->places) {
        const bool isStore = place.place.store == "pkcs12";
        const auto expected = opensslFingerprint(
            readText(isStore ? pki["store"].certificate : place.place.certificatePath));
        if (isStore) CHECK(place.passwordFile == folder / "password");
        for (const auto& listener : place.listeners) {
            CAPTURE(listener.port);
            CAPTURE(listener.serverName);
            CHECK(servedAt(listener) == expected);
            ++looked;
        }
    }
    CHECK(looked == 5);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeTomcatDiscovery({{"config", "/var/lib/tomcat10/conf/server.xml"}}))
            ->discover();
    if (!found && ::geteuid() != 0) {
        MESSAGE("skipped here: only root and Tomcat may read it");
        return;
    }
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
