#include "plugins/rsyslog_discovery/rsyslog_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string of(const std::string& text) const
    {
        const auto source =
            plugins::makeRsyslogDiscovery({{"config", folder.write("rsyslog.conf", text)}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
};

const std::string both =
    "global(defaultNetstreamDriver=\"gtls\" "
    "defaultNetstreamDriverCertFile=\"/c\" defaultNetstreamDriverKeyFile=\"/k\")\n";
const std::string module = "module(load=\"imtcp\" streamDriver.mode=\"1\")\n";
const std::string legacy = "$DefaultNetstreamDriver gtls\n$DefaultNetstreamDriverCertFile /d\n"
                           "$DefaultNetstreamDriverKeyFile /l\n";

std::string input(const std::string& more)
{
    return "input(type=\"imtcp\" port=\"6514\" " + more + ")\n";
}

} // namespace

TEST_CASE("the pair of all inputs, and where they are")
{
    const Host host;
    CHECK(host.of(both) == "/c /k rsyslog\n");
    CHECK(host.of(both + module + input("")) == "/c /k rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(both + module + input("address=\"::1\"") +
                  "INPUT (\nTYPE = \"imtcp\" # c\n/* ) */ port=\"7\" address=\"0.0.0.0\")") ==
          "/c /k rsyslog ::1|6514| 127.0.0.1|7|\n");
    CHECK(host.of(both + module + input("streamDriver.mode=\"0\"") +
                  input("streamDriver.name=\"ptcp\"") + input("config.enabled=\"off\"")) ==
          "/c /k rsyslog\n");
    CHECK(host.of(both + "module(load=\"imtcp\")\n" + input("") +
                  input("streamDriver.mode=\"1\" address=\"::1\"")) == "/c /k rsyslog ::1|6514|\n");
    CHECK(host.of(both + "module(load=\"imptcp\" streamDriver.mode=\"0\")\n" + module +
                  input("")) == "/c /k rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(both + module + "input(type=\"imudp\" port=\"514\")\n") == "/c /k rsyslog\n");
    CHECK(host.of(module + input("")).empty());
    CHECK(host.of("*.* /var/log/it's\ncall x (y)\n").empty());
}

TEST_CASE("the older form, and what counts before what")
{
    const Host host;
    CHECK(host.of(legacy + "$ModLoad imtcp\n$InputTCPServerRun 1\n$InputTCPServerStreamDriverMode "
                           "1\n$inputtcpserverrun 2\n") == "/d /l rsyslog 127.0.0.1|2|\n");
    CHECK(host.of(both + legacy + module + input("")) == "/c /k rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(legacy + both + module + input("")) == "/c /k rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(module + input("") + legacy + "$DefaultNetstreamDriverCertFile /e\n") ==
          "/e /l rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(both + "global(defaultNetstreamDriverCertFile=\"/e\")\n") == "/c /k rsyslog\n");
    CHECK(host.of(legacy + module + "$InputTCPServerRun 3\n") == "/d /l rsyslog\n");
}

TEST_CASE("pairs of single inputs and of those who send")
{
    const Host host;
    const auto own = std::string("streamDriver.certFile=\"/e\" streamDriver.keyFile=\"/m\"");
    CHECK(host.of(both + module + input(own) + input("address=\"::1\"")) ==
          "/c /k rsyslog ::1|6514|\n/e /m rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of("module(load=\"imtcp\" streamDriver.name=\"ossl\" streamDriver.mode=\"1\")\n" +
                  input(own)) == "/e /m rsyslog 127.0.0.1|6514|\n");
    CHECK(host.of(both + "*.* action(type=\"omfwd\" target=\"h\" " + own + ")\n") ==
          "/c /k rsyslog\n/e /m rsyslog\n");
    CHECK(host.of(both + module + input("streamDriver.certFile=\"/e\"")) ==
          "/c /k rsyslog\n- rsyslog.conf:3: streamdriver.certfile without its other half\n");
}

