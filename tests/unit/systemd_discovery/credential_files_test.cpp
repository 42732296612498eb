#include "plugins/systemd_discovery/unit_pairs.h"

#include "shared/base/file_system.h"
#include "tests/support/discovery_text.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::plugins::systemd;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

constexpr auto spent =
    "- too many credentials of all units together: what remains is not looked at\n";

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};
    PosixFileSystem files;

    Host()
    {
        pki.makeRoot("root");
        pki.issueServer("web.test", "root");
        fs::create_directories(folder / "pair/more");
        fs::copy_file(pki["web.test"].certificate, folder / "pair/c");
        fs::copy_file(pki["web.test"].key, folder / "pair/k");
    }
    // Units u0, u1 ... that are given one credential each.
    std::string of(const std::vector<std::string>& sources, const CredentialLimits& limits) const
    {
        Discovery found;
        CredentialFiles credentialFiles(files, {folder / "pair"}, found, limits);
        UnitPairs pairs(credentialFiles, found);
        for (std::size_t i = 0; i < sources.size(); ++i) {
            const auto unit = unitNameOf("u" + std::to_string(i) + ".service");
            Credentials credentials(unit);
            REQUIRE(
                credentials.take({CredentialLine::Kind::Load, "p:" + sources[i], 1}, "/u").empty());
            pairs.add(unit, credentials);
        }
        return textOf(found, folder.path().string() + "/");
    }
};

std::string placeOf(int unit) { return "pair/c pair/k u" + std::to_string(unit) + "\n"; }

} // namespace

TEST_CASE("what many units are given is read once")
{
    const Host host;
    const std::vector<std::string> sources(50, host.folder / "pair");
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += placeOf(i);
    const auto size = fs::file_size(host.folder / "pair/c") + fs::file_size(host.folder / "pair/k");
    // The folder, its three entries and the looks at them.
    CHECK(host.of(sources, {2, size, 7}) == all);
    for (const auto& limits : {CredentialLimits{1, size, 7}, CredentialLimits{2, size - 1, 7},
             CredentialLimits{2, size, 6}})
        CHECK(host.of(sources, limits) == spent);
}

TEST_CASE("all units have one budget; when it is spent that is said once, and no half is told")
{
    const Host host;
    std::vector<std::string> sources = {host.folder / "pair"};
    for (const auto* name : {"a", "b", "c"}) {
        fs::copy(host.folder / "pair", host.folder / name);
        sources.push_back(host.folder / name);
    }
    CHECK(host.of(sources, {3, 1U << 20U, 1000}) == placeOf(0) + spent);
    CHECK(host.of(sources, {5, 1U << 20U, 1000}) == placeOf(0) + "a/c a/k u1\n" + spent);
    CHECK(host.of({"gone", "gone", "c"}, {1, 1U << 20U, 3}) ==
          "+ end-entity pem pair/c: a credential of u2.service without its key among them\n");
    CHECK(host.of({"gone", "lost", "c"}, {1, 1U << 20U, 3}) == spent);
}

TEST_CASE("a folder that is too deep is not listed")
{
    const Host host;
    std::string deep = host.folder / "pair/more";
    for (const auto* name : {"/d", "/d", "/d"})
        deep += name;
    fs::create_directories(deep);
    const auto tooDeep = host.folder / "pair/more/d/d";
    for (int i = 0; i < 100; ++i)
        host.folder.write("pair/more/d/d/" + std::to_string(i), "x");
    CHECK(host.of({host.folder / "pair"}, {100, 1U << 20U, 20}) ==
          placeOf(0) + "- /u:1: folders are nested too deep\n");
    // Who names it itself may look into it.
    fs::copy_file(host.pki["web.test"].certificate, tooDeep + "/c");
    CHECK(host.of({host.folder / "pair", tooDeep}, {200, 1U << 20U, 1000})
              .find("pair/more/d/d/c: a credential of u1.service") != std::string::npos);
}
