#include "shared/x509/certificate_chain.h"

#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::validateChain;

namespace {

TimePoint at(const std::string& text) { return timeFromRfc3339(text).value(); }
const TimePoint someDay = at("2026-11-21T06:00:00Z");

std::string reasonOf(const Result<std::vector<Certificate>>& path)
{
    if (path) return "accepted";
    CHECK(path.error().kind == ErrorKind::PermissionDenied);
    return path.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Chain {
    TemporaryFolder folder;
    TestPki pki{folder};
    Certificate root = certificateIn(pki.makeRoot("root").certificate);
    Certificate issuing = certificateIn(pki.makeAuthority("issuing", "root").certificate);
    Certificate leaf = certificateIn(
        pki.issue("leaf", "issuing", {.commonName = "web1.example.test"}).certificate);
};

// What `openssl verify` says of the same files at the same moment.
int opensslVerdict(const Chain& chain, const Certificate& leaf, TimePoint now)
{
    const auto root = chain.folder.write("a.pem", chain.root.toPem());
    const auto between = chain.folder.write("b.pem", chain.issuing.toPem());
    const auto last = chain.folder.write("c.pem", leaf.toPem());
    return opensslStatus({"verify", "-attime", std::to_string(now.time_since_epoch().count()),
        "-auth_level", "2", "-CAfile", root, "-untrusted", between, last});
}

} // namespace

TEST_CASE("a path is found from the leaf to the anchor")
{
    const Chain chain;
    const auto path = validateChain(
        chain.leaf, {chain.issuing}, {chain.root}, someDay, x509::oid::serverAuthentication);
    REQUIRE_MESSAGE(path.ok(), path.error().message);
    CHECK(*path == std::vector<Certificate>{chain.leaf, chain.issuing, chain.root});
    CHECK(opensslVerdict(chain, chain.leaf, someDay) == 0);
    CHECK(x509::chainPem(*path) == chain.leaf.toPem() + chain.issuing.toPem());
}

TEST_CASE("the protocol's own samples form a path")
{
    const auto path = validateChain(sampleCertificate("cert1.der"), {sampleCertificate("ca.der")},
        {sampleCertificate("root.der")}, someDay, x509::oid::clientAuthentication);
    REQUIRE_MESSAGE(path.ok(), path.error().message);
    CHECK(path->size() == 3);
}

TEST_CASE("an issuing authority may be the anchor")
{
    const Chain chain;
    const auto path = validateChain(chain.leaf, {}, {chain.issuing}, someDay);
    REQUIRE_MESSAGE(path.ok(), path.error().message);
    CHECK(*path == std::vector<Certificate>{chain.leaf, chain.issuing});
}

TEST_CASE("without the right anchor or a link there is no path")
{
    const Chain chain;
    TestPki pki(chain.folder);
    const auto other = certificateIn(pki.makeRoot("other").certificate);
    CHECK(contains(reasonOf(validateChain(chain.leaf, {chain.issuing}, {}, someDay)),
        "there is no trust anchor"));
    CHECK(contains(reasonOf(validateChain(chain.leaf, {}, {chain.root}, someDay)),
        "unable to get local issuer certificate"));
    CHECK(contains(
        reasonOf(validateChain(chain.leaf, {chain.issuing}, {other}, someDay)), "(at issuing)"));
    // A root that the other side sends along is no anchor.
    CHECK_FALSE(validateChain(chain.leaf, {chain.issuing, chain.root}, {other}, someDay).ok());
    const auto alone = certificateIn(pki.selfSigned("alone", {.commonName = "alone"}).certificate);
    CHECK_FALSE(validateChain(alone, {}, {chain.root}, someDay).ok());
}

TEST_CASE("the moment that is asked about decides, not the clock")
{
    Chain chain;
    const auto leaf = certificateIn(chain.pki
                                        .issue("short", "issuing",
                                            {.commonName = "short",
                                                .notBefore = "20300101000000Z",
                                                .notAfter = "20300201000000Z"})
                                        .certificate);
    const auto reason = [&](const std::string& now) {
        return reasonOf(validateChain(leaf, {chain.issuing}, {chain.root}, at(now)));
    };
    CHECK(contains(reason("2029-12-31T23:59:59Z"), "not yet valid"));
    CHECK(reason("2030-01-01T00:00:00Z") == "accepted");
    CHECK(reason("2030-01-31T23:59:59Z") == "accepted");
    CHECK(contains(reason("2030-02-02T00:00:00Z"), "expired"));
    CHECK(opensslVerdict(chain, leaf, at("2030-01-15T00:00:00Z")) == 0);
    CHECK(opensslVerdict(chain, leaf, at("2030-02-02T00:00:00Z")) != 0);
}

TEST_CASE("the leaf and the authorities above it must allow the purpose")
{
    Chain chain;
    const auto purpose = x509::oid::clientAuthentication;
    CHECK(contains(
        reasonOf(validateChain(chain.leaf, {chain.issuing}, {chain.root}, someDay, purpose)),
        "web1.example.test does not allow extended key usage 1.3.6.1.5.5.7.3.2"));
    CHECK(validateChain(chain.leaf, {chain.issuing}, {chain.root}, someDay).ok());

    // An authority made for servers alone, from openssl's configuration.
    const auto& narrow = chain.folder.write("narrow.cnf",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
        "extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\n");
    const auto key = chain.folder / "narrow.key";
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", key, "-subj", "/CN=narrow", "-out", chain.folder / "narrow.csr"});
    openssl({"x509", "-req", "-in", chain.folder / "narrow.csr", "-CA",
        chain.pki["root"].certificate, "-CAkey", chain.pki["root"].key, "-set_serial", "77",
        "-days", "3650", "-extfile", narrow, "-out", chain.folder / "narrow.pem"});
    const auto authority = certificateIn(chain.folder / "narrow.pem");
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", key + "2", "-subj", "/CN=both", "-out", chain.folder / "both.csr"});
    openssl({"x509", "-req", "-in", chain.folder / "both.csr", "-CA", chain.folder / "narrow.pem",
        "-CAkey", key, "-set_serial", "78", "-days", "3650", "-out", chain.folder / "both.pem"});
    const auto both = certificateIn(chain.folder / "both.pem");
    const auto now = authority.notBefore() + std::chrono::hours(2);
    CHECK(contains(reasonOf(validateChain(both, {authority}, {chain.root}, now, purpose)),
        "narrow does not allow"));
    CHECK(
        validateChain(both, {authority}, {chain.root}, now, x509::oid::serverAuthentication).ok());
}

TEST_CASE("an end entity's certificate issues nothing")
{
    Chain chain;
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", chain.folder / "k", "-subj", "/CN=forged", "-out", chain.folder / "r"});
    openssl({"x509", "-req", "-in", chain.folder / "r", "-CA", chain.pki["leaf"].certificate,
        "-CAkey", chain.pki["leaf"].key, "-set_serial", "1", "-days", "3650", "-out",
        chain.folder / "forged"});
    const auto forged = certificateIn(chain.folder / "forged");
    CHECK(contains(reasonOf(validateChain(forged, {chain.leaf, chain.issuing}, {chain.root},
                       forged.notBefore() + std::chrono::hours(2))),
        "invalid CA certificate"));
}

TEST_CASE("keyCertSign without basicConstraints makes no authority")
{
    Chain chain;
    const auto& f = chain.folder;
    const auto request = [&](const std::string& name) {
        openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f / (name + ".key"), "-subj", "/CN=" + name, "-out", f / (name + ".csr")});
    };
    const auto marks = f.write("marks.cnf", "keyUsage=critical,keyCertSign\n");
    request("marked");
    openssl({"x509", "-req", "-in", f / "marked.csr", "-CA", chain.pki["root"].certificate,
        "-CAkey", chain.pki["root"].key, "-set_serial", "5", "-days", "3650", "-extfile", marks,
        "-out", f / "marked.pem"});
    request("below");
    openssl({"x509", "-req", "-in", f / "below.csr", "-CA", f / "marked.pem", "-CAkey",
        f / "marked.key", "-set_serial", "6", "-days", "3650", "-out", f / "below.pem"});
    const auto marked = certificateIn(f / "marked.pem");
    const auto below = certificateIn(f / "below.pem");
    const auto now = below.notBefore() + std::chrono::hours(2);
    CHECK(contains(reasonOf(validateChain(below, {marked}, {chain.root}, now)),
        "invalid CA certificate (at marked)"));
}

