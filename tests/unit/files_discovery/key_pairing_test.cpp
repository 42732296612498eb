#include "plugins/files_discovery/key_pairing.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::plugins::files;

namespace {

constexpr uid_t deployer = 1'000;
constexpr uid_t mallory = 1'001;
constexpr gid_t deployers = 2'000;

// Of the group's members there is one.
KeyPairing pairing()
{
    return KeyPairing([](uid_t user, const FileReaders& key) {
        return user == 0 || user == key.owner ||
               (user == deployer && key.groupReads && key.group == deployers);
    });
}

PairedFile of(uid_t owner, const std::string& path)
{
    return {path, {owner, static_cast<gid_t>(owner), true}, false};
}

} // namespace

TEST_CASE("keys are taken in the order: same file, same folder, elsewhere, same name only")
{
    auto keys = pairing();
    const auto chosen = [&](const std::string& certificate) {
        return keys.keyFor({certificate}, "pin").value_or("none");
    };
    CHECK(chosen("/c/web.pem") == "none");
    CHECK_FALSE(keys.hasKey("pin"));
    keys.addKey({"/c/other.key"}, "another pin");
    CHECK(chosen("/c/web.pem") == "none");
    keys.addKey({"/c/web.rsa"}, "another pin");
    CHECK(chosen("/c/web.pem") == "/c/web.rsa");
    keys.addKey({"/d/x.key"}, "pin");
    CHECK(chosen("/c/web.pem") == "/d/x.key");
    CHECK(keys.hasKey("pin"));
    keys.addKey({"/d/web.key"}, "pin");
    CHECK(chosen("/c/web.pem") == "/d/web.key");
    keys.addKey({"/c/x.key"}, "pin");
    keys.addKey({"/c/y.key"}, "pin");
    CHECK(chosen("/c/web.pem") == "/c/x.key");
    keys.addKey({"/c/web.ec"}, "pin");
    keys.addKey({"/c/web.key"}, "pin");
    CHECK(chosen("/c/web.pem") == "/c/web.ec");
    keys.addKey({"/c/web.pem"}, "another pin");
    CHECK(chosen("/c/web.pem") == "/c/web.ec");
    keys.addKey({"/c/full.pem"}, "pin");
    CHECK(chosen("/c/full.pem") == "/c/full.pem");
}

TEST_CASE("a copy of a certificate is no pair with the key of somebody else")
{
    auto keys = pairing();
    keys.addKey({"/private/web.key", {0, deployers, true}}, "pin");
    const auto copy = of(mallory, "/home/m/web.pem");
    CHECK_FALSE(keys.matchingKey(copy, "pin").has_value());
    CHECK_FALSE(keys.keyFor(copy, "pin").has_value());
    CHECK(keys.keyFor(of(0, "/certs/web.pem"), "pin") == "/private/web.key");
    CHECK(keys.keyFor(of(deployer, "/certs/web.pem"), "pin") == "/private/web.key");
    // Whoever may put files beside the key was let in; where everybody may, nobody was.
    auto beside = of(mallory, "/private/other.pem");
    CHECK(keys.keyFor(beside, "pin") == "/private/web.key");
    beside.inOpenFolder = true;
    CHECK_FALSE(keys.keyFor(beside, "pin").has_value());
    beside.path = "/private/web.pem"; // nor by its name alone
    CHECK_FALSE(keys.keyFor(beside, "another pin").has_value());
}

TEST_CASE("a key that somebody else has too takes it from nobody")
{
    auto keys = pairing();
    keys.addKey(of(mallory, "/a/web.key"), "pin");
    keys.addKey(of(deployer, "/b/web.key"), "pin");
    CHECK(keys.keyFor(of(deployer, "/certs/web.pem"), "pin") == "/b/web.key");
    CHECK(keys.keyFor(of(mallory, "/certs/web.pem"), "pin") == "/a/web.key");
}
