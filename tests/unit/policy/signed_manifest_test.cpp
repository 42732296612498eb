// Who must have signed the documents, and what. ssh-keygen signs.

#include "shared/policy/signed_manifest.h"

#include "shared/base/json.h"
#include "shared/x509/digest.h"
#include "tests/support/policy_owner.h"

#include <doctest/doctest.h>
#include <functional>

using namespace perennial;
using namespace perennial::policy;
using test::PolicyOwner;

namespace {

const TimePoint now = *timeFromRfc3339("2026-11-20T15:12:00Z");

std::vector<model::PolicyDocument> documents()
{
    return {{"a.yaml", "one\n"}, {"b/c.yaml", "two\n"}};
}

struct World {
    PolicyOwner owner;
    SignedContent content = PolicyOwner::contentOf(documents(), 7, now);
    TrustedSigners trusted = owner.trust(2, {"ann", "bob"});
    SignedMark last;

    Result<Accepted> check(const model::SignedManifest& relayed,
        const std::vector<model::PolicyDocument>& sent = documents(), TimePoint at = now) const
    {
        return checkSigned(relayed, sent, trusted, last, at);
    }
    void checkRefused(const Result<Accepted>& checked, const std::string& what) const
    {
        REQUIRE_FALSE(checked);
        CHECK_MESSAGE(
            checked.error().message.find(what) != std::string::npos, checked.error().message);
    }
};

} // namespace

TEST_CASE("a manifest that enough different keys signed is accepted")
{
    World world;
    const auto relayed = world.owner.sign(world.content, {"ann", "bob", "eve"});
    const auto accepted = world.check(relayed);
    REQUIRE_MESSAGE(accepted.ok(), accepted.error().message);
    CHECK(accepted->mark == SignedMark{"corp-policies", 7, x509::sha256Hex(relayed.manifest)});
    CHECK(accepted->expires == now + std::chrono::days(90));
    CHECK(accepted->signers.empty());
    CHECK(world.check(world.owner.sign(world.content, {"ann", "bob"})));
}

TEST_CASE("fewer keys than must, another's key, or one key twice are not enough")
{
    World world;
    world.checkRefused(world.check(world.owner.sign(world.content, {})), "signed by nobody");
    world.checkRefused(world.check(world.owner.sign(world.content, {"ann"})), "and 2 must");
    world.checkRefused(world.check(world.owner.sign(world.content, {"ann", "eve"})), "1 of the");
    auto twice = world.owner.sign(world.content, {"ann"});
    twice.signatures["again.sig"] = world.owner.sign("ann", twice.manifest);
    world.checkRefused(world.check(twice), "1 of the policy signers");
    world.trusted.threshold = 0; // nobody at all is no threshold
    world.checkRefused(world.check(world.owner.sign(world.content, {"ann", "bob"})), "0 must");
}

TEST_CASE("signatures of another text, or for another namespace, are refused")
{
    World world;
    auto changed = world.owner.sign(world.content, {"ann", "bob"});
    changed.manifest.replace(changed.manifest.find("2027"), 4, "2099");
    world.checkRefused(world.check(changed), "does not fit these bytes");
    auto git = world.owner.sign(world.content, {"ann"});
    git.signatures["bob.sig"] = world.owner.sign("bob", git.manifest, "git");
    world.checkRefused(world.check(git), "bob.sig: SSH signature: it is for \"git\"");
    git.signatures["bob.sig"] = "nothing";
    world.checkRefused(world.check(git), "bob.sig: SSH signature: a text from BEGIN");
}

TEST_CASE("exactly the files that were signed, with their sizes")
{
    using Documents = std::vector<model::PolicyDocument>;
    World world;
    const auto relayed = world.owner.sign(world.content, {"ann", "bob"});
    const std::vector<std::pair<std::string, std::function<void(Documents&)>>> changes = {
        {"a.yaml is not the file that was signed", [](Documents& list) { list[0].content += " "; }},
        {"a.yaml is not the file that was signed",
            [](Documents& list) { std::swap(list[0].content, list[1].content); }},
        {"b/c.yaml is missing", [](Documents& list) { list.pop_back(); }},
        {"d.yaml is not in it",
            [](Documents& list) {
                list.push_back({"d.yaml", "one\n"});
            }},
        {"there twice", [](Documents& list) { list.push_back(list[0]); }}};
    for (const auto& [what, change] : changes) {
        CAPTURE(what);
        auto list = documents();
        change(list);
        const auto checked = world.check(relayed, list);
        world.checkRefused(checked, what);
        CHECK(checked.error().kind == ErrorKind::Corrupt);
    }
    auto size = world.content;
    size.files["a.yaml"].size = 5;
    world.checkRefused(world.check(world.owner.sign(size, {"ann", "bob"})), "not the file");
}

TEST_CASE("a version only grows and is one manifest, of one repository")
{
    World world;
    const auto relayed = world.owner.sign(world.content, {"ann", "bob"});
    const auto mark = world.check(relayed)->mark;
    world.last = mark;
    CHECK(world.check(relayed));
    world.last.version = 6;
    CHECK(world.check(relayed));
    world.last.version = 8;
    world.checkRefused(world.check(relayed), "7 is older than 8");
    world.last = mark;
    auto other = world.content;
    other.expires += std::chrono::hours(1);
    world.checkRefused(
        world.check(world.owner.sign(other, {"ann", "bob"})), "another manifest than the one");
    world.last.repository = "other-policies";
    world.checkRefused(world.check(relayed), "of the repository corp-policies");
}

