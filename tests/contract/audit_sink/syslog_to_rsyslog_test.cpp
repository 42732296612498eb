// What a real rsyslog makes of the messages, and whom the sink speaks to.

#include "plugins/syslog_sink/syslog_sink.h"
#include "shared/base/encoding.h"
#include "shared/base/json.h"
#include "shared/x509/digest.h"
#include "tests/contract/audit_sink/sink_worlds.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string byteOrderMark = "\xEF\xBB\xBF";

std::string parameterOf(const Rsyslog::Message& message, const std::string& name)
{
    const auto data = Json::parse(message.structuredData);
    REQUIRE_MESSAGE(data, message.structuredData);
    const Json* value = data->find("perennial@32473")->find(name);
    return value != nullptr && value->string() != nullptr ? *value->string() : "";
}

void carry(SyslogWorld& world, const std::vector<SinkEvent>& events)
{
    const auto sink = world.makeQuickSink();
    Carrier carrier(*sink, events);
    carrier.finish();
    world.rsyslog.waitForMessages(events.size());
}

// Tries until the sink knows better or a few seconds have passed.
Result<std::int64_t> tryToDeliver(AuditSink& sink, const std::vector<SinkEvent>& events)
{
    auto delivered = sink.deliver(events);
    const Deadline deadline(std::chrono::seconds(10));
    while (delivered && *delivered < events.back().sequence && !deadline.over())
        delivered = sink.settle();
    return delivered;
}

} // namespace

TEST_CASE("rsyslog reads each field of the message as it was meant")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    const auto event = makeEvent(0);
    carry(world, {event});
    const auto message = world.rsyslog.messages().at(0);
    CHECK(message.pri == std::to_string(13 * 8 + 6));
    CHECK(message.hostName == "controller.example.test");
    CHECK(message.applicationName == "perennial");
    CHECK(message.messageId == "certificate.installed");
    CHECK(message.text == byteOrderMark + event.canonical);
    const auto json = Json::parse(event.canonical);
    CHECK(Json(parameterOf(message, "id")) == *json->find("id"));
    CHECK(parameterOf(message, "seq") == "0");
    CHECK(parameterOf(message, "action") == "certificate.installed");
    CHECK(parameterOf(message, "outcome") == "success");
    CHECK(parameterOf(message, "host") == "web1.example.test");
    CHECK(parameterOf(message, "serial") == "0A1B2C");
    CHECK(parameterOf(message, "issuer") == "CN=Issuing CA");
    CHECK(parameterOf(message, "subject") == "CN=web1.example.test");
    CHECK(parameterOf(message, "notafter") == "2027-01-01T00:00:00Z");
    CHECK(parameterOf(message, "sha256") == std::string(64, 'a'));
    CHECK(parameterOf(message, "policy") == "0123abcd:web");
    CHECK(parameterOf(message, "correlation") == "order-7");
    CHECK(parameterOf(message, "trunc").empty());
    CHECK(parameterOf(message, "full_sha256").empty());
}

TEST_CASE("hostile subjects and very long ones are one record each at the receiver")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    const std::vector<std::string> subjects = {"CN=a\n<13>1 - forged - - - - forged",
        "CN=a\r\n104 <110>1 - forged - - - - x", R"(CN=a] [forged@1 x="y"] forged)",
        R"(CN=quote " backslash \ bracket ] end\)", std::string("CN=zero\0byte", 12),
        "CN=\xE2\x80\xA8line\xE2\x80\xA9separators \xC2\x85 \xE2\x80\xAE"
        "bidi",
        "CN=\xF0\x9F\x94\x91 key", "CN=" + std::string(7900, 'x') + "\n<13>1 forged",
        "CN=" + std::string(8096 - 300, 'y') + "<13>1 - forged - - - - forged",
        "CN=" + std::string(12'000, ']'), "CN=" + std::string(3000, '\n')};
    std::vector<SinkEvent> events;
    for (const auto& subject : subjects)
        events.push_back(makeEvent(static_cast<std::int64_t>(events.size()), subject));
    events.push_back(makeEvent(static_cast<std::int64_t>(events.size()), "CN=many", 250));
    events.push_back(makeEvent(static_cast<std::int64_t>(events.size())));
    carry(world, events);

    const auto messages = world.rsyslog.messages();
    REQUIRE(messages.size() == events.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        CAPTURE(i);
        const auto& message = messages[i];
        CHECK(message.applicationName == "perennial");
        CHECK(parameterOf(message, "seq") == std::to_string(i));
        CHECK(message.text.find('\n') == std::string::npos);
        const auto json = Json::parse(message.text.substr(byteOrderMark.size()));
        REQUIRE(json);
        const auto whole = *Json::parse(events[i].canonical);
        CHECK(*json->find("id") == *whole.find("id"));
        const bool truncated = parameterOf(message, "trunc") == "1";
        if (!truncated) CHECK(*json == whole);
        const bool same = message.text == byteOrderMark + events[i].canonical;
        CHECK(parameterOf(message, "full_sha256") ==
              (same ? "" : x509::sha256Hex(events[i].canonical)));
        if (i < subjects.size() && parameterOf(message, "subject") != "")
            CHECK(parameterOf(message, "subject") == toPrintable(subjects[i], 100'000));
    }
    // What a parser takes apart it gives back as it was.
    CHECK(parameterOf(messages[2], "subject") == subjects[2]);
    CHECK(parameterOf(messages[3], "subject") == subjects[3]);
    // The names go first, and the rest is whole.
    const auto& many = messages[subjects.size()];
    CHECK(parameterOf(many, "trunc") == "1");
    CHECK(parameterOf(many, "subject") == "CN=many");
    const auto left = *Json::parse(many.text.substr(byteOrderMark.size()));
    CHECK(left.find("certificate")->find("names") == nullptr);
    CHECK(*left.find("certificate")->find("names_total") == Json(250));
}

TEST_CASE("a receiver with another name, of another authority or out of date gets nothing")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    auto settings = world.settings();
    SUBCASE("another name") { settings["server_name"] = "other.example.test"; }
    SUBCASE("the address is no name in it")
    {
        settings["host"] = "localhost";
        settings["server_name"] = "127.0.0.2";
    }
    SUBCASE("another authority")
    {
        world.pki.makeRoot("other");
        settings["trust_file"] = world.pki["other"].certificate;
    }
    SUBCASE("another pin")
    {
        settings.erase("trust_file");
        settings["pin"] = std::string(64, '0');
    }
    const auto sink = plugins::makeSyslogSink(settings);
    REQUIRE(sink);
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto delivered = (*sink)->deliver(makeEvents(0, 5));
        REQUIRE_FALSE(delivered);
        CHECK(delivered.error().kind == ErrorKind::PermissionDenied);
    }
    carry(world, makeEvents(0, 1)); // a good one comes through, and nothing before it
    CHECK(world.rsyslog.messages().size() == 1);
}

