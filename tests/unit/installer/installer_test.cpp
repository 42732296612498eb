#include "tests/support/installer_host.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;
using perennial::test::readText;
using perennial::test::reasonOf;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

constexpr const char* other = "0198c6d2-0000-7000-8000-000000000002";

} // namespace

TEST_CASE("a renewal from its key to its end, in every kind of store")
{
    for (const auto kind : test::allStoreKinds) {
        CAPTURE(static_cast<int>(kind));
        InstallerHost host(kind);
        const auto before = host.fingerprint();
        const auto oldKey = host.keyText();
        const auto idle = host.filesIn("tls");
        CHECK(idle == host.liveFiles());
        CHECK(reasonOf(host.ask("preflight", {{"size", "8000"}})) == "done");
        CHECK(host.filesIn("tls") == idle);
        const auto made = host.makeKey();
        CHECK(reasonOf(made) == "done");
        CHECK(host.modeOf(host.newKeyFile()) == 0600);
        const auto chain = host.issue();
        CHECK(x509::Certificate::fromPem(chain)->publicKeyDer() == made.field("public_key"));

        CHECK(reasonOf(host.place(chain)) == "done");
        CHECK(host.pairMatches());
        CHECK(host.fingerprint() != before);
        CHECK(host.chainFits(host.fingerprint()));
        struct stat found {};
        REQUIRE(::stat(host.key.c_str(), &found) == 0);
        CHECK((found.st_mode & 07777) == 0600);
        REQUIRE(::stat(host.certificate.c_str(), &found) == 0);
        CHECK((found.st_mode & 07777) == (host.key == host.certificate ? 0600 : 0644));
        // The previous ones are there.
        CHECK((isHelper(kind) ? host.filesIn("state/orders").size() == 3
                              : host.filesIn("tls").size() > idle.size()));

        CHECK(reasonOf(host.ask("switch_back")) == "done");
        CHECK(host.fingerprint() == before);
        CHECK(host.keyText() == oldKey);
        CHECK(host.chainFits("another"));
        CHECK(host.filesIn("tls") == idle);

        CHECK(reasonOf(host.place(chain)) == "done");
        CHECK(reasonOf(host.ask("finish")) == "done");
        CHECK(host.pairMatches());
        CHECK(host.fingerprint() != before);
        CHECK(host.filesIn("tls") == host.liveFiles());
        CHECK(host.filesIn("state/orders") ==
              std::set<std::string>{std::string(InstallerHost::order) + ".json"});
    }
}

TEST_CASE("every verb may be said twice")
{
    InstallerHost host;
    const auto made = host.makeKey();
    CHECK(host.makeKey() == made);
    const auto chain = host.issue();
    CHECK(reasonOf(host.place(chain)) == "done");
    const auto placed = host.fingerprint();
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(host.fingerprint() == placed);
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(reasonOf(host.ask("finish")) == "done");
    host.clock.advance(std::chrono::hours(25));
    CHECK(reasonOf(host.makeKey(other)) == "done");
    CHECK(reasonOf(host.ask("discard", {}, other)) == "done");
    CHECK(reasonOf(host.ask("discard", {}, other)) == "done");
    CHECK_FALSE(std::filesystem::exists(host.newKeyFile(other)));
    CHECK(reasonOf(host.ask("discard", {}, "never-heard-of")) == "done");
}

