#include "controller/enrollment/relay/fetched_lists.h"

#include "tests/support/fake_clock.h"
#include "tests/unit/enrollment_server/authority_fixture.h"

using namespace perennial;
using namespace perennial::test;
using Reason = x509::RevocationReason;
using Standing = RemoteAuthority::Standing;

namespace {

constexpr Duration hour = std::chrono::hours(1);
constexpr const char* baseUrl = "http://pki.test/base";
constexpr const char* deltaUrl = "http://pki.test/delta";

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// The authority inside as a publisher of any CRL, and the relay outside that fetches them.
struct Outside {
    Outside()
    {
        settings.lists = ListSettings{baseUrl, deltaUrl, hour, 24 * hour};
        served[baseUrl] = make({10}).toDer();
        served[deltaUrl] = make({11, 10}).toDer();
        restart();
    }
    void restart()
    {
        lists.emplace(
            settings, home.authority->certificate(), home.folder / "crl",
            [this](const std::string& url) -> Result<Bytes> {
                ++fetched;
                const auto found = served.find(url);
                if (found == served.end()) return Error{ErrorKind::Unavailable, "not reached"};
                return found->second;
            },
            FetchedLists::Parts{*home.store, home.disk, clock, home.log});
        REQUIRE(lists->open().ok());
    }
    struct Content {
        std::int64_t number;
        std::optional<std::int64_t> baseNumber = {};
        std::vector<std::pair<std::string, Reason>> revoked = {};
        Duration life = 48 * hour;
    };
    x509::RevocationListContent contentOf(const Content& given) const
    {
        x509::RevocationListContent content;
        content.number = given.number;
        content.baseNumber = given.baseNumber;
        content.thisUpdate = clock.now() - hour;
        content.nextUpdate = clock.now() + given.life;
        for (const auto& [serial, reason] : given.revoked)
            content.revoked.push_back({serial, clock.now() - hour, reason});
        return content;
    }
    x509::RevocationList make(const Content& given) const
    {
        return must(x509::RevocationList::make(
            contentOf(given), home.authority->certificate(), home.authority->responseKey()));
    }
    void lookAfter(Duration time)
    {
        clock.advance(time);
        lists->look();
    }
    Standing standing() { return lists->standingOf(certificate, clock.now()); }
    std::string events() const
    {
        std::string text;
        for (const auto& event : must(readEvents(home.store->database(), 0, 100)).items)
            text += event.kind + " " + event.details.canonical() + "\n";
        return text;
    }

    AuthorityHome home;
    FakeClock clock{home.now};
    x509::Certificate certificate = home.issue();
    RelaySettings settings;
    std::map<std::string, Bytes> served;
    int fetched = 0;
    std::optional<FetchedLists> lists;
};

} // namespace

TEST_CASE("what base or delta CRL revokes is revoked; a hold that is over is not")
{
    Outside outside;
    const auto serial = outside.certificate.serial();
    CHECK(outside.standing() == Standing::Unknown); // before any came
    outside.lists->look();
    CHECK(outside.standing() == Standing::Good);
    outside.served[deltaUrl] = outside.make({12, 10, {{serial, Reason::KeyCompromise}}}).toDer();
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Revoked);
    outside.served[baseUrl] = outside.make({13, {}, {{serial, Reason::CertificateHold}}}).toDer();
    outside.lookAfter(hour); // the delta CRL of before says nothing that the base CRL does not
    CHECK(outside.standing() == Standing::Revoked);
    outside.served[deltaUrl] = outside.make({14, 13, {{serial, Reason::RemoveFromCrl}}}).toDer();
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Good);
    outside.served[baseUrl] = outside.make({15, {}, {{serial, Reason::KeyCompromise}}}).toDer();
    outside.lookAfter(hour); // nor does that delta CRL take back what a later base CRL says
    CHECK(outside.standing() == Standing::Revoked);
}

TEST_CASE(
    "CRLs stop counting at their end and some time after they were last fetched, and it is told")
{
    Outside outside;
    outside.lists->look();
    CHECK(outside.lists->facts(outside.clock.now())->count);
    const auto served = std::exchange(outside.served, {});
    outside.lookAfter(24 * hour);
    CHECK(outside.standing() == Standing::Good); // the longest age, to the second
    outside.lookAfter(Duration(1));
    CHECK(outside.standing() == Standing::Unknown);
    CHECK_FALSE(outside.lists->facts(outside.clock.now())->count);
    CHECK(contains(outside.events(), "revocation_lists.out_of_date"));
    CHECK(contains(outside.events(), "not reached"));
    outside.served = served;
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Good);
    outside.clock.advance(23 * hour); // past nextUpdate
    CHECK(outside.standing() == Standing::Unknown);
    outside.served[deltaUrl] = outside.make({20, 10, {}, 90 * hour}).toDer();
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Unknown); // the base CRL is over
}

TEST_CASE("who was revoked stays so when the CRLs are out of date")
{
    Outside outside;
    outside.served[baseUrl] =
        outside.make({10, {}, {{outside.certificate.serial(), Reason::Superseded}}}).toDer();
    outside.lists->look();
    outside.served.clear();
    outside.lookAfter(200 * hour);
    CHECK(outside.standing() == Standing::Revoked);
}