TEST_CASE("a sender that the receiver does not accept has delivered nothing, though it could write")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    auto settings = world.settings();
    SUBCASE("without a certificate")
    {
        settings.erase("certificate_file");
        settings.erase("key_file");
    }
    SUBCASE("with another name")
    {
        world.pki.issueClient("stranger.example.test", "root");
        settings["certificate_file"] = world.pki["stranger.example.test"].certificate;
        settings["key_file"] = world.pki["stranger.example.test"].key;
    }
    const auto sink = plugins::makeSyslogSink(settings);
    REQUIRE(sink);
    for (int attempt = 0; attempt < 2; ++attempt)
        CHECK_FALSE(tryToDeliver(**sink, makeEvents(0, 5)));
    CHECK(world.rsyslog.messages().empty());
}

TEST_CASE("a receiver that stopped reading and then died misses nothing")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 300);
    Carrier carrier(*sink, events);
    REQUIRE(carrier.deliver(100)); // the connection is there
    world.rsyslog.pause();
    REQUIRE(carrier.deliver(100)); // into the buffers
    world.rsyslog.kill();
    world.rsyslog.start();
    carrier.finish();
    std::set<std::int64_t> all;
    for (std::int64_t i = 0; i < 300; ++i)
        all.insert(i);
    world.waitFor(all);
}

TEST_CASE("a certificate renewed on disk is used for the next connection")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    world.pki.issueClient("stranger.example.test", "root");
    auto settings = world.settings();
    for (const auto* file : {"certificate_file", "key_file"}) {
        const auto copy = world.folder / (std::string("sink-") + file);
        const auto& stranger = world.pki["stranger.example.test"];
        std::filesystem::copy_file(
            file == std::string("key_file") ? stranger.key : stranger.certificate, copy);
        settings[file] = copy;
    }
    const auto sink = plugins::makeSyslogSink(settings);
    REQUIRE(sink);
    CHECK_FALSE(tryToDeliver(**sink, makeEvents(0, 1)));
    for (const auto* file : {"certificate_file", "key_file"}) {
        std::filesystem::copy_file(world.settings()[file], settings[file],
            std::filesystem::copy_options::overwrite_existing);
    }
    CHECK(tryToDeliver(**sink, makeEvents(0, 1)));
    world.rsyslog.waitForMessages(1);
}

TEST_CASE("a connection closed while nothing was under way is opened again without a word")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    const auto sink = world.makeQuickSink();
    const auto events = makeEvents(0, 2);
    const std::vector<SinkEvent> first(events.begin(), events.begin() + 1);
    Carrier carrier(*sink, first);
    carrier.finish();
    world.rsyslog.stop();
    world.rsyslog.start();
    CHECK(sink->deliver({events[1]})); // no error, so no event of a failed sink
    world.rsyslog.waitForMessages(2);
}

TEST_CASE("the sink says goodbye: rsyslog does not complain of how the session ended")
{
    SyslogToGnutls world;
    world.rsyslog.start();
    carry(world, makeEvents(0, 20));
    world.rsyslog.stop();
    const auto& log = world.rsyslog.log();
    CHECK_MESSAGE(log.find("unexpected GnuTLS error") == std::string::npos, log);
    CHECK_MESSAGE(log.find("session") == std::string::npos, log);
}
