#include "plugins/systemd_discovery/systemd_discovery.h"

#include "tests/support/child_process.h"
#include "tests/support/hostile_config.h"
#include "tests/support/memory_search.h"
#include "tests/support/test_pki.h"

#include <sstream>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};

    Host()
    {
        pki.makeRoot("root");
        pki.issueServer("web.test", "root");
        for (const auto* name : {"etc", "usr", "store"})
            fs::create_directory(folder / name);
    }
    std::string certificate() const { return pki["web.test"].certificate; }
    std::string key() const { return pki["web.test"].key; }
    std::string both() const
    {
        return "LoadCredential=crt:" + certificate() + "\nLoadCredential=key:" + key() + "\n";
    }
    std::string pair(const std::string& service) const
    {
        return "web.test.pem web.test.key" + (service.empty() ? "" : " " + service) + "\n";
    }
    void unit(const std::string& name, const std::string& text) const
    {
        fs::create_directories(fs::path(folder / name).parent_path());
        folder.write(name, text);
    }
    Discovery discovery() const
    {
        auto found = (*plugins::makeSystemdDiscovery(
                          {{"units", folder / "etc" + "\n" + (folder / "usr") + "\n/nowhere"},
                              {"credentials", folder / "store"}}))
                         ->discover();
        REQUIRE(found.ok());
        return *std::move(found);
    }
    std::string all() const { return textOf(discovery(), folder.path().string() + "/"); }
    // Of one unit.
    std::string of(const std::string& text) const
    {
        unit("etc/web.service", "[Service]\n" + text);
        return all();
    }
};

} // namespace

TEST_CASE("a certificate and its key among the credentials of a unit are a place")
{
    const Host host;
    REQUIRE(fs::exists(host.certificate()));
    const auto pair = textOf(
        [&] {
            Discovery expected;
            expected.places.push_back({{"pem", host.certificate(), host.key()}, "web", {}});
            return expected;
        }(),
        host.folder.path().string() + "/");
    CHECK(host.of(host.both()) == pair);
    CHECK(host.of("LoadCredential=x:" + host.key() +
                  "\nLoadCredential = \\\n # c\n ;c\n y:" + host.certificate() + "\n") == pair);
    CHECK(host.of(host.both() + "[Install]\nLoadCredential=\n") == pair);
    CHECK(host.of(host.both() + "LoadCredential=\n").empty());
    CHECK(host.of("[Unit]\n" + host.both()).empty());
    CHECK(host.of("LoadCredential=crt:" + host.certificate() + "\n")
              .ends_with(": a credential of web.service without its key among them\n"));
    CHECK(host.of("LoadCredential=key:" + host.key() + "\nLoadCredential=pin:/nowhere\n").empty());
    // Key and certificate in one file.
    const auto joined =
        host.folder.write("joined", readText(host.key()) + readText(host.certificate()));
    CHECK(host.of("LoadCredential=both:" + joined + "\n") == "joined joined web\n");
    // The later of one name counts.
    CHECK(host.of("LoadCredential=a:" + host.certificate() + "\nLoadCredential=a:" + joined +
                  "\n") == "joined joined web\n");
}

TEST_CASE("folders, and stores of credentials")
{
    const Host host;
    fs::create_directories(host.folder / "pair/more");
    host.folder.write("pair/more/c", readText(host.certificate()));
    host.folder.write("pair/k", readText(host.key()));
    CHECK(host.of("LoadCredential=p:" + host.folder / "pair" + "\n") == "pair/more/c pair/k web\n");
    host.folder.write("store/crt", readText(host.certificate()));
    host.folder.write("store/key", readText(host.key()));
    CHECK(host.of("LoadCredential=crt\nLoadCredential=k:key\n") == "store/crt store/key web\n");
    fs::create_directories(host.folder / "pair/more/and/more");
    CHECK(host.of("LoadCredential=p:" + host.folder / "pair" + "\n") ==
          "pair/more/c pair/k web\n- etc/web.service:2: folders are nested too deep\n");
    fs::remove_all(host.folder / "pair/more/and");
    fs::create_directory_symlink(host.folder / "pair", host.folder / "pair/z");
    CHECK(host.of("LoadCredential=p:" + host.folder / "pair" + "\n")
              .starts_with("pair/more/c pair/k web\n- etc/web.service:2: "));
}

