// Certificates and chains by openssl's hand, each with one thing that is wrong.

#include "agent/scanner/certificate_check.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

using Texts = std::vector<std::string>;
using Roots = std::set<std::string>;

// One authority below another, and a server; every one can be made again in another way.
struct Authorities {
    TemporaryFolder folder;
    TimePoint now = *timeFromRfc3339("2026-01-01T00:00:00Z");

    Authorities()
    {
        make("root", "root");
        make("middle", "root");
        make("web.test", "middle");
        make("stranger", "stranger");
    }
    // `key`: arguments of genpkey. `digest`: "-sha256". Times as openssl has them.
    void make(const std::string& name, const std::string& issuer, const Texts& key = elliptic,
        const std::string& digest = "sha256", const std::string& end = "20991231235959Z",
        const std::string& begin = "20200101000000Z") const
    {
        Texts command = {"/usr/bin/openssl", "genpkey", "-out", folder / (name + ".key")};
        command.insert(command.end(), key.begin(), key.end());
        mustRun(command);
        sign(name, issuer, digest, end, begin);
    }
    void sign(const std::string& name, const std::string& issuer,
        const std::string& digest = "sha256", const std::string& end = "20991231235959Z",
        const std::string& begin = "20200101000000Z") const
    {
        const auto settings = folder.write("ca.cnf",
            "[ca]\ndefault_ca = a\n[a]\ndatabase = " + folder / "index" + "\nnew_certs_dir = " +
                folder.path().string() + "\nrand_serial = yes\npolicy = p\nunique_subject = no\n" +
                "[p]\ncommonName = supplied\n[x]\nbasicConstraints = critical,CA:" +
                (name == "web.test" ? "FALSE" : "TRUE") + "\n[req]\ndistinguished_name = d\n[d]\n");
        (void)folder.write("index", "");
        const auto request = folder / "request";
        mustRun({"/usr/bin/openssl", "req", "-new", "-config", settings, "-key",
            folder / (name + ".key"), "-subj", "/CN=" + name, "-out", request});
        Texts command = {"/usr/bin/openssl", "ca", "-batch", "-notext", "-config", settings, "-in",
            request, "-out", folder / (name + ".pem"), "-extensions", "x", "-startdate", begin,
            "-enddate", end, "-md", digest, "-keyfile", folder / (issuer + ".key")};
        if (name == issuer)
            command.emplace_back("-selfsign");
        else
            command.insert(command.end(), {"-cert", folder / (issuer + ".pem")});
        mustRun(command);
    }
    std::vector<x509::Certificate> read(const Texts& names) const
    {
        std::string pem;
        for (const auto& name : names)
            pem += readText(folder / (name + ".pem"));
        auto chain = x509::Certificate::allFromPem(pem);
        REQUIRE_MESSAGE(chain.ok(), chain.error().message);
        return *std::move(chain);
    }
    Texts chain(const Texts& names, const Roots& roots = {}) const
    {
        return checkChain(read(names), roots, now);
    }

    static inline const Texts elliptic = {
        "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"};
    static Texts rsa(const std::string& bits)
    {
        return {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + bits};
    }
};

} // namespace

TEST_CASE("a chain in order has no warning, with its root and without")
{
    const Authorities host;
    for (const auto& roots : {Roots{}, Roots{"CN=root"}, Roots{"CN=root", "CN=other"}}) {
        CHECK(host.chain({"web.test", "middle", "root"}, roots) == Texts{});
        CHECK(host.chain({"web.test", "middle"}, roots) == Texts{});
    }
    CHECK(host.chain({"root"}) == Texts{});
    CHECK(host.chain({"root"}, {"CN=other"}) == Texts{});
}

TEST_CASE("a member that is missing: other members follow, or no root here is called so")
{
    const Authorities host;
    const Texts missing = {
        R"(chain: the certificate of "CN=middle" is missing, which issued "web.test")"};
    CHECK(host.chain({"web.test"}, {"CN=root"}) == missing);
    CHECK(host.chain({"web.test"}) == Texts{}); // nothing is known of roots
    CHECK(
        host.chain({"web.test", "root"}) == Texts{missing[0], R"(chain: "root" is no part of it)"});
    CHECK(host.chain({"web.test", "middle"}, {"CN=other"}) ==
          Texts{R"(chain: the certificate of "CN=root" is missing, which issued "middle")"});
    // Signed across: one of its members is a root here.
    CHECK(host.chain({"web.test", "middle"}, {"CN=middle"}) == Texts{});
}