TEST_CASE("verbs out of their order are refused")
{
    InstallerHost host;
    CHECK(contains(reasonOf(host.place("")), "not-found: no key was made"));
    CHECK(contains(reasonOf(host.ask("lend_keys")), "not-found: no key was made"));
    CHECK(contains(reasonOf(host.ask("finish")), "not-found"));
    CHECK(contains(reasonOf(host.ask("done")), "invalid-input: done is nothing to ask for"));
    CHECK(contains(
        reasonOf(host.ask("discard", {}, "../guard")), "invalid-input: that is no order's id"));
    CHECK(contains(reasonOf(host.ask("discard", {}, "")), "invalid-input: that is no order's id"));

    (void)host.makeKey();
    CHECK(contains(reasonOf(host.ask("make_key", {{"key_type", "rsa-2048"}})),
        "conflict: the order has a key of type ec-p256"));
    CHECK(contains(reasonOf(host.ask("make_key", {{"key_type", "rsa-4096"}}, other)),
        "permission-denied: key_type"));
    CHECK(contains(
        reasonOf(host.ask("finish")), "conflict: the order's certificate is not in place"));
    const auto chain = host.issue();
    host.place(chain);
    CHECK(contains(
        reasonOf(host.ask("lend_keys")), "conflict: the order's certificate is in place already"));
    CHECK(contains(reasonOf(host.ask("discard")), "conflict: the order's certificate is in place"));
    CHECK(contains(
        reasonOf(host.place(host.issue())), "conflict: the order has another certificate"));
    host.ask("finish");
    CHECK(contains(reasonOf(host.place(chain)), "conflict: the order has ended"));
    CHECK(contains(reasonOf(host.makeKey()), "conflict: the order has ended"));
    CHECK(contains(reasonOf(host.ask("switch_back")), "conflict: the order has ended"));
    CHECK(contains(reasonOf(host.ask("discard")), "conflict"));
}

TEST_CASE("an order keeps to the files that it began with")
{
    InstallerHost host;
    std::filesystem::copy_file(host.key, host.folder / "tls/second.key");
    (void)host.makeKey();
    const auto chain = host.issue();
    const InstallerHost::Fields fields = {{"slot.key", host.folder / "tls/second.key"},
        {"chain", chain}, {"replaces", host.fingerprint()}, {"key_type", "ec-p256"}};
    CHECK(contains(reasonOf(host.ask("place", fields)), "begun for other files"));
    CHECK(contains(reasonOf(host.ask("lend_keys", fields)), "begun for other files"));
    CHECK(contains(reasonOf(host.ask("make_key", fields)), "begun for other files"));
}

TEST_CASE("the two keys are lent as descriptors that cannot write")
{
    InstallerHost host;
    (void)host.makeKey();
    const auto answer = host.askOf(host.files, "lend_keys");
    CHECK(reasonOf(answer.message) == "done");
    REQUIRE(answer.descriptors.size() == 2);
    const auto old = x509::PrivateKey::fromDescriptor(answer.descriptors[0].get());
    REQUIRE(old);
    CHECK(old->matches(*x509::Certificate::fromPem(readText(host.certificate))));
    const auto fresh = x509::PrivateKey::fromDescriptor(answer.descriptors[1].get());
    REQUIRE(fresh);
    CHECK(fresh->publicKeyDer() == host.makeKey().field("public_key"));
    for (const auto& descriptor : answer.descriptors)
        CHECK(::write(descriptor.get(), "x", 1) == -1);
}

TEST_CASE("the new key is lent alone where the old one has no part in it, and only before placing")
{
    InstallerHost host;
    CHECK(contains(reasonOf(host.ask("lend_new_key")), "not-found: no key was made"));
    (void)host.makeKey();
    REQUIRE(::chmod(host.key.c_str(), 0644) == 0);
    const auto answer = host.askOf(host.files, "lend_new_key");
    CHECK(reasonOf(answer.message) == "done");
    REQUIRE(answer.descriptors.size() == 1);
    const auto fresh = x509::PrivateKey::fromDescriptor(answer.descriptors[0].get());
    REQUIRE(fresh);
    CHECK(fresh->publicKeyDer() == host.makeKey().field("public_key"));
    CHECK(::write(answer.descriptors[0].get(), "x", 1) == -1);
    CHECK(contains(reasonOf(host.ask("lend_new_key", {{"slot.key", host.certificate}})),
        "begun for other files"));
    host.place(host.issue());
    CHECK(contains(reasonOf(host.ask("lend_new_key")),
        "conflict: the order's certificate is in place already"));
}

TEST_CASE("names that will be asked for are held to the guard before anybody asks the CA")
{
    InstallerHost host;
    const auto withNames = [&](const std::string& names) {
        return reasonOf(host.ask("preflight", {{"size", "100"}, {"names", names}}));
    };
    CHECK(withNames("") == "done");
    host.writeGuard({{"enrollments", host.enrollment("[web2.example.test]")}});
    CHECK(withNames("web1.example.test\nweb2.example.test") == "done");
    CHECK(contains(withNames("web1.example.test\nbank.test"),
        "permission-denied: the name \"bank.test\" is not among names"));
    CHECK(contains(withNames("web1.example.test\n\nweb2.example.test"), "permission-denied"));
}

