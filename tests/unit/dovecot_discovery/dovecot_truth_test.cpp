// Dovecot itself is asked: what it makes of its files, and what it shows.

#include "plugins/dovecot_discovery/config_reader.h"
#include "plugins/dovecot_discovery/dovecot_discovery.h"
#include "tests/support/mail_servers.h"
#include "tests/support/served_certificate.h"

#include <random>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::dovecot;

TEST_CASE("lines thrown at random are joined and cut as Dovecot does")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"x", "/", " ", "\t", "=", "#", "\n", "\\", "\\\n",
        "\"", "'", ",", "\n#", "\n \n", "listen = ", "\\\"", "a b {\n", "}"};
    std::size_t compared = 0;
    for (int round = 0; round < 30; ++round) {
        std::string text = "listen = ";
        for (auto left = dice() % 10; left > 0; --left)
            text += pieces[dice() % pieces.size()];
        text += "\n";
        CAPTURE(text);
        const auto file = folder.write("dovecot.conf", text);
        const auto theirs = runTool({"/usr/bin/doveconf", "-c", file, "-h", "listen"});
        Discovery found;
        const PosixFileSystem files;
        const auto configuration = ConfigReader(files, found).parse(text, file);
        const bool refused =
            theirs.output.find("doveconf: Fatal: Error in configuration") != std::string::npos;
        // Names that Dovecot does not know are its own affair.
        if (theirs.output.find("Unknown") != std::string::npos) continue;
        CHECK(refused == !found.skipped.empty());
        if (refused || theirs.output.find("Warning") != std::string::npos) continue;
        const auto settings = configuration.settings.find({});
        const bool written = settings != configuration.settings.end();
        CHECK((written ? settings->second.at("listen").text : "*, ::") + "\n" == theirs.output);
        ++compared;
    }
    CHECK(compared > 10);
}

TEST_CASE("every listener that is found shows the certificate that was found for it")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: Dovecot's processes have users of their own");
        return;
    }
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const char* name : {"all", "named", "here", "pop3"})
        pki.issueServer(name, "root");
    const auto pair = [&](const std::string& name) {
        return "ssl_cert = <" + pki[name].chain + "\nssl_key = <" + pki[name].key + "\n";
    };
    std::vector<std::string> ports;
    for (int i = 0; i < 3; ++i)
        ports.push_back(std::to_string(freePort()));
    const auto listener = [](const std::string& name, const std::string& port) {
        return "inet_listener " + name + " {\n port = " + port + "\n}\n";
    };
    std::filesystem::create_directory(folder / "conf.d");
    folder.write("conf.d/10-ssl.conf", pair("all") + "local_name named.test {\n" + pair("named") +
                                           "}\nlocal 127.0.0.3 {\n" + pair("here") +
                                           "}\nlocal_name pop3.test {\nprotocol pop3 {\n" +
                                           pair("pop3") + "}\n}\n");
    folder.write(
        "conf.d/20-more.conf", "listen = *\nservice imap-login {\n" + listener("imap", ports[0]) +
                                   listener("imaps", ports[1]) + "}\nservice pop3-login {\n" +
                                   listener("pop3", ports[2]) + listener("pop3s", "0") + "}\n");
    folder.write("dovecot.conf", dovecotBase(folder) + "!include conf.d/*.conf\n");
    const Dovecot dovecot(folder, std::stoi(ports[0]));
    const auto found =
        (*plugins::makeDovecotDiscovery({{"config", folder / "dovecot.conf"}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(found->places.size() == 4);
    CHECK(checkServed(*found) == 10);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeDovecotDiscovery({{"config", "/etc/dovecot/dovecot.conf"}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(found->places.size() == 1);
}