TEST_CASE(
    "CRLs are asked for when it is time, again soon when nobody answered, and outlive a restart")
{
    Outside outside;
    outside.lists->look();
    outside.lists->look();
    CHECK(outside.fetched == 2); // base and delta CRL, once
    outside.lookAfter(hour);
    CHECK(outside.fetched == 4);
    outside.served.clear();
    outside.lookAfter(hour);
    CHECK(outside.fetched == 5);
    outside.lookAfter(Duration(30));
    CHECK(outside.fetched == 6);
    outside.restart();
    CHECK(outside.standing() == Standing::Good);
    CHECK(outside.lists->lists().delta->number() == 11);
    REQUIRE(outside.home.disk.remove(outside.home.folder / "crl/" + published::deltaList).ok());
    outside.restart();
    CHECK(outside.standing() == Standing::Unknown); // half of them is none
    outside.home.folder.write("crl/issuing.crl", "no CRL");
    outside.restart();
    CHECK(outside.standing() == Standing::Unknown);
}

TEST_CASE("an old CRL that is sent again takes nothing back")
{
    Outside outside;
    const auto serial = outside.certificate.serial();
    const auto base = outside.served[baseUrl];
    const auto delta = outside.served[deltaUrl];
    outside.served[deltaUrl] = outside.make({12, 10, {{serial, Reason::KeyCompromise}}}).toDer();
    outside.lists->look();
    outside.served[deltaUrl] = delta;
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Revoked);
    outside.served[baseUrl] = outside.make({15, {}, {{serial, Reason::KeyCompromise}}}).toDer();
    outside.served[deltaUrl] = outside.make({15, 15}).toDer();
    outside.lookAfter(hour);
    outside.restart(); // nor after a restart
    outside.served[baseUrl] = base;
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Revoked);
    CHECK(outside.lists->lists().base->number() == 15);
}

TEST_CASE("nor does an old base CRL where there are no delta CRLs")
{
    Outside outside;
    const auto before = outside.served[baseUrl];
    outside.settings.lists->deltaUrl.clear();
    outside.served[baseUrl] =
        outside.make({15, {}, {{outside.certificate.serial(), Reason::KeyCompromise}}}).toDer();
    outside.restart();
    outside.lists->look();
    outside.served[baseUrl] = before;
    outside.lookAfter(hour);
    CHECK(outside.standing() == Standing::Revoked);
}

TEST_CASE("what is no CRL of the authority, complete and in its place, is not taken")
{
    Outside outside;
    const auto base = outside.served[baseUrl];
    const auto delta = outside.served[deltaUrl];
    const AuthorityHome other;
    const auto foreign = must(x509::RevocationList::make(
        outside.contentOf({30}), other.authority->certificate(), other.authority->responseKey()));
    const auto refused = [&](const Bytes& baseServed, const Bytes& deltaServed) {
        outside.served[baseUrl] = baseServed;
        outside.served[deltaUrl] = deltaServed;
        outside.lookAfter(hour);
        return outside.standing() == Standing::Unknown;
    };
    CHECK(refused(foreign.toDer(), delta));
    CHECK(refused(base, foreign.toDer()));
    CHECK(refused(delta, delta));
    CHECK(refused(base, base));
    CHECK(refused(base, outside.make({41, 40}).toDer())); // the delta of a later base CRL
    CHECK(refused(base, "<html>"));
    CHECK(refused("", delta));
    CHECK_FALSE(refused(base, delta));
}

TEST_CASE("a CRL of openssl's for some certificates only, without a number or in another name is "
          "not taken for all")
{
    Outside outside;
    const auto& folder = outside.home.folder;
    const auto stranger = folder / "stranger.pem"; // with the authority's key
    mustRun({"/usr/bin/openssl", "req", "-x509", "-new", "-key", folder / "issuing.key", "-subj",
        "/CN=stranger", "-out", stranger});
    for (const std::string wrong : {"partial", "no number", "another name", ""}) {
        CAPTURE(wrong);
        const auto config = folder.write("ca.cnf",
            "[ca]\ndefault_ca=d\n[d]\ndatabase=" + folder.write("index.txt", "") +
                (wrong == "no number" ? "" : "\ncrlnumber=" + folder.write("number", "32\n")) +
                "\ndefault_md=sha256\ndefault_crl_days=9\n" +
                "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n" +
                (wrong == "partial" ? "issuingDistributionPoint=critical,@p\n[p]\nonlyCA=TRUE\n"
                                    : ""));
        const auto file = folder / "foreign.pem";
        const auto made = runTool({"/usr/bin/openssl", "ca", "-gencrl", "-config", config, "-cert",
            wrong == "another name" ? stranger : folder / "issuing.pem", "-keyfile",
            folder / "issuing.key", "-out", file});
        REQUIRE_MESSAGE(made.status == 0, made.output);
        const auto der = folder / "foreign.der";
        REQUIRE(runTool({"/usr/bin/openssl", "crl", "-in", file, "-outform", "DER", "-out", der})
                    .status == 0);
        outside.served[baseUrl] = must(outside.home.disk.read(der));
        outside.settings.lists->deltaUrl.clear();
        outside.restart();
        outside.lists->look();
        CHECK((outside.standing() == Standing::Unknown) == !wrong.empty());
    }
}

TEST_CASE("certificates of another authority are foreign, and without addresses nothing is known")
{
    Outside outside;
    AuthorityHome other;
    outside.lists->look();
    CHECK(outside.lists->standingOf(other.issue(), other.now) == Standing::Foreign);
    outside.settings.lists.reset();
    outside.restart();
    CHECK(outside.standing() == Standing::Unknown);
    CHECK_FALSE(outside.lists->facts(outside.clock.now()));
}