TEST_CASE("a key that others can read is not lent unless the guard says so")
{
    InstallerHost host;
    (void)host.makeKey();
    const std::string store = "[{folder: " + (host.folder / "tls");
    REQUIRE(::chmod(host.key.c_str(), 0640) == 0);
    CHECK(contains(reasonOf(host.ask("lend_keys")),
        "permission-denied: " + host.key + " can be read by others"));
    host.writeGuard({{"stores", store + ", key_mode: \"0640\"}]"}});
    CHECK(reasonOf(host.ask("lend_keys")) == "done");
    REQUIRE(::chmod(host.key.c_str(), 0644) == 0);
    CHECK(contains(reasonOf(host.ask("lend_keys")), "can be read by others"));
    host.writeGuard({{"stores", store + ", lend_readable_keys: true}]"}});
    CHECK(reasonOf(host.ask("lend_keys")) == "done");
    const auto chain = host.issue();
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(host.modeOf(host.key) == 0600); // the new one
}

TEST_CASE("paths outside the stores, hidden, misspelt or through links are refused by every verb")
{
    InstallerHost host;
    const std::string tls = host.folder / "tls";
    std::filesystem::create_directory(host.folder / "other");
    std::filesystem::copy_file(host.key, host.folder / "other/web.key");
    std::filesystem::create_directory_symlink(host.folder / "other", tls + "/link");
    std::filesystem::copy_file(host.key, tls + "/.hidden.key");
    std::filesystem::create_symlink(host.key, tls + "/link.key");
    std::filesystem::create_directory(tls + "/folder.key");
    REQUIRE(::mkfifo((tls + "/fifo.key").c_str(), 0600) == 0);
    const std::vector<std::string> paths = {"/etc/shadow", host.folder / "other/web.key",
        tls + "/link/web.key", tls + "/.hidden.key", tls + "/link.key", tls + "/folder.key",
        tls + "/fifo.key", tls + "/../other/web.key", tls + "//web.key", "tls/web.key", "", tls,
        tls + "/", tls + "/none.key", tls + "/web\n.key", tls + "/\xff.key",
        host.folder / "guard.yaml", tls + "/web.key" + std::string(1, '\0')};
    for (const auto& path : paths) {
        CAPTURE(path);
        for (const char* field : {"slot.key", "slot.certificate"}) {
            InstallerHost::Fields fields = {{field, path}, {"size", "100"}};
            CHECK(host.ask("preflight", fields).verb == "refused");
        }
        const auto made = host.ask("make_key", {{"slot.key", path}, {"key_type", "ec-p256"}});
        if (made.verb == "done") { // the key is made for a path; what is there is looked at later
            CHECK(host.ask("lend_keys", {{"slot.key", path}}).verb == "refused");
            CHECK(host.ask("place", {{"slot.key", path}, {"chain", host.issue()},
                                        {"replaces", host.fingerprint()}})
                      .verb == "refused");
            host.ask("discard");
            std::filesystem::remove(
                host.folder / ("state/orders/" + std::string(InstallerHost::order) + ".json"));
        }
    }
    CHECK(readText(host.folder / "other/web.key") == readText(host.key));
}

TEST_CASE("a store that others can write to is refused before a certificate is asked for")
{
    InstallerHost host;
    const std::string tls = host.folder / "tls";
    REQUIRE(::chmod(tls.c_str(), 0775) == 0);
    CHECK(contains(reasonOf(host.ask("preflight", {{"size", "1"}})),
        "permission-denied: " + tls + " is writable"));
    CHECK(contains(reasonOf(host.makeKey()), "permission-denied: " + tls + " is writable"));
    REQUIRE(::chmod(tls.c_str(), 0755) == 0);
    (void)host.makeKey();
    const auto chain = host.issue();
    REQUIRE(::chmod(tls.c_str(), 0777) == 0);
    CHECK(contains(reasonOf(host.place(chain)), tls + " is writable"));
    CHECK(contains(reasonOf(host.ask("lend_keys")), tls + " is writable"));
}

