// Tokens of SoftHSM2 that softhsm2-util and pkcs11-tool filled, and a module that means no good.

#include "plugins/pkcs11_discovery/pkcs11_discovery.h"

#include "tests/support/discovery_text.h"
#include "tests/support/soft_token.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

const std::string bin = PERENNIAL_BIN_DIR;

Result<Discovery> discover(
    const std::string& module, const std::string& variables, const std::string& keeper = "")
{
    PluginSettings settings = {{"module", module}, {"service", "web"},
        {"keeper", keeper.empty() ? bin + "/perennial-token-keeper" : keeper}};
    if (!variables.empty()) settings["variables"] = variables;
    auto source = plugins::makePkcs11Discovery(settings);
    REQUIRE_MESSAGE(source.ok(), source.error().message);
    return (*source)->discover();
}

std::string foundIn(const SoftToken& token)
{
    const auto found = discover(SoftToken::module, token.variable());
    REQUIRE_MESSAGE(found.ok(), found.error().message);
    return textOf(*found, "");
}

struct Pki {
    Pki()
    {
        pki.makeRoot("root");
        for (const char* name : {"web.test", "other.test"})
            pki.issueServer(name, "root");
    }
    TemporaryFolder folder;
    TestPki pki{folder};
};

// Where others could change it, the module would not be loaded.
struct HostileModule {
    HostileModule() { fs::copy_file(bin + "/libhostile_module.so", path); }
    Result<Discovery> discover(const std::string& mode) const
    {
        return ::discover(path, "HOSTILE=" + mode);
    }
    std::string skipped(const std::string& mode) const
    {
        const auto found = discover(mode);
        REQUIRE_MESSAGE(found.ok(), mode, ": ", found.error().message);
        CHECK(found->places.empty());
        std::string text;
        for (const auto& line : found->skipped)
            text += line + "\n";
        return text;
    }
    std::string error(const std::string& mode) const
    {
        const auto found = discover(mode);
        REQUIRE_MESSAGE(!found.ok(), mode);
        return found.error().message;
    }
    TemporaryFolder folder;
    std::string path = folder / "module.so";
};

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a certificate with its key in SoftHSM2 is a slot; what else is in the token is found")
{
    const Pki host;
    const SoftToken token;
    const auto& web = host.pki["web.test"];
    const auto& other = host.pki["other.test"];
    token.importKey(web.key, "web", "01").addCertificate(web.certificate, "web", "01");
    token.addCertificate(other.certificate, "without key", "02");
    token.addCertificate(other.certificate, "of another key", "01");
    token.addCertificate(host.pki["root"].certificate, "root", "03");
    CHECK(foundIn(token) ==
          "pkcs11:token=web;object=web pkcs11:token=web;object=web web\n"
          "+ end-entity pkcs11 pkcs11:token=web;object=of%20another%20key: the key with its id in "
          "the token is another one\n"
          "+ authority pkcs11 pkcs11:token=web;object=root: it is an authority's\n"
          "+ end-entity pkcs11 pkcs11:token=web;object=without%20key: no key with its id is to be "
          "seen in the token without a PIN\n");
}

TEST_CASE("the slot has the certificate, and says that of its key only the public half was seen")
{
    const Pki host;
    const SoftToken token;
    const auto& web = host.pki["web.test"];
    token.importKey(web.key, "web", "01").addCertificate(web.certificate, "web", "01");
    const auto found = discover(SoftToken::module, token.variable());
    REQUIRE(found.ok());
    REQUIRE(found->places.size() == 1);
    CHECK(found->places.front().certificatePem == readText(web.certificate));
    CHECK(found->places.front().warnings ==
          std::vector<std::string>{
              "only the public half of its key is to be seen in the token without a PIN"});
}

TEST_CASE("two certificates under one label are no slots: nothing would tell them apart later")
{
    const Pki host;
    const SoftToken token;
    for (const char* name : {"web.test", "other.test"}) {
        const auto id = name == std::string("web.test") ? "01" : "02";
        token.importKey(host.pki[name].key, "web", id);
        token.addCertificate(host.pki[name].certificate, "web", id);
    }
    const auto text = foundIn(token);
    CHECK(contains(text, "pkcs11:token=web;object=web;id=%01: several certificates"));
    CHECK(contains(text, "pkcs11:token=web;object=web;id=%02: several certificates"));
}

