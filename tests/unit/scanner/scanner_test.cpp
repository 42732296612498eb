#include "agent/scanner/scanner.h"

#include "shared/protocol/agent_messages.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

class FixedSource final : public DiscoverySource {
public:
    explicit FixedSource(Result<Discovery> found) : found_(std::move(found)) {}
    Result<Discovery> discover() override { return found_; }

private:
    Result<Discovery> found_;
};

struct Fixture {
    TemporaryFolder folder;
    TestPki pki{folder};
    FakeClock clock{*timeFromRfc3339("2026-01-01T00:00:00Z")};
    PosixFileSystem files;
    std::vector<NamedSource> sources;
    ScanLimits limits;
    Look look = [](const model::Listener&) -> Result<model::Fingerprint> {
        return Error{ErrorKind::Unavailable, "silent"};
    };

    Fixture()
    {
        pki.makeRoot("root");
        pki.issueServer("a.test", "root");
        pki.issueServer("b.test", "root");
    }
    DiscoveredPlace place(const std::string& name, const std::string& service = "",
        std::vector<model::Listener> listeners = {}) const
    {
        return {{"pem", pki[name].certificate, pki[name].key}, service, std::move(listeners)};
    }
    void add(Result<Discovery> found)
    {
        sources.push_back({"source " + std::to_string(sources.size() + 1),
            std::make_unique<FixedSource>(std::move(found))});
    }
    void add(std::vector<DiscoveredPlace> places)
    {
        Discovery found;
        found.places = std::move(places);
        add(Result<Discovery>(std::move(found)));
    }
    Result<model::InventoryReport> scan()
    {
        return Scanner(files, clock, look, limits).scan(sources);
    }
    // The report as the agent reads it.
    model::InventoryReport report()
    {
        const auto made = scan();
        REQUIRE(made.ok());
        const auto json = Json::parse(protocol::toJson(*made).canonical());
        REQUIRE(json.ok());
        auto read = protocol::inventoryReportFromJson(*json);
        REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
        CHECK(read->slots == made->slots);
        return *std::move(read);
    }
    std::string fingerprint(const std::string& name) const
    {
        return x509::Certificate::fromPem(readText(pki[name].certificate))->fingerprint();
    }
};

const model::Slot& slotAt(const model::InventoryReport& report, const std::string& path)
{
    const auto found = std::find_if(report.slots.begin(), report.slots.end(),
        [&](const auto& slot) { return slot.place.certificatePath == path; });
    REQUIRE(found != report.slots.end());
    return *found;
}

} // namespace

TEST_CASE("what is no slot is reported once, and not where another source knows it as a place")
{
    Fixture host;
    const auto found = [&](const std::string& path, const std::string& kind) {
        return model::FoundCertificate{{"pem", path, ""}, kind, "", "no key was found for it", {}};
    };
    Discovery one;
    one.found = {found("/b", "authority"), found("/a", "end-entity"),
        found(host.pki["a.test"].certificate, "end-entity"), found("relative", "trust"),
        found("/\xFF", "trust")};
    Discovery two;
    two.found = {found("/a", "end-entity")};
    two.places = {host.place("a.test")};
    host.add(Result<Discovery>(one));
    host.add(Result<Discovery>(two));
    const auto report = host.scan();
    REQUIRE(report.ok());
    CHECK(report->found == std::vector<model::FoundCertificate>{
                               found("/a", "end-entity"), found("/b", "authority")});
    CHECK(report->slots.size() == 1);
    CHECK(report->skipped.size() == 2);
}

TEST_CASE("the report has every place once, sorted by slot, at the time of the scan")
{
    Fixture fixture;
    fixture.add({fixture.place("a.test", "nginx"), fixture.place("b.test")});
    fixture.add({fixture.place("a.test")});
    const auto report = fixture.report();
    CHECK(report.scannedAt == *timeFromRfc3339("2026-01-01T00:00:00Z"));
    REQUIRE(report.slots.size() == 2);
    CHECK(report.slots[0].id < report.slots[1].id);
    CHECK(slotAt(report, fixture.pki["a.test"].certificate).service == "nginx");
    CHECK(report.skipped.empty());
}