TEST_CASE("encrypted credentials are told by name and not read; those that are set are found")
{
    const Host host;
    host.folder.write("store/key", readText(host.key()));
    CHECK(
        host.of("LoadCredentialEncrypted=k:" + host.key() +
                "\nLoadCredentialEncrypted=key\n"
                "SetCredentialEncrypted=s:QUJD\nLoadCredentialEncrypted=gone\n") ==
        "+ unknown credential " + std::string(fs::path(host.key()).filename()) +
            "#k: an encrypted credential of web.service, which is not read\n"
            "+ unknown credential store/key#key: an encrypted credential of web.service, which is "
            "not read\n"
            "+ unknown credential etc/web.service#s: an encrypted credential of web.service, which "
            "is not read\n"
            "- etc/web.service:5: an encrypted credential that is in no folder\n");
    std::string pem = readText(host.certificate());
    for (auto at = pem.find('\n'); at != std::string::npos; at = pem.find('\n'))
        pem.replace(at, 1, "\\n");
    CHECK(host.of("SetCredential=c:" + pem + "\nSetCredential=p:secret\n") ==
          "+ end-entity pem etc/web.service#c: it stands in the file of web.service itself, which "
          "nothing here writes\n");
    CHECK(host.of("SetCredential=c:" + pem + "\nSetCredential=\n").empty());
    CHECK(host.of("SetCredential=c:\\q" + pem + "\nSetCredential=\n").empty());
}

TEST_CASE("a key that is set in a unit is in nobody's memory afterwards")
{
    // A key that this process does not know while `body` runs.
    const auto times = [](const std::function<void(const std::string& folder)>& body) {
        const TemporaryFolder folder;
        const auto file = folder / "web.service";
        mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-out", file});
        mustRun({"/usr/bin/sed", "-z", "-i", R"(s/\n/\\n\\\n/g; s/^/[Service]\nSetCredential=k:/)",
            file});
        return timesInMemoryAfter([&] { body(folder.path().string()); },
            [&] {
                std::vector<std::string> lines;
                std::istringstream text(readText(file));
                constexpr std::size_t whole = 64;
                for (std::string line; std::getline(text, line);) {
                    if (line.size() > whole && line[whole] == '\\')
                        lines.push_back(line.substr(0, whole));
                }
                return lines;
            });
    };
    CHECK(times([](const auto& folder) {
        static std::string kept;
        kept = readText(folder + "/web.service");
    }) > 0);
    CHECK(times([](const auto& folder) {
        static auto kept = (*plugins::makeSystemdDiscovery({{"units", folder}}))->discover();
        if (!kept || kept->configuration.size() != 1) ::_exit(1);
    }) == 0);
}

TEST_CASE("specifiers, and lines that are wrong")
{
    const Host host;
    fs::create_directories(host.folder / "web");
    host.folder.write("web/web.service.pem", readText(host.certificate()));
    host.folder.write("web/%.key", readText(host.key()));
    CHECK(host.of("LoadCredential=c:" + host.folder.path().string() +
                  "/%p/%n.pem\nLoadCredential=%N:" + host.folder.path().string() +
                  "/%j/%%.key\n") == "web/web.service.pem web/%.key web\n");
    CHECK(host.of("LoadCredential=c:/%H\nLoadCredential=%\nSetCredential=x\nLoadCredential=a/b:/c\n"
                  "LoadCredential=:/c\n") ==
          "- etc/web.service:2: a credential with a specifier that is not known here\n"
          "- etc/web.service:3: a credential with a specifier that is not known here\n"
          "- etc/web.service:4: a credential without a value\n"
          "- etc/web.service:5: a credential without a name\n"
          "- etc/web.service:6: a credential without a name\n");
}