TEST_CASE("what a token says has no form and no size that could hurt")
{
    const HostileModule module;
    CHECK(contains(module.skipped("label"), "object=a%1B%5B31m%0A%00b%FF: "));
    CHECK(contains(module.skipped("long-label"), "token=evil;id=garbage: ")); // without it
    CHECK(contains(module.skipped("huge"), "over its limit"));
    CHECK(contains(module.skipped("grows"), "over its limit"));
    CHECK(contains(module.skipped("garbage"), "object=garbage: "));
    CHECK(contains(module.skipped("endless"), "more certificates than are looked at"));
    CHECK(contains(module.skipped("count"), "token=evil"));
    CHECK(contains(module.skipped("slots"), "token=evil"));
    CHECK(contains(module.error("version"), "not of version 2"));
    CHECK(contains(module.error("crash"), "status 134"));
    CHECK(contains(module.error("flood"), "wrote more than"));
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__) // no limit goes with their shadow
    CHECK(contains(module.error("eat"), "C_Initialize"));
#endif
    CHECK(contains(module.error("chatter"), "listing"));
}

TEST_CASE(
    "the module runs without capabilities, without new privileges and in an empty environment")
{
    const HostileModule module;
    if (::geteuid() != 0)
        MESSAGE("not all is shown here: this user has no capabilities to be given up");
    CHECK(contains(module.skipped("capabilities"), "object=CapEff%3A%090000000000000000"));
    CHECK(contains(module.skipped("privileges"), "object=NoNewPrivs%3A%091"));
    CHECK(contains(module.skipped("environment"), "object=no%20HOME"));
}

TEST_CASE("a module or a program that others could have written is not loaded")
{
    const HostileModule module;
    REQUIRE(::chmod(module.path.c_str(), 0777) == 0);
    CHECK(contains(module.error("garbage"), "module.so"));
    REQUIRE(::chmod(module.path.c_str(), 0755) == 0);
    REQUIRE(module.discover("garbage").ok());
    const TemporaryFolder open; // a link in it can be made to lead elsewhere
    fs::create_symlink(module.path, open / "link.so");
    CHECK(discover(open / "link.so", "").ok());
    REQUIRE(::chmod(open.path().c_str(), 0777) == 0);
    CHECK_FALSE(discover(open / "link.so", "").ok());
    REQUIRE(::chmod(module.folder.path().c_str(), 0777) == 0);
    CHECK_FALSE(module.discover("garbage").ok());
    const auto keeper = module.folder / "keeper";
    fs::copy_file(bin + "/perennial-token-keeper", keeper);
    CHECK_FALSE(discover(module.path, "", keeper).ok());
    REQUIRE(::chmod(module.folder.path().c_str(), 0755) == 0);
    CHECK(discover(module.path, "", keeper).ok());
    REQUIRE(::chmod(keeper.c_str(), 0777) == 0);
    CHECK_FALSE(discover(module.path, "", keeper).ok());
}

TEST_CASE("settings that are wrong are refused by name")
{
    const std::vector<std::pair<PluginSettings, std::string>> table = {{{}, "module: is missing"},
        {{{"module", "x.so"}}, "module: must be an absolute path"},
        {{{"module", "/x.so"}, {"keeper", "k"}}, "keeper: must be an absolute path"},
        {{{"module", "/x.so"}, {"service", "a b"}}, "service: letters"},
        {{{"module", "/x.so"}, {"variables", "LD_PRELOAD=/tmp/x.so"}}, "variables: "},
        {{{"module", "/x.so"}, {"variables", "lower=1"}}, "variables: "},
        {{{"module", "/x.so"}, {"variables", "NOTHING"}}, "variables: "}};
    for (const auto& [settings, message] : table) {
        const auto made = plugins::makePkcs11Discovery(settings);
        REQUIRE_FALSE(made.ok());
        CHECK(contains(made.error().message, message));
    }
}