TEST_CASE("a chain's end is held against the roots that any source found, and only against roots")
{
    Fixture fixture;
    fixture.pki.makeAuthority("middle", "root");
    fixture.pki.issueServer("c.test", "middle");
    const auto foundAs = [&](const std::string& name) {
        Discovery found;
        const auto facts =
            model::factsOf(*x509::Certificate::fromPem(readText(fixture.pki[name].certificate)));
        found.found = {{{"pem", "/etc/" + name, ""}, "trust", "", "a trust anchor", facts}};
        fixture.add(Result<Discovery>(std::move(found)));
    };
    fixture.add({fixture.place("a.test"), fixture.place("c.test")});
    const auto warningsOf = [&](const std::string& name) {
        return slotAt(fixture.report(), fixture.pki[name].certificate).warnings;
    };
    foundAs("middle");
    CHECK(warningsOf("c.test").empty()); // no root is known
    foundAs("root");
    CHECK(warningsOf("a.test").empty());
    CHECK(warningsOf("c.test") ==
          std::vector<std::string>{
              R"(chain: the certificate of "CN=middle" is missing, which issued "c.test")"});
}

TEST_CASE("one source that fails is told, and all of them are an error")
{
    Fixture fixture;
    fixture.add(Error{ErrorKind::NotFound, "no such file"});
    CHECK(fixture.scan().error().message == "source 1: no such file");
    fixture.add({fixture.place("a.test")});
    const auto report = fixture.report();
    CHECK(report.slots.size() == 1);
    CHECK(report.skipped == std::vector<std::string>{"source 1: no such file"});
}

TEST_CASE("a place that cannot be read is skipped")
{
    Fixture fixture;
    fixture.add({fixture.place("a.test"), {{"pem", "/nowhere/x.pem", "/nowhere/x.key"}, "", {}}});
    const auto report = fixture.report();
    CHECK(report.slots.size() == 1);
    REQUIRE(report.skipped.size() == 1);
    CHECK(report.skipped[0].starts_with("/nowhere/x.pem"));
}

TEST_CASE("what listeners show is in the report")
{
    Fixture fixture;
    const auto a = model::Fingerprint(fixture.fingerprint("a.test"));
    const auto b = model::Fingerprint(fixture.fingerprint("b.test"));
    fixture.look = [&](const model::Listener& listener) -> Result<model::Fingerprint> {
        if (listener.port == 1) return a;
        if (listener.port == 2) return b;
        return Error{ErrorKind::Unavailable, "silent"};
    };
    Discovery found;
    found.places = {
        fixture.place("a.test", "nginx",
            {{"127.0.0.1", 1, "", {}}, {"127.0.0.1", 2, "", {}}, {"127.0.0.1", 3, "", {}}}),
        fixture.place("b.test")};
    found.listeners = {{{"127.0.0.1", 4, "", b}, std::nullopt},
        {{"127.0.0.1", 5, "", model::Fingerprint("ff")}, 0}};
    fixture.add(Result<Discovery>(found));
    const auto report = fixture.report();
    const auto& first = slotAt(report, fixture.pki["a.test"].certificate);
    REQUIRE(first.listeners.size() == 3);
    CHECK(first.listeners[0].served == a);
    CHECK(first.listeners[1].served == b);
    CHECK(first.listeners[2].served.empty());
    CHECK(first.warnings == std::vector<std::string>{"silent",
                                "127.0.0.1:2 shows another certificate: SHA-256 " + b.text()});
    CHECK(slotAt(report, fixture.pki["b.test"].certificate).listeners ==
          std::vector<model::Listener>{{"127.0.0.1", 4, "", b}});
    CHECK(report.skipped ==
          std::vector<std::string>{"127.0.0.1:5: listens with a certificate from no known file"});
}

TEST_CASE("nothing that looks like a private key is in the report, whatever it is named")
{
    Fixture fixture;
    const std::string name = "-----BEGIN PRIVATE KEY-----";
    fixture.pki.selfSigned("disguised", {.commonName = name});
    const auto file =
        fixture.folder.write(name + ".pem", readText(fixture.pki["a.test"].certificate));
    fixture.add({fixture.place("b.test"), fixture.place("disguised"),
        {{"pem", file, fixture.pki["a.test"].key}, "", {}}, {{"pem", file + "x", file}, "", {}}});
    const auto report = fixture.report();
    CHECK(report.slots.size() == 1);
    CHECK(report.skipped.size() == 3);
    const auto text = protocol::toJson(*fixture.scan()).canonical();
    CHECK(text.find("PRIVATE KEY") == std::string::npos);
    const auto key = readText(fixture.pki["b.test"].key);
    CHECK(text.find(key.substr(key.find('\n') + 1, 30)) == std::string::npos);
}

