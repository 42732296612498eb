#include "tests/support/dying_file_system.h"
#include "tests/unit/enrollment_server/authority_fixture.h"

using namespace perennial;
using namespace perennial::test;
using Reason = x509::RevocationReason;

namespace {

constexpr Duration hour = std::chrono::hours(1);

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

PublicationSettings settingsWithDeltas()
{
    PublicationSettings settings;
    settings.url = "http://pki.example.test";
    return settings;
}

// As after a start of the program.
struct Running {
    explicit Running(AuthorityHome& home, PublicationSettings settings = settingsWithDeltas(),
        FileSystem* files = nullptr)
        : store(*home.store), publisher(*home.authority, store, files ? *files : home.disk,
                                  std::move(settings), home.folder / "crl", home.log),
          desk(*home.store, store, publisher, home.log)
    {
        REQUIRE(publisher.open(home.now).ok());
        REQUIRE(publisher.publishDue(home.now).ok());
    }
    RevocationStore store;
    CrlPublisher publisher;
    RevocationDesk desk;
};

} // namespace

TEST_CASE("openssl refuses a certificate from the moment it is revoked, by delta or by base CRL")
{
    for (const bool deltas : {true, false}) {
        CAPTURE(deltas);
        AuthorityHome home;
        auto settings = settingsWithDeltas();
        if (!deltas) settings.delta.reset();
        Running running(home, settings);
        const auto certificate = home.issue();
        const auto other = home.issue();
        CHECK(contains(home.verify(certificate, running.desk.lists()), ": OK"));
        const auto before = running.desk.lists().base->number();
        const auto done =
            must(running.desk.revoke(certificate.serial(), Reason::KeyCompromise, "ann", home.now));
        CHECK(done.publication.empty());
        CHECK(contains(home.verify(certificate, running.desk.lists()), "certificate revoked"));
        CHECK(contains(home.verify(other, running.desk.lists()), ": OK"));
        CHECK((running.desk.lists().base->number() == before) == deltas);
        CHECK(must(home.store->findCertificate(certificate.serial()))->revoked);
        // The next base CRL has it too.
        home.now += hour * 24 * 8;
        REQUIRE(running.publisher.publishDue(home.now).ok());
        CHECK(running.desk.lists().base->revoked().size() == 1);
        CHECK(contains(home.verify(certificate, running.desk.lists()), "certificate revoked"));
    }
}

TEST_CASE("a hold is in the CRL, and over with removeFromCRL")
{
    AuthorityHome home;
    Running running(home);
    const auto certificate = home.issue();
    REQUIRE(
        running.desk.revoke(certificate.serial(), Reason::CertificateHold, "ann", home.now).ok());
    REQUIRE(running.publisher.publish(Due::Base, "ann", home.now).ok());
    CHECK(contains(home.verify(certificate, running.desk.lists()), "certificate revoked"));
    REQUIRE(running.desk.revoke(certificate.serial(), Reason::RemoveFromCrl, "ann", home.now).ok());
    CHECK(running.desk.lists().delta->revoked().front().reason == Reason::RemoveFromCrl);
    CHECK(contains(home.verify(certificate, running.desk.lists()), ": OK"));
    CHECK_FALSE(must(home.store->findCertificate(certificate.serial()))->revoked);
    REQUIRE(running.publisher.publish(Due::Base, "ann", home.now).ok());
    CHECK(running.desk.lists().base->revoked().empty());
}

TEST_CASE("what is revoked and published is audited with AD CS's numbers")
{
    AuthorityHome home;
    Running running(home);
    const auto certificate = home.issue();
    REQUIRE(running.desk.revoke(certificate.serial(), Reason::Superseded, "ann", home.now).ok());
    std::string kinds;
    for (const auto& event : must(readEvents(home.store->database(), 0, 100)).items)
        kinds += event.kind + " " + event.details.canonical() + "\n";
    CHECK(contains(kinds, "certificate.revoked {\"adcs_event\":4870,\"decided_by\":\"ann\","
                          "\"reason\":\"superseded\""));
    CHECK(contains(kinds, "crl.published {\"adcs_event\":4872,\"base\":"));
    CHECK_FALSE(running.desk.revoke("00", Reason::Superseded, "ann", home.now).ok());
}

