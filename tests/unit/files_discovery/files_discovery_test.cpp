#include "plugins/files_discovery/files_discovery.h"

#include "tests/support/child_process.h"
#include "tests/support/discovery_text.h"
#include "tests/support/memory_search.h"
#include "tests/support/test_pki.h"

#include <ctime>
#include <doctest/doctest.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

// Certificates are made in one folder and laid out in another.
struct Host {
    TemporaryFolder made;
    TemporaryFolder folder;
    TestPki pki{made};

    Host()
    {
        pki.makeRoot("root");
        pki.issueServer("a.test", "root");
        pki.issueServer("b.test", "root");
    }
    void put(const std::string& from, const std::string& name) const
    {
        fs::create_directories((folder.path() / name).parent_path());
        fs::copy_file(from, folder / name);
    }
    std::string certificate(const std::string& name) const { return pki[name].certificate; }
    std::string key(const std::string& name) const { return pki[name].key; }

    Discovery find(
        const plugins::files::WalkLimits& limits = {}, std::vector<std::string> folders = {}) const
    {
        if (folders.empty()) folders = {folder.path().string()};
        auto found = plugins::FilesDiscovery(folders, limits).discover();
        REQUIRE(found.ok());
        return *std::move(found);
    }
    std::string discovered() const { return textOf(find(), folder.path().string() + "/"); }
};

} // namespace

TEST_CASE("a certificate is found with the key that has its public key")
{
    const Host host;
    SUBCASE("beside it, whatever the names")
    {
        host.put(host.certificate("a.test"), "one.crt");
        host.put(host.key("b.test"), "one.key");
        host.put(host.key("a.test"), "z/../two.key");
        CHECK(host.discovered() == "one.crt two.key\n");
    }
    SUBCASE("the same base name is preferred among copies")
    {
        host.put(host.certificate("a.test"), "web.crt");
        host.put(host.key("a.test"), "copy.key");
        host.put(host.key("a.test"), "web.key");
        CHECK(host.discovered() == "web.crt web.key\n");
    }
    SUBCASE("in another folder, as Debian keeps them")
    {
        host.put(host.certificate("a.test"), "certs/web.pem");
        host.put(host.key("a.test"), "private/other.key");
        host.put(host.key("a.test"), "private/web.key");
        CHECK(host.discovered() == "certs/web.pem private/web.key\n");
    }
    SUBCASE("in the file itself, in any order")
    {
        const auto both = readText(host.certificate("a.test")) + readText(host.key("a.test"));
        host.folder.write("haproxy.pem", both);
        host.folder.write(
            "other.pem", readText(host.key("b.test")) + readText(host.certificate("b.test")));
        host.put(host.key("a.test"), "haproxy.key");
        CHECK(host.discovered() == "haproxy.pem haproxy.pem\nother.pem other.pem\n");
    }
    SUBCASE("beside it with the same base name, although it does not match: a warning is due")
    {
        host.put(host.certificate("a.test"), "web.pem");
        host.put(host.key("b.test"), "web.key");
        CHECK(host.discovered() == "web.pem web.key\n");
    }
    SUBCASE("an encrypted key by its name only")
    {
        host.put(host.certificate("a.test"), "web.pem");
        mustRun({"/usr/bin/openssl", "pkcs8", "-topk8", "-in", host.key("a.test"), "-out",
            host.folder / "web.key", "-passout", "pass:secret"});
        host.put(host.certificate("b.test"), "other.pem");
        CHECK(host.discovered() == "web.pem web.key\n"
                                   "+ end-entity pem other.pem: no key was found for it\n");
    }
}