TEST_CASE("what a command says of an input is not taken from elsewhere")
{
    const Host host;
    const auto isRun = [](int line, const std::string& name) {
        return "- rsyslog.conf:" + std::to_string(line) + ": " + name +
               " is said by a command, which is not run\n";
    };
    const auto own = std::string("streamDriver.certFile=`echo $C` streamDriver.keyFile=");
    CHECK(host.of(both + module + input(own + "`echo $K`") + input("address=\"::1\"")) ==
          "/c /k rsyslog ::1|6514|\n" + isRun(3, "streamdriver.certfile") +
              isRun(3, "streamdriver.keyfile"));
    CHECK(host.of(both + module + input(own + "\"/m\"")) ==
          "/c /k rsyslog\n" + isRun(3, "streamdriver.certfile"));
    for (const std::string name : {"streamdriver.certfile", "streamdriver.keyfile",
             "streamdriver.mode", "streamdriver.name", "address"})
        CHECK(host.of(both + module + input(name + "=`echo x`")) ==
              "/c /k rsyslog\n" + isRun(3, name));
    CHECK(host.of(both + module + "input(type=\"imtcp\" port=`echo 6514`)\n") ==
          "/c /k rsyslog\n" + isRun(3, "port"));
    CHECK(host.of(both +
                  "module(load=\"imtcp\" streamDriver.name=`echo ptcp` "
                  "streamDriver.mode=\"1\")\n" +
                  input("")) == "/c /k rsyslog\n" + isRun(2, "streamdriver.name"));
    CHECK(host.of("*.* action(type=\"omfwd\" target=\"h\" " + own + "\"/m\")\n") ==
          isRun(1, "streamdriver.certfile"));
}

TEST_CASE("includes: patterns, folders, what may be missing and what may not")
{
    const Host host;
    std::filesystem::create_directories(host.folder / "conf.d/more");
    host.folder.write("conf.d/more/b.conf", module);
    host.folder.write("conf.d/a.conf", both);
    host.folder.write("conf.d/c.conf", input(""));
    const auto in = [&](const std::string& path) { return host.folder / path; };
    const auto shown = "/c /k rsyslog 127.0.0.1|6514|\n";
    CHECK(host.of("$IncludeConfig " + in("conf.d/") + "\n") == shown);
    CHECK(host.of("include(file=\"" + in("conf.d/*") + "\")\n") == shown);
    CHECK(host.of("include(file=\"" + in("conf.d/*.conf") + "\")\n") == "/c /k rsyslog\n");
    CHECK(host.of("include(file=\"/nowhere/x.conf\" mode=\"optional\")\n").empty());
    CHECK(host.of("include(file=\"/nowhere/*.conf\")\n").empty());
    CHECK(host.of("include(file=\"/nowhere/x.conf\")\n").starts_with("- rsyslog.conf:1: include"));
    CHECK(host.of("include(file=\"x.conf\")\n$IncludeConfig y\ninclude(text=\"z\")\n") ==
          "- rsyslog.conf:1: an include is relative to where rsyslog is started\n"
          "- rsyslog.conf:2: an include is relative to where rsyslog is started\n"
          "- rsyslog.conf:3: an include of text is not looked into\n");
    std::filesystem::create_symlink(host.folder / "conf.d", host.folder / "conf.d/loop");
    CHECK(host.of("$IncludeConfig " + in("conf.d/loop/") + "\n")
              .find("folders are nested too deep") != std::string::npos);
}

