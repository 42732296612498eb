#include "shared/x509/cms.h"

#include "tests/unit/x509/samples.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::PrivateKey;

namespace {

constexpr std::string_view dataOid = "1.2.840.113549.1.7.1";
constexpr std::string_view responseOid = "1.3.6.1.5.5.7.12.3";

std::string refusalOf(std::string_view der)
{
    const auto verified = x509::verifyCms(der);
    return verified ? "accepted" : verified.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// Two certificates by openssl, and messages that openssl signs with them.
struct Signers {
    TemporaryFolder folder;
    TestPki pki{folder};
    const TestCertificate& one = pki.selfSigned("one", {.commonName = "one"});
    const TestCertificate& two =
        pki.selfSigned("two", {.commonName = "two", .keyType = "rsa-2048"});

    std::string sign(const TestCertificate& signer, const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> arguments{"cms", "-sign", "-binary", "-outform", "DER", "-signer",
            signer.certificate, "-inkey", signer.key, "-out", folder / "signed.der"};
        if (std::find(more.begin(), more.end(), "-detached") == more.end())
            arguments.emplace_back("-nodetach");
        for (const auto& argument : more)
            if (argument != "-detached") arguments.push_back(argument);
        openssl(arguments, "the content");
        return readText(folder / "signed.der");
    }
    Certificate certificate(const TestCertificate& of) const
    {
        return certificateIn(of.certificate);
    }
    PrivateKey key(const TestCertificate& of) const
    {
        return PrivateKey::fromPem(Secret(readText(of.key))).value();
    }
};

} // namespace

TEST_CASE("a renewal without signed attributes is verified with the old key")
{
    const auto verified = x509::verifyCms(sample("renew_cms.der"));
    REQUIRE_MESSAGE(verified.ok(), verified.error().message);
    CHECK(verified->contentType == dataOid);
    CHECK(verified->content == sample("renew_p10.der"));
    CHECK(verified->signer == sampleCertificate("cert1.der"));
    CHECK(verified->certificates.size() == 1);
}

TEST_CASE("a CMC response with signed attributes is verified with the authority's key")
{
    const auto verified = x509::verifyCms(sample("cmcresp_issued1.der"));
    REQUIRE_MESSAGE(verified.ok(), verified.error().message);
    CHECK(verified->contentType == responseOid);
    CHECK(verified->content.size() == 111);
    CHECK(verified->signer == sampleCertificate("ca.der"));
    CHECK(verified->certificates.size() == 3);
}

TEST_CASE("Microsoft's own CMC response is read, and its SHA-1 signature is not accepted")
{
    const auto content = x509::readCms(sample("microsoft/bst1.der"));
    REQUIRE_MESSAGE(content.ok(), content.error().message);
    CHECK(content->contentType == responseOid);
    CHECK(content->content.size() == 111);
    REQUIRE(content->certificates.size() == 3);
    const auto leaf = sampleCertificate("microsoft/bst2.der");
    CHECK(std::find(content->certificates.begin(), content->certificates.end(), leaf) !=
          content->certificates.end());
    CHECK(contains(refusalOf(sample("microsoft/bst1.der")), "SHA-2 is needed"));
}

TEST_CASE("what openssl signs is verified, with and without signed attributes, DER and BER")
{
    Signers signers;
    for (const auto* signer : {&signers.one, &signers.two}) {
        for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"-noattr"},
                 {"-stream"}, {"-noattr", "-stream"}, {"-md", "sha512"}}) {
            const auto der = signers.sign(*signer, options);
            const auto verified = x509::verifyCms(der);
            REQUIRE_MESSAGE(verified.ok(), verified.error().message);
            CHECK(verified->content == "the content");
            CHECK(verified->signer == signers.certificate(*signer));
        }
    }
}

TEST_CASE("a changed content or signature does not verify")
{
    Signers signers;
    for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"-noattr"}}) {
        const auto der = signers.sign(signers.one, options);
        CHECK(contains(refusalOf(replaced(der, "the content", "the c0ntent")),
            "the signature does not verify"));
        auto broken = der;
        broken.back() = static_cast<char>(broken.back() ^ 1);
        CHECK(contains(refusalOf(broken), "the signature does not verify"));
        CHECK(x509::readCms(broken).ok()); // readers of responses do not look at it
    }
}

TEST_CASE("only a signer who is named, enclosed and alone is accepted")
{
    Signers signers;
    CHECK(contains(refusalOf(signers.sign(signers.one, {"-keyid"})), "not named by issuer"));
    CHECK(contains(refusalOf(signers.sign(signers.one, {"-nocerts"})), "is not enclosed"));
    CHECK(contains(refusalOf(signers.sign(signers.one,
                       {"-signer", signers.two.certificate, "-inkey", signers.two.key})),
        "exactly one signer is expected, not 2"));
    CHECK(contains(refusalOf(sample("cmc_renewal_request.der")), "not 2"));
    CHECK(contains(refusalOf(signers.sign(signers.one, {"-md", "sha1"})), "SHA-2 is needed"));
    CHECK(contains(refusalOf(signers.sign(signers.one, {"-detached"})), "no content enclosed"));
}

