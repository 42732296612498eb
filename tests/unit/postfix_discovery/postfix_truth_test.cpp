// Postfix itself is asked: what it makes of its files, and what it shows.

#include "plugins/postfix_discovery/master_services.h"
#include "plugins/postfix_discovery/postfix_discovery.h"
#include "tests/support/mail_servers.h"
#include "tests/support/served_certificate.h"

#include <random>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::postfix;

namespace {

const std::string postconf = "/usr/sbin/postconf";

// postconf shows a tab as a blank.
std::string withSingleBlanks(const std::string& text)
{
    std::string single;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank || !single.ends_with(' ')) single += blank ? ' ' : c;
    }
    return single;
}

} // namespace

TEST_CASE("lines thrown at random are joined and cut as Postfix does")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"x", "/", " ", "\t", "=", "#", "\n ", "\n\t", "\n#",
        "\n #", "\n \n ", ",", "$a/", "${b}", "$(a)", "$$"};
    folder.write("master.cf", "");
    std::size_t compared = 0;
    for (int round = 0; round < 30; ++round) {
        std::string text = "compatibility_level = 3.6\na = one\nb = $a/two\n"
                           "mydestination = $b\nsmtpd_tls_cert_file =";
        for (auto left = dice() % 12; left > 0; --left)
            text += pieces[dice() % pieces.size()];
        const auto file = folder.write("main.cf", text + "\n");
        CAPTURE(text);
        const auto theirs =
            runTool({postconf, "-c", folder.path().string(), "-x", "-h", "smtpd_tls_cert_file"});
        Discovery found;
        const auto parameters = Parameters::from(text + "\n", file, found);
        CHECK(found.skipped.empty() == (theirs.status == 0));
        // It ends at a line that it refuses, and goes on without a macro that it does not know.
        if (theirs.status != 0 || theirs.output.find("warning:") != std::string::npos) continue;
        const auto ours = parameters.value("smtpd_tls_cert_file");
        REQUIRE(ours.ok());
        CHECK(withSingleBlanks(ours->text + "\n") == withSingleBlanks(theirs.output));
        ++compared;
    }
    CHECK(compared > 10);
}

TEST_CASE("services and what they set otherwise are those that Postfix lists")
{
    const TemporaryFolder folder;
    folder.write("main.cf", "compatibility_level = 3.6\n");
    const std::string text =
        "smtp inet n - y - - smtpd\n  -o smtpd_tls_cert_file=/a.pem\n# no\n\n"
        "  -o { smtpd_tls_key_file = /a.key }\n 	-o smtpd_tls_loglevel=1 -v\n"
        "[::1]:587 inet n - y - - smtpd -o smtpd_tls_cert_file=$x\nsmtpd pass - - y - - smtpd\n";
    const auto file = folder.write("master.cf", text);
    std::string ours;
    Discovery found;
    for (const auto& service : servicesOf(text, file, found)) {
        auto overrides = service.overrides;
        std::sort(overrides.begin(), overrides.end());
        for (const auto& [name, value] : overrides)
            ours += service.name + "/" + service.type + "/" + name + " = " + value + "\n";
    }
    CHECK(found.skipped.empty());
    const auto theirs = runTool({postconf, "-c", folder.path().string(), "-P"});
    REQUIRE(theirs.status == 0);
    CHECK(theirs.output.find(ours) != std::string::npos);
    CHECK(std::count(ours.begin(), ours.end(), '\n') == 4);
}

TEST_CASE("every listener that is found shows the certificate that was found for it")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can run Postfix");
        return;
    }
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const char* name : {"main", "wrapped", "chain", "passed"})
        pki.issueServer(name, "root");
    const auto& chain = pki["chain"];
    std::vector<std::string> ports;
    for (int i = 0; i < 4; ++i)
        ports.push_back(std::to_string(freePort()));
    folder.write("main.cf", postfixBase(folder) + "folder = " + folder.path().string() +
                                "\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = " +
                                "$folder/main.pem\nsmtpd_tls_key_file = ${folder}/main.key\n"
                                "smtpd_banner = hello there\n");
    folder.write("master.cf", ports[0] + " inet n - n - - smtpd\n127.0.0.1:" + ports[1] +
                                  " inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n  -o "
                                  "smtpd_tls_cert_file=$folder/wrapped.pem\n"
                                  "  -o smtpd_tls_key_file=$folder/wrapped.key\n127.0.0.1:" +
                                  ports[2] +
                                  " inet n - n - - smtpd\n"
                                  "  -o { smtpd_tls_chain_files = " +
                                  chain.key + ", " + chain.chain + " }\n127.0.0.1:" + ports[3] +
                                  " inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n"
                                  "  -o smtpd_tls_cert_file=$folder/passed.pem\n"
                                  "  -o smtpd_tls_key_file=$folder/passed.key\n"
                                  "dnsblog unix - - n - 0 dnsblog\n"
                                  "tlsproxy unix - - n - 0 tlsproxy\n" +
                                  postfixHelpers);
    const Postfix postfix(folder, std::stoi(ports[0]));
    const auto source = plugins::makePostfixDiscovery({{"config", folder.path().string()}});
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(found->places.size() == 4);
    CHECK(checkServed(*found) == 4);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const TemporaryFolder folder;
    folder.write("main.cf",
        readText("/usr/share/postfix/main.cf.debian") + readText("/usr/share/postfix/main.cf.tls"));
    folder.write("master.cf", readText("/usr/share/postfix/master.cf.dist"));
    const auto found =
        (*plugins::makePostfixDiscovery({{"config", folder.path().string()}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
