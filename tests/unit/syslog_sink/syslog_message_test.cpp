#include "plugins/syslog_sink/syslog_message.h"

#include "shared/base/encoding.h"
#include "shared/base/json.h"
#include "shared/model/audit_event.h"
#include "shared/x509/digest.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::plugins;

namespace {

const SyslogFormat usual{"controller.example.test"};
const std::string byteOrderMark = "\xEF\xBB\xBF";

Json sampleEvent()
{
    Json event;
    event["id"] = "0195d7a0-0000-7000-8000-000000000000";
    event["kind"] = "request.denied";
    event["outcome"] = "denied";
    event["seq"] = 7;
    event["time"] = "2026-11-21T06:00:00.123Z";
    return event;
}

std::string messageOf(const Json& event, const SyslogFormat& format = usual)
{
    return syslogMessage({7, event.canonical()}, format);
}

std::string textOf(const std::string& message)
{
    return message.substr(message.find(byteOrderMark) + byteOrderMark.size());
}

int severityOf(const std::string& kind, const std::string& outcome)
{
    auto event = sampleEvent();
    event["kind"] = kind;
    event["outcome"] = outcome;
    const auto message = messageOf(event);
    return std::stoi(message.substr(1)) - 13 * 8;
}

} // namespace

TEST_CASE("a message is RFC 5424: header, structured data, and the record as it is in the log")
{
    const auto record = sampleEvent().canonical();
    const auto message = syslogMessage({7, record}, usual);
    CHECK(message ==
          "<108>1 2026-11-21T06:00:00.123Z controller.example.test perennial - request.denied "
          "[perennial@32473 id=\"0195d7a0-0000-7000-8000-000000000000\" seq=\"7\" "
          "action=\"request.denied\" outcome=\"denied\"] " +
              byteOrderMark + record);
    CHECK(syslogFrame(message) == std::to_string(message.size()) + " " + message);
}

TEST_CASE("the facility and the host name are settings, and a bad host name is the nil value")
{
    CHECK(messageOf(sampleEvent(), {"h", 4}).rfind("<36>1 2026-11-21T06:00:00.123Z h ", 0) == 0);
    for (const auto& name : {std::string(), std::string("a b"), std::string("a\nb"),
             std::string(256, 'a'), std::string("\xC3\xA9")}) {
        CHECK(messageOf(sampleEvent(), {name}).rfind("<108>1 2026-11-21T06:00:00.123Z - ", 0) == 0);
    }
}

TEST_CASE("severity comes from the kind where it matters, else from the outcome")
{
    CHECK(severityOf("certificate.installed", "success") == 6);
    CHECK(severityOf("certificate.installed", "unknown") == 5);
    CHECK(severityOf("request.denied", "denied") == 4);
    CHECK(severityOf("scan.failed", "failure") == 4);
    CHECK(severityOf("certificate.expired", "success") == 2);
    CHECK(severityOf("audit.verify_failed", "failure") == 1);
    CHECK(severityOf("certificate.unexplained", "failure") == 1);
    // Every kind fits MSGID's 32 characters.
    for (const auto kind : model::eventKinds) {
        auto event = sampleEvent();
        event["kind"] = kind;
        CHECK(
            messageOf(event).find(" perennial - " + std::string(kind) + " [") != std::string::npos);
    }
}