TEST_CASE("another enclosed certificate cannot stand in for the signer's")
{
    Signers signers;
    // The same name and serial number with another key: which one signed would be a guess.
    const auto other = PrivateKey::generate("ec-p256");
    const auto twin = replaced(signers.certificate(signers.one).toDer(),
        signers.key(signers.one).publicKeyDer(), other->publicKeyDer());
    const auto twinPem = signers.folder.write("twin.pem", Certificate::fromDer(twin)->toPem());
    CHECK(contains(refusalOf(signers.sign(signers.one, {"-certfile", twinPem})),
        "two certificates with the signer's issuer and serial number"));
}

TEST_CASE("signed attributes of another content type are refused")
{
    Signers signers;
    // contentType inside the attributes says id-data; the message is made to say otherwise.
    const auto der = signers.sign(signers.one);
    const auto id = *fromHex("06092a864886f70d010701");
    const auto at = der.find(id);
    REQUIRE(at != std::string::npos);
    auto changed = der;
    changed.replace(at, id.size(), *fromHex("06092a864886f70d010709"));
    CHECK(contains(refusalOf(changed), "another content type"));
}

TEST_CASE("what is no SignedData, or too much, is refused")
{
    const auto der = sample("renew_cms.der");
    for (std::size_t size = 0; size < der.size(); size += 7)
        CHECK_FALSE(x509::verifyCms(std::string_view(der).substr(0, size)).ok());
    CHECK(contains(refusalOf(der + '\0'), "bytes follow the end"));
    CHECK(contains(refusalOf(sample("cert1.der")), "not a SignedData"));
    CHECK(contains(refusalOf(std::string((512U << 10U) + 1, '0')), "over 524288 bytes"));
    std::string nested;
    for (int i = 0; i < 200; ++i)
        nested = wrapped('\x30', nested);
    CHECK(contains(refusalOf(nested), "nested too deeply"));

    Signers signers;
    const auto enveloped = signers.folder / "enveloped.der";
    openssl({"cms", "-encrypt", "-aes256", "-binary", "-outform", "DER", "-out", enveloped,
                signers.two.certificate},
        "x");
    CHECK(contains(refusalOf(readText(enveloped)), "not a SignedData"));

    std::string many;
    for (int i = 0; i < 51; ++i)
        many += signers.certificate(signers.two).toPem();
    openssl({"crl2pkcs7", "-nocrl", "-certfile", signers.folder.write("many.pem", many), "-outform",
        "DER", "-out", signers.folder / "many.der"});
    // A degenerate PKCS#7 has no content at all.
    CHECK(contains(refusalOf(readText(signers.folder / "many.der")), "no content enclosed"));
    const auto crowd = x509::readCms(signers.sign(signers.one,
        {"-certfile", signers.folder.write("crowd.pem", [&] {
             std::string all;
             for (int i = 0; i < 51; ++i)
                 all += certificateIn(
                     signers.pki.selfSigned("c" + std::to_string(i), {.commonName = "c"})
                         .certificate)
                            .toPem();
             return all;
         }())}));
    REQUIRE_FALSE(crowd.ok());
    CHECK(contains(crowd.error().message, "more than 50 certificates"));
}

TEST_CASE("messages are told from their first bytes")
{
    CHECK(x509::looksLikeSignedData(sample("renew_cms.der")));
    CHECK(x509::looksLikeSignedData(sample("microsoft/bst1.der")));
    CHECK_FALSE(x509::looksLikeSignedData(sample("renew_p10.der")));
    CHECK_FALSE(x509::looksLikeSignedData(sample("cert1.der")));
    CHECK_FALSE(x509::looksLikeSignedData(""));
    CHECK_FALSE(x509::looksLikeSignedData("\x30\x0B\x06\x09\x2A"));
}

TEST_CASE("openssl verifies what is signed as data, and it has the shape of a renewal")
{
    Signers signers;
    for (const auto* signer : {&signers.one, &signers.two}) {
        const auto der =
            x509::signData("the content", signers.certificate(*signer), signers.key(*signer));
        REQUIRE_MESSAGE(der.ok(), der.error().message);
        const auto path = signers.folder.write("ours.der", *der);
        CHECK(opensslStatus({"cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in",
                  path, "-out", signers.folder / "content"}) == 0);
        CHECK(readText(signers.folder / "content") == "the content");
        const auto printed = openssl({"cms", "-cmsout", "-print", "-inform", "DER", "-in", path});
        CHECK(contains(printed, "eContentType: pkcs7-data"));
        CHECK(contains(printed, "d.signedData: \n    version: 1"));
        CHECK(contains(printed, "d.issuerAndSerialNumber"));
        CHECK(contains(printed, "signedAttrs:\n          <ABSENT>"));
        // The signature is over the content's octets and nothing else.
        const auto verified = x509::verifyCms(*der);
        REQUIRE(verified.ok());
        CHECK(verified->content == "the content");
        CHECK(verified->certificates == std::vector<Certificate>{signers.certificate(*signer)});
    }
}

