#include "plugins/files_discovery/file_reading.h"

#include "shared/base/file_descriptor.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::plugins::files;
using namespace perennial::test;

namespace {

// Counts what is opened.
class Counting final : public FileVisitor {
public:
    explicit Counting(FileReading& reading) : reading_(reading) {}
    bool knowsFiles() const override { return reading_.knowsFiles(); }
    bool knows(const WalkedFile& file) override { return reading_.knows(file); }
    std::uint64_t look(const WalkedFile& file, int descriptor) override
    {
        ++opened;
        return reading_.look(file, descriptor);
    }
    int opened = 0;

private:
    FileReading& reading_;
};

struct Scan {
    int opened;
    std::set<std::string> fingerprints;
    bool changed;
    std::string memory;
};

// As the source does it, but at a time when every file has settled.
Scan scan(const TemporaryFolder& folder, const std::string& before, const char* settings = "",
    Duration later = Duration(60))
{
    const SystemClock clock;
    auto memory = ScanMemory::fromText(before, settings);
    const PasswordFiles passwords;
    FileReading reading(memory, passwords, clock.now() + later);
    Counting counting(reading);
    Discovery found;
    FolderWalk(clock, {}).walk(folder.path().string(), counting, found);
    const auto files = std::move(reading).files();
    Scan done{counting.opened, {}, memory.changed(), memory.toText(settings)};
    for (const auto& file : files) {
        for (const auto& held : file.content->certificates)
            done.fingerprints.insert(held.facts.fingerprint.text());
    }
    return done;
}

struct Host {
    TemporaryFolder made;
    TemporaryFolder folder;
    TestPki pki{made};

    Host()
    {
        pki.makeRoot("root");
        pki.issueServer("a.test", "root");
        pki.issueServer("b.test", "root");
        // With room for the other one, whose signature may be a few bytes longer.
        folder.write("web", readText(pki["a.test"].certificate) + std::string(64, '\n'));
        for (int i = 0; i < 50; ++i)
            folder.write("note" + std::to_string(i), "nothing");
    }
    std::string fingerprint(const std::string& name) const
    {
        return x509::Certificate::fromPem(readText(pki[name].certificate))->fingerprint();
    }
};

} // namespace

TEST_CASE("what did not change is not opened again, and what did is")
{
    const Host host;
    const auto first = scan(host.folder, "");
    CHECK(first.opened == 51);
    CHECK(first.changed);
    const auto second = scan(host.folder, first.memory);
    CHECK(second.opened == 0);
    CHECK_FALSE(second.changed);
    CHECK(second.fingerprints == std::set{host.fingerprint("a.test")});

    SUBCASE("written in place, of the same size, with its old time set again")
    {
        struct stat facts {};
        const auto path = host.folder / "web";
        REQUIRE(::stat(path.c_str(), &facts) == 0);
        auto text = readText(host.pki["b.test"].certificate);
        text.resize(static_cast<std::size_t>(facts.st_size), '\n');
        const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        REQUIRE(::pwrite(file.get(), text.data(), text.size(), 0) == facts.st_size);
        const std::array<timespec, 2> times = {facts.st_atim, facts.st_mtim};
        REQUIRE(::futimens(file.get(), times.data()) == 0);
        const auto third = scan(host.folder, second.memory);
        CHECK(third.opened == 1);
        CHECK(third.changed);
        CHECK(third.fingerprints == std::set{host.fingerprint("b.test")});
    }
    SUBCASE("gone: it is forgotten")
    {
        std::filesystem::remove(host.folder / "note1");
        const auto third = scan(host.folder, second.memory);
        CHECK(third.opened == 0);
        CHECK(third.changed);
        CHECK(third.memory.size() == second.memory.size() - 8);
    }
    SUBCASE("with other passwords everything is read again")
    {
        CHECK(scan(host.folder, second.memory, "other").opened == 51);
    }
}

TEST_CASE("a file that was written within the last seconds is read again the next time")
{
    const Host host;
    const auto first = scan(host.folder, "", "", Duration(0));
    CHECK(first.fingerprints.size() == 1);
    CHECK(scan(host.folder, first.memory, "", Duration(0)).opened == 51);
}

TEST_CASE("a file of several names is remembered once")
{
    const Host host;
    std::filesystem::create_hard_link(host.folder / "note1", host.folder / "other");
    const auto first = scan(host.folder, "");
    CHECK(first.opened == 52);
    const auto second = scan(host.folder, first.memory);
    CHECK(second.opened == 0);
    CHECK_FALSE(second.changed);
    CHECK(second.memory.size() == first.memory.size());
}

TEST_CASE("a damaged memory is no memory")
{
    const Host host;
    const auto whole = scan(host.folder, "").memory;
    CHECK_FALSE(ScanMemory::fromText(whole, "").empty());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        REQUIRE(ScanMemory::fromText(changed, "").empty());
        REQUIRE(ScanMemory::fromText(whole.substr(0, at), "").empty());
    }
    CHECK(ScanMemory::fromText(whole + "x", "").empty());
    CHECK(scan(host.folder, whole.substr(1)).opened == 51);
}

TEST_CASE("two memories of the same files have nothing in common that somebody could look for")
{
    const FileIdentity identity{1, 2, 3, 4, 5};
    CHECK(ScanMemory().fingerprint(identity) != ScanMemory().fingerprint(identity));
    const ScanMemory memory;
    for (const auto& other : {FileIdentity{2, 2, 3, 4, 5}, FileIdentity{1, 3, 3, 4, 5},
             FileIdentity{1, 2, 4, 4, 5}, FileIdentity{1, 2, 3, 5, 5}, FileIdentity{1, 2, 3, 4, 6}})
        CHECK(memory.fingerprint(other) != memory.fingerprint(identity));
}

TEST_CASE("a set of numbers holds what was put into it")
{
    FingerprintSet set;
    CHECK_FALSE(set.contains(0));
    CHECK_FALSE(set.contains(1));
    for (std::uint64_t i = 0; i < 100'000; ++i)
        REQUIRE(set.insert(i * 0x9E3779B97F4A7C15));
    CHECK(set.size() == 100'000);
    for (std::uint64_t i = 0; i < 100'000; ++i)
        REQUIRE_FALSE(set.insert(i * 0x9E3779B97F4A7C15));
    CHECK_FALSE(set.contains(1));
    CHECK(set.contains(0x9E3779B97F4A7C15));
}
