// A first enrolment dies at each change of the disk, or the disk fails there. Whoever runs the same
// command again has one certificate in the end, and the CA never saw a second key.

#include "tests/support/dying_file_system.h"
#include "tests/unit/enroller/first_world.h"

#include <fstream>
#include <set>

using namespace perennial;
using namespace perennial::test;
using Fault = DyingFileSystem::Fault;

namespace {

// What the CA answers to the first request of a process's life, and to every one after it. What it
// saw outlives the processes that asked.
struct Story {
    std::string name;
    std::function<Result<IssueOutcome>(FirstWorld&, const Bytes& publicKey, std::size_t seen)> ca;
    std::string end; // what is left of certificate, key and kept request
};

const std::vector<Story>& stories()
{
    const auto issued = [](FirstWorld& world, const Bytes& publicKey, std::size_t) {
        return Result<IssueOutcome>(world.ca.issue(publicKey));
    };
    static const std::vector<Story> all = {
        {"issued at once", issued, "ck"},
        {"the first answer is lost",
            [issued](FirstWorld& world, const Bytes& publicKey, std::size_t seen) {
                if (seen == 1) return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "cut"});
                return issued(world, publicKey, seen);
            },
            "ck"},
        {"pending, then issued",
            [issued](FirstWorld& world, const Bytes& publicKey, std::size_t seen) {
                if (seen == 1) return Result<IssueOutcome>(Pending{"ticket-1", Duration(60)});
                return issued(world, publicKey, seen);
            },
            "ck"},
        {"pending, then denied",
            [](FirstWorld&, const auto&, std::size_t seen) {
                if (seen == 1) return Result<IssueOutcome>(Pending{"ticket-1", Duration(60)});
                return Result<IssueOutcome>(Denied{"not for you"});
            },
            ""},
    };
    return all;
}

class Life {
public:
    explicit Life(const Story& story) : story_(story)
    {
        world_.answer([this](const Bytes& publicKey) {
            std::ofstream(seenFile(), std::ios::app) << toHex(publicKey) << std::endl;
            return story_.ca(world_, publicKey, seen().size());
        });
    }
    // Until something is decided, as its caller would. Whether it was.
    bool run(FileSystem& files)
    {
        for (int time = 0; time < 4; ++time) {
            const auto result = world_.enroll(files);
            if (result && result->state == "issued") return true;
            if (!result && result.error().kind == ErrorKind::PermissionDenied) return true;
        }
        return false;
    }
    std::vector<std::string> seen() const
    {
        std::vector<std::string> keys;
        std::ifstream file(seenFile());
        for (std::string key; std::getline(file, key);)
            keys.push_back(key);
        return keys;
    }
    // In the end, after a run that nothing disturbed.
    void check()
    {
        PosixFileSystem files;
        // What was denied before it died is not asked for again by itself; here it is.
        const auto last = world_.left();
        if (last != "ck" || story_.end.empty()) CHECK(run(files));
        CHECK(world_.left() == story_.end);
        const auto keys = seen();
        if (story_.end.empty()) return;
        CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == 1);
        const auto key = x509::PrivateKey::fromPem(Secret(readText(world_.options.keyFile)));
        const auto leaf = x509::Certificate::fromPem(readText(world_.options.certificateFile));
        REQUIRE((key && leaf));
        CHECK(key->matches(*leaf));
        CHECK(toHex(key->publicKeyDer()) == keys.front());
    }

private:
    std::string seenFile() const { return world_.folder / "seen"; }

    const Story& story_;
    FirstWorld world_;
};

} // namespace

TEST_CASE("a first enrolment that dies at any change of the disk has one key")
{
    for (const auto& story : stories()) {
        CAPTURE(story.name);
        PosixFileSystem files;
        DyingFileSystem counted(files);
        Life undisturbed(story);
        REQUIRE(undisturbed.run(counted));
        REQUIRE(counted.changes() >= 3);
        for (int change = 1; change <= counted.changes(); ++change) {
            for (const auto fault : DyingFileSystem::faultsAt(change)) {
                CAPTURE(change);
                CAPTURE(static_cast<int>(fault));
                Life life(story);
                const bool died = diesOrEnds([&] {
                    DyingFileSystem disk(files, {change, fault});
                    (void)life.run(disk);
                    return true;
                });
                CHECK(died == (fault != Fault::Fail && fault != Fault::FailForGood));
                life.check();
            }
        }
    }
}
