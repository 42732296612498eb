// A change of trust dies at each of its changes of the disk: either what was trusted or what is to
// be is there as a whole set of files, and the next call comes to the end.

#include "tests/support/dying_file_system.h"
#include "tests/support/trust_host.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr int allChanges = 5; // one more than there are

// From "one" to "two", which goes wrong; then once more.
void dieAt(TrustHost& trust, const DyingFileSystem::Plan& plan)
{
    REQUIRE(reasonOf(trust.set(trust.pem("one"))) == "done");
    const auto wanted = trust.pem("two");
    const bool died = diesOrEnds([&] {
        DyingFileSystem disk(trust.host.files, plan);
        const auto rules = trust.host.guard();
        installer::Installer asked(disk, trust.host.clock, rules, trust.host.log);
        (void)asked.handle(
            {"set_anchors", {{"order", "trust-system"}, {"store", "system"}, {"anchors", wanted}}});
        return true;
    });
    // Never without either: what is added comes before what is removed.
    const auto files = trust.files();
    CHECK((files.count(trust.fileOf("one")) == 1 || files.count(trust.fileOf("two")) == 1));
    CHECK(files.count("theirs.crt") == 1);
    CHECK((trust.trusts("one") || trust.trusts("two")));
    const auto again = trust.set(wanted);
    CHECK(reasonOf(again) == "done");
    CHECK(trust.trusts("two"));
    CHECK_FALSE(trust.trusts("one"));
    CHECK(trust.trusts("shipped"));
    CHECK_FALSE(std::filesystem::exists(trust.host.folder / "state/trust-system.before"));
    // Told in whole by the call that came to the end, unless the first one did.
    const bool told = again.field("note").find("+" + trust.fingerprint("two")) != std::string::npos;
    CHECK((!died || told || plan.fault == DyingFileSystem::Fault::DieAfter));
}

} // namespace

TEST_CASE("a change of trust that dies or fails at any change of the disk comes to its end")
{
    for (int change = 1; change <= allChanges; ++change) {
        for (const auto fault : DyingFileSystem::faultsAt(change)) {
            CAPTURE(change);
            CAPTURE(static_cast<int>(fault));
            TrustHost trust;
            dieAt(trust, {change, fault});
        }
    }
}