TEST_CASE("which files are a unit's: folders, masks, other names, drop-ins, templates")
{
    const Host host;
    const auto units = [&](const std::string& text) {
        std::string shown;
        for (const auto& place : host.discovery().places)
            shown += place.service + " ";
        CHECK(shown == text);
    };
    host.unit("usr/a.service", "[Service]\n" + host.both());
    host.unit("usr/b.socket", "[Socket]\n" + host.both());
    host.unit("usr/c.target", "[Service]\n" + host.both());
    units("a b ");
    host.unit("etc/b.socket", "[Socket]\n");
    units("a ");
    fs::create_symlink("/dev/null", host.folder / "etc/a.service");
    units("");
    fs::remove(host.folder / "etc/a.service");
    host.unit("etc/a.service", "");
    units("");
    fs::remove(host.folder / "etc/a.service");
    fs::create_symlink("a.service", host.folder / "usr/other.service");
    units("a ");
    host.unit("usr/a.service.d/10-no.conf", "[Service]\nLoadCredential=\n");
    units("");
    host.unit("etc/a.service.d/10-no.conf", "[Service]\n"); // takes the other one's place
    units("a ");
    host.unit("usr/service.d/20-no.conf", "[Service]\nLoadCredential=\n");
    units("");
    host.unit("etc/a.service.d/30-yes.conf", "[Service]\n" + host.both());
    host.unit("etc/a.service.d/40-no.txt", "[Service]\nLoadCredential=\n");
    units("a ");
    host.unit("usr/web-front.service", "[Service]\n");
    host.unit("usr/web-.service.d/30.conf", "[Service]\n" + host.both());
    units("a web-front ");
    // A template is started under the names of its instances.
    host.unit("usr/t@.service", "[Service]\n");
    host.unit("usr/t@.service.d/30.conf", "[Service]\n" + host.both());
    units("a web-front ");
    fs::create_directories(host.folder / "etc/multi-user.target.wants");
    fs::create_symlink(
        host.folder / "usr/t@.service", host.folder / "etc/multi-user.target.wants/t@x.service");
    units("a t web-front ");
    host.unit("etc/t@y.service.d/50.conf", "[Service]\nLoadCredential=\n");
    units("a t web-front ");
}

TEST_CASE("units that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = readText(host.key()).substr(28, 40);
    CHECK(host.of("LoadCredential=" + secret + "%H\nSetCredential=" + secret + "\n[" + secret +
                  "\nLoadCredential=/" + secret + ":/" + secret + "\n")
              .find(secret) == std::string::npos);
    CHECK(host.of("LoadCredential=fifo:" +
                  [&] {
                      const auto fifo = host.folder / "fifo";
                      REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
                      return fifo;
                  }() +
                  "\n")
              .empty());
    std::string many;
    for (int i = 0; i < 600; ++i)
        many += "LoadCredential=c" + std::to_string(i) + ":/nowhere\n";
    CHECK(host.of(many).starts_with("- etc/web.service:502: too many credentials\n"));
    fs::create_directory(host.folder / "full");
    for (int i = 0; i < 300; ++i)
        host.folder.write("full/" + std::to_string(i), "x");
    CHECK(host.of("LoadCredential=f:" + host.folder / "full" + "\n") ==
          "- etc/web.service:2: too many files of one unit\n");
    CHECK(host.of("LoadCredential=a:" +
                  host.folder.write("big", std::string((1U << 20U) + 1, 'x')) + "\n")
              .starts_with("- etc/web.service:2: "));
    CHECK_FALSE(plugins::makeSystemdDiscovery({{"units", "etc"}}).ok());
    CHECK_FALSE(plugins::makeSystemdDiscovery({{"unit", "/etc"}}).ok());
}