TEST_CASE("SHA-1 and short RSA keys are refused below the anchor")
{
    Chain chain;
    const auto& f = chain.folder;
    const auto issue = [&](const std::string& key, const std::string& digest) {
        openssl({"req", "-new", "-newkey", key, "-nodes", "-keyout", f / "k", "-subj", "/CN=weak",
            "-out", f / "r"});
        openssl({"x509", "-req", "-in", f / "r", "-CA", chain.pki["issuing"].certificate, "-CAkey",
            chain.pki["issuing"].key, "-set_serial", "9", "-days", "3650", digest, "-out",
            f / "c"});
        const auto leaf = certificateIn(f / "c");
        return reasonOf(validateChain(
            leaf, {chain.issuing}, {chain.root}, leaf.notBefore() + std::chrono::hours(2)));
    };
    CHECK(issue("rsa:2048", "-sha256") == "accepted");
    CHECK(contains(issue("rsa:1024", "-sha256"), "EE certificate key too weak"));
    CHECK(contains(issue("rsa:2048", "-sha1"), "CA signature digest algorithm too weak"));
}

TEST_CASE("a path is at most ten certificates long, and candidates are limited")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto root = certificateIn(pki.makeRoot("a0").certificate);
    std::vector<Certificate> between;
    for (int i = 1; i <= 9; ++i)
        between.push_back(certificateIn(
            pki.makeAuthority("a" + std::to_string(i), "a" + std::to_string(i - 1)).certificate));
    const auto ten = certificateIn(pki.issueServer("ten", "a8").certificate);
    const auto eleven = certificateIn(pki.issueServer("eleven", "a9").certificate);
    const auto path = validateChain(ten, between, {root}, someDay);
    REQUIRE_MESSAGE(path.ok(), path.error().message);
    CHECK(path->size() == 10);
    CHECK(contains(
        reasonOf(validateChain(eleven, between, {root}, someDay)), "certificate chain too long"));

    const std::vector<Certificate> crowd(101, between.front());
    CHECK(contains(
        reasonOf(validateChain(ten, crowd, {root}, someDay)), "more than 100 intermediates"));
}