TEST_CASE("another user's copy of a certificate is no slot with the key that is not his")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can make files of another user");
        return;
    }
    const Host host;
    const auto give = [&](const std::string& name, uid_t owner) {
        REQUIRE(::chown((host.folder / name).c_str(), owner, owner) == 0);
    };
    host.put(host.certificate("a.test"), "home/copy.pem");
    give("home/copy.pem", 54'321);
    host.put(host.certificate("a.test"), "srv/deployed.pem"); // beside the key: he was let in
    give("srv/deployed.pem", 54'322);
    host.put(host.certificate("a.test"), "srv/web.pem");
    host.put(host.key("a.test"), "srv/web.key");
    host.put(host.certificate("b.test"), "certs/own.pem");
    give("certs/own.pem", 54'323);
    host.put(host.key("b.test"), "private/own.key");
    give("private/own.key", 54'323);
    const std::string copy =
        "+ end-entity pem home/copy.pem: its key is another user's, who may not let it be read\n";
    CHECK(host.discovered() == "srv/web.pem srv/web.key\ncerts/own.pem private/own.key\n"
                               "srv/deployed.pem srv/web.key\n" +
                                   copy);
    const auto found = host.find();
    CHECK(found.places[0].foundOwner == 0U);
    CHECK(found.places[1].foundOwner == 54'323U);
    // Again, from memory.
    plugins::FilesDiscovery again({host.folder.path().string()});
    again.recall(*[&] {
        plugins::FilesDiscovery first({host.folder.path().string()});
        REQUIRE(first.discover().ok());
        return first.memory();
    }());
    CHECK(textOf(*again.discover(), host.folder.path().string() + "/").find(copy) !=
          std::string::npos);
    // Where everybody may put files, a copy beside the key is no better.
    fs::permissions(host.folder / "srv", fs::perms::all);
    CHECK(host.discovered().find("srv/deployed.pem srv/web.key\n") == std::string::npos);
    CHECK(host.discovered().find("srv/web.pem srv/web.key\n") == 0);
}

TEST_CASE("what is no slot is found all the same, and what is damaged is skipped with the reason")
{
    const Host host;
    host.put(host.pki["root"].certificate, "ca.pem");
    host.put(host.certificate("a.test"), "alone.pem");
    std::string bundle;
    for (int i = 0; i < 11; ++i)
        bundle += readText(host.certificate("b.test"));
    host.folder.write("bundle.pem", bundle);
    host.folder.write(
        "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    host.folder.write("notes.txt", "nothing of interest");
    host.folder.write("empty.pem", "");
    host.put(host.key("b.test"), "key.pem");
    const auto text = host.discovered();
    CHECK(text.find("+ authority pem ca.pem: the certificate of an authority\n") !=
          std::string::npos);
    CHECK(text.find("+ end-entity pem alone.pem: no key was found for it\n") != std::string::npos);
    CHECK(text.find("+ end-entity pem bundle.pem key.pem: one of 11 certificates in a file\n") !=
          std::string::npos);
    CHECK(text.find("- broken.pem: ") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 14);
}

TEST_CASE("links, FIFOs, sockets and devices are counted, not opened")
{
    const Host host;
    host.put(host.certificate("a.test"), "real/web.pem");
    host.put(host.key("a.test"), "real/web.key");
    fs::create_symlink(host.folder / "real", host.folder / "link");
    fs::create_symlink(host.folder / "real/web.pem", host.folder / "web.pem");
    fs::create_symlink("..", host.folder / "real/up");
    REQUIRE(::mkfifo((host.folder / "fifo.pem").c_str(), 0600) == 0);
    CHECK(host.discovered() == "real/web.pem real/web.key\n"
                               "- " +
                                   host.folder.path().string() +
                                   ": 3 symbolic links were not followed\n"
                                   "- " +
                                   host.folder.path().string() +
                                   ": 1 FIFOs, sockets and devices were not opened\n");
}

TEST_CASE("a named folder may be a link, and none is read twice")
{
    const Host host;
    host.put(host.certificate("a.test"), "real/web.pem");
    host.put(host.key("a.test"), "real/web.key");
    fs::create_symlink(host.folder / "real", host.folder / "link");
    const auto found = host.find({}, {host.folder / "link", host.folder / "real",
                                         host.folder / "real/web.pem", host.folder / "none"});
    CHECK(textOf(found, host.folder.path().string() + "/") ==
          "real/web.pem real/web.key\n- real/web.pem: is no folder\n"
          "- none: No such file or directory\n");
}

TEST_CASE("what the installer has under way is not found")
{
    const Host host;
    host.put(host.certificate("a.test"), "web.pem");
    host.put(host.key("a.test"), "web.key");
    host.put(host.certificate("b.test"), ".perennial-new-order-1-certificate");
    host.put(host.key("b.test"), ".perennial-new-order-1-key");
    host.put(host.certificate("a.test"), ".new-00112233445566778899aabbccddeeff.tmp");
    CHECK(host.discovered() == "web.pem web.key\n");
}

TEST_CASE("the walk is bounded in files, bytes, depth and time")
{
    const Host host;
    host.put(host.certificate("a.test"), "web.pem");
    host.put(host.key("a.test"), "web.key");
    const auto skippedOf = [&](const plugins::files::WalkLimits& limits) {
        const auto found = host.find(limits);
        return found.skipped.empty() ? std::string() : found.skipped.back();
    };
    const auto root = host.folder.path().string();
    plugins::files::WalkLimits limits;
    SUBCASE("many files")
    {
        for (int i = 0; i < 1'000; ++i)
            host.folder.write(std::to_string(i), "x");
        limits.entries = 500;
        CHECK(
            skippedOf(limits) == root + ": not read to the end: too many files, bytes or seconds");
        limits.entries = 1'002;
        CHECK(skippedOf(limits).empty());
    }
    SUBCASE("many files in one folder, which costs the others nothing")
    {
        fs::create_directory(host.folder / "crowd");
        for (int i = 0; i < 100; ++i)
            host.folder.write("crowd/" + std::to_string(i), "x");
        limits.folderEntries = 50;
        const auto found = host.find(limits);
        CHECK(found.places.size() == 1);
        CHECK(found.skipped == std::vector<std::string>{
                                   root + ": 1 folders were read only in part: too many entries"});
    }
    SUBCASE("a file of 10 GB")
    {
        const auto big = host.folder.write("cert.pem", "");
        fs::resize_file(big, 10ULL << 30U);
        CHECK(skippedOf(limits) == root + ": 1 files over 1048576 bytes were not read");
    }
    SUBCASE("many bytes")
    {
        limits.allBytes = 100;
        CHECK(
            skippedOf(limits) == root + ": not read to the end: too many files, bytes or seconds");
    }
    SUBCASE("a deep tree")
    {
        std::string deep = "d";
        for (int i = 0; i < 60; ++i)
            deep += "/d";
        host.put(host.certificate("b.test"), deep + "/web.pem");
        CHECK(skippedOf(limits) == root + ": 1 folders are nested too deep");
    }
    SUBCASE("no time")
    {
        limits.time = Duration(0);
        CHECK(
            skippedOf(limits) == root + ": not read to the end: too many files, bytes or seconds");
    }
}

TEST_CASE("files full of marks cost little")
{
    const Host host;
    std::string text;
    while (text.size() < 94'000)
        text += "-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n";
    for (int i = 0; i < 200; ++i)
        host.folder.write(std::to_string(i) + ".pem", text);
    const auto start = std::clock();
    const auto found = host.find();
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 10);
    CHECK(found.places.empty());
    CHECK(found.skipped.size() == 200);
}

TEST_CASE("nothing of a key is in what is found or skipped")
{
    const Host host;
    const auto key = readText(host.key("a.test"));
    host.put(host.certificate("a.test"), "web.pem");
    host.put(host.key("a.test"), "web.key");
    host.folder.write("half.pem", key.substr(0, key.size() - 30));
    host.folder.write("mixed.pem", "-----BEGIN CERTIFICATE-----\n" + key);
    const auto text = host.discovered();
    const auto body = key.substr(key.find('\n') + 1, 20);
    CHECK(text.find(body) == std::string::npos);
    CHECK(text.find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("settings are a list of absolute folders")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeFilesDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({{"folders", "/etc/ssl\n/srv/tls"}}).empty());
    CHECK(refusal({}) == "folders: is missing");
    CHECK(refusal({{"folders", ""}}) == "folders: is missing");
    CHECK(refusal({{"folders", "/etc/ssl\ntls"}}) == "folders: must be absolute paths");
    CHECK(refusal({{"folders", "/a"}, {"depth", "3"}}) == "unknown key \"depth\"");
}

TEST_CASE("a key in a file that is of no interest is in nobody's memory afterwards")
{
    const TemporaryFolder folder;
    const auto file = folder / "key";
    mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-out", file});
    mustRun({"/usr/bin/sed", "-i", R"(s/$/\x00/)", file}); // no text, as grep tells it
    const auto times = timesInMemoryAfter(
        [&] {
            static auto kept = plugins::FilesDiscovery({folder.path().string()}).discover();
            if (!kept || !kept->places.empty()) ::_exit(1);
        },
        [&] {
            std::vector<std::string> lines;
            std::istringstream text(readText(file));
            for (std::string line; std::getline(text, line);) {
                if (line.size() == 65) lines.push_back(line.substr(0, 64));
            }
            return lines;
        });
    CHECK(times == 0);
}