TEST_CASE("a key with another name, and a pair that does not match, are refused and left alone")
{
    InstallerHost host;
    (void)host.makeKey();
    const auto chain = host.issue();
    std::filesystem::create_hard_link(host.key, host.folder / "copy.key");
    for (const char* verb : {"preflight", "lend_keys", "place"}) {
        CAPTURE(verb);
        InstallerHost::Fields fields = {
            {"size", "1"}, {"chain", chain}, {"replaces", host.fingerprint()}};
        CHECK(contains(reasonOf(host.ask(verb, fields)),
            "permission-denied: " + host.key + " has another name"));
    }
    std::filesystem::remove(host.folder / "copy.key");
    const auto stranger = std::string(x509::PrivateKey::generate("ec-p256")->toPem().reveal());
    (void)host.folder.write("tls/web.key", stranger, 0600);
    for (const char* verb : {"preflight", "lend_keys", "place"}) {
        CAPTURE(verb);
        InstallerHost::Fields fields = {
            {"size", "1"}, {"chain", chain}, {"replaces", host.fingerprint()}};
        CHECK(contains(
            reasonOf(host.ask(verb, fields)), "corrupt: " + host.key + " does not belong"));
    }
    CHECK(readText(host.key) == stranger);
}

TEST_CASE("place compares before it swaps: what was changed outside stays")
{
    InstallerHost host;
    (void)host.makeKey();
    const auto chain = host.issue();
    const auto known = host.fingerprint();
    test::TestCertificateContent content;
    content.commonName = "web1.example.test";
    const auto& admins = host.pki().issue("admins", "issuing", content);
    (void)host.folder.write("tls/web.key", readText(admins.key));
    (void)host.folder.write("tls/web.pem", readText(admins.certificate), 0644);
    const InstallerHost::Fields fields = {{"chain", chain}, {"replaces", known}};
    CHECK(contains(reasonOf(host.ask("place", fields)),
        "conflict: the certificate in place was changed outside"));
    CHECK(readText(host.certificate) == readText(admins.certificate));

    CHECK(reasonOf(host.place(chain)) == "done");
    (void)host.folder.write("tls/web.key", readText(admins.key));
    (void)host.folder.write("tls/web.pem", readText(admins.certificate), 0644);
    (void)host.ask("switch_back");
    CHECK(readText(host.certificate) == readText(admins.certificate));
    CHECK(readText(host.key) == readText(admins.key));
    CHECK(contains(reasonOf(host.ask("finish")), "conflict"));
}

TEST_CASE("place re-checks the new certificate by itself")
{
    InstallerHost host;
    (void)host.makeKey();
    InstallerHost::Content content;
    content.names = "DNS:bank.test";
    const auto before = host.fingerprint();
    CHECK(contains(reasonOf(host.place(host.issue(content))),
        "permission-denied: the new certificate is refused: its name \"bank.test\""));
    CHECK(contains(reasonOf(host.place("no PEM at all")), "invalid-input"));
    CHECK(host.fingerprint() == before);
    CHECK(host.filesIn("tls") == std::set<std::string>{"web.key", "web.pem"});
}

TEST_CASE("new files get the guard's owner and modes, or the owners of the files they replace")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving files to another owner needs root");
        return;
    }
    InstallerHost host;
    REQUIRE(::chown(host.key.c_str(), 4242, 4343) == 0);
    (void)host.makeKey();
    const auto chain = host.issue();
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(host.files.inspect(host.key)->owner == 4242);
    CHECK(host.files.inspect(host.key)->group == 4343);
    CHECK(host.files.inspect(host.certificate)->owner == 0);
    (void)host.ask("switch_back");
    host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") +
                                    ", owner: \"4444\", group: \"4545\", key_mode: \"0640\", "
                                    "certificate_mode: \"0444\"}]"}});
    CHECK(reasonOf(host.place(chain)) == "done");
    for (const auto& file : {host.key, host.certificate}) {
        CHECK(host.files.inspect(file)->owner == 4444);
        CHECK(host.files.inspect(file)->group == 4545);
    }
    CHECK(host.modeOf(host.key) == 0640);
    CHECK(host.modeOf(host.certificate) == 0444);
    (void)host.ask("switch_back"); // what was, as it was
    CHECK(host.files.inspect(host.key)->owner == 4242);
    CHECK(host.modeOf(host.key) == 0600);
}