TEST_CASE("openssl verifies what is signed as a CMC response, without any time in it")
{
    Signers signers;
    const auto one = signers.certificate(signers.one);
    const auto two = signers.certificate(signers.two);
    for (const auto* signer : {&signers.one, &signers.two}) {
        const auto der = x509::signContent(responseOid, "the response",
            signers.certificate(*signer), signers.key(*signer), {one, two, one});
        REQUIRE_MESSAGE(der.ok(), der.error().message);
        const auto path = signers.folder.write("ours.der", *der);
        CHECK(opensslStatus({"cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in",
                  path, "-out", signers.folder / "content"}) == 0);
        CHECK(readText(signers.folder / "content") == "the response");
        const auto printed = openssl({"cms", "-cmsout", "-print", "-inform", "DER", "-in", path});
        CHECK(contains(printed, "version: 3"));
        CHECK(contains(printed, "object: contentType"));
        CHECK(contains(printed, "object: messageDigest"));
        CHECK_FALSE(contains(printed, "signingTime"));
        CHECK_FALSE(contains(printed, "S/MIME"));
        const auto verified = x509::verifyCms(*der);
        REQUIRE_MESSAGE(verified.ok(), verified.error().message);
        CHECK(verified->contentType == responseOid);
        CHECK(verified->certificates.size() == 2);
    }
}

TEST_CASE("nobody signs with a key that is not the certificate's")
{
    Signers signers;
    const auto one = signers.certificate(signers.one);
    CHECK_FALSE(x509::signData("x", one, signers.key(signers.two)).ok());
    CHECK_FALSE(x509::signContent(responseOid, "x", one, signers.key(signers.two), {}).ok());
    CHECK_FALSE(x509::signContent("nonsense", "x", one, signers.key(signers.one), {}).ok());
    const auto& ed = signers.pki.selfSigned("ed", {.commonName = "ed", .keyType = "ed25519"});
    CHECK_FALSE(x509::signData("x", signers.certificate(ed), signers.key(ed)).ok());
}

TEST_CASE("certificates that are known already: the message says the same as without them")
{
    Signers signers;
    const auto one = signers.certificate(signers.one);
    const auto two = signers.certificate(signers.two);
    for (const std::vector<std::string>& options :
        {std::vector<std::string>{}, {"-noattr"}, {"-stream"}, {"-noattr", "-stream"},
            {"-md", "sha512"}, {"-certfile", signers.two.certificate}}) {
        const auto der = signers.sign(signers.one, options);
        const auto plain = x509::CmsMessage::fromDer(der);
        const auto quick = x509::CmsMessage::fromDer(der, {two, one});
        REQUIRE(plain);
        REQUIRE(quick);
        CHECK(quick->content().contentType == plain->content().contentType);
        CHECK(quick->content().content == "the content");
        CHECK(quick->content().certificates == plain->content().certificates);
        CHECK(quick->content().signerCount == 1);
        REQUIRE(quick->verifySigner());
        CHECK(*quick->verifySigner() == one);
        const auto changed =
            x509::CmsMessage::fromDer(replaced(der, "the content", "the c0ntent"), {one, two});
        REQUIRE(changed);
        CHECK(contains(changed->verifySigner().error().message, "the signature does not verify"));
        for (std::size_t size = 0; size < der.size(); size += 7)
            CHECK_FALSE(x509::CmsMessage::fromDer(der.substr(0, size), {one, two}));
        CHECK_FALSE(x509::CmsMessage::fromDer(der + '\0', {one, two}));
    }
}

TEST_CASE("a known certificate never stands in for another that is enclosed")
{
    Signers signers;
    const auto one = signers.certificate(signers.one);
    auto der = signers.sign(signers.one);
    const auto at = der.find(one.toDer());
    REQUIRE(at != std::string::npos);
    der[at + one.toDer().size() - 1] ^= 1; // in the certificate's own signature
    const auto read = x509::CmsMessage::fromDer(der, {one});
    REQUIRE(read);
    REQUIRE(read->content().certificates.size() == 1);
    CHECK_FALSE(read->content().certificates.front() == one);
    // Named, but not enclosed: what is known is not what was sent.
    const auto bare = x509::CmsMessage::fromDer(signers.sign(signers.one, {"-nocerts"}), {one});
    REQUIRE(bare);
    CHECK(contains(bare->verifySigner().error().message, "is not enclosed"));
}