TEST_CASE("a socket stands for a slot when it is of root or of who has the key")
{
    Fixture fixture;
    const auto a = model::Fingerprint(fixture.fingerprint("a.test"));
    struct stat key {};
    REQUIRE(::stat(fixture.pki["a.test"].key.c_str(), &key) == 0);
    Discovery found;
    found.places = {fixture.place("a.test")};
    found.listeners = {{{"127.0.0.1", 1, "", a}, 0}, {{"127.0.0.1", 2, "", a}, key.st_uid},
        {{"127.0.0.1", 3, "", a}, 54'321}};
    fixture.add(Result<Discovery>(found));
    const auto report = fixture.report();
    const auto& listeners = slotAt(report, fixture.pki["a.test"].certificate).listeners;
    REQUIRE(listeners.size() == 2);
    CHECK(listeners[0].port == 1);
    CHECK(listeners[1].port == 2);
    REQUIRE(report.skipped.size() == 1);
    CHECK(report.skipped[0].starts_with("127.0.0.1:3: shows the certificate of "));
}

TEST_CASE("a flood of one user's pairs takes no other slot from the report")
{
    Fixture fixture;
    const auto pem = readText(fixture.pki["a.test"].certificate);
    std::vector<DiscoveredPlace> places;
    for (int i = 0; i < 40; ++i) {
        places.push_back({{"pem", fixture.folder.write("a" + std::to_string(i) + ".pem", pem),
                              fixture.pki["a.test"].key},
            "", {}});
        places.back().foundOwner = 54'321;
    }
    const auto put = [&](const std::string& name, std::optional<uid_t> owner) {
        const auto file = fixture.folder.write(name, pem);
        places.push_back({{"pem", file, fixture.pki["a.test"].key}, "", {}});
        places.back().foundOwner = owner;
        return file;
    };
    const auto ofService = put("z-service.pem", 54'322);
    const auto ofRoot = put("z-root.pem", 0);
    const auto named = put("z-named.pem", std::nullopt);
    SUBCASE("slots") { fixture.limits.slots = 20; }
    SUBCASE("bytes") { fixture.limits.reportBytes = 40'000; }
    fixture.add(places);
    const auto report = fixture.report();
    for (const auto& file : {ofService, ofRoot, named})
        slotAt(report, file);
    CHECK(report.slots.size() < 25);
    CHECK_FALSE(report.skipped.empty());
}

TEST_CASE("a report is bounded in slots, bytes, time and reasons")
{
    Fixture fixture;
    const auto pem = readText(fixture.pki["a.test"].certificate);
    std::vector<DiscoveredPlace> places;
    for (int i = 0; i < 20; ++i)
        places.push_back({{"pem", fixture.folder.write(std::to_string(i) + ".pem", pem),
                              fixture.pki["a.test"].key},
            "", {}});
    SUBCASE("slots")
    {
        fixture.add(places);
        fixture.limits.slots = 5;
        const auto report = fixture.report();
        CHECK(report.slots.size() == 5);
        CHECK(report.skipped ==
              std::vector<std::string>{"15 places: the scan's limits were reached"});
    }
    SUBCASE("bytes")
    {
        fixture.add(places);
        fixture.limits.reportBytes = 6'000;
        const auto report = fixture.report();
        CHECK(report.slots.size() >= 1);
        CHECK(report.slots.size() < 6);
        CHECK(report.slots.size() + report.skipped.size() == 20);
        CHECK(protocol::toJson(report).canonical().size() < 10'000);
    }
    SUBCASE("time")
    {
        fixture.add(places);
        fixture.limits.reading = Duration(0);
        CHECK(fixture.report().slots.empty());
    }
    SUBCASE("reasons")
    {
        Discovery found;
        for (int i = 0; i < 3'000; ++i)
            found.skip("reason " + std::to_string(i));
        fixture.add(Result<Discovery>(found));
        const auto report = fixture.report();
        CHECK(report.skipped.size() == 1'000);
        CHECK(report.skipped.back() == "and 2001 more");
    }
    SUBCASE("long and foul reasons")
    {
        Discovery found;
        found.skip(std::string(100'000, '\n') + "\xFF");
        fixture.add(Result<Discovery>(found));
        CHECK(fixture.report().skipped.size() == 1);
    }
}
