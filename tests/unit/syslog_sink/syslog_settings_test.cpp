#include "plugins/builtin_plugins.h"
#include "plugins/syslog_sink/syslog_settings.h"

#include "plugins/syslog_sink/syslog_sink.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::plugins;

namespace {

const PluginSettings usual = {{"host", "siem.example.test"}, {"trust_file", "/ca.pem"}};

PluginSettings with(PluginSettings settings, const PluginSettings& more)
{
    for (const auto& [name, value] : more)
        settings[name] = value;
    return settings;
}

void mustRefuse(const PluginSettings& settings, const std::string& text)
{
    const auto read = readSyslogSettings(settings);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::InvalidInput);
    CHECK_MESSAGE(read.error().message.find(text) != std::string::npos, read.error().message);
}

} // namespace

TEST_CASE("a host and whom to trust are enough")
{
    const auto read = readSyslogSettings(usual);
    REQUIRE(read);
    CHECK(read->target.host == "siem.example.test");
    CHECK(read->target.port == 6514);
    CHECK(read->format.facility == 13);
    CHECK(read->format.mostBytes == 8000);
    CHECK_FALSE(read->format.hostName.empty());
    CHECK(read->settleAfter == std::chrono::seconds(2));
}

TEST_CASE("a wrong setting is named")
{
    mustRefuse({{"trust_file", "/ca.pem"}}, "host");
    mustRefuse({{"host", "siem"}}, "trust_file");
    mustRefuse(with(usual, {{"pin", std::string(64, 'a')}}), "trust_file");
    mustRefuse(with(usual, {{"certificate_file", "/c.pem"}}), "key_file");
    mustRefuse(with(usual, {{"key_file", "/k.pem"}}), "certificate_file");
    for (const auto* port : {"0", "65536", "-1", "6514x", "x", "99999999999999999999"})
        mustRefuse(with(usual, {{"port", port}}), "port");
    mustRefuse(with(usual, {{"facility", "24"}}), "facility");
    mustRefuse(with(usual, {{"message_bytes", "100"}}), "message_bytes");
    for (const auto* time : {"0s", "2", "61s", "soon"})
        mustRefuse(with(usual, {{"settle_after", time}}), "settle_after");
    mustRefuse(with(usual, {{"insecure", "true"}}), "insecure");
}

TEST_CASE("files that cannot be used are told when the sink is made")
{
    const test::TemporaryFolder folder;
    test::TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueClient("client", "root");
    pki.issueClient("other", "root");
    const PluginSettings good = {{"host", "127.0.0.1"}, {"trust_file", pki["root"].certificate},
        {"certificate_file", pki["client"].certificate}, {"key_file", pki["client"].key}};
    PluginRegistry registry;
    REQUIRE(registerAuditSinks(registry));
    CHECK(registry.makeAuditSink("syslog", good));
    CHECK_FALSE(registry.makeAuditSink("syslog", with(good, {{"trust_file", folder / "none"}})));
    CHECK_FALSE(
        registry.makeAuditSink("syslog", with(good, {{"trust_file", folder.write("e", "")}})));
    CHECK_FALSE(registry.makeAuditSink("syslog", with(good, {{"key_file", pki["other"].key}})));
}