TEST_CASE("two authorities that certify each other make no endless path")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto root = certificateIn(pki.makeRoot("root").certificate);
    pki.makeRoot("x");
    pki.makeRoot("y");
    const auto cross = [&](const std::string& subject, const std::string& issuer) {
        const auto extensions =
            folder.write("cross.cnf", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n");
        const auto out = folder / (subject + "-by-" + issuer);
        openssl({"x509", "-in", pki[subject].certificate, "-CA", pki[issuer].certificate, "-CAkey",
            pki[issuer].key, "-set_serial", "3", "-days", "3650", "-extfile", extensions, "-out",
            out});
        return certificateIn(out);
    };
    const auto leaf = certificateIn(pki.issueServer("leaf", "x").certificate);
    const auto path = validateChain(leaf, {cross("x", "y"), cross("y", "x")}, {root}, someDay);
    CHECK_FALSE(path.ok());
}

TEST_CASE("an unknown critical extension ends the path")
{
    Chain chain;
    const auto leaf = certificateIn(
        chain.pki
            .issue("odd", "issuing",
                {.commonName = "odd", .moreExtensions = {"1.2.3.4=critical,DER:0500"}})
            .certificate);
    CHECK(contains(reasonOf(validateChain(leaf, {chain.issuing}, {chain.root}, someDay)),
        "unhandled critical extension"));
}

TEST_CASE("both sides of a root's rollover are handled")
{
    // The same name, two keys; the leaf of each finds its own root.
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto oldRoot = certificateIn(pki.makeRoot("root").certificate);
    const auto oldLeaf = certificateIn(pki.issueServer("old", "root").certificate);
    const TemporaryFolder later;
    TestPki newPki(later);
    const auto newRoot = certificateIn(newPki.makeRoot("root").certificate);
    const auto newLeaf = certificateIn(newPki.issueServer("new", "root").certificate);
    REQUIRE(oldRoot.subject() == newRoot.subject());
    for (const auto& [leaf, root] : {std::pair{oldLeaf, oldRoot}, {newLeaf, newRoot}}) {
        const auto path = validateChain(leaf, {}, {oldRoot, newRoot}, someDay);
        REQUIRE_MESSAGE(path.ok(), path.error().message);
        CHECK(path->back() == root);
    }
}