TEST_CASE("values are escaped where structured data needs it and nowhere else")
{
    auto event = sampleEvent();
    event["host"] = "a\"b\\c]d[e=f";
    CHECK(messageOf(event).find(R"( host="a\"b\\c\]d[e=f")") != std::string::npos);
    event["host"] = "a\nb";
    CHECK(messageOf(event).find(R"( host="a\\u000Ab")") != std::string::npos);
}

TEST_CASE("no control, no line separator and no bidirectional character gets out raw")
{
    auto event = sampleEvent();
    std::string all;
    for (int code = 0; code < 0x20; ++code)
        all += static_cast<char>(code);
    all +=
        "\x7F\xC2\x80\xC2\x85\xC2\x9F\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8F";
    event["reason"] = all;
    event["host"] = all;
    event["certificate"] = Json::Object{{"subject", all}};
    const auto message = messageOf(event);
    const auto head = message.substr(0, message.find(byteOrderMark));
    for (const auto& part : {head, textOf(message)})
        CHECK(toPrintable(part, 1U << 20U) == part);
    // The JSON still says the same.
    CHECK(*Json::parse(textOf(message)) == event);
    CHECK(message.find("full_sha256=\"" + x509::sha256Hex(event.canonical()) + "\"") !=
          std::string::npos);
    CHECK(message.find("trunc") == std::string::npos);
}

TEST_CASE("what is too long loses whole members in the written order until it fits")
{
    auto event = sampleEvent();
    event["actor"] = Json::Object{{"id", "a1"}, {"type", "agent"}};
    event["certificate"] = Json::Object{{"serial", "01"}, {"subject", "CN=s"}};
    event["details"] = Json::Object{{"text", "d"}};
    event["reason"] = "r";
    const std::string big(8000, 'x');
    const auto check = [&](const std::vector<std::string>& gone,
                           const std::vector<std::string>& left) {
        const auto message = messageOf(event);
        CHECK(message.size() <= usual.mostBytes);
        CHECK(message.find(" trunc=\"1\" full_sha256=\"" + x509::sha256Hex(event.canonical())) !=
              std::string::npos);
        const auto text = Json::parse(textOf(message));
        REQUIRE(text);
        for (const auto& member : gone)
            CHECK_MESSAGE(text->find(member) == nullptr, member);
        for (const auto& member : left)
            CHECK_MESSAGE(text->find(member) != nullptr, member);
    };
    SUBCASE("names")
    {
        event["certificate"]["names"] = big;
        check({}, {"certificate", "details", "reason", "actor"});
        CHECK(messageOf(event).find(" subject=\"CN=s\"") != std::string::npos);
    }
    SUBCASE("chain")
    {
        event["certificate"]["chain"] = big;
        check({}, {"certificate", "details", "reason", "actor"});
    }
    SUBCASE("details")
    {
        event["details"]["text"] = big;
        check({"details"}, {"certificate", "reason", "actor"});
    }
    SUBCASE("reason")
    {
        event["reason"] = big;
        check({"details", "reason"}, {"certificate", "actor"});
    }
    SUBCASE("a subject that is long alone")
    {
        event["certificate"]["subject"] = big;
        check({"details", "reason", "certificate"}, {"actor"});
        CHECK(messageOf(event).find(" subject=") == std::string::npos);
        CHECK(messageOf(event).find(" serial=\"01\"") != std::string::npos);
    }
    SUBCASE("anything else")
    {
        event["host"] = big;
        check({"details", "reason", "certificate", "actor", "host"}, {"id", "kind", "seq", "time"});
    }
}

TEST_CASE("whatever the event, the message stays within its bytes and on one line")
{
    for (const std::size_t size : {500U, 900U, 3000U, 7000U, 7700U, 7900U, 8000U, 16'000U}) {
        for (const auto& piece : {std::string("x"), std::string("]"), std::string("\n"),
                 std::string("\xE2\x80\xA8"), std::string("\xF0\x9F\x94\x91")}) {
            std::string text;
            while (text.size() < size)
                text += piece;
            auto event = sampleEvent();
            event["certificate"] = Json::Object{{"subject", text}, {"issuer", text}};
            event["reason"] = text;
            event["policy"] = text;
            event["kind"] = text;
            event["id"] = text;
            event["time"] = text;
            for (const std::size_t most : {leastMessageBytes, std::size_t{8000}}) {
                const auto message = messageOf(event, {std::string(255, 'h'), 13, most});
                CHECK(message.size() <= most);
                CHECK(message.find('\n') == std::string::npos);
                CHECK(Json::parse(textOf(message)));
                CHECK(isValidUtf8(message));
            }
        }
    }
}

TEST_CASE("a record that is no JSON still becomes a message")
{
    const auto message = syslogMessage({3, "\xFFrubbish\n"}, usual);
    CHECK(message.rfind("<109>1 - controller.example.test perennial - - [perennial@32473 seq=\"3\" "
                        "full_sha256=\"",
              0) == 0);
    CHECK(message.find('\n') == std::string::npos);
}