TEST_CASE("what is no path, no port, no address and no object is told")
{
    const Host host;
    CHECK(host.of("$DefaultNetstreamDriverCertFile /c\n") ==
          "- rsyslog.conf:1: defaultnetstreamdrivercertfile without its other half\n");
    CHECK(host.of("$DefaultNetstreamDriverCertFile c\n$DefaultNetstreamDriverKeyFile /k\n") ==
          "- rsyslog.conf:1: a file is relative to where rsyslog is started\n");
    CHECK(host.of(both + module + "input(type=\"imtcp\" port=\"x\")\ninput(type=\"imtcp\")\n") ==
          "/c /k rsyslog\n- rsyslog.conf:3: port is none\n- rsyslog.conf:2: port is none\n");
    CHECK(host.of(both + module + input("address=\"log.test\"")) ==
          "/c /k rsyslog\n- rsyslog.conf:3: a name in address is not looked up\n");
    CHECK(host.of("global(defaultNetstreamDriverCertFile=`echo $C` "
                  "defaultNetstreamDriverKeyFile=\"/k\" workDirectory=`pwd`)\n") ==
          "- rsyslog.conf:1: defaultnetstreamdrivercertfile is said by a command, which is not "
          "run\n");
    CHECK(host.of("\n\ninput(type='x')\nmodule(load=\"a\\qb\")\nglobal(a=\"b\n") ==
          "- rsyslog.conf:3: an object that rsyslog does not read\n"
          "- rsyslog.conf:4: a string with an escape that rsyslog does not know\n"
          "- rsyslog.conf:5: a string without an end\n");
    CHECK(host.of("include(file=\"/x\"") == "- rsyslog.conf:1: an object without an end\n");
    CHECK(host.of("input(a=[\"b\" \"c\"])\n") ==
          "- rsyslog.conf:1: an object that rsyslog does not read\n");
    for (const std::string wrong :
        {"input(type:\"imtcp\")\n", "input(a=[\"b\"})\n", "input(=\"b\")\n"})
        CHECK(host.of(wrong) == "- rsyslog.conf:1: an object that rsyslog does not read\n");
    // Continued lines are counted.
    CHECK(host.of("$Default\\\n   NetstreamDriverCertFile \\\n\t/c\n") ==
          "- rsyslog.conf:1: defaultnetstreamdrivercertfile without its other half\n");
    CHECK(host.of("a \\\n b\ninput(x)\n") ==
          "- rsyslog.conf:3: an object that rsyslog does not read\n");
}

TEST_CASE("configurations that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = std::string("-----BEGIN PRIVATE KEY-----");
    CHECK(host.of(both + secret + "\ninput(MIGHsecret)\n$MIGHsecret x\n").find("MIGH") ==
          std::string::npos);
    CHECK(host.of("$DefaultNetstreamDriverCertFile /c\n$DefaultNetstreamDriverKeyFile /" + secret +
                  "\n")
              .find("PRIVATE") == std::string::npos);
    CHECK(host.of("include(file=\"" + host.folder / "rsyslog.conf" + "\")\n") ==
          "- rsyslog.conf:1: includes the file that it is in\n");
    CHECK(host.of(repeated("input(x)\n", 1000)).ends_with("- rsyslog.conf:100: too many faults\n"));
    CHECK(
        host.of("\n" + repeated("'\"`", 300'000) + repeated("if 'a\" then \" ", 100'000)).empty());
    CHECK(host.of("if \"" + repeated("\\\"", 500'000)).empty()); // quotes that have no end
    CHECK(host.of("global(" + repeated("a=`b` ", 1000) + ")") ==
          "- rsyslog.conf:1: an object with too many parameters\n");
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "a" + std::to_string(i) + "=\"\" ";
    CHECK(host.of("global(" + many + ")") ==
          "- rsyslog.conf:1: an object with too many parameters\n");
    CHECK(host.of(both + module + repeated(input(""), 1001))
              .ends_with("- rsyslog.conf:1003: too many inputs\n"));
    CHECK(host.of(repeated("input(type=\"imtcp\" port=\"1\")\n", 150'000))
              .find("too many settings") != std::string::npos);
    CHECK(host.of(repeated("$InputTCPServerRun 1\n", 300'000)).find("too many settings") !=
          std::string::npos);
    for (int i = 0; i < 30; ++i)
        host.folder.write("deep" + std::to_string(i),
            "$IncludeConfig " + host.folder / ("deep" + std::to_string(i + 1)) + "\n");
    CHECK(host.of("$IncludeConfig " + host.folder / "deep0" + "\n").find("nested too deep") !=
          std::string::npos);
}
