#include "controller/enrollment/authentication/authenticator.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;
using namespace perennial::test;

namespace {

const TimePoint now{Duration(1'800'000'000)}; // 2027-01-15

x509::Certificate certificateOf(const TestCertificate& files)
{
    const auto read = x509::Certificate::fromPem(readText(files.certificate));
    REQUIRE(read.ok());
    return *read;
}

// Certificates that openssl made; each test changes one thing.
struct Fixture {
    TemporaryFolder folder;
    TestPki pki{folder};
    std::unique_ptr<EnrollmentStore> store;
    HeldUsers users{folder / "users.yaml"};
    Log log{"test", LogLevel::Error};
    CertificateMappings mappings{{"ann", {"admins"}, "", "web1.test", "", "", "", "", ""}};
    Authenticator authenticator{[this] {
        auto opened = EnrollmentStore::open(folder / "enrollment.db");
        REQUIRE(opened.ok());
        store = *std::move(opened);
        REQUIRE(
            users
                .put("ann", Secret("right"), {"admins"}, [](const UserChange&) { return Status(); })
                .ok());
        pki.makeRoot("root");
        return Authenticator::Parts{users, *store, mappings, nullptr, nullptr, nullptr, log};
    }()};
    // The same with a relay behind it.
    std::string askedAtRelay(RemoteAuthority::Standing standing, bool keyBased)
    {
        struct Remote final : RemoteAuthority {
            explicit Remote(Standing given) : standing(given) {}
            Standing standingOf(const x509::Certificate& /*certificate*/, TimePoint) const override
            {
                return standing;
            }
            Standing standing;
        };
        const Remote remote(standing);
        Authenticator relaying({users, *store, mappings, nullptr, nullptr, nullptr, log, &remote});
        AuthenticationSettings settings;
        settings.keyBasedRenewal = keyBased;
        const auto caller = relaying.byCertificate(settings, call, now);
        return caller ? caller->name : caller.error().message;
    }
    http::Call call{"POST", "/cep", {}, {}, "", "192.0.2.1", std::nullopt, ""};

    const x509::Certificate& present(const TestCertificateContent& content, bool issuedHere = true)
    {
        call.peer = certificateOf(pki.issue(content.commonName, "root", content));
        if (issuedHere) record(*call.peer);
        return *call.peer;
    }
    void record(const x509::Certificate& certificate) const
    {
        RequestRecord request;
        request.state = "issued";
        request.kind = "new";
        REQUIRE(store->addIssued(request, certificate, Json(Json::Object{})).ok());
    }
    std::string asked(bool keyBased)
    {
        AuthenticationSettings settings;
        settings.keyBasedRenewal = keyBased;
        const auto caller = authenticator.byCertificate(settings, call, now);
        return caller ? caller->name : caller.error().message;
    }
    Result<Caller> password(const std::string& name, const std::string& text,
        PasswordSource source = PasswordSource::Users)
    {
        AuthenticationSettings settings;
        settings.method = xcep::ClientAuthentication::UsernamePassword;
        settings.passwords = source;
        return authenticator.byPassword(settings, name, Secret(text), call, now);
    }
};

TestCertificateContent web1() { return {"web1", "DNS:web1.test", "clientAuth"}; }

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("a certificate of ours is itself where it renews by key, its mapping's caller elsewhere")
{
    Fixture f;
    const auto& certificate = f.present(web1());
    CHECK(f.asked(true) == "certificate " + certificate.serial());
    CHECK(f.asked(false) == "ann");
    f.present({"web2", "DNS:web2.test", "clientAuth"});
    CHECK(has(f.asked(false), "mapped to nobody"));
    CHECK(has(f.asked(true), "certificate "));
}

TEST_CASE("each thing wrong with a client certificate is enough, whether it is mapped or not")
{
    for (const bool keyBased : {true, false}) {
        CAPTURE(keyBased);
        Fixture f;
        CHECK(has(f.asked(keyBased), "no TLS client certificate"));
        auto content = web1();
        content.commonName = "expired";
        content.notAfter = "20270101000000Z";
        f.present(content);
        CHECK(has(f.asked(keyBased), "not valid now"));
        content = web1();
        content.commonName = "future";
        content.notBefore = "20280101000000Z";
        f.present(content);
        CHECK(has(f.asked(keyBased), "not valid now"));
        content = web1();
        content.commonName = "server";
        content.extendedKeyUsage = "serverAuth";
        f.present(content);
        CHECK(has(f.asked(keyBased), "not for client authentication"));
        content = web1();
        content.commonName = "foreign";
        f.present(content, false);
        CHECK(has(f.asked(keyBased), "not issued here"));
    }
}

TEST_CASE("a revoked certificate, and one that only has the serial of one of ours, are refused")
{
    for (const bool keyBased : {true, false}) {
        Fixture f;
        f.present(web1());
        const auto change = [&](const std::string& what) {
            mustRun({"/usr/bin/sqlite3", f.folder / "enrollment.db",
                "UPDATE certificates SET " + what});
        };
        change("revoked = 1");
        CHECK(has(f.asked(keyBased), "revoked"));
        change("revoked = 0");
        CHECK_FALSE(has(f.asked(keyBased), "revoked"));
        change("fingerprint = '" + std::string(64, '0') + "'");
        CHECK(has(f.asked(keyBased), "not issued here"));
    }
}

TEST_CASE("a name comes with a domain or without, and never with an empty or an endless password")
{
    Fixture f;
    CHECK(f.password("ann", "right").ok());
    CHECK(f.password("LAB\\ann", "right")->name == "ann");
    CHECK(f.password("ann", "right")->groups == std::set<std::string>{"admins"});
    for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{{"ann", ""},
             {"ann", "wrong"}, {"", "right"}, {"LAB\\", "right"}, {"bob", "right"},
             {std::string(300, 'a'), "right"}, {"ann", std::string(2000, 'x')}}) {
        const auto caller = f.password(name, text);
        REQUIRE_FALSE(caller.ok());
        CHECK(caller.error().kind == ErrorKind::PermissionDenied);
    }
}

TEST_CASE("a directory is not asked about an empty or an endless password")
{
    Fixture f; // without a directory: what is asked of it is Unavailable
    for (const auto& text : {std::string(), std::string(1025, 'x')}) {
        const auto caller = f.password("ann", text, PasswordSource::Directory);
        REQUIRE_FALSE(caller.ok());
        CHECK(caller.error().kind == ErrorKind::PermissionDenied);
    }
}

TEST_CASE("a message's Timestamp is at most five minutes off")
{
    Fixture f;
    const auto sent = [&](Duration created, Duration expires) {
        const auto envelope = soap::readEnvelope(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
            "xmlns:a=\"http://www.w3.org/2005/08/addressing\" "
            "xmlns:o=\"http://docs.oasis-open.org/wss/2004/01/"
            "oasis-200401-wss-wssecurity-secext-1.0.xsd\" "
            "xmlns:u=\"http://docs.oasis-open.org/wss/2004/01/"
            "oasis-200401-wss-wssecurity-utility-1.0.xsd\">"
            "<s:Header><a:Action>x</a:Action><o:Security><u:Timestamp><u:Created>" +
            toRfc3339(now + created) + "</u:Created><u:Expires>" + toRfc3339(now + expires) +
            "</u:Expires></u:Timestamp><o:UsernameToken><o:Username>ann</o:Username>"
            "<o:Password>right</o:Password></o:UsernameToken></o:Security></s:Header>"
            "<s:Body><x/></s:Body></s:Envelope>");
        REQUIRE_MESSAGE(envelope, (envelope ? "" : envelope.error().message));
        AuthenticationSettings settings;
        settings.method = xcep::ClientAuthentication::UsernamePassword;
        return f.authenticator.byMessage(settings, f.call, *envelope, now).ok();
    };
    CHECK(sent(Duration(0), Duration(300)));
    CHECK(sent(Duration(300), Duration(600)));
    CHECK_FALSE(sent(Duration(301), Duration(600)));
    CHECK(sent(Duration(-900), Duration(-300)));
    CHECK_FALSE(sent(Duration(-900), Duration(-301)));
}

TEST_CASE("what nobody can judge is no wrong password, and locks nobody out")
{
    Fixture f; // without a directory
    for (int i = 0; i < 50; ++i) {
        const auto caller = f.password("ann", "right", PasswordSource::Directory);
        REQUIRE_FALSE(caller.ok());
        CHECK(caller.error().kind == ErrorKind::Unavailable);
    }
    CHECK(f.password("ann", "right").ok());
}

TEST_CASE("a locked-out name is not even compared")
{
    Fixture f;
    for (int i = 0; i < AttemptLimits::perNameAndAddress; ++i)
        CHECK_FALSE(f.password("ann", "wrong").ok());
    CHECK_FALSE(f.password("ann", "right").ok());
    CHECK_FALSE(f.password("ANN", "right").ok());
    const auto events = readEvents(f.store->database(), 0, 10);
    REQUIRE(events.ok());
    REQUIRE(events->items.size() == 1);
    CHECK(events->items.front().kind == "caller.locked_out");
    f.call.remoteAddress = "192.0.2.2";
    CHECK(f.password("ann", "right").ok());
}

TEST_CASE("a relay asks what is known of the authority's certificates, also of those it relayed")
{
    using Standing = RemoteAuthority::Standing;
    for (const bool relayed : {true, false}) {
        CAPTURE(relayed);
        Fixture f;
        const auto name = "certificate " + f.present(web1(), relayed).serial();
        CHECK(f.askedAtRelay(Standing::Good, true) == name);
        CHECK(f.askedAtRelay(Standing::Good, false) == "ann");
        for (const bool keyBased : {true, false}) {
            CHECK(has(f.askedAtRelay(Standing::Revoked, keyBased), "is revoked"));
            CHECK(has(f.askedAtRelay(Standing::Foreign, keyBased), "another authority"));
        }
        CHECK(f.askedAtRelay(Standing::Unknown, true) == name); // the authority will look
        CHECK(has(f.askedAtRelay(Standing::Unknown, false), "no CRL of the authority"));
    }
}