TEST_CASE("an entry stays until one CRL after the certificate's end has had it")
{
    AuthorityHome home;
    Running running(home);
    const auto certificate = home.issue(hour * 24);
    REQUIRE(running.desk.revoke(certificate.serial(), Reason::Superseded, "ann", home.now).ok());
    home.now += hour * 24 * 7; // it has expired meanwhile
    REQUIRE(running.publisher.publishDue(home.now).ok());
    CHECK(running.desk.lists().base->revoked().size() == 1);
    home.now += hour * 24 * 7;
    REQUIRE(running.publisher.publishDue(home.now).ok());
    CHECK(running.desk.lists().base->revoked().empty());
}

TEST_CASE("after a restart the CRLs go on where they were")
{
    AuthorityHome home;
    const auto certificate = home.issue();
    std::int64_t number = 0;
    {
        Running running(home);
        REQUIRE(
            running.desk.revoke(certificate.serial(), Reason::Superseded, "ann", home.now).ok());
        number = running.desk.lists().delta->number();
    }
    Running again(home);
    CHECK(again.desk.lists().delta->number() == number); // nothing was due
    CHECK(contains(home.verify(certificate, again.desk.lists()), "certificate revoked"));
    REQUIRE(again.publisher.publish(Due::Base, "ann", home.now).ok());
    CHECK(again.desk.lists().base->number() > number);
    CHECK(again.desk.lists().base->number() == again.desk.lists().delta->number());
}

TEST_CASE("a database restored from a backup forgets no revocation that a CRL has told")
{
    AuthorityHome home;
    const auto certificate = home.issue();
    std::int64_t number = 0;
    REQUIRE(Running(home).desk.lists().base);
    REQUIRE(home.store->database().backup(home.folder / "backup.db").ok());
    {
        Running running(home);
        REQUIRE(
            running.desk.revoke(certificate.serial(), Reason::KeyCompromise, "ann", home.now).ok());
        number = running.desk.lists().delta->number();
    }
    home.store = must(EnrollmentStore::open(home.folder / "backup.db"));
    CHECK_FALSE(must(home.store->findCertificate(certificate.serial()))->revoked);
    Running restored(home);
    CHECK(must(home.store->findCertificate(certificate.serial()))->revoked);
    CHECK(restored.desk.lists().base->number() > number);
    CHECK(contains(home.verify(certificate, restored.desk.lists()), "certificate revoked"));
}

TEST_CASE("a full disk keeps the old CRL; a revocation waits in the store and is published later")
{
    AuthorityHome home;
    // The folder and the first two copies are made; then it is full.
    DyingFileSystem disk(home.disk, {4, DyingFileSystem::Fault::FailForGood});
    Running running(home, settingsWithDeltas(), &disk);
    const auto file = home.folder / "crl/issuing.crl";
    const auto old = must(disk.read(file));
    home.now += hour * 24 * 8;
    REQUIRE(running.publisher.publishDue(home.now).ok()); // the store has it, the copy is old
    CHECK(must(disk.read(file)) == old);
    CHECK(running.desk.lists().base->toDer() != old);

    // Now the database cannot be written to.
    REQUIRE(home.store->database()
                .transaction([](sql::Session& session) -> Status {
                    const auto done = session.execute(
                        "CREATE TRIGGER full BEFORE INSERT ON revocation_lists BEGIN SELECT "
                        "RAISE(ABORT, 'full'); END");
                    return done ? Status() : Status(done.error());
                })
                .ok());
    const auto published = running.desk.lists().base->toDer();
    const auto certificate = home.issue();
    const auto done =
        must(running.desk.revoke(certificate.serial(), Reason::Superseded, "ann", home.now));
    CHECK_FALSE(done.publication.empty());
    CHECK(running.desk.lists().base->toDer() == published);
    REQUIRE(home.store->database()
                .transaction([](sql::Session& session) -> Status {
                    const auto dropped = session.execute("DROP TRIGGER full");
                    return dropped ? Status() : Status(dropped.error());
                })
                .ok());
    REQUIRE(running.publisher.publishDue(home.now).ok());
    CHECK(contains(home.verify(certificate, running.desk.lists()), "certificate revoked"));
}
