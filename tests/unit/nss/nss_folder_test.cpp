// Databases of NSS made by certutil and pk12util, read without NSS and without their password.

#include "shared/nss/nss_folder.h"

#include "tests/support/nss_database.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};
    NssDatabase database{folder / "nss", "correct horse"};
    PosixFileSystem files;

    Host()
    {
        pki.makeRoot("root");
        pki.makeAuthority("issuing", "root");
    }
    const TestCertificate& issue(const std::string& name, const std::string& keyType)
    {
        TestCertificateContent content;
        content.commonName = name;
        content.alternativeNames = "DNS:" + name;
        content.keyType = keyType;
        return pki.issue(name, "issuing", content);
    }
    void add(const std::string& nickname, const TestCertificate& pair)
    {
        database.add(nickname, pair.key, pair.chain);
    }
    // Of the entries that are no authorities: "nickname" or "nickname: why not".
    std::set<std::string> entries() const
    {
        const auto read = nss::readFolder(files, database.folder());
        REQUIRE_MESSAGE(read.ok(), read.error().message);
        const auto all = nss::entriesOf(read->stored);
        const auto reasons = nss::whyNoSlots(all, read->keyIds);
        std::set<std::string> lines;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!all[i].authority)
                lines.insert(all[i].nickname + (reasons[i].empty() ? "" : ": " + reasons[i]));
        }
        return lines;
    }
    // Of the entry "web 1", or what is wrong.
    std::string chain() const
    {
        const auto read = nss::readFolder(files, database.folder());
        if (!read) return read.error().message;
        const auto found = nss::chainOf(*read, "web 1");
        if (!found) return found.error().message;
        std::string pem;
        for (const auto& certificate : *found)
            pem += certificate.toPem();
        return pem;
    }
};

using Lines = std::set<std::string>;
const std::string noKey = ": no key was found for it";

} // namespace

TEST_CASE("certificates of a database are matched with its keys, without the password")
{
    for (const std::string keyType : {"rsa-2048", "ec-p256", "ec-p384"}) {
        CAPTURE(keyType);
        Host host;
        const auto& pair = host.issue("web1.test", keyType);
        host.add("web 1", pair);
        CHECK(host.entries() == Lines{"web 1"});
        CHECK(host.chain() == readText(pair.chain));
        host.database.trust("root", host.pki["root"].certificate);
        CHECK(host.chain() == readText(pair.chain) + readText(host.pki["root"].certificate));
        // As NSS itself lists it.
        const auto ids = nss::readFolder(host.files, host.database.folder())->keyIds;
        REQUIRE(ids.size() == 1);
        CHECK(host.database.certutil({"-K"}).find(*ids.begin()) != std::string::npos);
        host.database.certutil({"-F", "-k", *ids.begin()});
        CHECK(host.chain() == "no key was found for it");
        CHECK(host.entries() == Lines{"web 1" + noKey});
    }
}

TEST_CASE("an entry without its key, or under a name that is no path, is no slot")
{
    Host host;
    const auto& pair = host.issue("web1.test", "ec-p256");
    host.database.certutil({"-A", "-n", "lone", "-t", ",,", "-a", "-i", pair.certificate});
    CHECK(host.entries() == Lines{"lone" + noKey});
    for (const char* nickname : {"a:b", "a/b", "-a", "..", "a\nb"}) {
        Host other;
        other.add("plain", other.issue("web1.test", "ec-p256"));
        std::string hex;
        for (const char* c = nickname; *c != 0; ++c)
            hex += toHex(std::string_view(c, 1));
        other.database.change("cert9.db",
            "UPDATE nssPublic SET a3 = x'" + hex + "' WHERE a3 = CAST('plain' AS BLOB)");
        CHECK(
            other.entries() == Lines{std::string(nickname) + ": its nickname cannot name a slot"});
    }
    Host odd;
    odd.add("plain", odd.issue("web1.test", "ec-p256"));
    odd.database.change(
        "cert9.db", "UPDATE nssPublic SET a3 = x'FF' WHERE a3 = CAST('plain' AS BLOB)");
    CHECK(odd.entries() == Lines{": its nickname cannot name a slot"});
}

TEST_CASE("several certificates under one nickname are no slots")
{
    Host host;
    host.add("web 1", host.issue("web1.test", "ec-p256"));
    host.add("web 1", host.issue("web1.test", "ec-p384"));
    CHECK(host.entries() == Lines{"web 1: several certificates have its nickname"});
    CHECK(host.chain() == "several certificates have its nickname");
}

TEST_CASE("a database that is being written, damaged or too large is said to be")
{
    Host host;
    host.add("web 1", host.issue("web1.test", "ec-p256"));
    const auto file = host.database.folder() + "/cert9.db";
    SUBCASE("somebody is writing")
    {
        ChildProcess writer({"/usr/bin/python3", "-uc",
            "import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "db.execute('BEGIN IMMEDIATE')\n"
            "db.execute('CREATE TABLE another (a)')\n"
            "print('writing')\n"
            "sys.stdin.read()\n",
            file});
        writer.waitForOutput("writing");
        CHECK(host.chain() == file + ": is being written");
    }
    SUBCASE("a trigger was put in")
    {
        host.database.change("cert9.db",
            "CREATE TRIGGER r AFTER INSERT ON nssPublic BEGIN DELETE FROM nssPublic; END");
        CHECK(host.chain() == file + ": the database has more than plain tables");
    }
    SUBCASE("a certificate is damaged")
    {
        host.database.change(
            "cert9.db", "UPDATE nssPublic SET a11 = x'30' WHERE a3 = CAST('web 1' AS BLOB)");
        CHECK(host.chain() == "the database has no certificate of that nickname");
        CHECK(nss::readFolder(host.files, host.database.folder())->stored.unreadable == 1);
    }
    SUBCASE("it is too large")
    {
        fs::resize_file(file, nss::databaseLimit + 1);
        CHECK(host.chain().find(file) != std::string::npos);
    }
    SUBCASE("the keys are gone")
    {
        fs::remove(host.database.folder() + "/key4.db");
        CHECK(host.chain().find("key4.db") != std::string::npos);
    }
}

TEST_CASE("one database fills no scan: a hundred slots of it at most")
{
    std::vector<nss::Entry> entries;
    for (int i = 0; i < 102; ++i)
        entries.push_back({"web" + std::to_string(i), "0A", false});
    const auto reasons = nss::whyNoSlots(entries, {"0A"});
    CHECK(reasons[99].empty());
    CHECK(reasons[100] == "its database has 100 slots already");
}