TEST_CASE("its end is its owner's word")
{
    CHECK(checkFresh(now, now - Duration(1)));
    CHECK(checkFresh(now, now).error().kind == ErrorKind::PermissionDenied);
}

TEST_CASE("a key counts while it is valid")
{
    World world;
    const auto relayed = world.owner.sign(world.content, {"ann", "bob"});
    const auto with = [&](const std::string& options) {
        world.trusted.signers = *policySignersFromText(
            world.owner.line("ann") + world.owner.line("bob", options), "file");
        return world.check(relayed).ok();
    };
    CHECK(with("valid-after=\"20261120\",valid-before=\"202611201513\""));
    CHECK_FALSE(with("valid-before=20261120151200Z"));
    CHECK_FALSE(with("valid-after=\"20261121\""));
}

TEST_CASE("new signers count once old and new ones agreed")
{
    World world;
    const auto next = world.owner.lines({"bob", "eve"});
    world.content = PolicyOwner::contentOf(documents(), 8, now, next);
    const auto all = world.owner.sign(world.content, {"ann", "bob", "eve"}, next);
    const auto accepted = world.check(all);
    REQUIRE_MESSAGE(accepted.ok(), accepted.error().message);
    CHECK(accepted->signers == next);

    world.checkRefused(
        world.check(world.owner.sign(world.content, {"ann", "bob"}, next)), "of the new signers");
    world.checkRefused(world.check(world.owner.sign(world.content, {"bob", "eve"}, next)),
        "1 of the policy signers");
    auto swapped = all;
    swapped.signers = world.owner.lines({"eve"});
    world.checkRefused(world.check(swapped), "policy_signers is not the file that was signed");
    swapped.signers.clear();
    world.checkRefused(world.check(swapped), "policy_signers is missing");
}

TEST_CASE("a manifest has its members, and no others")
{
    World world;
    const auto text = toText(world.content);
    const auto read = signedContentFromText(text);
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    CHECK(toText(*read) == text);
    const auto good = *Json::parse(text);
    const std::vector<std::pair<std::string, Json>> wrong = {{"schema", 2}, {"repository", ""},
        {"repository", "a b"}, {"version", 0}, {"version", "1"}, {"issued", "today"},
        {"expires", 1}, {"files", Json::Array{}}, {"more", 1},
        {"files", Json::Object{{"a.yaml", "x"}}},
        {"files", Json::Object{{"../a.yaml",
                      Json::Object{{"sha256", std::string(64, 'a')}, {"size", 1}}}}},
        {"files",
            Json::Object{{"a.yaml", Json::Object{{"sha256", std::string(64, 'A')}, {"size", 1}}}}},
        {"files", Json::Object{
                      {"a.yaml", Json::Object{{"sha256", std::string(64, 'a')}, {"size", -1}}}}}};
    for (const auto& [member, value] : wrong) {
        CAPTURE(member + " " + value.canonical());
        auto json = good;
        json[member] = value;
        const auto bad = signedContentFromText(json.canonical());
        REQUIRE_FALSE(bad);
        CHECK(bad.error().kind == ErrorKind::InvalidInput);
    }
    for (const auto* member : {"schema", "repository", "version", "issued", "expires", "files"}) {
        auto json = good;
        json.object()->erase(member);
        CHECK_FALSE(signedContentFromText(json.canonical()));
    }
}

TEST_CASE("lines of policy_signers mean all that they say, or are refused")
{
    const PolicyOwner owner;
    const auto ann = owner.line("ann");
    const auto read = [](const std::string& text) { return policySignersFromText(text, "f"); };
    CHECK(read("# nobody\n\n")->empty());
    REQUIRE(read("# we\n" + ann + owner.line("bob", "namespaces=\"git,perennial-policies\"")));
    CHECK(read(ann)->front().name == "ann@example.test");
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {ann + ann, "f:2: this key is there twice"},
        {owner.line("ann", "cert-authority"), "\"cert-authority\" is not known here"},
        {owner.line("ann", "namespaces=\"git\""), "namespaces must have perennial-policies"},
        {owner.line("ann", "valid-before=\"2026\""), "is not known here"},
        {owner.line("ann", "valid-before=\"20261341\""), "is not known here"},
        {"\n\nann@example.test\n", "f:3: is not \"who [options] type key\""},
        {"ann@example.test ssh-ed25519 !!!\n", "the key is not base64"},
        {"ann@example.test ssh-ed25519 AAAA\n", "SSH public key"},
        {"ann@example.test ssh-rsa" + ann.substr(ann.find(" AAAA")), "is of type ssh-ed25519"},
        {"ann@example.test namespaces=\"x ssh-ed25519\n", "a quote does not end"},
        {std::string(70'000, '#'), "over 64 KB"}};
    for (const auto& [text, what] : wrong) {
        CAPTURE(what);
        const auto bad = read(text);
        REQUIRE_FALSE(bad);
        CHECK_MESSAGE(bad.error().message.find(what) != std::string::npos, bad.error().message);
    }
}