TEST_CASE("members out of order, there twice, or of another chain")
{
    const Authorities host;
    CHECK(
        host.chain({"web.test", "root", "middle"}) == Texts{"chain: its members are out of order"});
    CHECK(host.chain({"middle", "web.test"}) ==
          Texts{R"(chain: "web.test" is out of order: it comes after its issuer)"});
    CHECK(
        host.chain({"web.test", "middle", "middle"}) == Texts{R"(chain: "middle" is there twice)"});
    CHECK(host.chain({"web.test", "middle", "stranger"}) ==
          Texts{R"(chain: "stranger" is no part of it)"});
    // Of the issuer's name, and with another key: who signed is looked at.
    host.make("middle", "root");
    const auto other = host.chain({"web.test", "middle", "root"});
    REQUIRE(other.size() == 3);
    CHECK(other[0].ends_with("is missing, which issued \"web.test\""));
    CHECK(other[1] == R"(chain: "middle" is no part of it)");
}

TEST_CASE("members that have expired, are not valid yet, or are weak")
{
    const Authorities host;
    const auto withMiddle = [&](const auto&... how) {
        host.make("middle", "root", how...);
        host.sign("web.test", "middle");
        return host.chain({"web.test", "middle", "root"});
    };
    CHECK(withMiddle(host.elliptic, "sha256", "20251231235959Z") ==
          Texts{R"(chain: "middle": expired at 2025-12-31T23:59:59Z)"});
    CHECK(withMiddle(host.elliptic, "sha256", "20991231235959Z", "20260102000000Z") ==
          Texts{R"(chain: "middle": not valid before 2026-01-02T00:00:00Z)"});
    CHECK(withMiddle(host.elliptic, "sha1") ==
          Texts{R"(chain: "middle": signed with a broken digest: ecdsa-with-SHA1)"});
    CHECK(withMiddle(host.rsa("1024")) == Texts{R"(chain: "middle": its key is weak: rsa-1024)"});
    // A root is trusted for its key, not for what it says of itself.
    host.make("root", "root", host.rsa("1024"), "sha1");
    CHECK(withMiddle(host.elliptic) == Texts{R"(chain: "root": its key is weak: rsa-1024)"});
}

TEST_CASE("of the first certificate: time, key, digest")
{
    const Authorities host;
    const auto alone = [&](const Texts& key, const std::string& digest = "sha256",
                           const std::string& end = "20991231235959Z") {
        host.make("web.test", "middle", key, digest, end);
        return checkCertificate(host.read({"web.test"}).front(), host.now);
    };
    const auto curve = [](const std::string& name) {
        return Texts{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + name};
    };
    CHECK(alone(host.elliptic) == Texts{});
    CHECK(alone(host.rsa("2048")) == Texts{});
    CHECK(alone(host.rsa("2047")) == Texts{"its key is weak: rsa-2047"});
    CHECK(alone({"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:1024"}) ==
          Texts{"its key is weak: rsa-pss-1024"});
    CHECK(alone(curve("secp192k1")) == Texts{"its key is weak: ec-secp192k1"});
    CHECK(alone(curve("c2tnb191v1")) == Texts{"its key is weak: ec-c2tnb191v1"});
    for (const auto* name : {"secp224r1", "brainpoolP256r1", "wap-wsg-idm-ecid-wtls12", "P-521"})
        CHECK_MESSAGE(alone(curve(name)) == Texts{}, name);
    CHECK(alone({"-algorithm", "ED25519"}) == Texts{});
    CHECK(alone(host.elliptic, "sha1") == Texts{"signed with a broken digest: ecdsa-with-SHA1"});
    CHECK(alone(host.elliptic, "sha256", "20251231235959Z") ==
          Texts{"expired at 2025-12-31T23:59:59Z"});
    host.make("middle", "root", host.rsa("2048"));
    CHECK(
        alone(host.elliptic, "md5") == Texts{"signed with a broken digest: md5WithRSAEncryption"});
}

TEST_CASE("a file of many members costs little: of one name, of no chain")
{
    const Authorities host;
    std::string pem = readText(host.folder / "web.test.pem");
    for (int i = 0; i < 25; ++i) {
        host.sign("stranger", "stranger"); // another serial number each time
        pem += readText(host.folder / "stranger.pem");
    }
    auto chain = *x509::Certificate::allFromPem(pem);
    CHECK(checkChain(chain, {}, host.now).size() == 7); // missing, five, and how many more
    CHECK(checkChain(chain, {}, host.now).back() == "chain: 20 more members are no part of it");

    // All of the issuer's name, none the issuer.
    mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-out", host.folder / "middle.key"});
    pem = readText(host.folder / "web.test.pem");
    for (int i = 0; i < 25; ++i) {
        host.sign("middle", "root");
        pem += readText(host.folder / "middle.pem");
    }
    chain = *x509::Certificate::allFromPem(pem);
    CHECK(
        checkChain(chain, {}, host.now) == Texts{"chain: too many members of one name to look at"});
}
